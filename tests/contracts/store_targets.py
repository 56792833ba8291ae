"""What every store promises of targets, claims, visits and requests for visits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import LostClaim, NotFound, WrongState
from domain.ids import RequestId, TargetId
from domain.jobs import Turn, turn_of
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.store import Store
from domain.targets import TargetStatus, WatchTarget
from tests.contracts.samples import (
    DAY,
    MINUTE,
    NOW,
    a_post,
    a_report,
    a_request,
    a_target,
    a_visit,
    put_claim,
    put_page,
    put_target,
)


class TargetContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_a_target_comes_back_as_it_was_written(self, store: Store) -> None:
        full = await put_target(
            store,
            backfill=None,
            cursor="c",
            last_visit_at=NOW,
            last_outcome=Outcome.GONE,
            failures=3,
            synthetic=True,
            status=TargetStatus.PAUSED,
        )
        assert await store.read(lambda tx: tx.targets.get(full.id)) == full
        assert await store.read(lambda tx: tx.targets.find(full.locator_digest)) == full
        with pytest.raises(NotFound):
            await store.read(lambda tx: tx.targets.get(TargetId("none")))

    async def test_targets_are_listed_newest_first_and_counted(self, store: Store) -> None:
        older = await put_target(store)
        newer = await put_target(store, created_at=NOW + MINUTE, status=TargetStatus.AWAITING_APPROVAL)
        assert await store.read(lambda tx: tx.targets.all()) == [newer, older]
        assert await store.read(lambda tx: tx.targets.count([TargetStatus.ACTIVE])) == 1
        assert await store.read(lambda tx: tx.targets.count([TargetStatus.ACTIVE, newer.status])) == 2
        assert await store.read(lambda tx: tx.targets.count([])) == 0

    async def test_what_a_clock_that_was_ahead_has_planned_is_planned_anew(self, store: Store) -> None:
        right = await put_target(store, last_visit_at=NOW, next_due=NOW + MINUTE)
        ahead = await put_target(store, last_visit_at=NOW + DAY, next_due=NOW + DAY + 15 * MINUTE)
        never = await put_target(store, next_due=NOW + DAY)
        paused = await put_target(store, last_visit_at=NOW + DAY, next_due=None, status=TargetStatus.PAUSED)
        assert await store.write(lambda tx: tx.targets.plan_anew(NOW)) == 3
        after = {one.id: (one.last_visit_at, one.next_due) for one in await store.read(lambda tx: tx.targets.all())}
        assert after == {
            right.id: (NOW, NOW + MINUTE),
            ahead.id: (NOW, NOW + 15 * MINUTE),
            never.id: (None, NOW),
            paused.id: (NOW, None),
        }
        assert await store.write(lambda tx: tx.targets.plan_anew(NOW)) == 0

    @pytest.mark.parametrize("over", [TargetStatus.RETIRED, TargetStatus.EXPIRED])
    async def test_a_place_is_watched_once_while_its_target_lives(self, store: Store, over: TargetStatus) -> None:
        first = await put_target(store, locator_digest="digest")
        report = await store.read(lambda tx: tx.reports.get(first.report_id))
        with pytest.raises(WrongState):
            await store.write(lambda tx: tx.targets.add(a_target(report, locator_digest="digest")))
        await store.write(lambda tx: tx.targets.update(replace(first, status=over, next_due=None)))
        assert await store.read(lambda tx: tx.targets.find("digest")) is None
        again = a_target(report, locator_digest="digest")
        await store.write(lambda tx: tx.targets.add(again))
        assert await store.read(lambda tx: tx.targets.find("digest")) == again

    async def test_an_update_leaves_claim_and_cursor_alone(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1")], cursor="after 1")
        changed = replace(claim.target, status=TargetStatus.PAUSED, approved_by="x", next_due=None, cursor="stale")
        await store.write(lambda tx: tx.targets.update(changed))
        stored = await store.read(lambda tx: tx.targets.get(claim.target.id))
        assert stored == replace(changed, cursor="after 1")
        await put_page(store, claim, [a_post("2")])  # the claim still holds
        with pytest.raises(NotFound):
            await store.write(lambda tx: tx.targets.update(a_target(a_report())))

    async def test_what_lived_past_its_end_expires(self, store: Store) -> None:
        past = await put_target(store, expires_at=NOW)
        awaiting = await put_target(store, expires_at=NOW, status=TargetStatus.AWAITING_APPROVAL, next_due=None)
        retired = await put_target(store, expires_at=NOW, status=TargetStatus.RETIRED)
        living = await put_target(store, expires_at=NOW + MINUTE)
        assert set(await store.write(lambda tx: tx.targets.expire(NOW))) == {past.id, awaiting.id}
        assert await store.write(lambda tx: tx.targets.expire(NOW)) == []
        statuses = {target.id: (target.status, target.next_due) for target in await self.listed(store)}
        assert statuses[past.id] == (TargetStatus.EXPIRED, None)
        assert statuses[retired.id][0] is TargetStatus.RETIRED
        assert statuses[living.id] == (TargetStatus.ACTIVE, NOW)

    async def test_only_what_is_due_active_and_free_is_claimed_longest_due_first(self, store: Store) -> None:
        late = await put_target(store, next_due=NOW - MINUTE)
        latest = await put_target(store, next_due=NOW - DAY)
        due = await put_target(store)
        for changes in (
            {"next_due": NOW + MINUTE},
            {"next_due": None},
            {"status": TargetStatus.PAUSED},
            {"status": TargetStatus.AWAITING_APPROVAL},
        ):
            await put_target(store, **changes)
        first = await store.write(lambda tx: tx.targets.claim_due(NOW, 2))
        second = await store.write(lambda tx: tx.targets.claim_due(NOW, 2))
        third = await store.write(lambda tx: tx.targets.claim_due(NOW, 2))
        assert [claim.target for claim in first] == [latest, late]
        assert [claim.target for claim in second] == [due]
        assert third == []

    async def test_targets_of_one_platform_are_left_to_others(self, store: Store) -> None:
        page = await put_target(store, platform=Platform.PAGE)
        preview = await put_target(store)
        lent = await store.write(lambda tx: tx.targets.claim_due(NOW, 5, without=Platform.TELEGRAM_WEB))
        assert [claim.target for claim in lent] == [page]
        assert [claim.target for claim in await store.write(lambda tx: tx.targets.claim_due(NOW, 5))] == [preview]

    async def test_all_claims_are_voided_but_those_that_others_keep(self, store: Store) -> None:
        kept, void = await put_claim(store), await put_claim(store)
        older = Turn(target_id=void.target.id, token=void.token - 1)
        assert await store.write(lambda tx: tx.targets.void_claims([turn_of(kept), older])) == 1
        assert await store.read(lambda tx: tx.targets.standing_claims([turn_of(kept), turn_of(void)])) == [kept]

    async def test_a_target_is_claimed_by_one_at_a_time(self, store: Store) -> None:
        target = await put_target(store, next_due=None)
        first = await store.write(lambda tx: tx.targets.claim(target.id))
        assert first is not None
        assert await store.write(lambda tx: tx.targets.claim(target.id)) is None
        await store.write(lambda tx: tx.targets.finish(first, a_visit(target.id), NOW, 0))
        second = await store.write(lambda tx: tx.targets.claim(target.id))
        assert second is not None
        assert second.token > first.token
        with pytest.raises(NotFound):
            await store.write(lambda tx: tx.targets.claim(TargetId("none")))

    async def test_a_finished_visit_is_written_and_the_target_is_free(self, store: Store) -> None:
        claim = await put_claim(store)
        visit = a_visit(claim.target.id, outcome=Outcome.UNREACHABLE, started_at=NOW + MINUTE)
        await store.write(lambda tx: tx.targets.finish(claim, visit, NOW + DAY, 4))
        older = a_visit(claim.target.id)
        again = await store.write(lambda tx: tx.targets.claim(claim.target.id))
        assert again is not None
        await store.write(lambda tx: tx.targets.finish(again, older, NOW + DAY, 4))
        assert await store.read(lambda tx: tx.targets.visits(claim.target.id, 5)) == [visit, older]
        assert await store.read(lambda tx: tx.targets.visits(claim.target.id, 1)) == [visit]
        assert again.target == replace(
            claim.target,
            next_due=NOW + DAY,
            last_visit_at=visit.started_at,
            last_outcome=Outcome.UNREACHABLE,
            unseen_since=visit.started_at,
            failures=4,
        )

    async def test_who_paused_a_target_during_its_visit_is_heard(self, store: Store) -> None:
        claim = await put_claim(store)
        paused = replace(claim.target, status=TargetStatus.PAUSED, next_due=None)
        await store.write(lambda tx: tx.targets.update(paused))
        await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0))
        stored = await store.read(lambda tx: tx.targets.get(claim.target.id))
        assert (stored.status, stored.next_due) == (TargetStatus.PAUSED, None)

    async def test_a_voided_claim_writes_nothing(self, store: Store) -> None:
        claim = await put_claim(store)
        free = await put_target(store)
        assert await store.write(lambda tx: tx.targets.void_claims()) == 1
        with pytest.raises(LostClaim):
            await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0))
        with pytest.raises(LostClaim):
            await put_page(store, claim, [a_post("1")])
        assert await store.read(lambda tx: tx.targets.visits(claim.target.id, 5)) == []
        assert await store.read(lambda tx: tx.targets.posts(claim.target.id)) == []
        again = await store.write(lambda tx: tx.targets.claim_due(NOW, 5))
        assert {one.target.id for one in again} == {claim.target.id, free.id}

    async def test_a_claim_stands_by_its_name_until_it_ends(self, store: Store) -> None:
        standing, ended, paused = [await put_claim(store) for _ in range(3)]
        await store.write(lambda tx: tx.targets.finish(ended, a_visit(ended.target.id), NOW, 0))
        changed = replace(paused.target, status=TargetStatus.PAUSED, next_due=None)
        await store.write(lambda tx: tx.targets.update(changed))
        free = Turn(target_id=(await put_target(store)).id, token=0)
        older = Turn(target_id=standing.target.id, token=standing.token - 1)
        named = [free, turn_of(paused), older, turn_of(ended), turn_of(standing)]
        found = await store.read(lambda tx: tx.targets.standing_claims(named))
        assert found == [replace(paused, target=changed), standing]

    async def test_a_claim_that_is_given_back_leaves_its_target_due(self, store: Store) -> None:
        claim, other = await put_claim(store), await put_claim(store)
        older = Turn(target_id=other.target.id, token=other.token - 1)
        assert await store.write(lambda tx: tx.targets.give_back([turn_of(claim), older])) == 1
        with pytest.raises(LostClaim):
            await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0))
        again = await store.write(lambda tx: tx.targets.claim_due(NOW, 5))
        assert [one.target for one in again] == [claim.target]
        assert await store.write(lambda tx: tx.targets.give_back([turn_of(claim)])) == 0

    async def test_a_finished_claim_writes_nothing_more(self, store: Store) -> None:
        claim = await put_claim(store)
        await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0))
        with pytest.raises(LostClaim):
            await put_page(store, claim, [a_post("1")])
        with pytest.raises(LostClaim):
            await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0))

    async def test_a_visit_answers_the_requests_made_before_it_began(self, store: Store) -> None:
        claim, other = await put_claim(store), await put_target(store)
        early, twice, late, elsewhere = a_request(), a_request(), a_request(), a_request()
        await store.write(lambda tx: tx.targets.request_visit(elsewhere, other.id, NOW))
        await store.write(lambda tx: tx.targets.request_visit(early, claim.target.id, NOW - MINUTE))
        await store.write(lambda tx: tx.targets.request_visit(twice, claim.target.id, NOW))
        assert await store.read(lambda tx: tx.targets.requested()) == [other.id, claim.target.id]
        await store.write(lambda tx: tx.targets.request_visit(late, claim.target.id, NOW + MINUTE))
        assert await store.read(lambda tx: tx.targets.answer(early)) is None
        visit = a_visit(claim.target.id)
        await store.write(lambda tx: tx.targets.finish(claim, visit, NOW, 0))
        assert await store.read(lambda tx: tx.targets.answer(early)) == visit
        assert await store.read(lambda tx: tx.targets.answer(twice)) == visit
        assert await store.read(lambda tx: tx.targets.answer(late)) is None
        assert await store.read(lambda tx: tx.targets.answer(elsewhere)) is None
        assert await store.read(lambda tx: tx.targets.requested()) == [other.id, claim.target.id]
        with pytest.raises(NotFound):
            await store.read(lambda tx: tx.targets.answer(RequestId("none")))

    async def listed(self, store: Store) -> list[WatchTarget]:
        return await store.read(lambda tx: tx.targets.all())
