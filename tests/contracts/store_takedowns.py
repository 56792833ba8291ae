"""What every store promises of the removal of leads' posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.leads import Closing, Lead, LeadStatus, Look
from domain.pages import PagePlan
from domain.rechecks import LeadPost
from domain.scoring import recurred
from domain.store import Store
from domain.targets import Claim
from tests.contracts.samples import DAY, MINUTE, NOW, a_key, a_match, a_post, hashed, pending, put_claim, put_page

HOURS = timedelta(hours=7)


async def put_lead(store: Store) -> tuple[Claim, PagePlan, Lead]:
    """File a lead of one post, beside a post without one."""
    claim = await put_claim(store)
    plan = await put_page(store, claim, [a_post("1", hashed("m1", a_match())), a_post("2", pending("m2"))])
    (lead,) = await store.read(lambda tx: tx.leads.queue())
    return claim, plan, lead


class TakedownContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_posts_of_open_leads_are_to_be_looked_at(self, store: Store) -> None:
        claim, plan, lead = await put_lead(store)
        expected = LeadPost(id=plan.posts[0].id, key=a_key("1"), filed_at=NOW)
        assert await store.read(lambda tx: tx.takedowns.open_posts(claim.target.id)) == [expected]

        shut = replace(lead, status=LeadStatus.CLOSED, closed_as=Closing.REMOVED)
        await store.write(lambda tx: tx.leads.update(shut))
        assert await store.read(lambda tx: tx.takedowns.open_posts(claim.target.id)) == []

    async def test_a_look_is_written_for_all_leads_of_the_post(self, store: Store) -> None:
        claim, plan, lead = await put_lead(store)
        post_id = plan.posts[0].id
        first, second = NOW + MINUTE, NOW + HOURS
        for at, down in ((first, None), (second, second)):
            told = await store.write(
                lambda tx, at=at, down=down: tx.takedowns.looked(  # type: ignore[misc]
                    post_id, at, gone_since=first, taken_down_at=down
                )
            )
            assert told == [lead.id]
            (look,) = (await store.read(lambda tx: tx.leads.get(lead.id))).looks
            assert look == Look(post_id=post_id, at=at, gone_since=first, taken_down_at=down)
            (post, _) = await store.read(lambda tx: tx.targets.posts(claim.target.id))
            assert post.deleted is (down is not None)
        assert await store.write(lambda tx: tx.takedowns.down([post_id])) == {lead.id}
        assert await store.write(lambda tx: tx.takedowns.down([post_id])) == set()

    async def test_what_a_platform_says_of_its_own_accord_is_noted_once(self, store: Store) -> None:
        _, plan, lead = await put_lead(store)
        for at in (NOW, NOW + HOURS):
            await store.write(lambda tx, at=at: tx.takedowns.said(plan.posts[0].id, at))  # type: ignore[misc]
        (look,) = (await store.read(lambda tx: tx.leads.get(lead.id))).looks
        assert (look.at, look.gone_since, look.taken_down_at) == (NOW, NOW, None)

    async def test_a_target_has_an_open_lead_till_it_is_closed(self, store: Store) -> None:
        claim, _, lead = await put_lead(store)
        assert await store.read(lambda tx: tx.leads.is_open(claim.target.id))
        shut = replace(lead, status=LeadStatus.CLOSED, closed_as=Closing.REMOVED)
        await store.write(lambda tx: tx.leads.update(shut))
        assert not await store.read(lambda tx: tx.leads.is_open(claim.target.id))

    async def test_an_extension_is_written_with_its_target(self, store: Store) -> None:
        claim, _, _ = await put_lead(store)
        before = await store.read(lambda tx: tx.targets.get(claim.target.id))
        asked = replace(before, extends_to=NOW + DAY, extension_by="chan", extension_reason=b"sealed")
        extended = replace(before, expires_at=NOW + DAY)
        for after in (asked, extended):
            await store.write(lambda tx, after=after: tx.targets.update(after))  # type: ignore[misc]
            assert await store.read(lambda tx: tx.targets.get(claim.target.id)) == after

    async def test_a_target_that_is_gone_takes_its_open_leads_with_it_once(self, store: Store) -> None:
        claim, _, lead = await put_lead(store)
        for expected in ([lead.id], []):
            told = await store.write(lambda tx: tx.takedowns.target_gone(claim.target.id, NOW, NOW + HOURS))
            assert told == expected
        (look,) = (await store.read(lambda tx: tx.leads.get(lead.id))).looks
        assert (look.at, look.gone_since, look.taken_down_at) == (NOW + HOURS, NOW, NOW + HOURS)
        assert await store.write(lambda tx: tx.takedowns.target_back(claim.target.id, NOW + DAY)) == []
        assert await store.write(lambda tx: tx.takedowns.target_back(claim.target.id, NOW)) == [lead.id]
        (look,) = (await store.read(lambda tx: tx.leads.get(lead.id))).looks
        assert (look.gone_since, look.taken_down_at) == (None, None)

    async def test_a_return_is_explained_each_time(self, store: Store) -> None:
        _, _, lead = await put_lead(store)
        for times in (1, 2):
            now = await store.read(lambda tx: tx.leads.get(lead.id))
            reason = recurred(now.reasons)
            await store.write(lambda tx, reason=reason: tx.takedowns.explain(lead.id, reason))  # type: ignore[misc]
            after = await store.read(lambda tx: tx.leads.get(lead.id))
            assert after.reasons == (*now.reasons, reason)
            assert (after.urgency, len(after.reasons)) == (lead.urgency, len(lead.reasons) + times)
