"""What two people hold illegal goes on the hotline's own list, and off it when one of them says otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.assessments import MOST_ALIKE, Basis, Verdict
from domain.errors import BadInput, NotAllowed, WrongState
from domain.hashlists import OWN_LIST, ListClass, Withdrawal
from domain.leads import Closing, Lead, LeadStatus
from domain.people import Actor
from tests.desk import LOCAL, OpenOffice, open_office, pdq_of, post
from triage.assessments import COMMON, Assessed
from triage.list_terms import NewList

KITE, LANTERN = b"a paper kite", b"a tin lantern"
TAG = b"a price tag|"
SELLING = "2 tin lanterns 20 USD, pay by transfer, write to @lanterns"
ILLEGAL, VIEWED = Verdict.ILLEGAL, Basis.VIEWED
SECOND = Actor(name="os:second", role=LOCAL.role, local=True)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[OpenOffice]:
    async with open_office(tmp_path) as office:
        yield office


async def leads(opened: OpenOffice) -> list[Lead]:
    return await opened.office.queue.all(LOCAL)


async def a_lead(opened: OpenOffice, *pictures: bytes) -> Lead:
    """Return a lead that a text made, held by the first person."""
    target = await opened.add_target()
    await opened.visit(target.target.id, post(1, SELLING, *pictures))
    (lead,) = await leads(opened)
    return await opened.office.queue.claim(LOCAL, lead.id)


async def say(
    opened: OpenOffice, by: Actor, lead: Lead, verdict: Verdict = ILLEGAL, basis: Basis = VIEWED, *media: str
) -> Assessed:
    return await opened.office.assessments.assess(by, lead.id, verdict=verdict, basis=basis, media=media)


def digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


async def test_two_people_put_a_picture_on_the_own_list_which_then_files_leads(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE)
    elsewhere = await opened.add_target(locator="http://127.0.0.1:9/other")
    await opened.visit(elsewhere.target.id, post(2, "a quiet text", KITE))
    first = await say(opened, LOCAL, lead)
    assert (first.lead.status, first.listed) == (LeadStatus.ASSESSED, 0)
    assert await opened.rematch() == 0
    second = await say(opened, SECOND, lead)
    assert (second.listed, [one.actor for one in second.assessments]) == (2, [LOCAL.name, SECOND.name])
    assert await opened.rematch() == 2
    found = next(one for one in await leads(opened) if one.id != lead.id)
    assert found.target_id == elsewhere.target.id
    assert {(one.match.list_name, one.match.list_class, one.match.algorithm) for one in found.matches} == {
        (OWN_LIST, ListClass.OWN, "sha256"),
        (OWN_LIST, ListClass.OWN, "pdq"),
    }
    # The lead that it came from is not said to match itself.
    (origin,) = [one for one in await leads(opened) if one.id == lead.id]
    assert (origin.matches, origin.status) == ((), LeadStatus.ASSESSED)


async def test_one_who_says_otherwise_takes_it_off_and_the_leads_back(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE)
    await say(opened, LOCAL, lead)
    await say(opened, SECOND, lead)
    await opened.refresh()
    elsewhere = await opened.add_target(locator="http://127.0.0.1:9/other")
    visit = await opened.visit(elsewhere.target.id, post(2, "a quiet text", KITE))
    assert visit.leads_filed == 1
    after = await say(opened, SECOND, lead, Verdict.NOT_ILLEGAL)
    assert after.revoked == 2
    await opened.rematch()
    found = next(one for one in await leads(opened) if one.id != lead.id)
    assert found.closed_as is Closing.WITHDRAWN
    assert {one.withdrawn for one in found.withdrawn} == {Withdrawal.REVOKED}
    listed = await opened.office.lists.show(LOCAL, OWN_LIST)
    assert (listed.hash_list.entries, listed.hash_list.version) == (0, 3)


async def test_the_same_person_twice_is_one(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE)
    await say(opened, LOCAL, lead)
    assert (await say(opened, LOCAL, lead)).listed == 0
    assert len(await opened.office.assessments.show(LOCAL, lead.id)) == 1


async def test_of_several_pictures_those_that_are_meant_are_named(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE, LANTERN)
    with pytest.raises(BadInput, match="2 media items") as fault:
        await say(opened, LOCAL, lead)
    assert digest(LANTERN) in str(fault.value)
    with pytest.raises(BadInput, match="no media item"):
        await say(opened, LOCAL, lead, ILLEGAL, VIEWED, digest(b"another"))
    await say(opened, LOCAL, lead, ILLEGAL, VIEWED, digest(KITE))
    both = await say(opened, SECOND, lead, ILLEGAL, VIEWED, digest(LANTERN), digest(KITE).upper())
    assert both.listed == 2
    stored = await opened.store.read(lambda tx: tx.opinions.own_of(lead.id))
    assert {one.hash.hex() for one in stored if one.algorithm == "sha256"} == {digest(KITE)}


@pytest.mark.parametrize(
    ("verdict", "basis", "problem"),
    [
        (ILLEGAL, Basis.TEXT_ONLY, "your own eyes"),
        (ILLEGAL, Basis.GONE, "your own eyes"),
        (ILLEGAL, Basis.EXACT_HASH, "accredited list"),
    ],
)
async def test_what_nobody_saw_is_not_called_illegal(
    opened: OpenOffice, verdict: Verdict, basis: Basis, problem: str
) -> None:
    lead = await a_lead(opened, KITE)
    with pytest.raises(BadInput, match=problem):
        await say(opened, LOCAL, lead, verdict, basis)


async def test_only_who_holds_a_lead_assesses_it_first(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE)
    with pytest.raises(WrongState, match="claimed by"):
        await say(opened, SECOND, lead)
    await opened.office.queue.release(LOCAL, lead.id)
    with pytest.raises(WrongState, match="claim it first"):
        await say(opened, LOCAL, lead)


async def test_an_administrator_assesses_nothing(tmp_path: Path) -> None:
    async with open_office(tmp_path, enrolled=True) as office:
        with pytest.raises(NotAllowed):
            await office.office.assessments.assess(await office.user("nary"), "any", verdict=ILLEGAL, basis=VIEWED)


async def on_the_own_list(opened: OpenOffice, lead: Lead, picture: bytes, *, even_if_common: bool = False) -> Assessed:
    """Let two people hold one picture of a lead illegal; returns what came of the second's word."""
    await say(opened, LOCAL, lead, ILLEGAL, VIEWED, digest(picture))
    return await opened.office.assessments.assess(
        SECOND, lead.id, verdict=ILLEGAL, basis=VIEWED, media=[digest(picture)], even_if_common=even_if_common
    )


async def show_elsewhere(opened: OpenOffice, *pictures: bytes) -> None:
    """Show each picture in a post of its own, in a target of its own."""
    target = await opened.add_target(locator="http://127.0.0.1:9/other")
    posts = [post(10 + number, "", picture) for number, picture in enumerate(pictures)]
    await opened.visit(target.target.id, *posts)


def tags(count: int) -> list[bytes]:
    return [TAG + b"%d USD" % price for price in range(count)]


async def test_what_many_pictures_look_like_is_kept_back_till_it_is_said_again(opened: OpenOffice) -> None:
    lead = await a_lead(opened, TAG)
    await show_elsewhere(opened, *tags(MOST_ALIKE + 1))
    done = await on_the_own_list(opened, lead, TAG)
    assert (done.lead.status, len(done.assessments)) == (LeadStatus.ASSESSED, 2)
    assert (done.listed, done.kept_back, done.why) == (1, 1, COMMON)
    assert [one.algorithm for one in await opened.store.read(lambda tx: tx.opinions.own_of(lead.id))] == ["sha256"]
    assert await opened.rematch() == MOST_ALIKE + 2
    assert len(await leads(opened)) == 1
    # The first attempt, which was undone to look, left nothing behind.
    actions = await opened.store.read(lambda tx: [event.draft.action for event in tx.audit.events()])
    assert actions.count("lead.assessed") == 2
    assert actions.count("hashlist.own_kept_back") == 1
    again = await on_the_own_list(opened, lead, TAG, even_if_common=True)
    assert (again.listed, again.kept_back, again.why) == (1, 0, "")
    await opened.rematch()
    assert len(await leads(opened)) == MOST_ALIKE + 2
    assert (await on_the_own_list(opened, lead, TAG)).kept_back == 0


async def test_a_few_lookalikes_are_no_layout(opened: OpenOffice) -> None:
    lead = await a_lead(opened, TAG)
    await show_elsewhere(opened, *tags(MOST_ALIKE))
    assert (await on_the_own_list(opened, lead, TAG)).listed == 2


async def test_a_picture_that_goes_round_is_one_picture(opened: OpenOffice) -> None:
    lead = await a_lead(opened, TAG)
    [other] = tags(1)
    await show_elsewhere(opened, *[TAG] * (MOST_ALIKE + 1), *[other] * (MOST_ALIKE + 1))
    assert (await on_the_own_list(opened, lead, TAG)).listed == 2


async def test_what_is_held_illegal_itself_does_not_hinder(opened: OpenOffice) -> None:
    target = await opened.add_target()
    pictures = tags(MOST_ALIKE + 2)
    await opened.visit(target.target.id, *[post(number, SELLING, one) for number, one in enumerate(pictures, 1)])
    (lead,) = await leads(opened)
    lead = await opened.office.queue.claim(LOCAL, lead.id)
    assert (await on_the_own_list(opened, lead, pictures[0])).listed == 2


async def test_what_was_seen_long_ago_does_not_hinder(opened: OpenOffice) -> None:
    lead = await a_lead(opened, TAG)
    await show_elsewhere(opened, *tags(MOST_ALIKE + 1))
    opened.clock.forward(timedelta(days=31))
    assert (await on_the_own_list(opened, lead, TAG)).listed == 2


async def test_of_several_pictures_only_the_card_is_kept_back(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE, TAG)
    await show_elsewhere(opened, *tags(MOST_ALIKE + 1))
    both = digest(KITE), digest(TAG)
    await say(opened, LOCAL, lead, ILLEGAL, VIEWED, *both)
    done = await say(opened, SECOND, lead, ILLEGAL, VIEWED, *both)
    assert (done.listed, done.kept_back) == (3, 1)
    stored = await opened.store.read(lambda tx: tx.opinions.own_of(lead.id))
    assert [one.hash for one in stored if one.algorithm == "pdq"] == [pdq_of(KITE)]


async def test_the_own_list_is_retired_for_a_reason_only_and_what_follows_is_said(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE)
    await say(opened, LOCAL, lead)
    await say(opened, SECOND, lead)
    lists = opened.office.lists
    with pytest.raises(BadInput, match=r"2 hashes would match nothing.*hashlist activate own.*--reason"):
        await lists.retire(LOCAL, OWN_LIST, "  ")
    await lists.retire(LOCAL, OWN_LIST, "a  new agreement")
    last = (await opened.store.read(lambda tx: list(tx.audit.events())))[-1].draft
    assert (last.action, last.details) == ("hashlist.retired", {"name": OWN_LIST, "reason": "a new agreement"})


async def test_an_assessment_stands_while_the_own_list_is_retired_and_says_what_it_lacks(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE, LANTERN)
    await say(opened, LOCAL, lead, ILLEGAL, VIEWED, digest(KITE), digest(LANTERN))
    await say(opened, SECOND, lead, ILLEGAL, VIEWED, digest(KITE))
    elsewhere = await opened.add_target(locator="http://127.0.0.1:9/other")
    await opened.visit(elsewhere.target.id, post(2, "a quiet text", KITE), post(3, "another", LANTERN))
    await opened.rematch()
    lists = opened.office.lists
    await lists.retire(LOCAL, OWN_LIST, "a trial")
    await opened.rematch()
    both = digest(KITE), digest(LANTERN)
    done = await say(opened, SECOND, lead, ILLEGAL, VIEWED, *both)
    assert (len(done.assessments), done.listed, done.kept_back) == (2, 0, 2)
    assert "retired" in done.why
    found = [one for one in await leads(opened) if one.id != lead.id]
    assert [(one.closed_as, {gone.withdrawn for gone in one.withdrawn}) for one in found] == [
        (Closing.WITHDRAWN, {Withdrawal.LIST_RETIRED})
    ]
    # Begun again it has what it had; what was kept back comes when it is said once more.
    again = await lists.activate(LOCAL, f" {OWN_LIST}")
    assert (again.retired_at, again.entries) == (None, 2)
    assert again.version > (await lists.all(LOCAL))[1].version
    await opened.rematch()
    assert [len(one.matches) for one in await leads(opened) if one.id != lead.id] == [2]
    done = await say(opened, SECOND, lead, ILLEGAL, VIEWED, *both)
    assert (done.listed, done.kept_back, done.why) == (2, 0, "")
    await opened.rematch()
    assert sorted(one.status for one in await leads(opened) if one.id != lead.id) == [LeadStatus.NEW] * 2


async def test_what_is_taken_off_a_retired_own_list_stays_off_it(opened: OpenOffice) -> None:
    lead = await a_lead(opened, KITE)
    await say(opened, LOCAL, lead)
    await say(opened, SECOND, lead)
    await opened.office.lists.retire(LOCAL, OWN_LIST, "a trial")
    assert (await say(opened, SECOND, lead, Verdict.NOT_ILLEGAL)).revoked == 2
    assert (await opened.office.lists.activate(LOCAL, OWN_LIST)).entries == 0


async def test_the_own_list_is_begun_again_only_when_it_was_retired(opened: OpenOffice) -> None:
    activate = opened.office.lists.activate
    with pytest.raises(WrongState, match="begins by itself"):
        await activate(LOCAL, OWN_LIST)
    lead = await a_lead(opened, KITE)
    await say(opened, LOCAL, lead)
    await say(opened, SECOND, lead)
    with pytest.raises(WrongState, match="in force"):
        await activate(LOCAL, OWN_LIST)


async def test_nobody_imports_a_list_by_the_own_list_s_name(opened: OpenOffice) -> None:
    wanted = NewList(name=OWN_LIST, classification="demo", list_class=ListClass.OWN)
    with pytest.raises(BadInput, match="take another"):
        await opened.office.lists.import_list(LOCAL, wanted, [])
