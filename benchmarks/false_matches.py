"""
Count how often ordinary pictures match lists that hold other pictures.

    python -m benchmarks.false_matches [--pictures 10200] [--planted 3300] [--entries 1000000] [--khmer-font FILE]

Pictures are drawn (`tests/matching/benign.py`), saved as JPEG, hashed as the
product hashes them, and asked of the product's matcher over lists that none of
them stands on (`tests/matching/asking.py`). What says the same as a planted
picture is left out. Every answer about PDQ is compared with a plain count of
bits. A JSON line a figure; `upper_95` is the largest share that would show so
few in so many once in twenty times.
"""

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402 - the libraries read the lines above when they are imported
import json  # noqa: E402
import math  # noqa: E402
import shutil  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from domain.hashlists import Algorithm  # noqa: E402
from tests.matching.asking import (  # noqa: E402
    FLAT,
    KINDS,
    PLANTED_FROM,
    RADIUS,
    RANDOM,
    Asked,
    Asker,
    Hashed,
    hashed,
    write_lists,
)
from tests.matching.benign import FAMILIES, KHMER_LIST  # noqa: E402

CORES = 2
WANTED = 1e-5  # of the comparisons of a picture with a list
AGAINST = ("random", "own family", "other families", "flat pictures")

_asker: Asker | None = None


def main() -> None:
    given = _arguments()
    scratch = given.scratch / "false_matches"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    families = (*FAMILIES, KHMER_LIST) if given.khmer_font else tuple(FAMILIES)
    try:
        with ProcessPoolExecutor(CORES) as pool:
            jobs = _jobs(families, given.planted, PLANTED_FROM)
            planted = list(pool.map(partial(_plant, khmer=given.khmer_font), jobs, chunksize=8))
        names = write_lists(scratch / "lists", planted, given.entries)
        start = (scratch / "lists", planted, names, given.khmer_font)
        with ProcessPoolExecutor(CORES, initializer=_begin, initargs=start) as pool:
            asked = list(pool.map(_ask, _jobs(families, given.pictures, 0), chunksize=8))
    finally:
        shutil.rmtree(scratch)
    _report([one for one in asked if one is not None], planted, given.entries, len(names))


def _jobs(families: Sequence[str], count: int, first: int) -> list[tuple[str, int]]:
    return [(families[number % len(families)], first + number) for number in range(count)]


def _plant(job: tuple[str, int], khmer: Path | None) -> Hashed:
    return hashed(*job, khmer)


def _begin(folder: Path, planted: Sequence[Hashed], names: Sequence[str], khmer: Path | None) -> None:
    global _asker  # noqa: PLW0603 - a worker process has one
    _asker = Asker(folder, planted, names, khmer)


def _ask(job: tuple[str, int]) -> Asked | None:
    if _asker is None:
        raise SystemExit("This worker was not begun.")
    return _asker.ask(job)


def _report(asked: Sequence[Asked], planted: Sequence[Hashed], entries: int, lists: int) -> None:
    clear, flat = ([one for one in asked if one.picture.is_flat is is_flat] for is_flat in (False, True))
    figure("pictures", asked=len(asked), planted=len(planted), entries_of_each_algorithm=entries, lists=lists)
    would = Counter(_group(one.picture.family, name) for one in flat for name in one.flat_met)
    figure(
        "excluded_as_flat",
        pictures=len(flat),
        by_family=Counter(one.picture.family for one in flat),
        pdq_lists_it_would_have_met=would,
        met_all_the_same=Counter(algorithm for one in flat for _, algorithm in one.met),
    )
    for family in dict.fromkeys(one.picture.family for one in clear):
        some = [one for one in clear if one.picture.family == family]
        on_lists = {one.family for one in planted if not one.is_flat}
        for algorithm in KINDS:
            figure(
                "false_matches",
                family=family,
                pictures=len(some),
                algorithm=algorithm,
                **_met(some, algorithm, on_lists),
            )
        figure("pdq_pairs", family=family, **{name: _pairs(some, name) for name in ("same design", "other design")})
    _claims(clear, planted, entries)


def _met(some: Sequence[Asked], algorithm: Algorithm, families: set[str]) -> dict[str, object]:
    """Return how often pictures of one family met each kind of list, and by which variants."""
    told: dict[str, object] = {}
    family = some[0].picture.family
    lists = {
        "random": 1,
        "own family": int(family in families),
        "other families": len(families - {family}),
        "flat pictures": 1,
    }
    for against in AGAINST:
        found = [
            said
            for one in some
            for (name, kind), said in one.met.items()
            if kind == algorithm and _group(family, name) == against
        ]
        told[against] = {
            "comparisons": len(some) * lists[against],
            "matched": len(found),
            "variants": Counter(name for said in found for name in said),
        }
    return told


def _group(family: str, name: str) -> str:
    if name == RANDOM:
        return "random"
    if name == FLAT:
        return "flat pictures"
    return "own family" if name == family else "other families"


def _pairs(some: Sequence[Asked], relation: str) -> dict[str, object]:
    """Return how near the nearest variants of two different pictures come."""
    counts = np.sum([one.distances[relation] for one in some], axis=0)
    pairs, sums = int(counts.sum()), np.cumsum(counts)
    if not pairs:
        return {"pairs": 0}
    holds = int(np.searchsorted(sums, pairs * WANTED, side="right")) - 1
    return {
        "pairs": pairs,
        f"within_{RADIUS}": int(sums[RADIUS]),
        "share": float(sums[RADIUS] / pairs),
        "nearest": int(np.flatnonzero(counts)[0]),
        "radius_that_holds": holds,
    }


def _claims(clear: Sequence[Asked], planted: Sequence[Hashed], entries: int) -> None:
    families = {one.family for one in planted if not one.is_flat}
    for algorithm in KINDS:
        met = [
            (_group(one.picture.family, name), one.picture.pdq_quality)
            for one in clear
            for name, kind in one.met
            if kind == algorithm
        ]
        kinds = Counter(group for group, _ in met)
        of_others = kinds["random"] + kinds["other families"]
        comparisons = sum(1 + len(families - {one.picture.family}) for one in clear)
        figure(
            "lists_of_others", algorithm=algorithm, matched=of_others, wanted=WANTED, **_share(of_others, comparisons)
        )
        figure(
            "list_of_flat_ones",
            algorithm=algorithm,
            matched=kinds["flat pictures"],
            **_share(kinds["flat pictures"], len(clear)),
        )
        pairs = len(clear) * entries
        figure("random_pairs", algorithm=algorithm, matched=kinds["random"], **_share(kinds["random"], pairs))
        qualities = sorted(quality for group, quality in met if group == "own family")
        figure(
            "own_family_quality",
            algorithm=algorithm,
            matched=len(qualities),
            median=qualities[len(qualities) // 2 :][:1],
            least=qualities[:1],
        )
    figure("pdq_pairs", family="all", **{"other families": _pairs(clear, "other families")})
    nearest = {
        one.picture.family: min(
            (other.nearest, other.picture.number) for other in clear if other.picture.family == one.picture.family
        )
        for one in clear
    }
    figure(
        "nearest_pdq_pair",
        **{name: {"bits": bits, "numbers": [number, other]} for name, ((bits, other), number) in nearest.items()},
    )


def _share(matched: int, comparisons: int) -> dict[str, float]:
    return {
        "comparisons": comparisons,
        "share": matched / comparisons,
        "upper_95": most_expected(matched) / comparisons,
    }


def most_expected(seen: int) -> float:
    """Return the largest mean of a count by chance (Poisson) that gives at most what was seen once in twenty times."""
    low, high = 0.0, 10.0 + 3 * seen
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        logs = [k * math.log(middle) - middle - math.lgamma(k + 1) for k in range(seen + 1)]
        low, high = (middle, high) if math.fsum(map(math.exp, logs)) > 0.05 else (low, middle)
    return high


def figure(name: str, **told: object) -> None:
    print(json.dumps({"figure": name, **told}), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count false matches of ordinary pictures.")
    parser.add_argument("--scratch", type=Path, default=Path("build/bench"))
    parser.add_argument("--pictures", type=int, default=10_200)  # some say what a planted one says, and are left out
    parser.add_argument("--planted", type=int, default=3_300)
    parser.add_argument("--entries", type=int, default=1_000_000, help="random hashes, so many of each algorithm")
    parser.add_argument("--khmer-font", type=Path, help="adds price lists in Khmer")
    return parser.parse_args()


if __name__ == "__main__":
    main()
