"""What every store promises of turns, of prices, and of what they depend on."""

from __future__ import annotations

from datetime import timedelta

from domain.ids import TargetId
from domain.store import Store
from domain.targets import Course, TargetStatus, Visit
from tests.contracts.samples import DAY, MINUTE, NOW, a_match, a_post, a_visit, hashed, put_claim, put_page, put_target

BULK = Course(decision="{}", budget="a host", pressure=-8, pressing=False)
PRESSING = Course(decision="{}", budget="a host", pressure=8, pressing=True)


class PriceContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def visited(self, store: Store, course: Course, late: timedelta = timedelta(0)) -> TargetId:
        """Write a target whose visit ended with this course, and that is late now."""
        claim = await put_claim(store)
        visit = a_visit(claim.target.id)
        await store.write(lambda tx: tx.targets.finish(claim, visit, NOW - late, 0, course=course))
        return claim.target.id

    async def again(self, store: Store, visit: Visit) -> None:
        """Write one more visit."""
        claim = await store.write(lambda tx: tx.targets.claim(visit.target_id))
        assert claim is not None
        await store.write(lambda tx: tx.targets.finish(claim, visit, NOW, 0))

    async def test_pressing_targets_and_new_ones_come_before_bulk(self, store: Store) -> None:
        bulk = [await self.visited(store, BULK, 60 * MINUTE), await self.visited(store, BULK, 30 * MINUTE)]
        pressing = await self.visited(store, PRESSING)
        new = (await put_target(store, next_due=NOW - MINUTE)).id
        claims = [await store.write(lambda tx: tx.targets.claim_due(NOW, 3)) for _ in range(2)]
        assert [claim.target.id for claim in claims[0]] == [new, pressing, bulk[0]]
        assert [claim.target.id for claim in claims[1]] == [bulk[1]]

    async def test_bulk_waits_behind_pressing_targets_for_a_day_at_most(self, store: Store) -> None:
        bulk = await self.visited(store, BULK, DAY + MINUTE)
        pressing = [await self.visited(store, PRESSING) for _ in range(3)]
        claims = await store.write(lambda tx: tx.targets.claim_due(NOW, 2))
        assert claims[0].target.id == bulk
        assert claims[1].target.id in pressing

    async def test_who_is_hurried_is_pressing(self, store: Store) -> None:
        early = await self.visited(store, BULK, MINUTE)
        hurried = await self.visited(store, BULK, -DAY)
        await store.write(lambda tx: tx.targets.hurry([hurried], NOW))
        claims = await store.write(lambda tx: tx.targets.claim_due(NOW, 2))
        assert [claim.target.id for claim in claims] == [hurried, early]

    async def test_a_decision_stands_until_there_is_another(self, store: Store) -> None:
        claim = await put_claim(store)
        assert not claim.target.decision
        await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0, course=BULK))
        again = await store.write(lambda tx: tx.targets.claim(claim.target.id))
        assert again is not None
        await store.write(lambda tx: tx.targets.finish(again, a_visit(claim.target.id), NOW, 0))
        assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).decision == BULK.decision

    async def test_what_targets_ask_for_is_counted_by_budget(self, store: Store) -> None:
        await put_target(store)
        await put_target(store, status=TargetStatus.PAUSED)
        for course in (BULK, BULK, PRESSING):
            await self.visited(store, course)
        assert await store.read(lambda tx: tx.prices.pressures()) == {"": {None: 1}, "a host": {-8: 2, 8: 1}}

    async def test_prices_replace_those_before(self, store: Store) -> None:
        await store.write(lambda tx: tx.prices.put({"": 1.5, "a host": 2.5}, NOW))
        assert await store.read(lambda tx: tx.prices.of(["", "a host", "another"])) == {"": 1.5, "a host": 2.5}
        await store.write(lambda tx: tx.prices.put({"": 0.5}, NOW))
        assert await store.read(lambda tx: tx.prices.all()) == {"": 0.5}
        await store.write(lambda tx: tx.prices.put({}, NOW))
        assert await store.read(lambda tx: tx.prices.of([""])) == {}

    async def test_what_visits_fetched_is_summed(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.prices.spent(NOW)) == (0, 0)
        target = await put_target(store)
        visits = [a_visit(target.id, started_at=NOW + DAY * day, bytes=5_000_000_000) for day in range(3)]
        for visit in visits:
            await self.again(store, visit)
        assert await store.read(lambda tx: tx.prices.spent(NOW + DAY)) == (2, 10_000_000_000)

    async def test_the_most_urgent_open_lead_of_a_target_counts(self, store: Store) -> None:
        claim = await put_claim(store)
        assert await store.read(lambda tx: tx.leads.most_urgent(claim.target.id)) is None
        await put_page(store, claim, [a_post("1", hashed("m1", a_match())), a_post("2")])
        (lead,) = await store.read(lambda tx: tx.leads.queue())
        assert await store.read(lambda tx: tx.leads.most_urgent(claim.target.id)) == lead.urgency
