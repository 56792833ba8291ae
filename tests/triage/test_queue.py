"""Leads are claimed, read with a reason, noted and closed; content opens only after its audit event."""

from __future__ import annotations

import pytest

from domain.errors import BadInput, NotAllowed, NotFound, OperatorFault, WrongState
from domain.leads import Closing, LeadStatus
from domain.observations import CaptureRecord
from domain.people import Actor, Role
from domain.ports import Place
from tests.desk import LOCAL, PASSPHRASE
from tests.fakes import RECEIVED, a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.audit_log import AuditLog
from triage.queue import Queue

SELLING = "Blue kites, 12 USD each, by PayPal. ខ្លែងពណ៌ខៀវ \ud800 🏮"
LINKS = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
OTHER = Actor(name="os:other", role=Role.ADMIN, local=True)


def queue_of(desk: Desk) -> Queue:
    return desk.opened.office.queue


async def a_lead(desk: Desk) -> str:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1", SELLING, picture("kite"), links=LINKS)))
    return (await desk.leads())[0].id


class Watchful:
    """An opener that notes how many audit events there were when it was first asked."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.opened = 0

    def open(self, wrapped: bytes, lead_id: str, ciphertext: bytes, place: Place) -> str:
        del wrapped, lead_id, ciphertext, place
        self.opened += 1
        raise OperatorFault(self.reason)


async def test_sealed_content_opens_again_to_the_same_words(desk: Desk) -> None:
    lead_id = await a_lead(desk)
    (shown,) = await queue_of(desk).reveal(LOCAL, lead_id, reason="Triage", opener=desk.opened.unlock(None))
    content = shown.content
    assert content is not None
    assert (content.text, content.author, content.links) == (SELLING, "lantern maker", LINKS)
    assert (content.url, content.media_urls) == ("https://t.me/tin_lanterns/1", ("http://127.0.0.1:9/media/kite",))
    assert content.capture == CaptureRecord(
        final_url="https://t.me/s/tin_lanterns", redirects=("https://t.me/tin_lanterns",), received_at=RECEIVED,
        server_date="Mon, 02 Mar 2026 04:30:00 GMT", status=200, ip="127.0.0.1", port=443, length=1_000,
        body_sha256="00" * 32, certificate_sha256="11" * 32, tool="kapear/test",
    )  # fmt: skip
    assert (shown.kind, shown.actor, shown.created_at) == ("post", "kapear", desk.opened.clock())
    assert "kites" not in repr(shown)


async def test_the_event_is_written_before_anything_is_opened(desk: Desk) -> None:
    lead_id = await a_lead(desk)
    opener = Watchful("the key does not fit")
    with pytest.raises(OperatorFault):
        await queue_of(desk).reveal(LOCAL, lead_id, reason=" Triage ", opener=opener)
    assert opener.opened == 1
    event = (await desk.events())[-1]
    assert (event.actor, event.action, event.subject, dict(event.details)) == (
        "os:tester", "lead.revealed", lead_id, {"reason": "Triage"},
    )  # fmt: skip


async def test_nothing_is_opened_when_its_event_cannot_be_written(desk: Desk) -> None:
    lead_id = await a_lead(desk)
    opener = Watchful("never asked")
    await desk.opened.store.close()
    with pytest.raises(RuntimeError):
        await queue_of(desk).reveal(LOCAL, lead_id, reason="Triage", opener=opener)
    assert opener.opened == 0


@pytest.mark.parametrize("reason", ["", " \n"])
async def test_a_reason_is_asked_for(desk: Desk, reason: str) -> None:
    lead_id = await a_lead(desk)
    before = await desk.events()
    with pytest.raises(BadInput, match="--reveal"):
        await queue_of(desk).reveal(LOCAL, lead_id, reason=reason, opener=desk.opened.unlock(None))
    assert await desk.events() == before


async def test_a_reason_cannot_carry_a_picture_into_the_log(desk: Desk) -> None:
    lead_id = await a_lead(desk)
    await queue_of(desk).reveal(LOCAL, lead_id, reason="A" * 5_000, opener=desk.opened.unlock(None))
    assert "A" * 50 not in repr(await desk.events())


async def test_an_enrolled_hotline_s_lead_opens_with_its_passphrase(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await enrolled.visit(target_id, a_page(a_sight("1", SELLING)))
    (lead,) = await enrolled.leads()
    bopha = await enrolled.opened.user("bopha")
    opener = enrolled.opened.unlock(PASSPHRASE)
    (shown,) = await queue_of(enrolled).reveal(bopha, lead.id, reason="Triage", opener=opener)
    assert shown.content is not None
    assert shown.content.text == SELLING
    for name in ("vuthy", "nary"):
        with pytest.raises(NotAllowed):
            await queue_of(enrolled).reveal(await enrolled.opened.user(name), lead.id, reason="Triage", opener=opener)


async def test_listing_and_showing_give_no_content(desk: Desk) -> None:
    lead_id = await a_lead(desk)
    shown = await queue_of(desk).show(LOCAL, lead_id)
    assert [lead.id for lead in await queue_of(desk).all(LOCAL)] == [lead_id]
    for word in ("kites", "lantern", "PayPal", "127.0.0.1"):
        assert word not in repr(shown)


async def test_claim_release_close_each_with_one_event(desk: Desk) -> None:
    lead_id, queue = await a_lead(desk), queue_of(desk)
    before = len(await desk.events())
    assert (await queue.claim(LOCAL, lead_id)).claimed_by == "os:tester"
    await queue.claim(LOCAL, lead_id)  # twice is once
    with pytest.raises(WrongState, match="claimed by os:tester"):
        await queue.claim(OTHER, lead_id)
    with pytest.raises(WrongState, match="ask them, or a supervisor, to release"):
        await queue.close(OTHER, lead_id, Closing.REMOVED)
    assert (await queue.release(LOCAL, lead_id)).status is LeadStatus.NEW
    await queue.claim(OTHER, lead_id)
    closed = await queue.close(OTHER, lead_id, Closing.UNAVAILABLE)
    assert (closed.status, closed.closed_as) == (LeadStatus.CLOSED, Closing.UNAVAILABLE)
    assert await queue.show(LOCAL, lead_id) == closed
    events = (await desk.events())[before:]
    assert [event.action for event in events] == ["lead.claimed", "lead.released", "lead.claimed", "lead.closed"]
    assert dict(events[-1].details) == {"closing": "unavailable"}
    assert [lead.id for lead in await queue.all(LOCAL, LeadStatus.CLOSED)] == [lead_id]
    assert await queue.all(LOCAL, LeadStatus.NEW) == []


async def test_a_supervisor_frees_the_lead_of_somebody_who_is_away(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await enrolled.visit(target_id, a_page(a_sight("1", SELLING)))
    (lead,) = await enrolled.leads()
    queue = queue_of(enrolled)
    holder, colleague, supervisor = (
        Actor(name="sok", role=Role.ANALYST),
        Actor(name="dara", role=Role.ANALYST),
        Actor(name="chan", role=Role.SUPERVISOR),
    )
    await queue.claim(holder, lead.id)
    with pytest.raises(WrongState, match="or a supervisor"):
        await queue.release(colleague, lead.id)
    assert (await queue.release(supervisor, lead.id)).status is LeadStatus.NEW
    with pytest.raises(WrongState, match="claim it first"):
        await queue.release(supervisor, lead.id)


async def test_notes_are_sealed_and_stand_after_what_was_seen(desk: Desk) -> None:
    lead_id, queue = await a_lead(desk), queue_of(desk)
    await queue.add_note(LOCAL, lead_id, f"Called the host. {'A' * 400}")
    rows = await desk.opened.store.read(lambda tx: tx.leads.contents((tx.leads.queue()[0]).id))
    assert b"Called" not in b"".join(row.ciphertext for row in rows)
    post, note = await queue.reveal(LOCAL, lead_id, reason="Triage", opener=desk.opened.unlock(None))
    assert (post.kind, note.kind, note.actor, note.content) == ("post", "note", "os:tester", None)
    assert note.note.startswith("Called the host. [400 encoded characters")
    with pytest.raises(BadInput):
        await queue.add_note(LOCAL, lead_id, " ")


async def test_an_auditor_looks_and_touches_nothing(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await enrolled.visit(target_id, a_page(a_sight("1", SELLING)))
    (lead,) = await enrolled.leads()
    vuthy, queue = await enrolled.opened.user("vuthy"), queue_of(enrolled)
    assert (await queue.show(vuthy, lead.id)).id == lead.id
    for refused in (
        queue.claim(vuthy, lead.id),
        queue.release(vuthy, lead.id),
        queue.close(vuthy, lead.id, Closing.REMOVED),
        queue.add_note(vuthy, lead.id, "A note"),
    ):
        with pytest.raises(NotAllowed):
            await refused
    with pytest.raises(NotAllowed):
        await queue.all(await enrolled.opened.user("nary"))


async def test_an_unknown_lead_is_not_found(desk: Desk) -> None:
    queue = queue_of(desk)
    for asked in (queue.show, queue.claim, queue.release):
        with pytest.raises(NotFound):
            await asked(LOCAL, "no-such-id")
    before = await desk.events()
    with pytest.raises(NotFound):
        await queue.reveal(LOCAL, "no-such-id", reason="Triage", opener=desk.opened.unlock(None))
    assert await desk.events() == before


async def test_the_log_of_a_working_day_is_whole(desk: Desk) -> None:
    lead_id = await a_lead(desk)
    await queue_of(desk).claim(LOCAL, lead_id)
    verdict = await AuditLog(desk=desk.opened.office.desk).verify(LOCAL)
    assert (verdict.broken_at, verdict.events) == (None, len(await desk.events()))
    assert verdict.events >= 4
