"""
Time fingerprints beside the usual libraries: full Pillow decode, pdqhash, imagehash, hashlib.

Both do the same work, in turn, on one core; medians; one JSON line a figure.
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
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import imagehash  # noqa: E402
import numpy as np  # noqa: E402
import pdqhash  # noqa: E402
from PIL import Image  # noqa: E402

from fingerprint.image import fingerprint_image  # noqa: E402
from fingerprint.pdq import pdq_of  # noqa: E402
from fingerprint.pool import FingerprintPool  # noqa: E402

SECONDS = 2.5  # a figure; both sides together
CASES = (("JPEG", 800), ("JPEG", 1280), ("JPEG", 2560), ("PNG", 1280))


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


def peer_pdq(file: bytes) -> None:
    pdqhash.compute(np.asarray(Image.open(io.BytesIO(file)).convert("RGB")))


def our_pdq(file: bytes) -> None:
    decoded = Image.open(io.BytesIO(file)).convert("RGB").convert("F")
    pdq_of([np.asarray(decoded)], height=decoded.height, width=decoded.width)


async def in_turn(ours: Callable[[], Awaitable[object]], peer: Callable[[], object]) -> tuple[float, float]:
    """Return the median seconds of both, taken in turn until the time is up."""
    mine: list[float] = []
    theirs: list[float] = []
    await ours()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(mine) < 5:
        start = time.perf_counter()
        await ours()
        middle = time.perf_counter()
        peer()
        theirs.append(time.perf_counter() - middle)
        mine.append(middle - start)
    return statistics.median(mine), statistics.median(theirs)


def report(figure: str, peer: str, mine: float, theirs: float) -> None:
    line = {
        "figure": figure,
        "value": round(1 / mine, 1),
        "unit": "images/s",
        "peer": peer,
        "peer_value": round(1 / theirs, 1),
        "ratio": round(theirs / mine, 2),
    }
    print(json.dumps(line), flush=True)


async def main() -> None:
    async with FingerprintPool(1, timeout=60) as pool:
        for kind, width in CASES:
            buffer = io.BytesIO()
            picture(width).save(buffer, kind, quality=85)
            file = buffer.getvalue()
            await measure(pool, f"{kind} {width}", file)


async def measure(pool: FingerprintPool, name: str, file: bytes) -> None:
    async def sandboxed() -> None:
        await pool.fingerprint(Memory(file))

    async def in_process() -> None:
        fingerprint_image(file)

    async def pdq() -> None:
        our_pdq(file)

    whole = "Pillow + pdqhash dihedral + imagehash + hashlib"
    report(f"fingerprint {name}, child and pipe included", whole, *await in_turn(sandboxed, lambda: peer_whole(file)))
    report(f"fingerprint {name}, in process", whole, *await in_turn(in_process, lambda: peer_whole(file)))
    report(f"pdq {name}", "Pillow + pdqhash", *await in_turn(pdq, lambda: peer_pdq(file)))


if __name__ == "__main__":
    asyncio.run(main())
