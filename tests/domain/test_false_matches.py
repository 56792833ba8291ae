"""False leads are expected of PDQ entries alone, in proportion to pictures and to entries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.false_matches import FALSE_PDQ_MATCHES, expected_false_leads
from domain.hashlists import Algorithm

counts = st.integers(0, 10**8)


@given(counts, st.dictionaries(st.sampled_from([kind for kind in Algorithm if kind is not Algorithm.PDQ]), counts))
def test_digests_and_phash_contribute_nothing(pictures: int, entries: dict[Algorithm, int]) -> None:
    assert expected_false_leads(pictures, entries) == 0


@given(counts, counts, st.integers(1, 1000))
def test_twice_the_pictures_or_entries_twice_the_leads(pictures: int, entries: int, times: int) -> None:
    once = expected_false_leads(pictures, {Algorithm.PDQ: entries, Algorithm.MD5: 7})
    assert expected_false_leads(pictures * times, {Algorithm.PDQ: entries}) == pytest.approx(once * times)
    assert expected_false_leads(pictures, {Algorithm.PDQ: entries * times}) == pytest.approx(once * times)


def test_a_hotline_s_month_with_a_large_list_is_less_than_one_lead() -> None:
    assert 0 < expected_false_leads(2_000, {Algorithm.PDQ: 10_000_000}) < 1


def test_the_rate_is_what_one_comparison_may_cost() -> None:
    assert expected_false_leads(1, {Algorithm.PDQ: 1}) == FALSE_PDQ_MATCHES < 1e-9
