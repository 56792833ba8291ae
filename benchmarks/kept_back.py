"""
Count how many cards of one layout are kept off the hotline's own list, and what those make that are not.

    python -m benchmarks.kept_back [--pictures 320] [--draws 400]

Pictures of one design are drawn and hashed as for `benchmarks.false_matches`.
A deck of some of them was seen in the last 30 days; one of the deck is to go
on the own list. It is kept back if it is near to more than `MOST_ALIKE` of the
others; if not, each that it is near to is a false lead. A JSON line a figure.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.assessments import MOST_ALIKE
from tests.matching.asking import RADIUS, Hashed, hashed

FAMILIES = ("price tag", "price list", "logo", "photograph")
DECKS = (10, 20, 40, 80)


def main() -> None:
    parser = argparse.ArgumentParser(description="Count cards that are kept off the own list.")
    parser.add_argument("--pictures", type=int, default=320, help="of each family")
    parser.add_argument("--draws", type=int, default=400, help="of each design")
    given = parser.parse_args()
    dice = np.random.default_rng(1)
    for family in FAMILIES:
        designs: dict[int, list[Hashed]] = defaultdict(list)
        for number in range(given.pictures):
            one = hashed(family, number, None)
            if not one.is_flat:
                designs[one.design].append(one)
        tables = [_near(pictures) for pictures in designs.values()]
        for deck in DECKS:
            met = np.array(
                [_drawn(table, deck, dice) for table in tables if len(table) >= deck for _ in range(given.draws)]
            )
            if len(met):
                passed = met[met <= MOST_ALIKE]
                _figure(family, deck, kept_back=float(np.mean(met > MOST_ALIKE)), passed=passed)


def _near(pictures: Sequence[Hashed]) -> NDArray[np.bool_]:
    """Return which picture's own hash is near to which other picture, in any variant."""
    variants = [[_number(each) for each in (*one.print.pdq_dihedral, *one.print.pdq_others)] for one in pictures]
    return np.array(
        [
            [
                one.says != other.says and _distance(one, theirs) <= RADIUS
                for other, theirs in zip(pictures, variants, strict=True)
            ]
            for one in pictures
        ]
    )


def _drawn(table: NDArray[np.bool_], deck: int, dice: np.random.Generator) -> int:
    """Draw a deck, and return how many others of it its first card is near to."""
    first, *others = dice.choice(len(table), deck, replace=False)
    return int(table[first, others].sum())


def _distance(one: Hashed, variants: Sequence[int]) -> int:
    own = _number(one.print.pdq or b"")
    return min((own ^ variant).bit_count() for variant in variants)


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big")


def _figure(family: str, deck: int, *, kept_back: float, passed: NDArray[np.int_]) -> None:
    leads = float(passed.mean()) if len(passed) else None
    told = {
        "figure": "kept back",
        "family": family,
        "deck": deck,
        "kept_back": kept_back,
        "false_leads_of_others": leads,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
