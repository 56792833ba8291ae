"""What cannot be watched is kept for the police with one button, and opened for a reason only."""

from __future__ import annotations

import re

import pytest

from domain.referral_kinds import ReferralKind
from tests.console.visitor import Answer, Desk, Visitor
from tests.desk import LOCAL, PASSPHRASE, SELLING, post

INVITE = "https://t.me/+AbCdEfKites"
WANTED = {"report": "IHC-7", "authorised_by": "Board", "basis": "Report", "days": "30", "backfill": "200"}


def button(page: Answer) -> dict[str, str]:
    """Return the fields of the one form on a page that keeps a note."""
    (form,) = re.findall(r'<form method="post" action="/referrals".*?</form>', page.text, re.DOTALL)
    assert "Keep a note for the police" in form
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


async def noted(visitor: Visitor) -> str:
    """Have a target refused and press the button; returns the note's page."""
    refused = await visitor.send("/targets", **WANTED, locator=INVITE)
    assert refused.status == 400
    assert "a private invite was reported. It was not opened" in refused.words
    fields = button(refused)
    assert fields == {"csrf": visitor.csrf, "locator": INVITE, "report": "IHC-7", "platform": ""}
    kept = await visitor.send("/referrals", **{name: fields[name] for name in ("locator", "report", "platform")})
    assert kept.status == 303, kept.words
    return kept.headers["location"]


async def test_a_refused_target_is_kept_with_one_button_and_opened_for_a_reason(desk: Desk) -> None:
    visitor = await desk.sign_in()
    assert "No note yet." in (await visitor.get("/referrals")).words
    path = await noted(visitor)
    shown = await visitor.get(path)
    for words in ("Report reference IHC-7", "What it is Invite", "Noted by os:tester", "nobody was contacted"):
        assert words in shown.words, words
    listed = await visitor.get("/referrals")
    assert f'href="{path}"' in listed.text
    assert "AbCdEfKites" not in shown.text + listed.text
    assert (await visitor.send(f"{path}/reveal", reason=" ")).status == 400
    opened = await visitor.send(f"{path}/reveal", reason="for the police, file 12")
    assert INVITE in opened.words
    assert 'href="https' not in opened.text
    assert opened.headers["refresh"].endswith(path)
    assert "AbCdEfKites" not in (await visitor.get(path)).text
    events = await desk.opened.store.read(lambda tx: [event.draft for event in tx.audit.events()])
    assert [(event.action, event.details.get("reason")) for event in events[-2:]] == [
        ("referral.noted", None),
        ("referral.revealed", "for the police, file 12"),
    ]


async def test_a_place_is_kept_once_and_only_if_it_cannot_be_watched(desk: Desk) -> None:
    visitor = await desk.sign_in()
    await noted(visitor)
    again = await visitor.send("/referrals", locator=INVITE, report="IHC-7")
    assert (again.status, "noted for this report already" in again.words) == (409, True)
    watchable = await visitor.send("/referrals", locator="http://127.0.0.1:9/kites", report="IHC-7")
    assert (watchable.status, "can be watched" in watchable.words) == (400, True)
    refused = await visitor.send("/targets", **WANTED, locator="not a place")
    assert 'action="/referrals"' not in refused.text
    assert (await visitor.send("/referrals", locator=INVITE, report=" ")).status == 400
    assert (await visitor.get("/referrals/none")).status == 404
    assert (await visitor.send("/referrals/none/reveal", reason="why")).status == 404


async def test_an_enrolled_hotline_opens_a_note_with_its_passphrase(enrolled: Desk) -> None:
    bopha, auditor = await enrolled.sign_in("bopha"), await enrolled.sign_in("vuthy")
    today = enrolled.opened.clock.now.date().isoformat()
    await bopha.send("/reports", reference="IHC-7", received=today, via="phone", alleged="Kites are sold.")
    path = await noted(bopha)
    assert "A test hotline" in (await bopha.get(path)).words
    assert "Your role does not open content" in (await auditor.get(path)).words
    assert (await auditor.send(f"{path}/reveal", reason="why", passphrase=PASSPHRASE)).status == 403
    assert (await auditor.send("/referrals", locator=INVITE, report="IHC-7")).status == 403
    wrong = await bopha.send(f"{path}/reveal", reason="why", passphrase="yellow kites and more")
    assert (wrong.status, INVITE in wrong.words) == (400, False)
    assert INVITE in (await bopha.send(f"{path}/reveal", reason="why", passphrase=PASSPHRASE)).words


async def test_an_opened_lead_offers_a_note_for_each_link_that_is_never_followed(desk: Desk) -> None:
    view = await desk.opened.add_target(locator="http://127.0.0.1:9/links")
    links = ("https://t.me/kites_bot", "https://mega.nz/folder/AbC")
    await desk.opened.visit(view.target.id, post(9, SELLING, author="link maker", links=links))
    (lead,) = await desk.office.queue.all(LOCAL)
    visitor = await desk.sign_in()
    shown = await visitor.send(f"/leads/{lead.id}/reveal", reason="to read the offer")
    forms = re.findall(r'<form method="post" action="/referrals".*?</form>', shown.text, re.DOTALL)
    fields = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    assert [(field["locator"], field["report"]) for field in fields] == [(link, view.report) for link in links]
    assert "They are recorded with their post, and never followed." in shown.words
    assert "https://t.me/kites_bot Bot · in the post http" in shown.words
    kept = await visitor.send("/referrals", locator=links[1], report=view.report)
    assert "File host" in (await visitor.get(kept.headers["location"])).words


@pytest.mark.parametrize("kind", ReferralKind)
async def test_every_kind_says_that_nothing_was_opened(kind: ReferralKind) -> None:
    assert kind.sentence.startswith("Referral note: ")
    assert kind.sentence.endswith("It was not opened, and nobody was contacted.")
