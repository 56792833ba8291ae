"""
Time exact search within a radius among millions of hashes, beside faiss looking at all of them.

    python -m benchmarks.hamming [--folder build/bench] [--entries 100000000]

One thread each, in turn, by the processor's clock; medians; one JSON line a
figure. The peer is faiss' IndexBinaryFlat asked the same question, by its
`range_search`. Hashes are random ones as balanced as PDQ's are; a part lies in
clusters, as of one picture that was saved again and again, and ten thousand
are of a single picture. Half of the timed queries lie near an entry. Every
answer of ours that is timed beside the peer is compared with the peer's. With
`--entries` only that number of PDQ hashes is measured, once.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.fingerprint import picture
from matching.hamming import HammingIndex

PDQ, PHASH = (256, 31), (64, 8)
MILLION = 1_000_000
PIECE = 2 * MILLION
ROUNDS = 7
PEER_QUERIES = 20
PICTURE = 32  # queries: eight turns of the whole picture and of what is within its border, in both preprocessings
CLUSTER = 100
FLOOD = 10_000
PLANTED = 2_000  # neighbours at each distance
OPENING = "import time; from matching.hamming import HammingIndex; start = time.perf_counter(); \
HammingIndex.open({path!r}); print(time.perf_counter() - start)"

Hashes = NDArray[np.uint8]
Ids = NDArray[np.uint64]


def pieces(entries: int, bits: int) -> Iterator[tuple[Ids, Hashes]]:
    """Yield the same entries at each call."""
    for first in range(0, entries, PIECE):
        dice = np.random.default_rng((entries, bits, first))
        count = min(PIECE, entries - first)
        hashes = balanced(dice, count, bits)
        clustered = hashes[: count // 50].reshape(-1, CLUSTER, bits // 8)  # 2 in 100
        clustered[:] = clustered[:, :1]
        flip(dice, clustered.reshape(-1, bits // 8), dice.integers(0, bits // 12, count // 50))
        if first == 0:
            hashes[-FLOOD:] = hashes[-1]
            flip(dice, hashes[-FLOOD:], dice.integers(0, bits // 12, FLOOD))
        yield np.arange(first, first + count, dtype=np.uint64), hashes


def balanced(dice: np.random.Generator, count: int, bits: int) -> Hashes:
    """Return random hashes with as many bits set as 98 in 100 PDQ hashes have: 120 to 136 of 256."""
    hashes = np.empty((0, bits // 8), np.uint8)
    while len(hashes) < count:
        words = dice.integers(0, 1 << 64, (count * 5 // 4, bits // 64), dtype=np.uint64)
        ones = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
        fresh = words[np.abs(ones - bits // 2) <= bits // 32].view(np.uint8)
        hashes = np.concatenate((hashes, fresh))[:count]
    return hashes


def flip(dice: np.random.Generator, hashes: Hashes, off: NDArray[np.int64]) -> None:
    """Turn so many bits of each hash, anywhere in it."""
    for first in range(0, len(hashes), 10_000):
        some = np.unpackbits(hashes[first : first + 10_000], axis=1)
        order = dice.random(some.shape, dtype=np.float32).argsort(axis=1)
        some ^= order < off[first : first + 10_000, None]  # a random order has its small numbers anywhere
        hashes[first : first + 10_000] = np.packbits(some, axis=1)


def processor_time(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def figure(name: str, value: float, unit: str, peer: tuple[str, float] | None = None) -> None:
    line: dict[str, object] = {"figure": f"hamming: {name}", "value": round(value, 3), "unit": unit}
    if peer:
        line |= {"peer": peer[0], "peer_value": round(peer[1], 3), "ratio": round(peer[1] / value, 1)}
    print(json.dumps(line), flush=True)


def built(entries: int, size: tuple[int, int], path: Path) -> None:
    """Build an index in a file, and say what it took."""
    most = [anonymous()]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    index = HammingIndex(*size)
    for ids, hashes in pieces(entries, size[0]):
        index.add(ids, hashes)
    start = time.perf_counter()
    used = processor_time(partial(index.save, path))
    wall = time.perf_counter() - start
    done.set()
    watcher.join()
    name = named(entries, size)
    figure(f"{name}, saved with its tables", used, "s")
    figure(f"{name}, the same on the wall, disk included", wall, "s")
    figure(f"{name}, most anonymous memory while added and saved", most[0] / 2**30, "GiB")
    figure(f"{name}, file", path.stat().st_size / entries, "bytes/entry")


def opened(entries: int, size: tuple[int, int], path: Path) -> HammingIndex:
    times = []
    for _ in range(3):
        command = [sys.executable, "-c", OPENING.format(path=str(path))]
        times.append(float(subprocess.run(command, check=True, capture_output=True).stdout))
    figure(f"{named(entries, size)}, opened", statistics.median(times) * 1e3, "ms")
    return HammingIndex.open(path)


def flat(entries: int, size: tuple[int, int]) -> faiss.IndexBinaryFlat:
    peer = faiss.IndexBinaryFlat(size[0])
    for _, hashes in pieces(entries, size[0]):
        peer.add(hashes)
    return peer


def queries(dice: np.random.Generator, entries: int, size: tuple[int, int], count: int) -> Hashes:
    """Return hashes of which every second lies near an entry."""
    asked = balanced(dice, count, size[0])
    _, known = next(pieces(entries, size[0]))
    near = known[dice.integers(0, len(known) - FLOOD, (count + 1) // 2)]
    flip(dice, near, dice.integers(0, size[1] + 1, len(near)))
    asked[::2] = near
    return asked


def timed(index: HammingIndex, peer: faiss.IndexBinaryFlat, size: tuple[int, int], pool: Hashes) -> float:
    """Print a query's time in batches of several sizes beside the peer's; return it for the largest."""
    name = named(len(index), size)
    theirs = []
    mine: dict[int, list[float]] = {1: [], PICTURE: [], 100: [], 1000: []}
    dice = np.random.default_rng(5)
    index.search(pool[:1])  # what is loaded once
    decoded()
    for _ in range(ROUNDS):
        asked = pool[dice.integers(0, len(pool), PEER_QUERIES)]
        theirs.append(processor_time(partial(peer.range_search, asked, size[1] + 1)) / PEER_QUERIES)
        compare(index, peer, size, asked)
        for batch, times in mine.items():
            chosen = pool[dice.integers(0, len(pool), batch)]
            times.append(processor_time(partial(index.search, chosen)) / batch)
    flat_ms = statistics.median(theirs) * 1e3
    for batch, times in mine.items():
        figure(f"{name}, query, batch of {batch}", statistics.median(times) * 1e3, "ms", ("faiss, flat", flat_ms))
    took = statistics.median(mine[PICTURE]) * PICTURE * 1e3
    decoding = statistics.median(processor_time(decoded) for _ in range(ROUNDS)) * 1e3
    figure(f"{name}, a picture's {PICTURE} queries", took, "ms", ("Pillow, decoding a JPEG of 1280", decoding))
    return statistics.median(mine[1000])


def decoded() -> None:
    Image.open(io.BytesIO(photo())).load()


@cache
def photo() -> bytes:
    file = io.BytesIO()
    picture(1280).save(file, "JPEG", quality=85)
    return file.getvalue()


def compare(index: HammingIndex, peer: faiss.IndexBinaryFlat, size: tuple[int, int], asked: Hashes) -> None:
    limits, distance, found = peer.range_search(asked, size[1] + 1)
    query = np.repeat(np.arange(len(asked)), np.diff(limits.astype(np.int64)))
    order = np.lexsort((found, distance, query))
    expected = (query[order], found[order], distance[order].astype(np.int64))
    if not all(np.array_equal(*pair) for pair in zip(index.search(asked), expected, strict=True)):
        raise SystemExit("the answers differ from the peer's")


def recalled(index: HammingIndex, size: tuple[int, int]) -> None:
    """Look for planted neighbours at every distance; raises SystemExit unless each is found at its distance."""
    entries, dice = len(index), np.random.default_rng(9)
    ids, hashes = next(pieces(entries, size[0]))
    for off in range(size[1] + 1):
        rows = dice.integers(0, len(hashes), PLANTED)
        asked = hashes[rows]
        flip(dice, asked, np.full(PLANTED, off))
        query, found, distance = index.search(asked)
        seen = query[(found == ids[rows].astype(np.int64)[query]) & (distance == off)]
        if len(seen) != PLANTED:
            raise SystemExit(f"recall is not 1 at distance {off}")
    figure(f"{named(entries, size)}, recall of {PLANTED} neighbours at each distance 0 to {size[1]}", 1.0, "")


def changed(index: HammingIndex, size: tuple[int, int]) -> None:
    """Time adding and removing one entry, each until a query has seen it; and a query beside many additions."""
    dice, name = np.random.default_rng(11), named(len(index), size)
    added, removed = [], []
    for number in range(ROUNDS):
        ids, hashes = np.array([len(index) + number], np.uint64), balanced(dice, 1, size[0])
        start = time.perf_counter()
        index.add(ids, hashes)
        seen = len(index.search(hashes)[1])
        middle = time.perf_counter()
        index.remove(ids)
        gone = len(index.search(hashes)[1])
        removed.append(time.perf_counter() - middle)
        added.append(middle - start)
        if (seen, gone) != (1, 0):
            raise SystemExit("a change was not seen")
    figure(f"{name}, one entry added and seen by the next query", statistics.median(added) * 1e3, "ms")
    figure(f"{name}, one entry removed and seen by the next query", statistics.median(removed) * 1e3, "ms")
    index.add(np.arange(50_000, dtype=np.uint64) + 10**12, balanced(dice, 50_000, size[0]))
    asked = balanced(dice, 1000, size[0])
    figure(f"{name}, query beside 50,000 additions, batch of 1000", processor_time(partial(index.search, asked)), "ms")


def flooded(index: HammingIndex, size: tuple[int, int]) -> None:
    _, hashes = next(pieces(len(index), size[0]))
    name = f"{named(len(index), size)}, query that meets {FLOOD} copies"
    figure(name, processor_time(partial(index.search, hashes[-8:])) / 8 * 1e3, "ms")


def named(entries: int, size: tuple[int, int]) -> str:
    return f"{entries // MILLION}M entries of {size[0]} bits, radius {size[1]}"


def anonymous() -> int:
    """Return the bytes of anonymous memory that this process holds now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("this kernel does not tell RssAnon")


def measured(entries: int, size: tuple[int, int], path: Path, *, fully: bool) -> float:
    built(entries, size, path)
    index = opened(entries, size, path)
    peer = flat(entries, size)
    pool = queries(np.random.default_rng(3), entries, size, 4000)
    took = timed(index, peer, size, pool)
    if fully:
        recalled(index, size)
        flooded(index, size)
        changed(index, size)
    path.unlink()
    return took


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=Path("build/bench"))
    options.add_argument("--entries", type=int)
    chosen = options.parse_args()
    faiss.omp_set_num_threads(1)
    folder: Path = chosen.folder / "hamming"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if chosen.entries:
            measured(chosen.entries, PDQ, folder / "index", fully=False)
        else:
            small = measured(MILLION, PDQ, folder / "index", fully=False)
            large = measured(10 * MILLION, PDQ, folder / "index", fully=True)
            figure("ten times the entries, time of a query, batch of 1000", large / small, "times")
            measured(10 * MILLION, PHASH, folder / "index", fully=False)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
