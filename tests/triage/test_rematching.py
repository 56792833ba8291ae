"""What was seen before a list changed is compared again: leads are filed, taken back, and say why."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import BadInput, VisitEnded, WrongState
from domain.hashlists import Algorithm, HashEntry, ListClass, Opinion, Severity, Withdrawal
from domain.latency import Timing
from domain.leads import Capture, Closing, Lead, LeadStatus
from domain.outcomes import Outcome
from domain.scoring import Rule, Score, total
from tests.desk import LOCAL, OpenOffice, open_office, pdq_of, post, turned
from triage.list_terms import NewList
from triage.rematching import Rematching

KITE, LANTERN = b"a paper kite", b"a tin lantern"
LISTED = NewList(name="Kites", classification="demo", list_class=ListClass.ACCREDITED, authority="none")
BENIGN = NewList(name="Known benign", classification="benign", list_class=ListClass.NEGATIVE)
SELLING = "2 tin lanterns 20 USD, pay by transfer, write to @lanterns"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[OpenOffice]:
    async with open_office(tmp_path) as office:
        yield office


def near(picture: bytes, bits: int = 12) -> HashEntry:
    return HashEntry(algorithm=Algorithm.PDQ, hash=turned(pdq_of(picture), bits=bits))


def exact(picture: bytes) -> HashEntry:
    return HashEntry(algorithm=Algorithm.SHA256, hash=hashlib.sha256(picture).digest())


async def put(opened: OpenOffice, wanted: NewList, *entries: HashEntry) -> None:
    await opened.office.lists.import_list(LOCAL, wanted, entries)


async def leads(opened: OpenOffice) -> list[Lead]:
    return await opened.office.queue.all(LOCAL)


async def watched(opened: OpenOffice, *pictures: bytes, text: str = "") -> str:
    """Visit a target that shows one post with these pictures; returns the target's id."""
    target = await opened.add_target()
    await opened.visit(target.target.id, post(1, text, *pictures))
    return str(target.target.id)


async def actions(opened: OpenOffice) -> list[str]:
    return await opened.store.read(lambda tx: [event.draft.action for event in tx.audit.events()])


async def test_a_list_that_comes_later_files_a_lead_that_says_so(opened: OpenOffice) -> None:
    await watched(opened, KITE)
    assert await leads(opened) == []
    await put(opened, LISTED, near(KITE))
    assert await opened.rematch() == 1
    (lead,) = await leads(opened)
    assert [found.match.list_name for found in lead.matches] == ["Kites"]
    assert (lead.matches[0].match.distance, lead.matches[0].match.generation) == (12, opened.matcher.generation)
    assert [reason.rule for reason in lead.reasons] == [Rule.KNOWN_MATCH, Rule.LATER_MATCH]
    assert (lead.urgency, lead.value, lead.capture) == (20, 0, Capture.AWAITED)
    assert (lead.timing, lead.appeared_at) == (Timing.LISTS, None), "the list came late, not the visit"
    assert "lead.filed" in await actions(opened)
    assert await opened.rematch() == 0


async def test_what_matches_nothing_is_compared_once_and_files_nothing(opened: OpenOffice) -> None:
    await watched(opened, KITE, LANTERN)
    await put(opened, LISTED, near(b"something else"))
    assert [await opened.rematch(), await opened.rematch()] == [2, 0]
    assert await leads(opened) == []


async def test_a_visit_brings_what_the_post_says_which_has_scrolled_past(opened: OpenOffice) -> None:
    target = await watched(opened, KITE, text=SELLING)
    (before,) = await leads(opened)  # by its text alone
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    seen = post(1, SELLING, KITE)
    opened.shelf.scrolled = (post(9, "another post, of no lead", LANTERN), seen)
    visit = await opened.visit(target)
    assert len(opened.shelf.asked) == 1
    assert visit.outcome is Outcome.UNCHANGED
    lead = next(lead for lead in await leads(opened) if lead.id != before.id)
    assert lead.capture is Capture.TAKEN
    assert {reason.rule for reason in lead.reasons} >= {Rule.KNOWN_MATCH, Rule.STILL_LIVE, Rule.SELLING_TEXT}
    (content,) = await opened.office.queue.reveal(LOCAL, lead.id, reason="to look", opener=opened.unlock(None))
    assert content.content is not None
    assert content.content.text == SELLING
    await opened.visit(target)
    assert len(opened.shelf.asked) == 1


async def test_a_post_that_is_gone_is_said_to_be(opened: OpenOffice) -> None:
    target = await watched(opened, KITE)
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    await opened.visit(target)
    (lead,) = await leads(opened)
    assert lead.capture is Capture.GONE
    assert (await actions(opened))[-1] == "lead.post_gone"


async def test_the_target_of_a_later_lead_is_due_at_once(opened: OpenOffice) -> None:
    target = await watched(opened, KITE)
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    shown = await opened.office.watchlist.show(LOCAL, target)
    assert shown.target.next_due == opened.clock()


async def test_an_entry_that_a_later_version_lacks_retracts_its_lead(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE), near(LANTERN))
    await opened.refresh()
    await watched(opened, KITE)
    (before,) = await leads(opened)
    await put(opened, LISTED, near(LANTERN))
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, Closing.WITHDRAWN)
    assert (lead.matches, [found.withdrawn for found in lead.withdrawn]) == ((), [Withdrawal.ENTRY_GONE])
    assert lead.reasons[-1].rule is Rule.MATCH_WITHDRAWN
    assert (lead.urgency, total(lead.reasons, Score.URGENCY)) == (before.urgency - 20, before.urgency - 20)
    assert (await actions(opened))[-2:] == ["lead.match_withdrawn", "lead.retracted"]


async def test_a_lead_somebody_works_on_stays_theirs_without_its_match(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (before,) = await leads(opened)
    await opened.office.queue.claim(LOCAL, before.id)
    await opened.office.lists.retire(LOCAL, "Kites")
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.status, lead.claimed_by) == (LeadStatus.CLAIMED, LOCAL.name)
    assert [found.withdrawn for found in lead.withdrawn] == [Withdrawal.LIST_RETIRED]
    assert lead.urgency == before.urgency - 20


async def test_a_lead_whose_text_sells_stays_in_the_queue(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE, text=SELLING)
    await opened.office.lists.retire(LOCAL, "Kites")
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.status, lead.matches) == (LeadStatus.NEW, ())


async def test_a_later_version_that_says_the_same_takes_the_place_of_the_match(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (before,) = await leads(opened)
    await put(opened, LISTED, near(LANTERN), near(KITE, bits=4))
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.status, lead.urgency, lead.reasons) == (before.status, before.urgency, before.reasons)
    assert [(one.match.list_version, one.match.distance, one.match.entry_id) for one in lead.matches] == [(2, 4, 1)]
    assert [one.withdrawn for one in lead.withdrawn] == [Withdrawal.SUPERSEDED]
    assert "lead.match_withdrawn" not in await actions(opened)


async def test_a_match_that_comes_back_puts_its_lead_back(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (first,) = await leads(opened)
    for entry in (near(LANTERN), near(KITE)):
        await put(opened, LISTED, entry)
        await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.id, lead.status, lead.urgency) == (first.id, LeadStatus.NEW, first.urgency)
    assert [one.match.list_version for one in lead.matches] == [3]
    assert total(lead.reasons, Score.URGENCY) == lead.urgency
    assert (await actions(opened))[-1] == "lead.reopened"


async def test_a_negative_list_takes_a_likeness_away_and_gives_it_back(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await put(opened, BENIGN, exact(KITE))
    await opened.refresh()
    target = await opened.add_target()
    visit = await opened.visit(target.target.id, post(1, "", KITE))
    assert (visit.suppressed, visit.leads_filed, await leads(opened)) == (1, 0, [])
    await opened.office.lists.retire(LOCAL, BENIGN.name)
    await opened.rematch()
    (lead,) = await leads(opened)
    assert [one.match.list_name for one in lead.matches] == ["Kites"]
    await put(opened, BENIGN, exact(KITE))
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.closed_as, [one.withdrawn for one in lead.withdrawn]) == (Closing.WITHDRAWN, [Withdrawal.SUPPRESSED])
    assert [one.match.list_name for one in lead.matches] == [BENIGN.name]
    await opened.office.lists.retire(LOCAL, BENIGN.name)
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.status, [one.match.list_name for one in lead.matches]) == (LeadStatus.NEW, ["Kites"])


async def test_equal_bytes_outweigh_a_negative_likeness(opened: OpenOffice) -> None:
    await put(opened, LISTED, exact(KITE))
    await put(opened, BENIGN, near(KITE, bits=2))
    await opened.refresh()
    await watched(opened, KITE)
    (lead,) = await leads(opened)
    assert [one.match.list_name for one in lead.matches] == ["Kites", BENIGN.name]


async def test_a_disabled_hash_matches_nothing_in_later_versions_too(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE), near(LANTERN))
    await opened.refresh()
    await watched(opened, KITE)
    (lead,) = await leads(opened)
    opinions = opened.office.opinions
    said = await opinions.say(LOCAL, lead.id, "Kites", Opinion.DISABLED)
    assert (said.hashes, said.new) == (1, 1)
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.closed_as, [one.withdrawn for one in lead.withdrawn]) == (Closing.WITHDRAWN, [Withdrawal.DISABLED])
    # It stays so with the list's next version, which has the hash again.
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    (lead,) = await leads(opened)
    assert lead.matches == ()
    standing = await opened.office.lists.show(LOCAL, "Kites")
    assert dict(standing.opinions) == {Opinion.DISABLED: 1}


async def test_lists_that_change_during_a_round_leave_nothing_half_decided(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    await put(opened, LISTED, near(KITE, bits=6))
    await opened.refresh()
    await opened.office.lists.retire(LOCAL, "Kites")  # what the matcher does not know yet
    before = await leads(opened)
    rematching = Rematching(desk=opened.office.desk, matcher=opened.matcher)
    assert await rematching.run() == 0
    assert await leads(opened) == before
    await opened.rematch()
    (lead,) = await leads(opened)
    assert lead.closed_as is Closing.WITHDRAWN


async def test_a_list_weighs_as_its_severity_says(opened: OpenOffice) -> None:
    await put(opened, replace(LISTED, severity=Severity.HIGH), near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (lead,) = await leads(opened)
    assert lead.urgency == 20 + 30


async def test_a_post_that_is_not_shown_holds_up_no_other_and_ends_no_visit(opened: OpenOffice) -> None:
    target = await opened.add_target()
    await opened.visit(target.target.id, post(1, "", KITE), post(2, "", KITE))
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    for fault, asked in (
        (VisitEnded(Outcome.RESTRICTED, "post_not_shown"), 2),
        (VisitEnded(Outcome.LIMITED, "wait"), 1),
    ):
        opened.shelf.fault = fault
        opened.shelf.asked.clear()
        assert (await opened.visit(target.target.id)).outcome is Outcome.UNCHANGED
        assert [lead.capture for lead in await leads(opened)] == [Capture.AWAITED] * 2
        assert len(opened.shelf.asked) == asked
    opened.shelf.fault = None
    opened.shelf.scrolled = (post(7, "another's post by that name", LANTERN),)
    await opened.visit(target.target.id)
    assert [lead.capture for lead in await leads(opened)] == [Capture.GONE] * 2


async def test_a_list_that_did_not_change_keeps_its_matches(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    before = await leads(opened)
    await put(opened, replace(LISTED, name="Others"), near(LANTERN))
    assert await opened.rematch() == 1
    assert await leads(opened) == before


async def test_of_a_post_that_is_known_to_be_gone_nothing_is_asked(opened: OpenOffice) -> None:
    target = await watched(opened, KITE)
    seen = post(1, "", KITE)
    opened.shelf.deleted = ((seen.container, seen.post),)
    await opened.visit(target)
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    (lead,) = await leads(opened)
    assert lead.capture is Capture.GONE
    await opened.visit(target)
    assert opened.shelf.asked == []


async def test_a_lead_that_was_taken_back_is_not_looked_for(opened: OpenOffice) -> None:
    target = await watched(opened, KITE)
    await put(opened, LISTED, near(KITE))
    await opened.rematch()
    await opened.office.lists.retire(LOCAL, "Kites")
    await opened.rematch()
    await opened.visit(target)
    assert opened.shelf.asked == []


async def test_an_enabled_hash_matches_again(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (before,) = await leads(opened)
    opinions = opened.office.opinions
    await opinions.say(LOCAL, before.id, "Kites", Opinion.DISABLED)
    await opened.rematch()
    assert (await opinions.take_back(LOCAL, before.id, "Kites", Opinion.DISABLED)).new == 1
    assert (await opinions.take_back(LOCAL, before.id, "Kites", Opinion.DISABLED)).new == 0
    await opened.rematch()
    (lead,) = await leads(opened)
    assert (lead.status, lead.urgency, len(lead.matches)) == (LeadStatus.NEW, before.urgency, 1)


async def test_a_hash_is_enabled_again_when_the_version_that_was_matched_is_long_gone(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE), near(LANTERN))
    await opened.refresh()
    target = await opened.add_target()
    await opened.visit(target.target.id, post(1, "", KITE), post(2, "", LANTERN))
    first, other = await leads(opened)
    opinions, lists = opened.office.opinions, opened.office.lists
    await opinions.say(LOCAL, first.id, "Kites", Opinion.DISABLED)
    await opened.rematch()
    await put(opened, LISTED, near(KITE), near(LANTERN))
    await opened.rematch()
    await lists.tidy()
    assert not lists.shelf.holds(first.matches[0].match.list_id)
    # Of the other lead's hash nothing is known but the version in force, which has it still.
    assert (await opinions.take_back(LOCAL, other.id, "Kites", Opinion.DISABLED)).new == 0
    assert (await opinions.take_back(LOCAL, first.id, "Kites", Opinion.DISABLED)).new == 1
    await opened.rematch()
    assert {lead.status for lead in await leads(opened)} == {LeadStatus.NEW}
    assert dict((await lists.show(LOCAL, "Kites")).opinions) == {}


async def test_a_hash_of_a_version_long_gone_of_which_nothing_was_said_is_not_found(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (lead,) = await leads(opened)
    await put(opened, LISTED, near(LANTERN))
    await opened.rematch()
    await opened.office.lists.tidy()
    with pytest.raises(WrongState, match="nothing was said of its hash"):
        await opened.office.opinions.say(LOCAL, lead.id, "Kites", Opinion.DISPUTED)


async def test_an_opinion_alone_changes_no_match_and_compares_nothing_again(opened: OpenOffice) -> None:
    await put(opened, LISTED, near(KITE))
    await opened.refresh()
    await watched(opened, KITE)
    (lead,) = await leads(opened)
    for opinion in (Opinion.CONFIRMED, Opinion.DISPUTED):
        assert (await opened.office.opinions.say(LOCAL, lead.id, "Kites", opinion)).new == 1
    assert dict((await opened.office.lists.show(LOCAL, "Kites")).opinions) == {Opinion.DISPUTED: 1}
    assert await opened.rematch() == 0
    assert (await actions(opened))[-2:] == ["hash.confirmed", "hash.disputed"]
    with pytest.raises(BadInput, match="No picture of this lead"):
        await opened.office.opinions.say(LOCAL, lead.id, "Others", Opinion.DISPUTED)
