"""What every store promises of what is long over: rows go, and what they add to figures stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import pytest

from domain.books.rows import Division
from domain.errors import NotFound
from domain.ids import RequestId
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.store import Store, Tx
from domain.targets import Claim
from tests.contracts.samples import (
    DAY,
    MINUTE,
    NOW,
    a_key,
    a_match,
    a_post,
    a_visit,
    hashed,
    pending,
    put_claim,
    put_page,
)

NEVER_MADE = (Outcome.OFFLINE, Outcome.NOT_AUTHORISED)
Figures = list[object]


def midnight(days: int) -> date:
    return (NOW + days * DAY).date()


def write_visits(claim: Claim, outcomes: Sequence[Outcome], tx: Tx) -> None:
    """Write visits six hours apart, from NOW on."""
    for number, outcome in enumerate(outcomes):
        at = NOW + number * timedelta(hours=6)
        visit = a_visit(claim.target.id, outcome=outcome, started_at=at, ended_at=at + MINUTE, gaps=number % 3)
        tx.targets.finish(claim, visit, NOW, 0)
        taken = tx.targets.claim(claim.target.id)
        assert taken is not None
        claim = taken


def all_figures(tx: Tx) -> Figures:
    """Return every figure that rows which go add to, in all, by day, and divided."""
    days = [None, *(midnight(number) for number in range(-1, 6)), None]
    ranges = [(None, None), *pairwise(days), *((day, day) for day in days)]
    found: Figures = []
    for since, until in ranges:
        counted = tx.figures(since, until)
        found.append([counted[name] for name in ("visits", "gaps", "observations", "media")])
        found += [tx.figures_by(division, since, until) for division in Division]
    return found


class RetentionContract:
    """The suite; a subclass brings the fixtures `store` and `other_store`, two on one empty database."""

    async def put_visits(self, store: Store) -> list[Claim]:
        outcomes = [Outcome.NEW, Outcome.UNCHANGED, Outcome.ERROR, *NEVER_MADE] * 3
        claims = [await put_claim(store, platform=each) for each in (Platform.PAGE, Platform.TELEGRAM_WEB) * 2]
        for claim in claims:
            await store.write(partial(write_visits, claim, outcomes))
        return claims

    @pytest.mark.parametrize("limit", [1, 7, 1000])
    async def test_what_visits_sum_to_stays_when_their_rows_go(self, store: Store, limit: int) -> None:
        claims = await self.put_visits(store)
        before = await store.read(all_figures)
        assert before[0] == [60, 60, 0, 0]
        deleted = 0
        while gone := await store.write(lambda tx: tx.targets.sum_up_visits(NOW + DAY, limit)):
            assert limit <= gone < limit + len(claims) or deleted + gone == 16, "visits that began at once go at once"
            deleted += gone
            assert await store.read(all_figures) == before
        assert deleted == 16, "four targets, a day, a visit each six hours"
        for claim in claims:
            left = await store.read(lambda tx, of=claim.target.id: tx.targets.visits(of, 100))  # type: ignore[misc]
            assert [visit.started_at for visit in left[-2:]] == [NOW + timedelta(hours=30), NOW + DAY]
            assert len(left) == 11
        assert await store.write(lambda tx: tx.targets.sum_up_visits(NOW + 9 * DAY, 1000)) == 44
        assert await store.read(all_figures) == before, "a day that was summed already has more in it now"

    async def test_two_who_sum_up_at_once_count_each_visit_once(self, store: Store, other_store: Store) -> None:
        await self.put_visits(store)
        before = await store.read(all_figures)
        both = [store, other_store] * 8
        gone = await asyncio.gather(*(one.write(lambda tx: tx.targets.sum_up_visits(NOW + 9 * DAY, 8)) for one in both))
        assert sum(gone) <= 60
        assert await store.read(all_figures) == before

    async def put_posts(self, store: Store) -> Claim:
        """Write eight posts, seen on three days, one of them with a match."""
        claim = await put_claim(store)
        first = [a_post(str(number), hashed(f"m{number}"), pending(f"p{number}")) for number in range(6)]
        await put_page(store, claim, [*first, a_post("6", hashed("m6", a_match()))])
        again = [a_post("0", hashed("m0"), digest="changed"), a_post("1", hashed("other"), digest="changed")]
        await put_page(store, claim, again, now=NOW + DAY)
        await put_page(store, claim, [a_post("7")], now=NOW + 2 * DAY)
        return claim

    @pytest.mark.parametrize("limit", [1, 4, 1000])
    async def test_figures_of_posts_stay_when_their_rows_go(self, store: Store, limit: int) -> None:
        claim = await self.put_posts(store)
        before = await store.read(all_figures)
        assert await store.write(lambda tx: tx.targets.sum_up_posts(NOW, limit)) == 0, "not older than the moment"
        deleted = 0
        for days, left in ((1, ["0", "1", "6", "7"]), (2, ["6", "7"]), (9, ["6"])):
            moment = NOW + days * DAY
            while gone := await store.write(lambda tx: tx.targets.sum_up_posts(moment, limit)):  # noqa: B023 - awaited
                assert gone <= limit
                deleted += gone
                assert await store.read(all_figures) == before
            posts = await store.read(lambda tx: tx.targets.posts(claim.target.id))
            assert [post.key.post for post in posts] == [a_key(number).post for number in left]
        assert deleted == 7, "what belongs to a lead stays"

    async def test_two_who_delete_posts_at_once_count_each_once(self, store: Store, other_store: Store) -> None:
        await self.put_posts(store)
        before = await store.read(all_figures)
        both = [store, other_store] * 4
        gone = await asyncio.gather(*(one.write(lambda tx: tx.targets.sum_up_posts(NOW + 9 * DAY, 2)) for one in both))
        assert sum(gone) <= 7
        assert await store.read(all_figures) == before

    async def test_requests_go_with_the_visits_that_answered_them(self, store: Store) -> None:
        claim = await put_claim(store)
        answered, asked = RequestId("answered"), RequestId("asked")
        await store.write(lambda tx: tx.targets.request_visit(answered, claim.target.id, NOW))
        await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), NOW, 0))
        await store.write(lambda tx: tx.targets.request_visit(asked, claim.target.id, NOW + MINUTE))
        assert await store.write(lambda tx: tx.targets.sum_up_visits(NOW + MINUTE, 10)) == 1
        with pytest.raises(NotFound):
            await store.read(lambda tx: tx.targets.answer(answered))
        assert await store.read(lambda tx: tx.targets.answer(asked)) is None
        assert await store.read(lambda tx: tx.targets.requested()) == [claim.target.id]

    async def test_a_target_knows_since_when_it_was_not_seen_and_how_often_posts_may_have_gone_by(
        self, store: Store
    ) -> None:
        claim = await put_claim(store)
        told = [
            (Outcome.ERROR, NOW),  # never seen so far
            (Outcome.GONE, NOW),
            (Outcome.OFFLINE, NOW),
            (Outcome.UNCHANGED, None),
            (Outcome.OFFLINE, None),  # nobody looked
            (Outcome.LIMITED, NOW + 5 * MINUTE),
            (Outcome.ERROR, NOW + 5 * MINUTE),
            (Outcome.NEW, None),
        ]
        for number, (outcome, since) in enumerate(told):
            visit = a_visit(claim.target.id, outcome=outcome, started_at=NOW + number * MINUTE, gaps=number)
            await store.write(lambda tx: tx.targets.finish(claim, visit, NOW, 0))  # noqa: B023 - awaited at once
            after = await store.read(lambda tx: tx.targets.get(claim.target.id))  # noqa: B023 - awaited at once
            assert (after.unseen_since, after.gaps) == (since, sum(range(number + 1)))
            claimed = await store.write(lambda tx: tx.targets.claim(claim.target.id))  # noqa: B023 - awaited at once
            assert claimed is not None
            claim = claimed
