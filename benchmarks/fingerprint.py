"""
Time fingerprints beside the usual libraries: full Pillow decode, pdqhash, imagehash, hashlib.

Both do the same work, in turns of eight pictures: media come many together, and
what the other left in the caches is part of neither. Medians of the time on the
wall and of processor time, children included; one JSON line a figure.
"""

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import asyncio  # noqa: E402 - the libraries read the lines above when they are imported
import hashlib  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Awaitable, Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import imagehash  # noqa: E402
import numpy as np  # noqa: E402
import pdqhash  # noqa: E402
from PIL import Image  # noqa: E402

from fingerprint.axis import Floats, Side, View, shrink  # noqa: E402
from fingerprint.luma import Luma, reduce_decoding, shown  # noqa: E402
from fingerprint.pdq import Pdq, is_clear, pdq_of_samples  # noqa: E402
from fingerprint.pool import FingerprintPool  # noqa: E402

SECONDS = 6.0  # a figure; both sides together
TURN = 8  # pictures
CASES = (("JPEG", 800), ("JPEG", 1280), ("JPEG", 2560), ("PNG", 1280), ("WEBP", 1280))
MANY = 24  # jobs at once, when children are counted
CORES = 2
OF_A_PROCESS = 2  # the kernel's clocks are numbered by process: the lower three bits say which of its clocks

Work = Callable[[], Awaitable[object]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Seconds on the wall and of processors."""

    wall: float
    processor: float


class Memory:
    """A media item that needs no fetching."""

    def __init__(self, untrusted_bytes: bytes) -> None:
        self._bytes = untrusted_bytes
        self.size = len(untrusted_bytes)

    async def read(self, offset: int, length: int) -> bytes:
        return self._bytes[offset : offset + length]

    async def close(self) -> None:
        pass


def picture(width: int) -> Image.Image:
    """Return a picture as detailed as a photograph: noise in octaves down to single pixels."""
    dice = np.random.default_rng(width)
    height = width * 3 // 4
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    for step in (256, 128, 64, 32, 16, 8, 4, 2, 1):
        shape = (height // step + 2, width // step + 2)
        for channel in range(3):
            layer = Image.fromarray(dice.normal(size=shape).astype(np.float32))
            canvas[..., channel] += np.asarray(layer.resize((width, height))) * step**0.7
    canvas -= canvas.min()
    return Image.fromarray((canvas / canvas.max() * 255).astype(np.uint8))


def peer_whole(file: bytes) -> None:
    for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        digest(file).hexdigest()
    decoded = Image.open(io.BytesIO(file)).convert("RGB")
    pdqhash.compute_dihedral(np.asarray(decoded))
    imagehash.phash(decoded)
    imagehash.phash(decoded, hash_size=16)


def peer_pdq(file: bytes) -> None:
    pdqhash.compute(np.asarray(Image.open(io.BytesIO(file)).convert("RGB")))


def our_decode(file: bytes) -> Luma:
    opened = Image.open(io.BytesIO(file))
    down, across = reduce_decoding(opened)
    opened.load()
    return shown(opened, down, across)


def our_pdq(file: bytes) -> Pdq:
    luma = our_decode(file)
    samples = samples_of(luma)
    if luma.is_reduced and not is_clear(samples):
        opened = Image.open(io.BytesIO(file))
        opened.load()
        samples = samples_of(shown(opened, Side(length=opened.height), Side(length=opened.width)))
    return pdq_of_samples(samples)


def samples_of(luma: Luma) -> Floats:
    (samples,) = shrink(luma.blocks(luma.greys()), luma.down, luma.across, View.BLURRED)
    return samples


def children_seconds(pool: FingerprintPool) -> float:
    """Return the processor time of the living children."""
    return sum(time.clock_gettime(~pid << 3 | OF_A_PROCESS) for pid in pool.pids)


async def timed(work: Work, clock: Clock, times: int) -> Took:
    """Return what one of several in a row took."""
    wall, processor = time.perf_counter(), clock()
    for _ in range(times):
        await work()
    return Took(wall=(time.perf_counter() - wall) / times, processor=(clock() - processor) / times)


async def in_turn(
    ours: Work, peer: Work, clock: Clock = time.process_time, *, turn: int = TURN
) -> tuple[list[Took], list[Took]]:
    """Return what both took, one after the other until the time is up."""
    mine: list[Took] = []
    theirs: list[Took] = []
    await ours()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(mine) < 5:
        mine.append(await timed(ours, clock, turn))
        theirs.append(await timed(peer, clock, turn))
    return mine, theirs


def report(figure: str, peer: str, mine: Took, theirs: Took) -> None:
    line = {
        "figure": figure,
        "value": round(1 / mine.wall, 1),
        "unit": "images/s",
        "peer": peer,
        "peer_value": round(1 / theirs.wall, 1),
        "ratio": round(theirs.wall / mine.wall, 2),
        "processor_ms": round(mine.processor * 1000, 2),
        "peer_processor_ms": round(theirs.processor * 1000, 2),
        "processor_ratio": round(theirs.processor / mine.processor, 2),
    }
    print(json.dumps(line), flush=True)


def median(took: list[Took]) -> Took:
    return Took(
        wall=statistics.median(one.wall for one in took), processor=statistics.median(one.processor for one in took)
    )


def asynchronous(work: Callable[[], object]) -> Work:
    async def awaited() -> None:
        work()

    return awaited


async def measure(pool: FingerprintPool, name: str, file: bytes) -> None:
    async def sandboxed() -> None:
        await pool.fingerprint(Memory(file))

    def with_children() -> float:
        return time.process_time() + children_seconds(pool)

    mine, theirs = await in_turn(sandboxed, asynchronous(lambda: peer_whole(file)), with_children)
    figure = f"fingerprint {name}, child and pipe included"
    report(figure, "Pillow, pdqhash, imagehash, hashlib", median(mine), median(theirs))

    pdq, decode = asynchronous(lambda: our_pdq(file)), asynchronous(lambda: our_decode(file))
    mine, theirs = await in_turn(pdq, asynchronous(lambda: peer_pdq(file)))
    report(f"pdq {name}", "Pillow, pdqhash", median(mine), median(theirs))
    mine, theirs = await in_turn(pdq, decode)
    report(f"pdq {name} beside its decoding alone", "decoding alone", median(mine), median(theirs))


async def measure_children(file: bytes) -> None:
    """
    Time many jobs at once on two children, and on one.

    The parent's own work is on the same cores: the limit is what is left for
    two children, in cores, where one alone has a core of its own.
    """
    async with FingerprintPool(1, timeout=60) as one, FingerprintPool(2, timeout=60) as two:

        async def on_one() -> None:
            await asyncio.gather(*(one.fingerprint(Memory(file)) for _ in range(MANY)))

        async def on_two() -> None:
            await asyncio.gather(*(two.fingerprint(Memory(file)) for _ in range(MANY)))

        await on_one()
        mine, theirs = await in_turn(on_two, on_one, turn=1)
        ratios = [alone.wall / both.wall for both, alone in zip(mine, theirs, strict=True)]
        parent, children = time.process_time(), children_seconds(two)
        await on_two()
        parent, children = time.process_time() - parent, children_seconds(two) - children
        line = {
            "figure": "two children beside one, JPEG 2560",
            "ratio": round(statistics.median(ratios), 2),
            "unit": "times the images/s",
            "best": round(max(ratios), 2),
            "limit": round(CORES * children / (parent + children), 2),
        }
        print(json.dumps(line), flush=True)


def encoded(kind: str, width: int) -> bytes:
    buffer = io.BytesIO()
    picture(width).save(buffer, kind, quality=85)
    return buffer.getvalue()


async def main() -> None:
    async with FingerprintPool(1, timeout=60) as pool:
        for kind, width in CASES:
            await measure(pool, f"{kind} {width}", encoded(kind, width))
    await measure_children(encoded("JPEG", 2560))


if __name__ == "__main__":
    asyncio.run(main())
