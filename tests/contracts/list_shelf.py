"""What every ListShelf promises; subclass it and give it one that is empty."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import BadInput, NotFound, OperatorFault
from domain.hashlists import Algorithm, HashEntry
from domain.ids import ListId, new_id
from domain.ports import ListShelf

bounded = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.one_of(st.just(""), st.text(max_size=12), st.text(st.characters(codec=None, exclude_categories=())))


@st.composite
def entries(draw: st.DrawFn) -> HashEntry:
    """Draw an entry whose hash may well be another's."""
    algorithm = draw(st.sampled_from(Algorithm))
    size = algorithm.hex_length // 2
    hashes = st.one_of(st.sampled_from([bytes(size), b"\xff" * size]), st.binary(min_size=size, max_size=size))
    return HashEntry(
        algorithm=algorithm, hash=draw(hashes), classification=draw(texts), ref=draw(texts), note=draw(texts)
    )


def an_id() -> ListId:
    return ListId(new_id())


def an_entry(number: int, algorithm: Algorithm = Algorithm.PDQ) -> HashEntry:
    """Return an entry of its own for each number."""
    return HashEntry(algorithm=algorithm, hash=number.to_bytes(algorithm.hex_length // 2), classification="kites")


def stored(shelf: ListShelf, *batches: Sequence[HashEntry]) -> ListId:
    """Write a version of these entries."""
    list_id = an_id()
    writer = shelf.write(list_id)
    for batch in batches:
        writer.add(batch)
    writer.finish()
    return list_id


class ListShelfContract:
    """The suite; a subclass brings the fixture `shelf`."""

    @bounded
    @given(batches=st.lists(st.lists(entries(), max_size=8), max_size=4))
    def test_what_is_written_comes_back_in_its_order(self, shelf: ListShelf, batches: list[list[HashEntry]]) -> None:
        list_id = stored(shelf, *batches)
        whole = [entry for batch in batches for entry in batch]
        assert list(shelf.entries(list_id)) == whole
        assert [shelf.entry(list_id, number) for number in range(len(whole))] == whole

    def test_an_entry_that_is_not_there_is_not_found(self, shelf: ListShelf) -> None:
        list_id = stored(shelf, [an_entry(1), an_entry(2)])
        for number in (-1, 2, 1 << 70):
            with pytest.raises(NotFound):
                shelf.entry(list_id, number)

    @bounded
    @given(one=st.lists(entries(), max_size=12), other=st.lists(entries(), max_size=12))
    def test_the_overlap_counts_entries_of_the_first(
        self, shelf: ListShelf, one: list[HashEntry], other: list[HashEntry]
    ) -> None:
        there = {(entry.algorithm, entry.hash) for entry in other}
        expected = sum((entry.algorithm, entry.hash) in there for entry in one)
        assert shelf.overlap(stored(shelf, one), stored(shelf, other)) == expected

    def test_an_empty_version_is_one(self, shelf: ListShelf) -> None:
        empty, full = stored(shelf), stored(shelf, [an_entry(1)])
        assert shelf.holds(empty)
        assert list(shelf.entries(empty)) == []
        assert shelf.overlap(empty, full) == shelf.overlap(full, empty) == 0

    def test_a_version_is_held_when_it_is_finished_and_not_before(self, shelf: ListShelf) -> None:
        list_id = an_id()
        assert not shelf.holds(list_id)
        assert not shelf.is_being_written(list_id)
        writer = shelf.write(list_id)
        writer.add([an_entry(1)])
        assert not shelf.holds(list_id)
        assert shelf.is_being_written(list_id)
        with pytest.raises(OperatorFault):
            shelf.entries(list_id)
        writer.finish()
        assert shelf.holds(list_id)
        assert not shelf.is_being_written(list_id)

    def test_what_is_abandoned_is_gone_and_may_be_written_again(self, shelf: ListShelf) -> None:
        list_id = an_id()
        writer = shelf.write(list_id)
        writer.add([an_entry(1)])
        writer.abandon()
        writer.abandon()
        assert not shelf.holds(list_id)
        assert not shelf.is_being_written(list_id)
        again = shelf.write(list_id)
        again.add([an_entry(2)])
        again.finish()
        again.abandon()
        assert list(shelf.entries(list_id)) == [an_entry(2)]

    def test_only_one_writes_a_version_and_a_finished_one_never_changes(self, shelf: ListShelf) -> None:
        list_id = an_id()
        writer = shelf.write(list_id)
        with pytest.raises(OperatorFault):
            shelf.write(list_id)
        writer.add([an_entry(1)])
        writer.finish()
        with pytest.raises(OperatorFault):
            shelf.write(list_id)
        with pytest.raises(OperatorFault):
            writer.add([an_entry(2)])
        assert list(shelf.entries(list_id)) == [an_entry(1)]

    def test_what_is_not_kept_is_removed_unless_somebody_writes_it(self, shelf: ListShelf) -> None:
        kept, other = stored(shelf, [an_entry(1)]), stored(shelf, [an_entry(2)])
        opened = shelf.entries(other)
        writing = an_id()
        writer = shelf.write(writing)
        writer.add([an_entry(3)])
        assert shelf.keep_only([kept]) == 1
        assert shelf.keep_only([kept, an_id()]) == 0
        assert shelf.holds(kept)
        assert not shelf.holds(other)
        assert list(opened) == [an_entry(2)]  # who has one open keeps it
        writer.finish()
        assert list(shelf.entries(writing)) == [an_entry(3)]
        with pytest.raises(OperatorFault):
            shelf.entries(other)
        with pytest.raises(OperatorFault):
            shelf.entry(other, 0)
        with pytest.raises(OperatorFault):
            shelf.overlap(kept, other)
        assert shelf.keep_only([]) == 2

    @pytest.mark.parametrize("name", ["", ".", "..", "../kites", "a/b", "a.new", "a\n", "lanterns\0", "a" * 101])
    def test_an_id_that_is_none_is_refused(self, shelf: ListShelf, name: str) -> None:
        list_id = ListId(name)
        with pytest.raises(BadInput):
            shelf.write(list_id)
        with pytest.raises(BadInput):
            shelf.holds(list_id)
        with pytest.raises(BadInput):
            shelf.entries(list_id)
        with pytest.raises(BadInput):
            shelf.keep_only([list_id])
