"""A list's terms are kept, its size is looked at, and what it would mean is said before it counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import BadInput, WrongState
from domain.hashlists import Algorithm, HashEntry, ListClass
from domain.ids import ListId
from tests.contracts.samples import some_entries
from tests.desk import LOCAL, START, OpenOffice, open_office, pdq_of, post, turned
from triage.list_imports import FEW
from triage.list_terms import NewList

KITE, LANTERN = b"a paper kite", b"a tin lantern"
LIST = NewList(name="Lanterns", classification="demo", list_class=ListClass.ACCREDITED, authority="none")


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[OpenOffice]:
    async with open_office(tmp_path) as office:
        yield office


def near(picture: bytes) -> HashEntry:
    return HashEntry(algorithm=Algorithm.PDQ, hash=turned(pdq_of(picture), bits=12))


@pytest.mark.parametrize("entries", [1, 3 * FEW + 7])
async def test_a_flood_waits_and_the_version_before_stays_in_force(opened: OpenOffice, entries: int) -> None:
    lists = opened.office.lists
    first = await lists.import_list(LOCAL, LIST, some_entries(FEW + 2))
    second = await lists.import_list(LOCAL, LIST, some_entries(entries))
    assert (first.held, second.held) == ("", f"It has {entries} entries, and the version in force {FEW + 2}.")
    standing = await lists.show(LOCAL, "Lanterns")
    assert (standing.hash_list.version, standing.waiting, standing.held) == (1, second.hash_list, second.held)
    assert [one.id for one in await opened.store.read(lambda tx: tx.lists.in_force())] == [first.hash_list.id]
    assert await lists.waiting(LOCAL) == {first.hash_list.id: (second.hash_list, second.held)}
    await lists.tidy()
    assert lists.shelf.holds(second.hash_list.id)
    released = await lists.activate(LOCAL, "Lanterns")
    assert (released.version, (await lists.show(LOCAL, "Lanterns")).waiting) == (2, None)
    assert await lists.waiting(LOCAL) == {}
    assert [one.id for one in await opened.store.read(lambda tx: tx.lists.in_force())] == [released.id]


async def test_what_waits_can_be_dropped_with_its_files(opened: OpenOffice) -> None:
    lists = opened.office.lists
    first = await lists.import_list(LOCAL, LIST, some_entries(FEW + 2))
    second = await lists.import_list(LOCAL, LIST, some_entries(1))
    await lists.discard(LOCAL, "Lanterns")
    assert (lists.shelf.holds(first.hash_list.id), lists.shelf.holds(second.hash_list.id)) == (True, False)
    for decide in (lists.activate, lists.discard):
        with pytest.raises(WrongState, match="kept aside"):
            await decide(LOCAL, "Lanterns")


async def test_a_preview_would_be_held_too_and_leaves_no_file(opened: OpenOffice, tmp_path: Path) -> None:
    lists = opened.office.lists
    await lists.import_list(LOCAL, LIST, some_entries(FEW + 2))
    before = sorted((tmp_path / "lists").iterdir())
    assert "It has 1 entries" in (await lists.preview(LOCAL, LIST, some_entries(1))).held
    assert sorted((tmp_path / "lists").iterdir()) == before


async def test_an_import_says_what_stands_on_other_lists_and_what_it_would_have_matched(opened: OpenOffice) -> None:
    lists = opened.office.lists
    target = await opened.add_target()
    await opened.visit(target.target.id, post(1, "", KITE), post(2, "", LANTERN))
    await lists.import_list(LOCAL, replace(LIST, name="Others"), [*some_entries(3), near(LANTERN)])
    preview = await lists.preview(LOCAL, LIST, [*some_entries(2), near(KITE)])
    assert dict(preview.overlap) == {"Others": 2}
    assert preview.forecast is not None
    assert (preview.forecast.pictures, preview.forecast.compared, preview.forecast.matched) == (2, 2, 1)
    imported = await lists.import_list(LOCAL, LIST, [near(KITE)])
    assert (dict(imported.overlap), imported.forecast.matched) == ({"Others": 0}, 1)
    assert 0 < imported.forecast.false_leads < preview.forecast.false_leads < 1e-6
    opened.clock.forward(timedelta(days=31))
    later = await lists.preview(LOCAL, LIST, [near(KITE)])
    assert later.forecast is not None
    assert (later.forecast.pictures, later.forecast.matched) == (0, 0)
    assert dict(later.overlap) == {"Others": 0, "Lanterns": 1}


async def test_a_licence_ends_by_itself(opened: OpenOffice) -> None:
    lists = opened.office.lists
    today = START.date()
    with pytest.raises(BadInput, match="licence of this list ended"):
        await lists.import_list(LOCAL, replace(LIST, licence_ends=today - timedelta(days=1)), [near(KITE)])
    await lists.import_list(LOCAL, replace(LIST, licence_ends=today, agreement="No. 12"), [near(KITE)])
    assert await lists.expire() == []
    opened.clock.forward(timedelta(days=1))
    assert [one.agreement for one in await lists.expire()] == ["No. 12"]
    assert await lists.expire() == []
    assert await opened.store.read(lambda tx: tx.lists.in_force()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"radius": 32}, "radius is 0 to 31"),
        ({"radius": -1}, "radius is 0 to 31"),
        ({"min_quality": 101}, "quality is 0 to 100"),
        ({"list_class": ListClass.ADULT_NCII, "classification": "CSAM, kind A"}, "never says CSAM"),
        ({"list_class": ListClass.SELF_SUBMITTED, "classification": "Child sexual abuse"}, "never says CSAM"),
    ],
)
async def test_terms_that_cannot_be_are_refused(opened: OpenOffice, changes: dict[str, object], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        await opened.office.lists.import_list(LOCAL, replace(LIST, **changes), [near(KITE)])  # type: ignore[arg-type]
    assert await opened.store.read(lambda tx: tx.lists.all()) == []


async def test_a_row_of_such_a_list_does_not_say_it_either(opened: OpenOffice) -> None:
    wanted = replace(LIST, list_class=ListClass.ADULT_NCII, classification="reported by the person shown")
    rows = [replace(near(KITE), classification="csam"), replace(near(LANTERN), classification="case A")]
    imported = await opened.office.lists.import_list(LOCAL, wanted, rows)
    kept = [one.classification for one in opened.office.lists.shelf.entries(imported.hash_list.id)]
    assert kept == ["reported by the person shown", "case A"]


async def test_the_columns_of_a_list_are_remembered(opened: OpenOffice) -> None:
    lists = opened.office.lists
    assert (await lists.with_columns(LIST)).columns == ""
    await lists.import_list(LOCAL, replace(LIST, columns="md5=Image MD5"), [near(KITE)])
    assert (await lists.with_columns(LIST)).columns == "md5=Image MD5"
    assert (await lists.with_columns(replace(LIST, columns="md5=Other"))).columns == "md5=Other"


async def test_a_list_matches_within_the_radius_and_quality_that_were_agreed(opened: OpenOffice) -> None:
    lists = opened.office.lists
    await lists.import_list(LOCAL, replace(LIST, name="Strict", radius=11), [near(KITE)])
    await lists.import_list(LOCAL, replace(LIST, name="Usual"), [near(KITE)])
    await opened.refresh()
    target = await opened.add_target()
    await opened.visit(target.target.id, post(1, "", KITE))
    (lead,) = await opened.office.queue.all(LOCAL)
    assert [one.match.list_name for one in lead.matches] == ["Usual"]


async def test_tidying_drops_what_was_broken_off_and_what_nobody_needs(opened: OpenOffice) -> None:
    lists = opened.office.lists
    kept = await lists.import_list(LOCAL, LIST, [near(KITE)])
    gone = await lists.import_list(LOCAL, replace(LIST, name="Kites"), [near(KITE)])
    await lists.retire(LOCAL, "Kites")
    broken = await opened.store.write(lambda tx: lists._stage(tx, replace(LIST, name="Lamps")))
    writer = lists.shelf.write(ListId(broken.id))
    under_way = await opened.store.write(lambda tx: lists._stage(tx, replace(LIST, name="Boats")))
    other = lists.shelf.write(under_way.id)
    writer.abandon()
    await lists.tidy()
    assert len(await opened.store.read(lambda tx: tx.lists.staged())) == 2  # it may have begun this moment
    opened.clock.forward(timedelta(minutes=2))
    await lists.tidy()
    assert await opened.store.read(lambda tx: tx.lists.staged()) == [under_way]
    assert (lists.shelf.holds(kept.hash_list.id), lists.shelf.holds(gone.hash_list.id)) == (True, False)
    other.add([near(LANTERN)])
    other.finish()
    other.abandon()
    assert lists.shelf.holds(under_way.id)
