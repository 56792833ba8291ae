"""What every store promises of lists that wait, of opinions and assessments, and of comparing again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.assessments import Assessment, Basis, Verdict
from domain.errors import WrongState
from domain.hashlists import (
    OWN_LIST,
    Algorithm,
    HashEntry,
    HashList,
    HashMatch,
    ListClass,
    Opinion,
    OwnEntry,
    QuotedHash,
    Withdrawal,
)
from domain.ids import LeadId, ListId, new_id
from domain.leads import Capture, Closing, LeadStatus
from domain.ports import LeadKey
from domain.rematching import Compared, Rematcher, RematchPlan
from domain.store import Store, Tx
from tests.contracts.samples import (
    DAY,
    MINUTE,
    NOW,
    a_fingerprint,
    a_key,
    a_list,
    a_match,
    a_post,
    hashed,
    put_claim,
    put_page,
)

ONE, OTHER = HashEntry(algorithm=Algorithm.PDQ, hash=b"\x01" * 32), HashEntry(algorithm=Algorithm.MD5, hash=bytes(16))
A_LEAD = LeadId("a-lead")
HASH = QuotedHash(list_id=ListId("lanterns-1"), entry_id=4, algorithm=ONE.algorithm, hash=ONE.hash)


async def put_live(store: Store, name: str = "lanterns", **changes: Any) -> ListId:
    hash_list = a_list(name, **changes)
    await store.write(lambda tx: tx.lists.stage(hash_list))
    await store.write(lambda tx: tx.lists.activate(hash_list.id, entries=3, now=NOW))
    return hash_list.id


async def put_aside(store: Store, hash_list: HashList) -> None:
    await store.write(lambda tx: tx.lists.stage(hash_list))
    await store.write(lambda tx: tx.lists.hold(hash_list.id, entries=1, why="too few"))


async def put_lead(store: Store, post: str = "1") -> LeadId:
    """Write a lead with one matched picture; returns its id."""
    claim = await put_claim(store)
    plan = await put_page(store, claim, [a_post(post, hashed("kite", a_match()))])
    return plan.filed[0].id


async def compare(store: Store, *matches: HashMatch, generation: int = 9, since: int = 4) -> RematchPlan:
    """Compare every stored fingerprint again, as rematching does, with what the lists are said to answer."""

    def work(tx: Tx) -> RematchPlan:
        due = tx.prints.outdated(generation, 10)
        compared = [Compared(media_id=one.media_id, since=since, generation=generation, matches=matches) for one in due]
        known = tx.prints.known([one.media_id for one in due])
        plan = Rematcher(now=NOW + DAY, new_id=new_id).plan(compared, known)
        tx.prints.record(plan, {lead.id: LeadKey(public=b"public", wrapped=b"wrapped") for lead in plan.filed})
        return plan

    return await store.write(work)


def said(tx: Tx, name: str, one: QuotedHash, opinion: Opinion, *, lead: LeadId = A_LEAD, by: str = "one") -> bool:
    return tx.opinions.add(name, one, opinion, lead_id=lead, by=by, now=NOW)


def assess(one: Assessment, tx: Tx) -> None:
    tx.opinions.assess(one)


class ListContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_a_version_that_waits_is_neither_live_nor_dropped(self, store: Store) -> None:
        staged = a_list(radius=24, licence_ends=NOW.date(), agreement="No. 1", columns="md5=Image")
        await store.write(lambda tx: tx.lists.stage(staged))
        await store.write(lambda tx: tx.lists.hold(staged.id, entries=7, why="too many"))
        waiting = replace(staged, entries=7)
        assert await store.read(lambda tx: tx.lists.held("lanterns")) == (waiting, "too many")
        assert await store.read(lambda tx: (tx.lists.live(), tx.lists.staged())) == ([], [])
        assert await store.read(lambda tx: tx.lists.kept()) == [staged.id]
        with pytest.raises(WrongState):
            await store.write(lambda tx: tx.lists.hold(staged.id, entries=7, why="again"))
        await store.write(lambda tx: tx.lists.activate(staged.id, entries=7, now=NOW))
        assert await store.read(lambda tx: tx.lists.held("lanterns")) is None
        assert await store.read(lambda tx: tx.lists.latest("lanterns")) == replace(waiting, generation=1)

    async def test_another_version_that_waits_takes_the_place_of_the_first(self, store: Store) -> None:
        first, second, third = (a_list(version=version) for version in (1, 2, 3))
        for one in (first, second):
            await put_aside(store, one)
            assert await store.read(lambda tx: tx.lists.next_version("lanterns")) == one.version + 1
        held = await store.read(lambda tx: tx.lists.held("lanterns"))
        assert held == (replace(second, entries=1), "too few")
        assert await store.read(lambda tx: tx.lists.kept()) == [second.id]
        # One that is put in force leaves none behind that is older.
        await store.write(lambda tx: tx.lists.stage(third))
        await store.write(lambda tx: tx.lists.activate(third.id, entries=1, now=NOW))
        assert await store.read(lambda tx: (tx.lists.held("lanterns"), tx.lists.kept())) == (None, [third.id])

    async def test_what_was_in_force_cannot_be_discarded(self, store: Store) -> None:
        list_id = await put_live(store)
        staged = a_list("kites")
        await store.write(lambda tx: tx.lists.stage(staged))
        assert await store.write(lambda tx: tx.lists.discard([list_id, staged.id])) == 1
        assert [one.id for one in await store.read(lambda tx: tx.lists.all())] == [list_id]

    async def test_negative_lists_have_a_generation_of_their_own(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.lists.negative_generation()) == 0
        await put_live(store)
        benign = await put_live(store, "benign", list_class=ListClass.NEGATIVE)
        await put_live(store, "kites")
        assert await store.read(lambda tx: tx.lists.negative_generation()) == 2
        await store.write(lambda tx: tx.lists.retire(benign, NOW))
        assert await store.read(lambda tx: tx.lists.negative_generation()) == 4

    async def test_a_list_that_says_something_else_is_younger(self, store: Store) -> None:
        await put_live(store)
        await put_live(store, "kites")
        assert await store.write(lambda tx: tx.lists.changed("lanterns")) == 3
        live = await store.read(lambda tx: {one.hash_list.name: one.hash_list.generation for one in tx.lists.live()})
        assert live == {"lanterns": 3, "kites": 2}

    # Opinions.

    async def test_an_opinion_is_said_once_by_each_and_taken_back(self, store: Store) -> None:
        def say(tx: Tx) -> list[bool]:
            return [
                said(tx, "lanterns", HASH, Opinion.CONFIRMED, by="one"),
                said(tx, "lanterns", HASH, Opinion.CONFIRMED, by="one"),
                said(tx, "lanterns", HASH, Opinion.CONFIRMED, by="two"),
                said(tx, "lanterns", replace(HASH, algorithm=Algorithm.MD5), Opinion.DISPUTED, by="one"),
                said(tx, "kites", HASH, Opinion.DISPUTED, by="one"),
            ]

        assert await store.write(say) == [True, False, True, True, True]
        counts = await store.read(lambda tx: dict(tx.opinions.counts("lanterns")))
        assert counts == {Opinion.CONFIRMED: 1, Opinion.DISPUTED: 1}

        def take_back(tx: Tx) -> list[bool]:
            remove = tx.opinions.remove
            return [
                remove("lanterns", HASH, Opinion.CONFIRMED, by="three"),
                remove("lanterns", HASH, Opinion.CONFIRMED, by="one"),
                remove("lanterns", HASH, Opinion.CONFIRMED),
                remove("lanterns", HASH, Opinion.CONFIRMED),
            ]

        assert await store.write(take_back) == [False, True, True, False]
        assert await store.read(lambda tx: dict(tx.opinions.counts("lanterns"))) == {Opinion.DISPUTED: 1}

    async def test_what_was_said_of_hashes_is_found_by_its_lead_or_by_where_they_stood(self, store: Store) -> None:
        mine, theirs, elsewhere = LeadId("mine"), LeadId("theirs"), LeadId("elsewhere")
        other = replace(HASH, entry_id=5, hash=bytes(32))

        def say(tx: Tx) -> None:
            said(tx, "lanterns", HASH, Opinion.DISABLED, lead=mine)
            said(tx, "lanterns", other, Opinion.DISPUTED, lead=theirs)
            said(tx, "kites", other, Opinion.DISPUTED, lead=mine)

        await store.write(say)
        matches = [a_match(list_id=HASH.list_id, entry_id=4), a_match(list_id=ListId("lanterns-2"), entry_id=5)]
        found = await store.read(
            lambda tx: [
                tx.opinions.said_of("lanterns", mine, ()),
                tx.opinions.said_of("lanterns", theirs, matches),
                tx.opinions.said_of("lanterns", elsewhere, matches[1:]),
                tx.opinions.said_of("kites", mine, matches),
            ]
        )
        assert found == [[HASH], [HASH, other], [], [other]]

    async def test_live_lists_come_with_what_is_disabled_of_them(self, store: Store) -> None:
        await put_live(store)
        await put_live(store, "kites")
        await store.write(lambda tx: said(tx, "kites", HASH, Opinion.DISABLED))
        await store.write(lambda tx: said(tx, "lanterns", HASH, Opinion.DISPUTED))
        live = await store.read(lambda tx: {one.hash_list.name: one.disabled for one in tx.lists.live()})
        assert live == {"lanterns": frozenset(), "kites": frozenset({(Algorithm.PDQ, ONE.hash)})}

    async def test_the_own_list_holds_what_was_added_and_not_revoked(self, store: Store) -> None:
        lead = await put_lead(store)
        await put_live(store, OWN_LIST)
        await store.write(lambda tx: tx.opinions.own_add(lead, [ONE, OTHER], NOW))
        await store.write(lambda tx: tx.opinions.own_revoke(lead, [(OTHER.algorithm, OTHER.hash)], NOW))
        await store.write(lambda tx: tx.opinions.own_add(lead, [OTHER], NOW))
        kept = (
            OwnEntry(number=1, algorithm=ONE.algorithm, hash=ONE.hash, classification=""),
            OwnEntry(number=3, algorithm=OTHER.algorithm, hash=OTHER.hash, classification=""),
        )
        assert await store.read(lambda tx: tx.opinions.own_of(lead)) == list(kept)
        before = await store.read(lambda tx: tx.lists.generation())
        assert await store.write(lambda tx: tx.lists.own_changed()) == before + 1
        (own,) = await store.read(lambda tx: tx.lists.live())
        assert own.own == kept
        assert (own.hash_list.entries, own.hash_list.version, own.hash_list.generation) == (2, 2, before + 1)

    async def test_of_each_person_the_last_assessment_counts(self, store: Store) -> None:
        lead = await put_lead(store)
        first = Assessment(
            lead_id=lead, actor="one", at=NOW, verdict=Verdict.ILLEGAL, basis=Basis.VIEWED, classification="kind-a",
            media=frozenset({"aa", "bb"}),
        )  # fmt: skip
        again = replace(first, verdict=Verdict.DOUBTFUL, media=frozenset())
        other = replace(first, actor="two")
        for one in (first, other, again):
            await store.write(partial(assess, one))
        assert await store.read(lambda tx: tx.opinions.assessments(lead)) == [other, again]

    async def test_what_stands_in_a_lead_that_somebody_holds_illegal_is_named(self, store: Store) -> None:
        claim = await put_claim(store)
        plan = await put_page(
            store, claim, [a_post("1", hashed("kite", a_match())), a_post("2", hashed("lamp", a_match(), number=2))]
        )
        held, other = (lead.id for lead in plan.filed)
        media = await store.read(lambda tx: {one.media_id for one in tx.prints.of_lead(held)})
        asked = [*media, *await store.read(lambda tx: [one.media_id for one in tx.prints.of_lead(other)])]
        said = Assessment(
            lead_id=held, actor="one", at=NOW, verdict=Verdict.ILLEGAL, basis=Basis.VIEWED, classification="kind-a",
            media=frozenset({"aa"}),
        )  # fmt: skip
        assert await store.read(lambda tx: tx.opinions.held_illegal(asked)) == set()
        await store.write(partial(assess, said))
        assert await store.read(lambda tx: tx.opinions.held_illegal(asked)) == media
        await store.write(partial(assess, replace(said, verdict=Verdict.DOUBTFUL)))
        assert await store.read(lambda tx: tx.opinions.held_illegal(asked)) == set()

    # Comparing again.

    async def test_fingerprints_come_back_as_they_were_written(self, store: Store) -> None:
        lead = await put_lead(store)
        (stored,) = await store.read(lambda tx: tx.prints.outdated(5, 10))
        assert (stored.generation, stored.fingerprint) == (4, a_fingerprint())
        assert await store.read(lambda tx: tx.prints.outdated(4, 10)) == []
        assert await store.read(lambda tx: tx.prints.of_lead(lead)) == [stored]
        assert await store.read(lambda tx: tx.prints.recent(NOW - DAY, 5)) == [stored]
        counted = await store.read(lambda tx: (tx.prints.count(NOW - DAY), tx.prints.count(NOW + DAY)))
        assert counted == (1, 0)

    async def test_a_match_that_holds_no_more_is_withdrawn_and_its_lead_closed(self, store: Store) -> None:
        lead_id = await put_lead(store)
        plan = await compare(store)
        assert [lead.id for lead in plan.retracted] == [lead_id]
        lead = await store.read(lambda tx: tx.leads.get(lead_id))
        assert (lead.status, lead.closed_as, lead.matches) == (LeadStatus.CLOSED, Closing.WITHDRAWN, ())
        assert [one.withdrawn for one in lead.withdrawn] == [Withdrawal.LIST_RETIRED]
        assert await store.read(lambda tx: tx.prints.outdated(9, 10)) == []

    async def test_a_match_that_comes_back_is_reinstated_as_it_now_reads(self, store: Store) -> None:
        list_id = await put_live(store)
        lead_id = await put_lead(store)
        await compare(store)
        back = a_match(list_id=list_id, distance=3, entry_id=5)
        await compare(store, back, generation=10)
        await compare(store, since=0, generation=11)
        await compare(store, replace(back, distance=2), generation=12)
        lead = await store.read(lambda tx: tx.leads.get(lead_id))
        assert (lead.status, [one.match.distance for one in lead.matches]) == (LeadStatus.NEW, [2])
        assert [one.withdrawn for one in lead.withdrawn] == [Withdrawal.ENTRY_GONE]

    async def test_a_lead_of_later_waits_for_its_words_till_they_come_or_are_gone(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1", hashed("kite")), a_post("2", hashed("lamp", number=2))])
        await put_live(store)
        plan = await compare(store, a_match())
        assert [lead.capture for lead in await store.read(lambda tx: tx.leads.queue())] == [Capture.AWAITED] * 2
        assert len(plan.filed) == 2
        target_id = claim.target.id
        awaited = await store.read(lambda tx: tx.prints.awaited(target_id, NOW, 5))
        assert {one.key for one in awaited} == {a_key("1"), a_key("2")}
        assert await store.read(lambda tx: len(tx.prints.awaited(target_id, NOW, 1))) == 1
        await put_page(store, claim, [a_post("1", hashed("kite"))])
        assert await store.read(lambda tx: tx.prints.awaited(target_id, NOW + DAY + MINUTE, 5)) == []
        second = next(one for one in awaited if one.key == a_key("2"))
        assert len(await store.write(lambda tx: tx.prints.gone(second.id))) == 1
        assert await store.write(lambda tx: tx.prints.gone(second.id)) == []
        assert await store.read(lambda tx: tx.prints.awaited(target_id, NOW, 5)) == []
        captures = {lead.capture for lead in await store.read(lambda tx: tx.leads.queue())}
        assert captures == {Capture.TAKEN, Capture.GONE}

    async def test_targets_are_hurried_unless_they_are_due_before(self, store: Store) -> None:
        claim = await put_claim(store)
        await store.write(lambda tx: tx.targets.update(replace(claim.target, next_due=NOW + DAY)))
        await store.write(lambda tx: tx.targets.hurry([claim.target.id], NOW))
        assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).next_due == NOW
        await store.write(lambda tx: tx.targets.hurry([claim.target.id], NOW + DAY))
        assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).next_due == NOW
