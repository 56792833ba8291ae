from __future__ import annotations

import asyncio
import base64
import re
import sqlite3
import struct
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

from domain.leads import LeadStatus
from domain.outcomes import Outcome
from domain.people import Role
from domain.presence import Ruling
from domain.reports import Via
from domain.store import Tx
from tests.console.visitor import Desk
from tests.desk import LOCAL, PASSPHRASE, SELLING, START, post
from triage.takedowns import Takedowns


async def test_a_target_says_when_it_is_visited_next_and_why(desk: Desk) -> None:
    view = await desk.opened.add_target()
    visitor = await desk.sign_in()
    assert "It was not visited yet." in (await visitor.get(f"/targets/{view.target.id}")).words
    posts = (post(number, at=START - timedelta(hours=8 * number)) for number in range(9))
    await desk.opened.visit(view.target.id, *posts)
    page = await visitor.get(f"/targets/{view.target.id}")
    shown = await desk.office.watchlist.show(LOCAL, view.target.id)
    assert shown.next_visit is not None
    assert len(shown.next_visit.sentences) == 2
    for sentence in shown.next_visit.sentences:
        assert str(sentence) in page.words
    assert 'class="day"' in page.text
    khmer = (await visitor.get(f"/targets/{view.target.id}?lang=km")).words
    assert str(shown.next_visit.sentences[1]) not in khmer
    assert "ប្រកាសដែលរំពឹងក្នុងមួយថ្ងៃ៖ ប្រហែល" in khmer
    await desk.office.watchlist.pause(LOCAL, view.target.id)
    assert 'class="day"' not in (await visitor.get(f"/targets/{view.target.id}")).text


async def test_the_queue_and_a_target_say_how_late_leads_were_beside_how_long_they_wait(desk: Desk) -> None:
    clock = desk.opened.clock
    view, other = await desk.opened.add_target(), await desk.opened.add_target(locator="http://127.0.0.1:9/quiet")
    assert "From post to lead" not in (await (await desk.sign_in()).get("/")).words
    clock.forward(timedelta(hours=3))
    await desk.opened.visit(view.target.id, post(1, SELLING, at=clock() - timedelta(minutes=12)))
    clock.forward(timedelta(hours=2))
    visitor = await desk.sign_in()
    told = "From post to lead half within 12 mins 95 % within 12 mins"
    waits = "From lead to a person half within \u2013 95 % within \u2013"
    for path in ("/", f"/targets/{view.target.id}"):
        words = (await visitor.get(path)).words
        assert told in words, path
        assert waits in words, path
        assert ("Claimed: 0. Waiting: 1, the longest for 2 hrs." in words) is (path == "/"), path
    assert "From post to lead" not in (await visitor.get(f"/targets/{other.target.id}")).words
    (lead,) = await desk.office.queue.all(LOCAL)
    await desk.office.queue.claim(LOCAL, lead.id)
    assert "From lead to a person half within 2 hrs 95 % within 2 hrs" in (await visitor.get("/")).words
    khmer = (await visitor.get("/?lang=km")).words
    assert "95 % ក្នុងរយៈពេល 12 នាទី" in khmer.replace("\xa0", " ")


async def test_the_queue_shows_leads_by_points_with_sums_and_matches(desk: Desk) -> None:
    ids = await desk.with_leads()
    visitor = await desk.sign_in()
    page = await visitor.get("/")
    leads = await desk.office.queue.all(LOCAL)
    assert [lead.urgency + lead.value for lead in leads] == sorted(
        (lead.urgency + lead.value for lead in leads), reverse=True
    )
    assert re.findall(r'class="open" href="/leads/([^"]+)"', page.text) == ids
    assert "20 + 20" in page.words
    assert "distance 12" in page.words
    assert "SHA256" in page.words
    assert "127.0.0.1:9" not in page.text
    assert "kites@" not in page.text


async def test_an_empty_queue_says_so(desk: Desk) -> None:
    visitor = await desk.sign_in()
    assert "Nothing waits here." in (await visitor.get("/")).words


async def test_a_lead_is_claimed_released_claimed_and_closed(desk: Desk) -> None:
    lead_id = (await desk.with_leads())[0]
    visitor = await desk.sign_in()
    assert (await visitor.send(f"/leads/{lead_id}/claim")).headers["location"] == f"/leads/{lead_id}"
    assert "held by os:tester" in (await visitor.get(f"/leads/{lead_id}")).words
    assert (await visitor.send(f"/leads/{lead_id}/release")).status == 303
    await visitor.send(f"/leads/{lead_id}/claim")
    closed = await visitor.send(f"/leads/{lead_id}/close", closing="removed")
    assert closed.headers["location"] == "/"
    assert (await desk.office.queue.show(LOCAL, lead_id)).status is LeadStatus.CLOSED
    assert f"/leads/{lead_id}" not in (await visitor.get("/")).text
    assert f"/leads/{lead_id}" in (await visitor.get("/?status=closed")).text
    assert f"/leads/{lead_id}" in (await visitor.get("/?status=all")).text


async def test_guesses_sent_all_at_once_are_counted_one_by_one(enrolled: Desk) -> None:
    await enrolled.opened.add_list(b"tin lantern")
    lead_id = await _enrolled_lead(enrolled)
    bopha = await enrolled.sign_in("bopha")
    guesses = [
        bopha.send(f"/leads/{lead_id}/reveal", reason="to read", passphrase=f"yellow kites number {number}")
        for number in range(8)
    ]
    statuses = sorted(answer.status for answer in await asyncio.gather(*guesses))
    assert statuses == [400] * 5 + [429] * 3


async def test_one_lead_has_one_holder(enrolled: Desk) -> None:
    await enrolled.opened.add_list(b"tin lantern")
    bopha, chan = await enrolled.sign_in("bopha"), await enrolled.sign_in("chan")
    lead_id = await _enrolled_lead(enrolled)
    assert (await bopha.send(f"/leads/{lead_id}/claim")).status == 303
    late = await chan.send(f"/leads/{lead_id}/claim")
    assert late.status == 409
    assert "claimed by bopha" in late.words
    assert (await chan.send(f"/leads/{lead_id}/close", closing="moved")).status == 409


async def test_a_lead_page_explains_its_scores_and_hides_its_content(desk: Desk) -> None:
    ids = await desk.with_leads()
    visitor = await desk.sign_in()
    for lead_id in ids:
        lead = await desk.office.queue.show(LOCAL, lead_id)
        page = await visitor.get(f"/leads/{lead_id}")
        assert page.status == 200
        for reason in lead.reasons:
            assert reason.text in page.words
        for score, points in (("urgency", lead.urgency), ("value", lead.value)):
            assert points == sum(reason.points for reason in lead.reasons if reason.score == score)
            assert f"Sum {points}" in page.words or points == 0
        assert "kites@" not in page.text
        assert "lantern maker" not in page.text


async def test_content_is_shown_on_request_as_text_folded_and_on_the_record(desk: Desk) -> None:
    await desk.with_leads()
    visitor = await desk.sign_in()
    text_lead = next(lead for lead in await desk.office.queue.all(LOCAL) if lead.kind == "text")
    path = f"/leads/{text_lead.id}"
    assert (await visitor.send(f"{path}/reveal", reason="  ")).status == 400
    await visitor.send(f"{path}/notes", text="Seen before, see the other one.")
    shown = await visitor.send(f"{path}/reveal", reason="to read the offer")
    assert shown.status == 200
    assert SELLING in shown.words
    assert "Seen before, see the other one." in shown.words
    assert '<details class="sealed">' in shown.text
    assert "http://127.0.0.1:9/order" in shown.text
    assert 'href="http' not in shown.text
    assert shown.headers["refresh"].endswith(path)
    assert SELLING not in (await visitor.get(path)).words
    events = await desk.opened.store.read(lambda tx: list(tx.audit.events()))
    revealed = [event.draft for event in events if event.draft.action == "lead.revealed"]
    assert [(draft.subject, draft.details["reason"]) for draft in revealed] == [(text_lead.id, "to read the offer")]


async def test_an_opened_lead_says_where_its_posts_lead_with_a_form_for_each(desk: Desk) -> None:
    await desk.with_leads()
    links = ("http://127.0.0.1:9/order", "https://t.me/+AbCdEf", "https://t.me/kites_bot")
    view = await desk.opened.add_target(locator="http://127.0.0.1:9/links")
    await desk.opened.visit(view.target.id, post(9, SELLING, author="link maker", links=links))
    lead = next(lead for lead in await desk.office.queue.all(LOCAL) if lead.target_id == view.target.id)
    visitor = await desk.sign_in()
    path = f"/leads/{lead.id}"
    assert "Where its posts lead" not in (await visitor.get(path)).text
    shown = await visitor.send(f"{path}/reveal", reason="to read the offer")
    assert "it needs a report of its own" in shown.words
    (form,) = re.findall(r'<form method="post" action="/targets".*?</form>', shown.text, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert fields == {
        "csrf": visitor.csrf, "locator": "http://127.0.0.1:9/order", "report": "", "authorised_by": "", "basis": "",
        "days": "90", "backfill": "200", "ignore_robots": "", "plain_agent": "",
    }  # fmt: skip
    police = shown.text[shown.text.index("For the police") :]
    assert "https://t.me/+AbCdEf" in police
    assert "https://t.me/kites_bot" in police
    del fields["csrf"]
    refused = await visitor.send("/targets", **fields)
    assert refused.status == 400  # a report of its own is missing
    own = {"report": "IHC-2", "authorised_by": "The board", "basis": "Asked for"}
    assert (await visitor.send("/targets", **{**fields, **own})).status == 303
    again = await visitor.send(f"{path}/reveal", reason="to read the offer")
    assert "Where its posts lead" not in again.text


async def test_an_enrolled_hotline_reads_with_its_passphrase_and_guessing_is_bounded(enrolled: Desk) -> None:
    await enrolled.opened.add_list(b"tin lantern")
    lead_id = await _enrolled_lead(enrolled)
    bopha = await enrolled.sign_in("bopha")
    assert 'name="passphrase"' in (await bopha.get(f"/leads/{lead_id}")).text
    shown = await bopha.send(f"/leads/{lead_id}/reveal", reason="to read", passphrase=PASSPHRASE)
    assert "A tin lantern" in shown.words
    assert PASSPHRASE not in shown.text
    for _ in range(5):
        wrong = await bopha.send(f"/leads/{lead_id}/reveal", reason="to read", passphrase="yellow kites and more")
        assert wrong.status == 400
        assert "tin lantern" not in wrong.text
    assert (await bopha.send(f"/leads/{lead_id}/reveal", reason="to read", passphrase=PASSPHRASE)).status == 429
    enrolled.opened.clock.forward(timedelta(minutes=16))
    assert (await bopha.send(f"/leads/{lead_id}/reveal", reason="to read", passphrase=PASSPHRASE)).status == 200


async def test_a_target_is_added_by_one_and_approved_by_another(enrolled: Desk) -> None:
    bopha, chan = await enrolled.sign_in("bopha"), await enrolled.sign_in("chan")
    today = enrolled.opened.clock.now.date().isoformat()
    report = {"reference": "IHC-2026-0007", "received": today, "via": "phone", "alleged": "A shop sells lanterns."}
    assert (await bopha.send("/reports", **report)).status == 303
    wanted = {
        "locator": "http://127.0.0.1:9/lanterns",
        "report": "IHC-2026-0007",
        "authorised_by": "The board",
        "basis": "A report of the public",
        "days": "30",
        "backfill": "50",
    }
    added = await bopha.send("/targets", **wanted)
    assert added.status == 303, added.words
    page = added.headers["location"]
    assert "a second person approves it" in (await bopha.get(page)).words
    assert (await bopha.send(f"{page}/approve")).status == 403
    assert (await chan.send(f"{page}/approve")).status == 303
    shown = await chan.get(page)
    assert "Approved by chan" in shown.words
    assert "http://127.0.0.1:9/lanterns" in shown.text
    assert 'href="http' not in shown.text
    for action, status in (("pause", "Paused"), ("resume", "Active"), ("visit", "Active"), ("retire", "Retired")):
        assert (await chan.send(f"{page}/{action}")).status == 303, action
        assert status in (await chan.get(page)).words
    assert (await chan.send(f"{page}/pause")).status == 409


async def test_a_site_is_read_otherwise_than_usual_for_a_reason_that_the_approver_sees(enrolled: Desk) -> None:
    bopha, chan = await enrolled.sign_in("bopha"), await enrolled.sign_in("chan")
    today = enrolled.opened.clock.now.date().isoformat()
    await bopha.send("/reports", reference="IHC-7", received=today, via="phone", alleged="A shop sells lanterns.")
    usual = {"report": "IHC-7", "authorised_by": "The board", "basis": "A report", "days": "30", "backfill": "50"}
    beyond = {"depth": "2", "ignore_robots": "It shuts out all"}
    added = await bopha.send("/targets", **usual, **beyond, locator="http://127.0.0.1:9/shop/")
    assert added.status == 303, added.words
    seen = (await chan.get(added.headers["location"])).words
    for words in ("Links below its folder 2", "Its robots.txt is not heeded It shuts out all"):
        assert words in seen, words
    wanted = {**usual, "plain_agent": "Its shop warns its buyers", "locator": "http://127.0.0.1:9/board/"}
    assert "plain_agent" not in (await bopha.get("/targets")).text
    assert (await bopha.send("/targets", **wanted)).status == 403
    boss = await enrolled.sign_in("dara")
    assert "plain_agent" in (await boss.get("/targets")).text
    refused = await boss.send("/targets", **{**wanted, "depth": "1", "locator": "@tin_lanterns"})
    assert "--depth is for web pages" in refused.words
    assert 'value="Its shop warns its buyers"' in refused.text


async def test_a_refused_target_keeps_what_was_typed(desk: Desk) -> None:
    visitor = await desk.sign_in()
    wanted = {"locator": "@tin<lantern", "report": "R-1", "authorised_by": "Board", "basis": "Report", "days": "30"}
    page = await visitor.send("/targets", **wanted, backfill="200")
    assert page.status == 400
    assert 'value="@tin&lt;lantern"' in page.text
    assert 'role="alert"' in page.text
    invite = await visitor.send("/targets", **(wanted | {"locator": "https://t.me/+abcdefgh"}), backfill="200")
    assert invite.status == 400
    cut = await visitor.send(
        "/targets", **(wanted | {"locator": "http://127.0.0.1:9/a", "basis": "a\0b"}), backfill="1"
    )
    assert cut.status == 400
    late = await visitor.send("/targets", **(wanted | {"locator": "http://127.0.0.1:9/a"}), backfill="soon")
    assert "Earlier posts: a number" in late.words


async def test_a_target_page_shows_visits_and_no_figure_of_what_was_found(desk: Desk) -> None:
    await desk.with_leads()
    view = (await desk.office.watchlist.all(LOCAL))[0]
    visitor = await desk.sign_in()
    page = await visitor.get(f"/targets/{view.target.id}")
    assert "New posts" in page.words
    assert "Posts on record 3" in page.words
    assert "<svg" in page.text
    for word in ("matches", "leads", "Matches", "Leads"):
        assert word not in page.words, word


async def test_reports_lists_and_audit_are_shown(desk: Desk) -> None:
    await desk.with_leads()
    visitor = await desk.sign_in()
    await desk.office.people.add_user(LOCAL, "sok", Role.ANALYST)
    assert "synthetic" in (await visitor.get("/reports")).words
    future = {"reference": "R-9", "received": "2099-01-01", "via": "web", "alleged": "Kites"}
    assert "in the future" in (await visitor.send("/reports", **future)).words
    lists = await visitor.get("/lists")
    assert "Lanterns v1" in lists.words
    assert "live" in lists.words
    assert "The chain is whole" in (await visitor.get("/audit")).words


async def test_a_broken_chain_is_named(desk: Desk) -> None:
    visitor = await desk.sign_in()
    with closing(sqlite3.connect(desk.opened.hotline_key.with_name("kapear.db"))) as connection, connection:
        connection.execute("UPDATE audit_events SET actor = 'nobody' WHERE seq = 1")
    page = await visitor.get("/audit")
    assert "The chain is broken at event 1." in page.words
    assert "event 1 was altered" in page.words


async def test_what_is_not_there_is_not_found_in_one_line(desk: Desk) -> None:
    visitor = await desk.sign_in()
    for path in ("/leads/none", "/targets/none", "/nowhere", "/leads/", "/static/console.py", "/static/..%2fserver.py"):
        answer = await visitor.get(path)
        assert answer.status == 404, path
        assert "Traceback" not in answer.text
    assert (await visitor.send("/leads/none/claim")).status == 404
    assert (await visitor.ask("DELETE", "/")).status == 405


async def _enrolled_lead(desk: Desk) -> str:
    """File one lead at an enrolled hotline."""
    bopha, chan = await desk.opened.user("bopha"), await desk.opened.user("chan")
    await desk.office.reports.add(
        bopha, reference="IHC-2026-0001", received_on=date(2026, 3, 1), via=Via.WEB, alleged="Lanterns are sold."
    )
    view = await desk.opened.add_target(bopha)
    await desk.office.watchlist.approve(chan, view.target.id)
    await desk.opened.visit(view.target.id, post(1, "A tin lantern", b"tin lantern"))
    return next(lead.id for lead in await desk.office.queue.all(bopha))


async def test_a_lead_says_that_its_post_was_deleted_and_what_stood_around_it(desk: Desk) -> None:
    target_id = (await desk.opened.add_target()).target.id
    await desk.opened.add_list(b"tin lantern")
    shown = replace(post(2, "A tin lantern", b"tin lantern"), particulars=(("document_name", "lantern.png"),))
    await desk.opened.visit(target_id, post(1, "One before"), shown, post(3, "One after"))
    (lead,) = await desk.office.queue.all(LOCAL)
    desk.opened.shelf.deleted = ((shown.container, shown.post),)
    desk.opened.shelf.channel = (("title", "Lantern makers"),)
    changed = replace(shown, text="A tin lantern, sold")
    await desk.opened.visit(target_id, changed)
    visitor = await desk.sign_in()
    page = await visitor.get(f"/leads/{lead.id}")
    assert "Deleted on the platform 2 Mar 2026" in page.words
    assert "lantern.png" not in page.text
    opened = await visitor.send(f"/leads/{lead.id}/reveal", reason="to read")
    for words in (
        "· deleted on the platform on 2 Mar 2026",
        "Particulars of the post document_name lantern.png",
        "Particulars of the channel title Lantern makers",
        "Posts before it by the same author",
        "One before",
        "Posts after it by the same author",
        "One after",
    ):
        assert words in opened.words, words
    khmer = await visitor.get(f"/leads/{lead.id}?lang=km")
    assert "ត្រូវបានលុបនៅលើវេទិកា" in khmer.words


async def test_the_queue_tells_of_accounts_that_do_not_read_as_they_should(desk: Desk) -> None:
    visitor = await desk.sign_in()
    assert "Telegram account" not in (await visitor.get("/")).words
    telegram = desk.office.telegram
    session = (
        "1" + base64.urlsafe_b64encode(struct.pack(">B4sH256s", 2, b"\x7f\x00\x00\x01", 1, b"\x01" * 256)).decode()
    )
    state = await telegram.add(LOCAL, label="kites", session=session)
    figures = await desk.stranger().get("/metrics")
    assert 'kapear_telegram_accounts{state="in_use"} 1.0' in figures.text
    await telegram.cool_down(state.id, "contacts.resolveUsername", desk.opened.clock() + timedelta(hours=1))
    assert "Telegram asked an account to wait" in (await visitor.get("/")).words
    await telegram.park(state.id, "auth_key_duplicated")
    page = await visitor.get("/")
    assert "A Telegram account is parked" in page.words
    assert state.id not in page.text
    assert "គណនី Telegram មួយត្រូវបានផ្អាកប្រើ" in (await visitor.get("/?lang=km")).words
    figures = await desk.stranger().get("/metrics")
    for line in ('{state="parked"} 1.0', '{state="in_use"} 0.0', '{state="limited"} 0.0'):
        assert f"kapear_telegram_accounts{line}" in figures.text


async def test_pages_tell_what_is_gone_what_was_not_watched_and_what_is_to_be_extended(enrolled: Desk) -> None:
    await enrolled.opened.add_list(b"tin lantern")
    lead_id = await _enrolled_lead(enrolled)
    bopha = await enrolled.sign_in("bopha")
    actor = await enrolled.opened.user("bopha")
    target = (await enrolled.office.watchlist.all(actor))[0].target
    since = enrolled.opened.clock.now
    gone = Ruling(outcome=Outcome.GONE, code="http_404", gone_since=since)

    def away(tx: Tx) -> None:
        tx.outages.begin(since)
        tx.takedowns.said(tx.takedowns.open_posts(target.id)[0].id, since)

    await enrolled.opened.store.write(away)
    page = f"/leads/{lead_id}"
    words = (await bopha.get(page)).words
    assert re.search(r"said to be gone 2 Mar 2026.{0,40}, not verified yet", words)
    enrolled.opened.clock.forward(timedelta(days=60))
    bopha, chan = await enrolled.sign_in("bopha"), await enrolled.sign_in("chan")
    takedowns = Takedowns(desk=enrolled.office.desk)
    await enrolled.opened.store.write(lambda tx: tx.takedowns.target_back(target.id, since))
    await enrolled.opened.store.write(lambda tx: takedowns.of_target(tx, target, gone))
    shown = (await bopha.get(page)).words
    assert re.search(r"takedown verified: said to be gone 2 Mar 2026.{0,40} and again 1 May 2026", shown)
    await enrolled.office.watchlist.extend(actor, target.id, days=30, reason="Its lead is open")
    place = f"/targets/{target.id}"
    for words in ("Extension asked for", "bopha: Its lead is open", "Not watched: the network was away", "still away"):
        assert words in (await bopha.get(place)).words, words
    assert "Approve the extension" not in (await bopha.get(place)).words
    assert "Approve the extension" in (await chan.get(place)).words
    assert (await chan.send(f"{place}/approve")).status == 303
    assert "Extension asked for" not in (await chan.get(place)).words
    figures = await enrolled.stranger().get("/metrics")
    assert "kapear_offline 1.0" in figures.text
    assert 'kapear_standstill{reason="network_away"} 1.0' in figures.text


async def test_who_may_steer_pauses_everything_and_every_page_says_so_in_both_languages(enrolled: Desk) -> None:
    bopha, vuthy = await enrolled.sign_in("bopha"), await enrolled.sign_in("vuthy")
    assert "Pause everything" not in (await vuthy.get("/targets")).words
    assert (await vuthy.send("/pause", reason="no")).status == 403
    assert "Everything is paused" not in (await bopha.get("/")).words
    assert "Pause everything" in (await bopha.get("/targets")).words
    refused = await bopha.send("/pause", reason="  ")
    assert refused.status == 400
    assert "Say why everything is paused" in refused.words
    assert (await bopha.send("/pause", reason="counsel <b>asks</b> for it")).status == 303
    for page in ("/", "/reports", "/lists"):
        words = (await bopha.get(page)).words
        assert "Everything is paused, so nothing is watched" in words
        assert "Paused, because: counsel <b>asks</b> for it" in words
    assert "អ្វីៗទាំងអស់ត្រូវបានផ្អាក" in (await bopha.get("/targets?lang=km")).words
    assert (await bopha.send("/go-on")).status == 303
    await bopha.get("/targets?lang=en")
    assert "Everything is paused" not in (await bopha.get("/targets")).words
    standing = await enrolled.office.people.standing()
    assert standing.paused == ""


async def test_who_signs_in_sees_what_is_wrong_with_the_clock_and_strangers_do_not(desk: Desk) -> None:
    visitor = await desk.sign_in()
    desk.opened.clock.forward(-timedelta(days=1))
    assert "kapear clock accept" in (await visitor.get("/")).words
    assert "kapear clock accept" not in (await desk.stranger().get("/sign-in/none")).words
