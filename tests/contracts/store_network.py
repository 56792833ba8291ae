"""What every store promises of outages, of hosts' landmarks, and of visits that were not the target's fault."""

from __future__ import annotations

from dataclasses import replace

from domain.connectivity import Failure, Outage
from domain.landmarks import Landmark
from domain.outcomes import Outcome
from domain.store import Store
from tests.contracts.samples import DAY, MINUTE, NOW, a_visit, put_claim, put_target


class NetworkContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_an_outage_begins_once_and_ends_once(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.outages.current()) is None
        await store.write(lambda tx: tx.outages.end(NOW))
        await store.write(lambda tx: tx.outages.begin(NOW))
        await store.write(lambda tx: tx.outages.begin(NOW + MINUTE))
        assert await store.read(lambda tx: tx.outages.current()) == NOW
        await store.write(lambda tx: tx.outages.end(NOW + DAY))
        await store.write(lambda tx: tx.outages.end(NOW + 2 * DAY))
        assert await store.read(lambda tx: tx.outages.current()) is None
        first = Outage(started_at=NOW, ended_at=NOW + DAY)
        assert await store.read(lambda tx: tx.outages.between(NOW, NOW)) == [first]
        await store.write(lambda tx: tx.outages.begin(NOW + 3 * DAY))
        later = Outage(started_at=NOW + 3 * DAY)
        assert await store.read(lambda tx: tx.outages.between(NOW, NOW + 9 * DAY)) == [later, first]
        assert await store.read(lambda tx: tx.outages.between(NOW + 2 * DAY, NOW + 9 * DAY)) == [later]
        figures = await store.read(lambda tx: tx.figures(None, None))
        assert (figures["outages"], figures["minutes_offline"]) == (2, 24 * 60)

    async def test_a_host_has_one_landmark(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.landmarks.get("host")) is None
        for known in ("first", "second"):
            mark = Landmark(known=known, seen_at=NOW, other="another", other_since=NOW)
            await store.write(lambda tx, mark=mark: tx.landmarks.put("host", mark))  # type: ignore[misc]
            assert await store.read(lambda tx: tx.landmarks.get("host")) == mark
        assert await store.read(lambda tx: tx.landmarks.get("another")) is None

    async def test_a_visit_that_ended_offline_leaves_its_target_as_it_was(self, store: Store) -> None:
        claim = await put_claim(store, gone_since=NOW, last_outcome=Outcome.NEW, last_visit_at=NOW, failures=2)
        visit = a_visit(claim.target.id, outcome=Outcome.OFFLINE, gaps=3)
        await store.write(lambda tx: tx.targets.finish(claim, visit, NOW + DAY, 2))
        after = await store.read(lambda tx: tx.targets.get(claim.target.id))
        assert after == replace(claim.target, next_due=NOW + DAY, gaps=3)
        assert await store.read(lambda tx: tx.targets.visits(claim.target.id, 2)) == [visit]
        assert (await store.read(lambda tx: tx.figures(None, None)))["gaps"] == 3

    async def test_since_when_a_target_is_said_to_be_gone_is_written_with_its_visit(self, store: Store) -> None:
        claim = await put_claim(store)
        visit = a_visit(claim.target.id, outcome=Outcome.UNREACHABLE, code="gone_unconfirmed")
        await store.write(lambda tx: tx.targets.finish(claim, visit, NOW + DAY, 0, gone_since=NOW))
        assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).gone_since == NOW

    async def test_what_was_not_a_target_s_fault_is_forgiven(self, store: Store) -> None:
        target = await put_target(store, failures=3, last_outcome=Outcome.UNREACHABLE, next_due=NOW + DAY)
        claim = await put_claim(store, failures=3)
        times = (NOW, NOW + MINUTE)
        failures = [
            Failure(host="h", target_id=one.id, at=at, failures=number, outcome=Outcome.NEW, due=at)
            for one in (target, claim.target)
            for number, at in enumerate(times, start=1)
        ]
        await store.write(lambda tx: tx.targets.forgive(failures))
        assert await store.read(lambda tx: tx.targets.get(target.id)) == replace(
            target, failures=1, last_outcome=Outcome.NEW, next_due=NOW
        )
        assert await store.read(lambda tx: tx.targets.get(claim.target.id)) == claim.target
