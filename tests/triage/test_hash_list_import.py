"""Lists are imported whole, refused row by row, and replaced by their next version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.errors import BadInput, NotAllowed, WrongState
from domain.hashlists import Algorithm, BadRow, HashEntry, ListClass, ListRow, PassedOver
from tests.contracts.samples import some_entries
from tests.desk import LOCAL
from tests.triage.deskhands import Desk
from triage.hash_lists import HashLists
from triage.list_figures import BAD_ROWS_KEPT, KINDS
from triage.list_imports import BATCH
from triage.list_terms import NewList

LANTERNS = NewList(name="Lanterns", classification="demo", list_class=ListClass.OWN, authority="nobody")


def lists_of(desk: Desk) -> HashLists:
    return desk.opened.office.lists


async def live(desk: Desk) -> list[HashEntry]:
    in_force = await desk.opened.store.read(lambda tx: tx.lists.in_force())
    return [entry for one in in_force for entry in lists_of(desk).shelf.entries(one.id)]


async def generation(desk: Desk) -> int:
    return await desk.opened.store.read(lambda tx: tx.lists.generation())


async def test_good_rows_are_imported_and_bad_ones_named(desk: Desk) -> None:
    bad = [BadRow(line=2, problem="no hex"), BadRow(line=4, problem="no algorithm")]
    first, second = some_entries(2)
    done: list[int] = []
    imported = await lists_of(desk).import_list(LOCAL, LANTERNS, [bad[0], first, bad[1], second], done.append)
    assert (imported.figures.bad_rows, imported.figures.bad) == (tuple(bad), 2)
    assert imported.figures.entries == {Algorithm.PDQ: 2}
    assert (imported.hash_list.version, imported.hash_list.entries, done) == (1, 2, [4])
    assert await lists_of(desk).all(LOCAL) == [imported.hash_list]
    assert [entry.hash for entry in await live(desk)] == [first.hash, second.hash]
    (event,) = await desk.events()
    assert (event.action, event.details["entries"], event.details["refused"]) == ("hashlist.imported", 2, 2)


async def test_a_row_s_own_classification_goes_before_the_list_s(desk: Desk) -> None:
    plain = HashEntry(algorithm=Algorithm.MD5, hash=bytes(16))
    await lists_of(desk).import_list(LOCAL, LANTERNS, [plain, replace(plain, hash=b"\x01" * 16, classification="own")])
    assert [entry.classification for entry in await live(desk)] == ["demo", "own"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [BadRow(line=1, problem="no hex")] * 3,
        [BadRow(line=1, problem="no hex"), *some_entries(2), *[BadRow(line=9, problem="odd")] * 2],
    ],
    ids=["empty", "all bad", "most bad"],
)
async def test_a_file_without_enough_good_rows_changes_nothing(desk: Desk, rows: list[ListRow]) -> None:
    await lists_of(desk).import_list(LOCAL, LANTERNS, some_entries(3))
    before = (await lists_of(desk).all(LOCAL), await live(desk), await generation(desk), await desk.events())
    with pytest.raises(BadInput, match="Line 1: no hex" if rows else "no usable row"):
        await lists_of(desk).import_list(LOCAL, LANTERNS, rows)
    assert (await lists_of(desk).all(LOCAL), await live(desk), await generation(desk), await desk.events()) == before


async def test_what_was_passed_over_is_counted_and_no_fault(desk: Desk) -> None:
    rows: list[ListRow] = [
        *some_entries(1),
        PassedOver(what="kites", count=3, line=7),
        PassedOver(what="kites", line=8),
        PassedOver(what="lamps", line=9, unit="Record"),
    ]
    imported = await lists_of(desk).import_list(LOCAL, LANTERNS, rows)
    assert (imported.figures.passed_over, imported.figures.bad) == ({"kites": 4, "lamps": 1}, 0)
    assert imported.figures.first_at == {"kites": "Line 7", "lamps": "Record 9"}


async def test_of_many_bad_rows_the_first_are_kept_and_all_counted(desk: Desk) -> None:
    bad = [BadRow(line=line, problem="odd" if line % 2 else "even") for line in range(1, 1001)]
    imported = await lists_of(desk).import_list(LOCAL, LANTERNS, [*some_entries(1000), *bad])
    assert imported.figures.bad_rows == tuple(bad[:BAD_ROWS_KEPT])
    assert imported.figures.refused == {"odd": 500, "even": 500}


async def test_kinds_of_problems_do_not_grow_with_the_file(desk: Desk) -> None:
    bad = [BadRow(line=line, problem=f"problem {line}") for line in range(500)]
    imported = await lists_of(desk).import_list(LOCAL, LANTERNS, [*some_entries(500), *bad])
    assert len(imported.figures.refused) == KINDS + 1
    assert imported.figures.bad == 500


async def test_a_preview_says_what_would_be_and_writes_nothing(desk: Desk) -> None:
    lists = lists_of(desk)
    rows: list[ListRow] = [*some_entries(3), BadRow(line=4, problem="no hex")]
    first = await lists.preview(LOCAL, LANTERNS, rows)
    assert (first.version, first.replaces, first.refusal) == (1, None, "")
    imported = await lists.import_list(LOCAL, LANTERNS, rows)
    before = (await lists.all(LOCAL), await live(desk), await generation(desk), await desk.events())
    done: list[int] = []
    second = await lists.preview(LOCAL, LANTERNS, rows, done.append)
    assert (second.version, second.replaces, done) == (2, imported.hash_list, [4])
    assert second.figures == first.figures == imported.figures
    assert "no usable row" in (await lists.preview(LOCAL, LANTERNS, [])).refusal
    with pytest.raises(BadInput, match="--name"):
        await lists.preview(LOCAL, replace(LANTERNS, name=""), rows)
    assert (await lists.all(LOCAL), await live(desk), await generation(desk), await desk.events()) == before


async def test_after_a_list_was_retired_an_import_replaces_nothing(desk: Desk) -> None:
    await lists_of(desk).import_list(LOCAL, LANTERNS, some_entries(1))
    await lists_of(desk).retire(LOCAL, "Lanterns")
    preview = await lists_of(desk).preview(LOCAL, LANTERNS, some_entries(1))
    assert (preview.version, preview.replaces) == (2, None)


@pytest.mark.parametrize(("popcount", "share"), [(119, 0.0), (120, 1.0), (136, 1.0), (137, 0.0)])
async def test_the_share_of_pdq_hashes_like_pictures_is_told(desk: Desk, popcount: int, share: float) -> None:
    raw = ((1 << popcount) - 1).to_bytes(32, "big")
    entries = [HashEntry(algorithm=Algorithm.PDQ, hash=raw), HashEntry(algorithm=Algorithm.MD5, hash=bytes(16))]
    assert (await lists_of(desk).preview(LOCAL, LANTERNS, entries)).figures.balanced == share
    assert (await lists_of(desk).preview(LOCAL, LANTERNS, entries[1:])).figures.balanced is None


async def test_an_empty_file_does_not_spoil_another_import_under_way(desk: Desk) -> None:
    lists = lists_of(desk)
    staged = await desk.opened.store.write(lambda tx: lists._stage(tx, replace(LANTERNS, name="Kites")))
    with pytest.raises(BadInput):
        await lists.import_list(LOCAL, LANTERNS, [])
    await desk.opened.store.write(lambda tx: tx.lists.add_entries(staged.id, some_entries(1)))


async def test_the_next_version_replaces_the_last_at_once(desk: Desk) -> None:
    lists = lists_of(desk)
    first = await lists.import_list(LOCAL, LANTERNS, some_entries(3))
    before = await generation(desk)
    second = await lists.import_list(LOCAL, replace(LANTERNS, name="  Lanterns "), some_entries(2))
    assert (first.hash_list.version, second.hash_list.version, second.hash_list.name) == (1, 2, "Lanterns")
    in_force = await desk.opened.store.read(lambda tx: tx.lists.in_force())
    assert [(one.version, one.id) for one in in_force] == [(2, second.hash_list.id)]
    assert [entry.hash for entry in await live(desk)] == [entry.hash for entry in some_entries(2)]
    assert await generation(desk) == before + 1
    assert [(one.version, one.retired_at is None) for one in await lists.all(LOCAL)] == [(2, True), (1, False)]


async def test_a_long_list_goes_in_by_batches_and_is_live_only_at_the_end(desk: Desk) -> None:
    def rows() -> Iterator[HashEntry]:
        yield from some_entries(2 * BATCH + 1)

    done: list[int] = []
    imported = await lists_of(desk).import_list(LOCAL, LANTERNS, rows(), done.append)
    assert done == [BATCH, BATCH, 1]
    assert imported.hash_list.entries == 2 * BATCH + 1 == len(await live(desk))


async def test_an_import_that_breaks_off_leaves_the_old_version_live(desk: Desk) -> None:
    lists = lists_of(desk)
    await lists.import_list(LOCAL, LANTERNS, some_entries(3))
    before = await live(desk)

    def breaks_off() -> Iterator[HashEntry]:
        yield from some_entries(BATCH)
        raise OSError("the disk was pulled out")

    with pytest.raises(OSError, match="pulled out"):
        await lists.import_list(LOCAL, LANTERNS, breaks_off())
    assert await live(desk) == before
    assert [one.version for one in await lists.all(LOCAL)] == [1]
    assert (await lists.import_list(LOCAL, LANTERNS, some_entries(1))).hash_list.version == 2


async def test_a_retired_list_matches_no_more_and_its_next_version_counts_on(desk: Desk) -> None:
    lists = lists_of(desk)
    await lists.import_list(LOCAL, LANTERNS, some_entries(1))
    retired = await lists.retire(LOCAL, " Lanterns")
    assert retired.retired_at == desk.opened.clock()
    assert await live(desk) == []
    for name in ("Lanterns", "Kites", ""):
        with pytest.raises(WrongState, match="no live hash list"):
            await lists.retire(LOCAL, name)
    assert (await lists.import_list(LOCAL, LANTERNS, some_entries(1))).hash_list.version == 2


async def test_a_list_needs_a_name(desk: Desk) -> None:
    with pytest.raises(BadInput, match="--name"):
        await lists_of(desk).import_list(LOCAL, replace(LANTERNS, name=" "), some_entries(1))


async def test_an_analyst_sees_lists_and_changes_none(enrolled: Desk) -> None:
    bopha, nary = await enrolled.opened.user("bopha"), await enrolled.opened.user("nary")
    await lists_of(enrolled).import_list(nary, LANTERNS, some_entries(1))
    assert len(await lists_of(enrolled).all(bopha)) == 1
    with pytest.raises(NotAllowed):
        await lists_of(enrolled).import_list(bopha, LANTERNS, some_entries(1))
    with pytest.raises(NotAllowed):
        await lists_of(enrolled).preview(bopha, LANTERNS, some_entries(1))
    with pytest.raises(NotAllowed):
        await lists_of(enrolled).retire(bopha, "Lanterns")
