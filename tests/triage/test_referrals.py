"""What is never opened is noted for the police: sealed, once a report and place, and read for a reason only."""

from __future__ import annotations

import pytest

from domain.errors import BadInput, NotFound, WrongState
from domain.referral_kinds import ReferralKind
from tests.desk import LOCAL
from tests.triage.deskhands import Desk

INVITE = "https://t.me/+AbCdEfKites"


async def test_a_note_is_sealed_and_opens_for_a_reason(desk: Desk) -> None:
    referrals = desk.opened.office.referrals
    noted = await referrals.add(LOCAL, locator=f" {INVITE} ", report="IHC-7")
    assert (noted.note.kind, noted.report, noted.locator) == (ReferralKind.INVITE, "IHC-7", "")
    assert await referrals.all(LOCAL) == [noted]
    assert b"AbCdEfKites" not in noted.note.ciphertext
    with pytest.raises(BadInput, match="--reveal"):
        await referrals.reveal(LOCAL, noted.note.id, reason=" ", opener=desk.opened.unlock(None))
    opened = await referrals.reveal(LOCAL, noted.note.id, reason="the police asked", opener=desk.opened.unlock(None))
    assert opened.locator == INVITE
    events = [(event.action, dict(event.details)) for event in await desk.events()][-2:]
    assert events == [
        ("referral.noted", {"report": "IHC-7", "kind": "invite"}),
        ("referral.revealed", {"reason": "the police asked"}),
    ]


async def test_a_place_is_noted_once_for_each_report(desk: Desk) -> None:
    referrals = desk.opened.office.referrals
    await referrals.add(LOCAL, locator=INVITE, report="IHC-7")
    with pytest.raises(WrongState, match="already"):
        await referrals.add(LOCAL, locator=INVITE, report="IHC-7")
    await referrals.add(LOCAL, locator=INVITE, report="IHC-8")
    assert [view.report for view in await referrals.all(LOCAL)] == ["IHC-8", "IHC-7"]


@pytest.mark.parametrize(
    ("locator", "kind"),
    [
        ("https://t.me/joinchat/AbCdEf", "invite"),
        ("tg://join?invite=AbCdEf", "invite"),
        ("https://t.me/c/1234/5", "private_chat"),
        ("@kites_bot", "bot"),
        ("https://t.me/+85512000000", "profile"),
        ("tg://user?id=1234567", "profile"),
        ("tg://resolve?phone=85512000000", "profile"),
        ("https://chat.whatsapp.com/AbCdEf", "messenger"),
    ],
)
async def test_each_kind_is_told_apart(desk: Desk, locator: str, kind: str) -> None:
    assert (await desk.opened.office.referrals.add(LOCAL, locator=locator, report="IHC-7")).note.kind == kind


async def test_what_can_be_watched_is_not_noted(desk: Desk) -> None:
    with pytest.raises(BadInput, match="kapear watch add"):
        await desk.opened.office.referrals.add(LOCAL, locator="@tin_kites", report="IHC-7")
    with pytest.raises(NotFound):
        await desk.opened.office.referrals.reveal(LOCAL, "none", reason="why not", opener=desk.opened.unlock(None))
