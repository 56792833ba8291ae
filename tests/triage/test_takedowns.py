"""The posts of open leads are looked at again: what is taken down is verified, what returns is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.audit import AuditDraft
from domain.errors import VisitEnded
from domain.leads import Closing, Lead, LeadStatus
from domain.outcomes import Outcome
from domain.presence import APART
from tests.desk import LOCAL
from tests.fakes import CHANNEL, a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.json_views import lead_json

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SAID = VisitEnded(Outcome.GONE, "http_404")
SHOWN = a_page(a_sight("1", "", picture("kite")))


async def filed(desk: Desk, place: str = "@tin_lanterns") -> tuple[str, Lead]:
    """Visit a target whose one post files a lead."""
    desk.matcher.wanted = [b"kite"]
    target_id = (await desk.watch(place)).target.id
    desk.source.single = {"1": SHOWN}
    await desk.visit(target_id, SHOWN)
    (lead,) = await desk.leads()
    desk.source.posts_asked.clear()  # for its neighbours
    return target_id, lead


async def told(desk: Desk, *actions: str) -> list[AuditDraft]:
    return [event for event in await desk.events() if event.action in actions]


async def test_a_lead_s_post_is_looked_at_once_a_day_and_nothing_is_hashed_again(desk: Desk) -> None:
    target_id, lead = await filed(desk)
    hashed = len(desk.fingerprinter.hashed)
    for _ in range(8):
        await desk.visit(target_id)
        desk.opened.clock.forward(DAY / 4)
    await desk.visit(target_id)
    assert desk.source.posts_asked == ["1", "1"]
    assert len(desk.fingerprinter.hashed) == hashed
    (now,) = await desk.leads()
    assert [(look.at, look.gone_since) for look in now.looks] == [(desk.opened.clock(), None)]
    assert lead.looks == ()


async def test_a_post_that_is_said_to_be_gone_twice_was_taken_down(desk: Desk) -> None:
    target_id, lead = await filed(desk)
    desk.source.single = {}
    desk.opened.clock.forward(DAY)
    first = desk.opened.clock()
    await desk.visit(target_id)
    assert await told(desk, "lead.taken_down") == []
    assert [look.gone_since for look in (await desk.leads())[0].looks] == [first]
    desk.opened.clock.forward(HOUR)
    await desk.visit(target_id)
    desk.opened.clock.forward(APART)
    await desk.visit(target_id)
    second = desk.opened.clock()
    (event,) = await told(desk, "lead.taken_down")
    assert event.subject == lead.id
    assert event.details == {"target": target_id, "first": first.isoformat(), "second": second.isoformat()}
    (shown,) = lead_json((await desk.leads())[0])["looks"]
    assert (shown["gone_since"], shown["taken_down_at"]) == ("2026-03-03T04:30:00Z", "2026-03-03T11:30:00Z")
    assert [post.deleted for post in await desk.posts(target_id)] == [True]
    for _ in range(3):
        desk.opened.clock.forward(8 * DAY)
        await desk.visit(target_id)
    assert len(await told(desk, "lead.taken_down")) == 1, "it is told once"


async def test_without_a_witness_no_post_is_taken_down(desk: Desk) -> None:
    target_id, _ = await filed(desk)
    desk.source.single, desk.source.itself = {}, False
    for _ in range(3):
        desk.opened.clock.forward(DAY)
        await desk.visit(target_id)
    assert await told(desk, "lead.taken_down") == []
    assert (await desk.leads())[0].looks == ()


async def test_what_returns_is_told_and_a_lead_closed_as_removed_is_back_in_the_queue(desk: Desk) -> None:
    target_id, lead = await filed(desk)
    desk.source.single = {}
    for _ in range(2):
        desk.opened.clock.forward(DAY)
        await desk.visit(target_id)
    queue = desk.opened.office.queue
    await queue.claim(LOCAL, lead.id)
    await queue.close(LOCAL, lead.id, Closing.REMOVED)
    await desk.visit(target_id, SHOWN)
    (now,) = await desk.leads()
    assert (now.status, now.closed_as, now.claimed_by) == (LeadStatus.NEW, None, None)
    assert (now.urgency, now.reasons[-1].rule.value, now.reasons[-1].points) == (lead.urgency, "recurred", 0)
    assert all(look.gone_since is None and look.taken_down_at is None for look in now.looks)
    assert [event.action for event in await told(desk, "lead.recurred")] == ["lead.recurred"]


async def test_a_lead_that_was_found_not_illegal_stays_closed(desk: Desk) -> None:
    target_id, lead = await filed(desk)
    desk.source.single = {}
    for _ in range(2):
        desk.opened.clock.forward(DAY)
        await desk.visit(target_id)
    queue = desk.opened.office.queue
    await queue.claim(LOCAL, lead.id)
    await queue.close(LOCAL, lead.id, Closing.NOT_ILLEGAL)
    await desk.visit(target_id, SHOWN)
    (now,) = await desk.leads()
    assert (now.status, now.closed_as) == (LeadStatus.CLOSED, Closing.NOT_ILLEGAL)


async def test_a_target_that_is_gone_takes_its_leads_down_and_brings_them_back(desk: Desk) -> None:
    target_id, lead = await filed(desk, "http://127.0.0.1:9/kites")
    first = desk.opened.clock()
    await desk.visit(target_id, SAID)
    desk.opened.clock.forward(APART)
    assert (await desk.visit(target_id, SAID)).outcome is Outcome.GONE
    (event,) = await told(desk, "lead.taken_down")
    assert (event.subject, event.details["first"]) == (lead.id, first.isoformat())
    desk.opened.clock.forward(DAY)
    await desk.visit(target_id, SAID)
    assert len(await told(desk, "lead.taken_down")) == 1
    await desk.visit(target_id)  # nothing is new there: it is what it was
    (event,) = await told(desk, "lead.recurred")
    assert event.subject == lead.id
    assert [look.taken_down_at for look in (await desk.leads())[0].looks] == [None]


async def test_a_page_is_not_asked_for_by_the_digest_it_is_known_by(desk: Desk) -> None:
    target_id, _ = await filed(desk, "http://127.0.0.1:9/kites")
    desk.opened.clock.forward(2 * DAY)
    await desk.visit(target_id)
    assert desk.source.posts_asked == []


async def test_what_the_platform_deletes_of_its_own_accord_is_verified_by_a_look(desk: Desk) -> None:
    target_id, _ = await filed(desk)
    desk.source.single = {}
    first = desk.opened.clock()
    await desk.visit(target_id, replace(a_page(cursor="1"), deleted=((CHANNEL, "1"),)))
    assert await told(desk, "lead.taken_down") == []
    desk.opened.clock.forward(APART + HOUR)
    await desk.visit(target_id)
    (event,) = await told(desk, "lead.taken_down")
    assert event.details["first"] == first.isoformat()


async def test_pages_are_not_deleted_by_who_stands_before_their_host(desk: Desk) -> None:
    target_id, _ = await filed(desk, "http://127.0.0.1:9/kites")
    (post,) = await desk.posts(target_id)
    gone = replace(a_page(cursor="1"), deleted=((CHANNEL, "1"),))
    desk.source.itself = False
    visit = await desk.visit(target_id, gone)
    assert (visit.outcome, visit.code) == (Outcome.UNREACHABLE, "not_itself")
    assert not (await desk.posts(target_id))[0].deleted
    assert (await desk.target(target_id)).failures == 0
    desk.source.itself = True
    await desk.visit(target_id, gone)
    assert (await desk.posts(target_id))[0].deleted
    assert post.key == (await desk.posts(target_id))[0].key


async def test_a_post_that_is_only_hidden_is_not_taken_down(desk: Desk) -> None:
    target_id, _ = await filed(desk)
    desk.source.single = {"1": VisitEnded(Outcome.RESTRICTED, "post_not_shown")}
    for _ in range(3):
        desk.opened.clock.forward(DAY)
        await desk.visit(target_id)
    assert len(desk.source.posts_asked) == 3
    assert await told(desk, "lead.taken_down") == []


async def test_another_channel_under_the_old_name_takes_nothing_down(desk: Desk) -> None:
    target_id, _ = await filed(desk)
    other = replace(a_sight("1"), container=f"{CHANNEL}9")
    desk.source.single = {"1": a_page(other)}
    for _ in range(2):
        desk.opened.clock.forward(DAY)
        await desk.visit(target_id)
    assert await told(desk, "lead.taken_down") == []


async def test_nothing_is_looked_at_without_a_living_authorisation(desk: Desk) -> None:
    target_id, _ = await filed(desk)
    desk.opened.clock.forward(91 * DAY)
    assert (await desk.visit(target_id)).outcome is Outcome.NOT_AUTHORISED
    assert desk.source.posts_asked == []
