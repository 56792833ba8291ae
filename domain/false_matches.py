"""
Say how many leads a month a set of lists may be expected to file about pictures that are on none of them.

Pure arithmetic on a measured bound. Nothing is known of the pictures that a
list is of; where it holds cards of one layout, other cards of that layout
match it, and this figure does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.hashlists import Algorithm

# The share of false matches among comparisons of one picture, in all its variants, with one PDQ entry at a
# radius of 31 bits: with 95 % certainty it is no larger. Measured by `python -m benchmarks.false_matches
# --entries 10000000 --khmer-font FILE`: none in 7.8e10 (7,833 pictures of quality 50 and above, 10M entries).
FALSE_PDQ_MATCHES = 3.9e-11


def expected_false_leads(pictures_a_month: int, entries: Mapping[Algorithm, int]) -> float:
    """
    Return how many false leads a month at most are to be expected of so many pictures, and of lists with these entries.

    An upper bound, not a forecast: among random entries the benchmark met no
    false match at all. Digests contribute nothing, for equal digests are equal
    bytes, and pHash neither, for it files no lead alone.
    """
    return pictures_a_month * entries.get(Algorithm.PDQ, 0) * FALSE_PDQ_MATCHES
