"""What a negative list knows is taken from what resembles it, by how near both are."""

from __future__ import annotations

import pytest

from domain.hashlists import Algorithm, HashMatch, ListClass, Severity, says_csam, unsuppressed, worst
from tests.contracts.samples import a_match

SHA, PDQ, PHASH, WIDE = Algorithm.SHA256, Algorithm.PDQ, Algorithm.PHASH, Algorithm.PHASH256


def match(algorithm: Algorithm, distance: int, list_class: ListClass = ListClass.ACCREDITED) -> HashMatch:
    return a_match(algorithm=algorithm, distance=distance, list_class=list_class)


@pytest.mark.parametrize(
    ("found", "benign", "holds"),
    [
        ((PDQ, 12), (PDQ, 12), False),
        ((PDQ, 12), (PDQ, 10), False),
        ((PDQ, 10), (PDQ, 12), True),
        ((SHA, 0), (PDQ, 0), True),
        ((SHA, 0), (SHA, 0), False),
        ((PDQ, 0), (SHA, 0), False),
        ((PDQ, 31), (PHASH, 0), True),
        ((PHASH, 0), (PDQ, 31), False),
        ((PDQ, 31), (WIDE, 0), True),
        ((PHASH, 4), (WIDE, 16), False),
        ((PHASH, 4), (WIDE, 17), True),
        ((WIDE, 15), (PHASH, 4), True),
    ],
)
def test_what_is_no_nearer_than_a_benign_entry_does_not_hold(
    found: tuple[Algorithm, int], benign: tuple[Algorithm, int], *, holds: bool
) -> None:
    one, other = match(*found), match(*benign, ListClass.NEGATIVE)
    held, suppressed = unsuppressed([one, other])
    assert (one in held, suppressed) == (holds, 0 if holds else 1)
    assert other in held
    assert unsuppressed([one]) == ((one,), 0)


def test_the_worst_of_matches_is_of_those_that_file_a_lead() -> None:
    low = a_match(severity=Severity.LOW)
    high = a_match(severity=Severity.HIGH, algorithm=PHASH)
    assert worst([low, high]) is Severity.LOW
    assert worst([high, a_match(list_class=ListClass.NEGATIVE)]) is None
    assert worst([low, a_match(severity=Severity.HIGH), a_match()]) is Severity.HIGH


@pytest.mark.parametrize("words", ["CSAM", "csam, kind A", "CSEM", "Child-Sexual abuse"])
def test_words_that_call_a_picture_that_are_known(words: str) -> None:
    assert says_csam(words)


@pytest.mark.parametrize("words", ["", "kind A", "scams", "reported by an adult"])
def test_other_words_are_not(words: str) -> None:
    assert not says_csam(words)
