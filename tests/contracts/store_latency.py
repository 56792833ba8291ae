"""What every store promises of the times of leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.ids import LeadId, TargetId
from domain.latency import LeadTimes, Timing
from domain.leads import Closing, Lead, LeadStatus, claim, release
from domain.store import Store, Tx
from domain.targets import Claim
from tests.contracts.samples import DAY, MINUTE, NOW, a_match, a_post, hashed, put_claim, put_page

EARLY = NOW - DAY


class LatencyContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_the_times_of_a_lead_are_those_of_its_post(self, store: Store) -> None:
        claim_ = await put_claim(store, approved_at=EARLY)
        posts = [
            a_post("1", hashed("m1", a_match()), posted_at=NOW - 5 * MINUTE),
            a_post("2", hashed("m2", a_match()), posted_at=None),
            a_post("3", hashed("m3", a_match()), posted_at=EARLY - MINUTE),
            a_post("4", hashed("m4", a_match()), posted_at=NOW + DAY),  # its platform's clock runs ahead
        ]
        await put_page(store, claim_, posts, seen_at=NOW, now=NOW + MINUTE)
        found = await self.times(store, NOW + 3 * MINUTE)
        assert sorted(found, key=lambda one: (one.timing, one.to_lead or 0)) == [
            LeadTimes(timing=Timing.EARLIER, waiting=120),
            LeadTimes(timing=Timing.UNDATED, waiting=120),
            LeadTimes(timing=Timing.WATCHED, to_seen=0, to_lead=0, waiting=120),
            LeadTimes(timing=Timing.WATCHED, to_seen=300, to_lead=360, waiting=120),
        ]

    async def test_the_first_claim_counts_and_is_kept(self, store: Store) -> None:
        lead = await self.a_lead(store, await put_claim(store, approved_at=EARLY), "1")
        first = claim(lead, by="sok", now=NOW + 2 * MINUTE)
        await store.write(lambda tx: tx.leads.update(first))
        again = claim(release(first, by="sok"), by="dara", now=NOW + 9 * MINUTE)
        await store.write(lambda tx: tx.leads.update(again))
        assert (await store.read(lambda tx: tx.leads.get(lead.id))).first_claimed_at == NOW + 2 * MINUTE
        (times,) = await self.times(store, NOW + DAY)
        assert (times.to_person, times.waiting) == (120, None)

    async def test_what_the_lists_took_back_waits_for_nobody(self, store: Store) -> None:
        lead = await self.a_lead(store, await put_claim(store, approved_at=EARLY), "1")
        gone = replace(lead, status=LeadStatus.CLOSED, closed_as=Closing.WITHDRAWN)
        await store.write(lambda tx: tx.leads.update(gone))
        (times,) = await self.times(store, NOW + DAY)
        assert (times.timing, times.to_person, times.waiting) == (Timing.WATCHED, None, None)

    async def test_they_are_those_of_a_time_or_a_target_the_newest_first(self, store: Store) -> None:
        one, other = await put_claim(store, approved_at=EARLY), await put_claim(store, approved_at=EARLY)
        for number, filed_at in enumerate((NOW, NOW + DAY, NOW + 2 * DAY)):
            await self.a_lead(store, one, str(number), filed_at)
        await self.a_lead(store, other, "other", NOW + DAY)
        assert await self.delays(store) == [3, 2, 2, 1]
        assert await self.delays(store, since=NOW + DAY) == [3, 2, 2]
        assert await self.delays(store, until=NOW + DAY) == [1]
        assert await self.delays(store, since=NOW + DAY, until=NOW + 2 * DAY) == [2, 2]
        assert await self.delays(store, target_id=one.target.id) == [3, 2, 1]
        assert await self.delays(store, target_id=other.target.id, since=NOW + 2 * DAY) == []
        assert await self.delays(store, limit=2) == [3, 2]

    async def a_lead(self, store: Store, held: Claim, post: str, at: datetime = NOW) -> Lead:
        """File a lead of what was posted on the day before all."""
        plan = await put_page(store, held, [a_post(post, hashed(post, a_match()), posted_at=EARLY)], now=at, seen_at=at)
        (lead,) = plan.filed
        lead_id: LeadId = lead.id
        return await store.read(lambda tx: tx.leads.get(lead_id))

    async def times(self, store: Store, now: datetime) -> list[LeadTimes]:
        return await store.read(lambda tx: tx.lead_times(now))

    async def delays(
        self,
        store: Store,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        target_id: TargetId | None = None,
        limit: int = 100,
    ) -> list[float]:
        """Return in days how late leads were."""

        def work(tx: Tx) -> list[LeadTimes]:
            return tx.lead_times(NOW + 9 * DAY, since=since, until=until, target_id=target_id, limit=limit)

        return [(one.to_lead or 0) / DAY.total_seconds() for one in await store.read(work)]
