"""
Find what a visit costs in each budget, from what all targets ask for.

There is one budget for all targets (a visit each and interval, or as many as a
day's bytes allow), one for each host, and one for the Telegram accounts. A
target pays the dearest of its budgets; only those dearer than the whole's are
written down.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.cadence import Cadence
from domain.observations import Platform
from domain.pricing import class_of, pressure, price
from domain.rates import PRIOR_RATE
from domain.store import Tx
from domain.targets import TargetStatus, WatchTarget
from triage.desk import Desk
from triage.telegram import Telegram

log = logging.getLogger("kapear.prices")

ALL = ""  # the budget of everything
ACCOUNTS = "accounts"
_DAY = timedelta(days=1)
_UNKNOWN = class_of(pressure(1.0, PRIOR_RATE))  # what a target asks for that was not visited yet
_COUNTED_EVERY = timedelta(seconds=30)
_SAME = 0.01  # prices that differ by less are not written again


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Visits of the last hour and bytes of today (UTC), and how many there may be; None: without a limit."""

    visits: int
    visits_allowed: float
    fetched: int
    may_be_fetched: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The budgets of one instance."""

    desk: Desk
    cadence: Cadence

    async def refresh(self) -> None:
        """Find the prices again, and write them where they have changed."""
        now = self.desk.now()

        def look_up(tx: Tx) -> tuple[dict[str, float], dict[str, float]]:
            return self._found(tx, now), tx.prices.all()

        found, before = await self.desk.store.read(look_up)
        if found.keys() != before.keys() or any(abs(found[name] / before[name] - 1) > _SAME for name in found):
            await self.desk.store.write(lambda tx: tx.prices.put(found, now))
            log.info("visits priced", extra={"price": round(found[ALL], 4), "budgets": len(found)})

    async def use(self) -> Use:
        """Return how much of what all targets may have was used."""
        now = self.desk.now()

        def look_up(tx: Tx) -> Use:
            allowed = self._visits_in_all(tx, tx.targets.count([TargetStatus.ACTIVE]), now)
            visits, _ = tx.prices.spent(now - timedelta(hours=1))
            _, fetched = tx.prices.spent(_midnight(now))
            return Use(visits=visits, visits_allowed=allowed, fetched=fetched, may_be_fetched=self.cadence.bytes_a_day)

        return await self.desk.store.read(look_up)

    def of(self, tx: Tx, budget: str) -> float:
        """Return what a visit costs a target of this budget."""
        return max(tx.prices.of([ALL, budget]).values(), default=self.cadence.first_price)

    def budget_of(self, target: WatchTarget) -> str:
        """Return the budget that a target's visits are taken from, besides the whole: its host's, or the accounts'."""
        if target.platform is Platform.TELEGRAM:
            return ACCOUNTS
        asked = self.desk.hosts.get(target.platform) or urlsplit(self.desk.locator_of(target)).netloc
        return self.desk.vault.digest("host", asked)

    def _found(self, tx: Tx, now: datetime) -> dict[str, float]:
        asked = {budget: _known(classes) for budget, classes in tx.prices.pressures().items()}
        everything: Counter[int] = Counter()
        for classes in asked.values():
            everything.update(classes)
        whole = price(
            everything, visits_per_hour=self._visits_in_all(tx, everything.total(), now), bounds=self.cadence.bounds
        )
        found = {ALL: whole}
        for budget, classes in asked.items():
            own = price(classes, visits_per_hour=self._visits_of(tx, budget), bounds=self.cadence.bounds)
            if budget != ALL and own > whole:
                found[budget] = own
        return found

    def _visits_in_all(self, tx: Tx, targets: int, now: datetime) -> float:
        """Return the visits an hour of all targets."""
        wanted = targets / (self.cadence.interval / timedelta(hours=1))
        if self.cadence.bytes_a_day is None:
            return wanted
        visits, fetched = tx.prices.spent(now - _DAY)
        return min(wanted, self.cadence.bytes_a_day / 24 * visits / fetched) if fetched else wanted

    def _visits_of(self, tx: Tx, budget: str) -> float:
        if budget != ACCOUNTS:
            return self.cadence.host_visits
        return self.cadence.account_visits * max(1, len(Telegram(desk=self.desk).in_use(tx)))


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _known(classes: Mapping[int | None, int]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for place, count in classes.items():
        counted[_UNKNOWN if place is None else place] += count
    return counted


@dataclass(slots=True, kw_only=True)
class Purse:
    """How many bytes of a day (UTC) are left; counted again now and then."""

    desk: Desk
    bytes_a_day: int | None
    _counted: datetime | None = None
    _is_spent: bool = False

    async def is_spent(self) -> bool:
        """Return whether today's bytes are fetched, so that nothing more is, but what a person asks for."""
        now = self.desk.now()
        if self.bytes_a_day is None:
            return False
        if self._counted is None or not timedelta(0) <= now - self._counted < _COUNTED_EVERY:
            _, fetched = await self.desk.store.read(lambda tx: tx.prices.spent(_midnight(now)))
            if self._is_spent != (fetched >= self.bytes_a_day):
                self._is_spent = not self._is_spent
                log.warning("bytes of the day spent" if self._is_spent else "bytes of a new day")
            self._counted = now
        return self._is_spent
