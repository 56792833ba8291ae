"""
Ordinary pictures do not match lists that hold other pictures: in small what `benchmarks/false_matches.py` counts.

Every answer of the matcher about PDQ is compared with a plain count of bits on
the way (`asking.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.matching.asking import FLAT, PLANTED_FROM, RANDOM, Asked, Asker, hashed, write_lists
from tests.matching.benign import FAMILIES

ASKED, PLANTED, ENTRIES = 8, 6, 10_000
FLAT_ONES = {"gradient", "blank"}
ALIKE = "price tag"  # a word and a number apart


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("false-matches")


@pytest.fixture(scope="module")
def asker(folder: Path) -> Iterator[Asker]:
    planted = [hashed(family, PLANTED_FROM + number, None) for family in FAMILIES for number in range(PLANTED)]
    opened = Asker(folder, planted, write_lists(folder, planted, ENTRIES), None)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def asked(asker: Asker) -> Sequence[Asked]:
    found = [asker.ask((family, number)) for family in FAMILIES for number in range(ASKED)]
    return [one for one in found if one is not None]


def test_no_picture_matches_a_list_of_others_by_pdq(asked: Sequence[Asked]) -> None:
    met = {
        (one.picture.family, name)
        for one in asked
        for name, algorithm in one.met
        if algorithm == "pdq" and name != one.picture.family
    }
    assert met == set()
    assert len(asked) > len(FAMILIES) * (ASKED - 2), "few say what a planted one says"


def test_of_one_layout_only_those_match_by_pdq_that_differ_in_a_word_and_a_number(asked: Sequence[Asked]) -> None:
    met = Counter(one.picture.family for one in asked if (one.picture.family, "pdq") in one.met)
    assert set(met) == {ALIKE}
    variants = {name for one in asked for name in one.met.get((ALIKE, "pdq"), ())}
    assert "original" in variants


def test_what_is_flat_is_not_compared(asked: Sequence[Asked]) -> None:
    flat = [one for one in asked if one.picture.is_flat]
    assert FLAT_ONES <= {one.picture.family for one in flat} <= {*FLAT_ONES, "logo"}
    assert all(one.picture.is_flat for one in asked if one.picture.family in FLAT_ONES)
    assert not any(one.met for one in flat)


def test_phash_matches_cards_that_pdq_tells_apart(asked: Sequence[Asked]) -> None:
    met = Counter(one.picture.family for one in asked if (one.picture.family, "phash") in one.met)
    assert met["price list"] > ASKED // 2, "which is why it files no lead"
    wide = Counter(one.picture.family for one in asked if (one.picture.family, "phash256") in one.met)
    assert set(wide) == {ALIKE}, "which would not do for a lead either"
    assert not any((RANDOM, kind) in one.met for one in asked for kind in ("phash", "phash256"))
    assert not any((FLAT, "pdq") in one.met for one in asked)
