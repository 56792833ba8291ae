"""Nothing is asked for without a living authorisation, nor more than the mandate covers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from domain.errors import MediaUnavailable
from domain.fingerprints import MediaStatus
from domain.mandate import MandateScope
from domain.observations import ObservedPage
from domain.outcomes import Outcome
from domain.people import Role
from tests.desk import LOCAL
from tests.fakes import FakeMedia, a_page, a_sight, picture
from tests.triage.deskhands import ORGANISATION, Desk, mandate

SELLING = "Blue kites, 12 USD each, by PayPal"


def full_page(post: str = "1") -> tuple[ObservedPage, FakeMedia]:
    media = FakeMedia(b"kite")
    return a_page(a_sight(post, SELLING, picture("kite", media), links=("http://127.0.0.1:9/kites",))), media


async def test_a_mandate_over_texts_reads_no_media(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await enrolled.renew(MandateScope.TEXT)
    page, media = full_page()
    visit = await enrolled.visit(target_id, page)
    assert (media.reads, enrolled.fingerprinter.hashed, enrolled.source.media_asked) == (0, [], [])
    assert media.closed
    assert enrolled.rules.shown == [SELLING]
    assert (visit.outcome, visit.media_hashed, visit.leads_filed) == (Outcome.NEW, 0, 1)
    (post,) = await enrolled.posts(target_id)
    assert [item.status for item in post.media] == [MediaStatus.NOT_AUTHORISED]


async def test_a_mandate_over_links_shows_no_text_to_the_rules_nor_keeps_any(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await enrolled.renew(MandateScope.LINKS_ONLY)
    page, media = full_page()
    visit = await enrolled.visit(target_id, page)
    assert (media.reads, enrolled.rules.shown) == (0, [])
    assert (visit.outcome, visit.leads_filed, await enrolled.leads()) == (Outcome.NEW, 0, [])


async def test_a_mandate_made_wider_reads_what_was_left_out(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    enrolled.matcher.wanted = [b"kite"]
    for scope, reads in ((MandateScope.LINKS_ONLY, 0), (MandateScope.TEXT, 0), (MandateScope.MEDIA_HASH, 1)):
        await enrolled.renew(scope)
        page, media = full_page()
        await enrolled.visit(target_id, page)
        assert media.reads == reads
    kinds = sorted(lead.kind for lead in await enrolled.leads())
    assert kinds == ["hash", "text"]


async def test_pending_media_wait_while_the_mandate_does_not_cover_them(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    page, media = full_page()
    media.fault = MediaUnavailable("timeout")
    await enrolled.visit(target_id, page)
    await enrolled.renew(MandateScope.TEXT)
    await enrolled.visit(target_id, full_page()[0])
    assert enrolled.source.media_asked == []
    await enrolled.renew(MandateScope.MEDIA_HASH)
    enrolled.source.shelf = {"http://127.0.0.1:9/media/kite": FakeMedia(b"kite")}
    assert (await enrolled.visit(target_id)).media_hashed == 1


Change = Callable[[Desk, str], Awaitable[object]]


async def expire_target(desk: Desk, target_id: str) -> None:
    del target_id
    desk.opened.clock.forward(timedelta(days=91))


async def pause(desk: Desk, target_id: str) -> None:
    await desk.watchlist.pause(LOCAL, target_id)


async def retire(desk: Desk, target_id: str) -> None:
    await desk.watchlist.retire(LOCAL, target_id)


async def pause_all(desk: Desk, target_id: str) -> None:
    del target_id
    await desk.watchlist.pause_all(LOCAL, "a reason")


CHANGES: dict[str, Change] = {
    "target_expired": expire_target,
    "target_paused": pause,
    "target_retired": retire,
    "all_paused": pause_all,
}


@pytest.mark.parametrize("code", CHANGES)
async def test_without_a_living_decision_no_page_is_asked_for(desk: Desk, code: str) -> None:
    target_id = (await desk.watch()).target.id
    await CHANGES[code](desk, target_id)
    visit = await desk.visit(target_id, full_page()[0])
    assert (visit.outcome, visit.code, visit.requests) == (Outcome.NOT_AUTHORISED, code, 0)
    assert (desk.source.asked, desk.source.pages_asked) == ([], 0)
    assert (await desk.target(target_id)).failures == 0  # nothing is held against the host


@pytest.mark.parametrize("code", CHANGES)
async def test_a_decision_taken_during_a_visit_ends_it_at_the_next_page(desk: Desk, code: str) -> None:
    target_id = (await desk.watch()).target.id

    async def decide() -> None:
        await CHANGES[code](desk, target_id)

    (first, _), (second, media), (third, _) = full_page("1"), full_page("2"), full_page("3")
    visit = await desk.visit(target_id, first, decide, second, third)
    assert (visit.outcome, visit.code) == (Outcome.NOT_AUTHORISED, code)
    assert (desk.source.pages_asked, media.reads) == (2, 0)
    assert [post.key.post for post in await desk.posts(target_id)] == ["1"]
    assert desk.source.closed == 1


async def test_an_unapproved_target_is_not_visited(enrolled: Desk) -> None:
    await enrolled.approved()
    waiting = await enrolled.watch("@blue_kites", by=await enrolled.opened.user("bopha"))
    visit = await enrolled.visit(waiting.target.id, full_page()[0])
    assert (visit.outcome, visit.code) == (Outcome.NOT_AUTHORISED, "target_awaiting_approval")
    assert enrolled.source.asked == []


async def test_an_expired_mandate_stops_every_visit(enrolled: Desk) -> None:
    await enrolled.approved()
    mandate = (await enrolled.opened.office.people.standing()).governing_mandate
    enrolled.opened.clock.now = mandate.expires_at - timedelta(days=1)
    late = await enrolled.watch("@blue_kites", by=await enrolled.opened.user("bopha"))
    await enrolled.watchlist.approve(await enrolled.opened.user("chan"), late.target.id)
    enrolled.opened.clock.now = mandate.expires_at
    visit = await enrolled.visit(late.target.id, full_page()[0])
    assert (visit.outcome, visit.code, enrolled.source.asked) == (Outcome.NOT_AUTHORISED, "mandate_expired", [])


async def test_a_synthetic_target_is_never_visited_once_the_hotline_is_enrolled(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    first, second = ("sok", Role.ANALYST), ("dara", Role.SUPERVISOR)
    await desk.opened.office.people.enrol(LOCAL, ORGANISATION, mandate(desk, MandateScope.TEXT), [first, second])
    visit = await desk.visit(target_id, full_page()[0])
    assert (visit.outcome, visit.code, desk.source.asked) == (Outcome.NOT_AUTHORISED, "not_approved", [])


async def test_a_target_that_is_over_is_due_no_more(desk: Desk) -> None:
    target_id = (await desk.watch(days=1)).target.id
    desk.opened.clock.forward(timedelta(days=2))
    _, due = await desk.intake.visit(await desk.claim(target_id), 0.5)
    assert due is None
    assert (await desk.target(target_id)).status == "expired"
