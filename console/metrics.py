"""
Count what the instance does, by outcome and never by place.

No metric has a label that could name a target, a channel or a locator: figures
by place would make a finder of the dashboard they end on.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter as Counted
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.condition import Standstill
from domain.outcomes import Outcome
from domain.telegram import Standing

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web

    from domain.books.rows import Backlog
    from domain.fingerprints import PoolHealth
    from domain.targets import Visit
    from domain.telegram import AccountState
    from triage.latency import Latencies
    from triage.prices import Use

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
        self._write_wait = Histogram(
            "kapear_database_write_wait_seconds", "How long a writer waits for its turn.", buckets=LAG_BUCKETS,
            registry=registry,
        )  # fmt: skip
        self._due = Gauge("kapear_targets_due", "Targets that are due and wait for their visit.", registry=registry)
        self._longest_due = Gauge(
            "kapear_targets_due_longest_seconds", "How long the one waits that waits longest.", registry=registry
        )
        self._visits_an_hour = Gauge("kapear_visits_last_hour", "Visits begun within an hour.", registry=registry)
        self._visits_allowed = Gauge(
            "kapear_visits_allowed_an_hour", "Visits an hour that all targets together may have.", registry=registry
        )
        self._fetched = Gauge("kapear_bytes_today", "Bytes fetched since midnight (UTC).", registry=registry)
        self._may_be_fetched = Gauge(
            "kapear_bytes_allowed_a_day", "Bytes that may be fetched on a day; +Inf without a limit.", registry=registry
        )
        self._hosts = Gauge("kapear_hosts_resting", "Hosts that are left alone for a while.", registry=registry)
        self._cooldowns = Gauge(
            "kapear_telegram_cooldowns", "Methods that a Telegram account must not call for a while.", registry=registry
        )
        self._standstill = Gauge(
            "kapear_standstill", "1 for each reason why nothing is watched.", ["reason"], registry=registry
        )
        self._mail = Gauge("kapear_mail_failing", "1 while messages to people are not taken.", registry=registry)
        self._depth = Gauge("kapear_queue_depth", "Leads that nobody has claimed yet.", registry=registry)
        self._accounts = Gauge(
            "kapear_telegram_accounts", "Telegram accounts, by whether they read.", ["state"], registry=registry
        )
        self._offline = Gauge(
            "kapear_offline", "1 while the network is away, and nothing is watched.", registry=registry
        )
        self.telegram_accounts([])
        self.stands((), is_away=False, mail_fails=False)
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

    def waited(self, seconds: float) -> None:
        """Count how long a writer waited for its turn."""
        self._write_wait.observe(seconds)

    def waits(self, backlog: Backlog, now: datetime) -> None:
        """Note what waits."""
        self._depth.set(backlog.leads)
        self._due.set(backlog.due)
        self._longest_due.set((now - backlog.due_since).total_seconds() if backlog.due_since else 0.0)
        self._hosts.set(backlog.hosts_resting)

    def used(self, use: Use) -> None:
        """Note how much of the budgets was used."""
        self._visits_an_hour.set(use.visits)
        self._visits_allowed.set(use.visits_allowed)
        self._fetched.set(use.fetched)
        self._may_be_fetched.set(math.inf if use.may_be_fetched is None else use.may_be_fetched)

    def stands(self, reasons: Collection[Standstill], *, is_away: bool, mail_fails: bool) -> None:
        """Note whether monitoring goes on, and why not."""
        for reason in Standstill:
            self._standstill.labels(reason=reason.value).set(reason in reasons)
        self._offline.set(is_away)
        self._mail.set(mail_fails)

    def watch_disk(self, free: Callable[[], int]) -> None:
        """Show how many bytes are free where the data lie, whenever somebody asks."""
        gauge = Gauge("kapear_disk_free_bytes", "Room where the data lie.", registry=self.registry)
        gauge.set_function(free)

    def watch_pool(self, health: Callable[[], PoolHealth]) -> None:
        """Show how the child processes stand that decode pictures, whenever somebody asks."""
        self.registry.register(_Pool(health))

    def telegram_accounts(self, states: Iterable[AccountState]) -> None:
        """Note how many Telegram accounts read, and how many do not."""
        states = list(states)
        counted = Counted(state.standing for state in states)
        self._cooldowns.set(sum(len(state.cooldowns) for state in states))
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


class _Pool(Collector):
    """Figures that a pool of children keeps by itself."""

    def __init__(self, health: Callable[[], PoolHealth]) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        name = "kapear_fingerprint"
        yield GaugeMetricFamily(f"{name}_children", "Child processes that decode pictures.", health.children)
        yield GaugeMetricFamily(f"{name}_children_busy", "Those at work.", health.busy)
        yield CounterMetricFamily(f"{name}_jobs", "Pictures and videos that a child answered for.", health.jobs)
        yield CounterMetricFamily(f"{name}_restarts", "Children that took another's place.", health.restarts)
