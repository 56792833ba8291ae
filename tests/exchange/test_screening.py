"""What would match everything is refused, what is said twice is passed over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hashlists import Algorithm, BadRow, HashEntry, ListRow, PassedOver
from exchange.screening import BATCH, REPEATED, screened

HALF = b"\x0f" * 32


def pdq(raw: bytes, line: int = 1, classification: str = "") -> HashEntry:
    return HashEntry(algorithm=Algorithm.PDQ, hash=raw, classification=classification, line=line)


def with_bits(bits: int, length: int) -> bytes:
    return ((1 << bits) - 1).to_bytes(length, "big")


def kinds(rows: Iterable[ListRow]) -> list[type]:
    return [type(row) for row in screened(rows)]


@pytest.mark.parametrize(
    ("bits", "good"), [(0, False), (95, False), (96, True), (128, True), (160, True), (161, False), (256, False)]
)
def test_a_pdq_hash_far_from_balance_is_refused_with_its_line(bits: int, *, good: bool) -> None:
    entry = pdq(with_bits(bits, 32), line=7)
    [row] = screened([entry], unit="Record")
    if good:
        assert row is entry
    else:
        assert isinstance(row, BadRow)
        assert (row.unit, row.line) == ("Record", 7)
        assert "blank" in row.problem


def test_a_blank_phash_is_refused() -> None:
    rows = [HashEntry(algorithm=Algorithm.PHASH, hash=with_bits(bits, 8)) for bits in (1, 32, 63)]
    assert kinds(rows) == [BadRow, HashEntry, BadRow]
    wide = [HashEntry(algorithm=Algorithm.PHASH256, hash=with_bits(bits, 32)) for bits in (1, 128, 255)]
    assert kinds(wide) == [BadRow, HashEntry, BadRow]


def test_equal_hashes_of_two_algorithms_are_no_repetition() -> None:
    half = with_bits(128, 32)
    rows = [HashEntry(algorithm=kind, hash=half) for kind in (Algorithm.PDQ, Algorithm.PHASH256, Algorithm.SHA256)]
    assert kinds(rows * 2) == [HashEntry] * 3 + [PassedOver] * 3


@pytest.mark.parametrize("algorithm", [Algorithm.MD5, Algorithm.SHA1, Algorithm.SHA256])
def test_digests_of_nothing_and_placeholders_are_refused(algorithm: Algorithm) -> None:
    empty = hashlib.new(algorithm.value, b"", usedforsecurity=False).digest()
    full = hashlib.new(algorithm.value, b"kite", usedforsecurity=False).digest()
    rows = [HashEntry(algorithm=algorithm, hash=raw) for raw in (empty, bytes(len(empty)), b"\xff" * len(empty), full)]
    assert kinds(rows) == [BadRow, BadRow, BadRow, HashEntry]
    # Lone digits over and over are odd, and no fault: a digest may be any number.
    assert kinds([HashEntry(algorithm=algorithm, hash=b"\xaa" * len(empty))]) == [HashEntry]


def test_a_repetition_is_passed_over_and_another_classification_is_none() -> None:
    first, other_words = pdq(HALF, 1, "kind-a"), pdq(HALF, 2, "kind-b")
    same_bytes = HashEntry(algorithm=Algorithm.SHA256, hash=HALF, classification="kind-a", line=5)
    bad = BadRow(line=9, problem="no hex")
    rows: list[ListRow] = [first, other_words, bad, pdq(HALF, 4, "kind-a"), same_bytes, same_bytes]
    again = [PassedOver(what=REPEATED, line=line, unit="Record") for line in (4, 5)]
    assert list(screened(rows, unit="Record")) == [first, other_words, bad, again[0], same_bytes, again[1]]


@given(st.lists(st.integers(0, 40), max_size=120), st.integers(1, 7))
def test_repetitions_are_found_across_batches(numbers: list[int], batch: int) -> None:
    entries = [
        HashEntry(algorithm=Algorithm.MD5, hash=hashlib.md5(bytes([n]), usedforsecurity=False).digest())
        for n in numbers
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("exchange.screening.BATCH", batch)
        kept = [row.hash for row in screened(entries) if isinstance(row, HashEntry)]
    assert kept == list(dict.fromkeys(entry.hash for entry in entries))


def test_what_is_remembered_is_bounded() -> None:
    entries = [
        HashEntry(algorithm=Algorithm.MD5, hash=hashlib.md5(bytes([n]), usedforsecurity=False).digest())
        for n in range(4)
    ]
    # The keys that are kept are the smallest of a batch, so only their number is known.
    rows: list[ListRow] = [*entries, *[BadRow(line=0, problem="")] * (BATCH - 4), *entries]
    assert sum(isinstance(row, PassedOver) for row in screened(rows, remembered=3)) == 3
