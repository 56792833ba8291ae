"""
Count what the instance does, by outcome and never by place.

No metric has a label that could name a target, a channel or a locator: figures
by place would make a finder of the dashboard they end on.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Counted
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from domain.outcomes import Outcome
from domain.telegram import Standing

if TYPE_CHECKING:
    from aiohttp import web

    from domain.targets import Visit
    from domain.telegram import AccountState
    from triage.latency import Latencies

LAG_EVERY_S = 0.5
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DELAY_BUCKETS = (
    MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
)  # fmt: skip
LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The figures of one instance, in a registry that `app` makes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register every figure, with a zero for each outcome."""
        self.registry = registry
        self._visits = Counter("kapear_visits", "Visits that ended, by outcome.", ["outcome"], registry=registry)
        self._observations = Counter("kapear_observations", "New revisions of posts.", registry=registry)
        self._leads = Counter("kapear_leads_filed", "Leads filed.", registry=registry)
        self._lag = Histogram(
            "kapear_loop_lag_seconds", "How late the event loop runs.", buckets=LAG_BUCKETS, registry=registry
        )
        self._to_lead = Histogram(
            "kapear_post_to_lead_seconds",
            "From a post to its lead, where it was posted while its target was watched.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
        self._to_person = Histogram(
            "kapear_lead_to_person_seconds", "From a lead to its first claim.", buckets=DELAY_BUCKETS, registry=registry
        )
        self._counted_to: int | None = None
        self._depth = Gauge("kapear_queue_depth", "Leads that nobody has claimed yet.", registry=registry)
        self._accounts = Gauge(
            "kapear_telegram_accounts", "Telegram accounts, by whether they read.", ["state"], registry=registry
        )
        self._offline = Gauge(
            "kapear_offline", "1 while the network is away, and nothing is watched.", registry=registry
        )
        self.telegram_accounts([])
        for outcome in Outcome:
            self._visits.labels(outcome=outcome.value)

    def visited(self, visit: Visit) -> None:
        """Count a visit that ended."""
        self._visits.labels(outcome=visit.outcome.value).inc()
        self._observations.inc(visit.new_observations)
        self._leads.inc(visit.leads_filed)

    def lagged(self, seconds: float) -> None:
        """Count one measurement of the loop's lag."""
        self._lag.observe(max(0.0, seconds))

    async def count_delays(self, latencies: Latencies) -> None:
        """Count the delays that the log has told of since the last time; the first time is where counting begins."""
        counted_to = self._counted_to
        if counted_to is None:
            self._counted_to = await latencies.latest_event()
            return
        tally = await latencies.tally(counted_to)
        if self._counted_to != counted_to:
            return  # another reader was faster, and has counted these
        self._counted_to = tally.event
        for seconds in tally.to_lead:
            self._to_lead.observe(seconds)
        for seconds in tally.to_person:
            self._to_person.observe(seconds)

    def queue_depth(self, leads: int) -> None:
        """Note how many leads wait."""
        self._depth.set(leads)

    def offline(self, *, is_away: bool) -> None:
        """Note whether the network is away."""
        self._offline.set(is_away)

    def telegram_accounts(self, states: Iterable[AccountState]) -> None:
        """Note how many Telegram accounts read, and how many do not."""
        counted = Counted(state.standing for state in states)
        for standing in Standing:
            self._accounts.labels(state=standing.value).set(counted[standing])

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    async def watch_loop(self, _app: web.Application) -> AsyncIterator[None]:
        """Measure the loop's lag for as long as an application runs: one of its cleanup contexts."""
        task = asyncio.create_task(self._measure())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.lagged(loop.time() - due)
