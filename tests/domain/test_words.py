"""Small rules about words: references, places, hash lists, endings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, EgressRefused, KapearError, MediaUnavailable, VisitEnded
from domain.fingerprints import MediaStatus
from domain.hashlists import Algorithm, ListClass
from domain.outcomes import Outcome
from domain.ports import Place
from domain.reports import checked_reference
from tests.contracts.samples import a_match


@pytest.mark.parametrize("reference", ["1", "IHC-2026-0142", "2026/03/a.b_c", "x" * 64])
def test_plain_references_are_taken(reference: str) -> None:
    assert checked_reference(reference) == reference


@pytest.mark.parametrize("reference", ["", "-1", "a b", "a\n", "x" * 65, "ក", "../x", "a;b"])
def test_other_references_are_refused(reference: str) -> None:
    with pytest.raises(BadInput, match="reference"):
        checked_reference(reference)


parts = st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))


@given(parts, parts)
def test_no_two_places_have_one_encoding(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    places = [Place(table=table, row=row, column=column) for table, row, column in (one, other)]
    assert (places[0].encoded() == places[1].encoded()) is (one == other)


@pytest.mark.parametrize("list_class", ListClass)
@pytest.mark.parametrize("algorithm", Algorithm)
def test_which_matches_file_a_lead(algorithm: Algorithm, list_class: ListClass) -> None:
    match = a_match(algorithm=algorithm, list_class=list_class)
    assert match.files_a_lead is (not algorithm.only_supports and list_class is not ListClass.NEGATIVE)


def test_the_lengths_of_hashes() -> None:
    assert {algorithm: algorithm.hex_length for algorithm in Algorithm} == {
        "md5": 32, "sha1": 40, "sha256": 64, "pdq": 64, "phash": 16, "phash256": 64,
    }  # fmt: skip
    assert {algorithm for algorithm in Algorithm if algorithm.is_exact} == {"md5", "sha1", "sha256"}
    assert {algorithm for algorithm in Algorithm if algorithm.only_supports} == {"phash", "phash256"}
    assert (Algorithm.PHASH.bits, Algorithm.PHASH256.bits) == (64, 256)


def test_what_later_visits_may_still_learn() -> None:
    assert {status for status in MediaStatus if not status.is_final} == {"pending", "not_authorised"}


def test_an_ended_visit_speaks_in_codes() -> None:
    assert (str(EgressRefused("loopback_only")), str(MediaUnavailable("timeout"))) == (
        "refused: loopback_only",
        "timeout",
    )
    ended = VisitEnded(Outcome.GONE, "http_404")
    assert (ended.outcome, ended.code, isinstance(ended, KapearError)) == (Outcome.GONE, "http_404", True)
