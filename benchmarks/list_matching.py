"""
Time one picture with all its variants against a list of millions, as a visit asks it, beside decoding a picture.

    python -m benchmarks.list_matching [--folder build/bench] [--entries 1000000 10000000]

The list is a version in files: so many PDQ hashes, and behind them a tenth as
many pHash hashes and digests of each kind. A picture is 32 PDQ hashes, of which
every second lies near an entry, two of each pHash and three digests. Processor time,
medians, in turn with Pillow decoding a JPEG of 1280 pixels; JSON lines.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import hamming
from benchmarks.hamming import MILLION, PDQ, decoded, figure, pieces, processor_time, queries
from domain.fingerprints import Fingerprint, MediaStatus
from domain.hashlists import Algorithm, HashEntry, HashList, ListClass, LiveList
from domain.ids import ListId
from matching.matcher import ListMatcher
from matching.shelf import FolderShelf

BATCH = 10_000
ROUNDS = 41
SLACK = 8  # bits by which a smaller size of a picture may differ
LIST = ListId("benchmark")


def write(shelf: FolderShelf, entries: int) -> None:
    writer = shelf.write(LIST)
    for _, hashes in pieces(entries, PDQ[0]):
        add(writer.add, Algorithm.PDQ, hashes)
    dice = np.random.default_rng(7)
    for algorithm in Algorithm:
        if algorithm is not Algorithm.PDQ:
            add(writer.add, algorithm, dice.integers(0, 256, (entries // 10, algorithm.hex_length // 2), np.uint8))
    writer.finish()


def add(into: Callable[[list[HashEntry]], None], algorithm: Algorithm, hashes: hamming.Hashes) -> None:
    for first in range(0, len(hashes), BATCH):
        rows = hashes[first : first + BATCH]
        into([HashEntry(algorithm=algorithm, hash=row.tobytes(), classification="kites") for row in rows])


def a_picture(dice: np.random.Generator, pool: hamming.Hashes) -> Fingerprint:
    variants = tuple(row.tobytes() for row in pool[dice.integers(0, len(pool), hamming.PICTURE)])
    return Fingerprint(
        status=MediaStatus.HASHED,
        md5=dice.bytes(16).hex(),
        sha1=dice.bytes(20).hex(),
        sha256=dice.bytes(32).hex(),
        pdq=variants[0],
        pdq_quality=100,
        pdq_dihedral=variants[:8],
        pdq_others=variants[8:],
        phash=dice.bytes(8),
        phash_trimmed=dice.bytes(8),
        phash256=dice.bytes(32),
        phash256_trimmed=dice.bytes(32),
    )


async def took(work: Callable[[], Awaitable[object]]) -> float:
    start = time.process_time()
    await work()
    return time.process_time() - start


async def measured(shelf: FolderShelf, entries: int) -> None:
    matcher = ListMatcher(shelf)
    hash_list = HashList(
        id=LIST, name="benchmark", version=1, list_class=ListClass.ACCREDITED, classification="kites",
        authority="", entries=entries, imported_at=datetime.now(UTC), generation=1,
    )  # fmt: skip
    start = time.perf_counter()
    matcher.replace([LiveList(hash_list=hash_list)], 1)
    opened = time.perf_counter() - start
    dice = np.random.default_rng(3)
    pool = queries(dice, entries, PDQ, 4000)
    matched, near, decoding = [], [], []
    for _ in range(ROUNDS):
        picture = a_picture(dice, pool)
        matched.append(await took(partial(matcher.match, picture)))
        near.append(await took(partial(matcher.is_near, picture, SLACK)))
        decoding.append(processor_time(decoded))
    peer = ("Pillow, decoding a JPEG of 1280", statistics.median(decoding) * 1e3)
    name = f"{entries // MILLION}M entries of PDQ and a tenth of each other kind"
    figure(f"{name}: a picture matched", statistics.median(matched) * 1e3, "ms", peer)
    figure(f"{name}: whether {SLACK} bits would decide", statistics.median(near) * 1e3, "ms", peer)
    figure(f"{name}: opened, and its pages fetched", opened * 1e3, "ms on the wall")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=Path("build/bench"))
    options.add_argument("--entries", type=int, nargs="+", default=[MILLION, 10 * MILLION])
    chosen = options.parse_args()
    folder: Path = chosen.folder / "list_matching"
    try:
        for entries in chosen.entries:
            shelf = FolderShelf(folder)
            write(shelf, entries)
            asyncio.run(measured(shelf, entries))
            shelf.keep_only([])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
