"""Keep what a visit costs in each budget, and count what the price depends on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from storage.tables import ACTIVE, prices, targets, visits


class Prices:
    """The book of prices, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def of(self, budgets: Collection[str]) -> dict[str, float]:
        """Return the prices of those of these budgets that have one."""
        query = select(prices.c.budget, prices.c.price).where(prices.c.budget.in_(budgets))
        return {row.budget: row.price for row in self._connection.execute(query)}

    def all(self) -> dict[str, float]:
        """Return every price."""
        return {row.budget: row.price for row in self._connection.execute(select(prices.c.budget, prices.c.price))}

    def put(self, wanted: Mapping[str, float], at: datetime) -> None:
        """Write these prices, and forget all others."""
        self._connection.execute(delete(prices))
        if wanted:
            rows = [{"budget": budget, "price": price, "at": at} for budget, price in wanted.items()]
            self._connection.execute(insert(prices), rows)

    def pressures(self) -> Mapping[str, Mapping[int | None, int]]:
        """Return how many active targets there are, by budget and class of pressure; None: not visited yet."""
        grouped = (
            select(targets.c.budget, targets.c.pressure, func.count())
            .where(ACTIVE)
            .group_by(targets.c.budget, targets.c.pressure)
        )
        counted: dict[str, dict[int | None, int]] = defaultdict(dict)
        for budget, pressure, count in self._connection.execute(grouped):
            counted[budget][pressure] = count
        return counted

    def spent(self, since: datetime) -> tuple[int, int]:
        """Return how many visits began since a moment, and how many bytes they fetched."""
        counted = select(func.count(), func.sum(visits.c.bytes)).where(visits.c.started_at >= since)
        count, fetched = self._connection.execute(counted).one()
        return int(count), int(fetched or 0)
