"""
Throw damaged pictures at the sandbox, with good ones between them, and print what came of it.

    python -m tests.fuzz.run --seconds 600 [--first NUMBER]

One JSON object on standard output; exit 1 if a child was lost, an answer was
wrong, or a good picture between two mutants was hashed wrongly. A complaint
names the mutant's number, which gives the same file again.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from domain.fingerprints import Fingerprint, MediaStatus
from fingerprint.image import ImageFingerprint, fingerprint_image
from fingerprint.pool import FingerprintPool
from tests.fakes_fingerprint import BytesSource
from tests.fingerprint.pictures import encoded, photo
from tests.fuzz.mutations import mutant, seeds

CHILDREN = 2
EVERY = 8  # mutants between two good pictures


@dataclass
class Figures:
    """What a run has seen."""

    first: int
    mutants: int = 0
    neighbours: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    children_mib: int = 0
    complaints: list[str] = field(default_factory=list)


class Thrower:
    """Gives mutants to one pool, from as many sides as it has children."""

    def __init__(self, pool: FingerprintPool, figures: Figures) -> None:
        self._pool = pool
        self._figures = figures
        self._files = seeds()
        self._good = [encoded(photo(120, 90, seed=3), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")]
        self._expected = [fingerprint_image(file) for file in self._good]

    async def throw(self, numbers: Iterator[int], *, until: float) -> None:
        for number in numbers:
            if time.monotonic() > until:
                return
            await self._mutant(number)
            if number % EVERY == 0:
                await self._neighbour(number)

    async def _mutant(self, number: int) -> None:
        figures = self._figures
        file = mutant(self._files, number)
        began = time.monotonic()
        found = await self._pool.fingerprint(BytesSource(file))
        figures.slowest_s = max(figures.slowest_s, round(time.monotonic() - began, 3))
        figures.mutants += 1
        figures.ended[f"{found.status}:{found.reason}"] += 1
        figures.formats[found.format] += 1
        if complaint := wrong_with(found, file):
            figures.complaints.append(f"mutant {number}: {complaint}")
        for pid in self._pool.pids:
            figures.children_mib = max(figures.children_mib, peak_mib(pid))

    async def _neighbour(self, number: int) -> None:
        which = number // EVERY % len(self._good)
        found, right = await self._pool.fingerprint(BytesSource(self._good[which])), self._expected[which]
        self._figures.neighbours += 1
        if _hashes(found) != _hashes(right):
            self._figures.complaints.append(f"the good picture after mutant {number} was hashed wrongly")


async def fuzz(*, first: int, seconds: float, most: int, patience: float = 5.0) -> Figures:
    """Run until the time is over or the most mutants were tried; `patience` is for one picture."""
    figures = Figures(first)
    async with FingerprintPool(CHILDREN, timeout=patience) as pool:
        thrower = Thrower(pool, figures)
        numbers = iter(range(first, first + most))
        end = time.monotonic() + seconds
        await asyncio.gather(*(thrower.throw(numbers, until=end) for _ in range(CHILDREN)))
        if len(pool.pids) > CHILDREN:
            figures.complaints.append(f"{len(pool.pids)} children were left")
    return figures


def wrong_with(found: Fingerprint, file: bytes) -> str:
    """Return what is wrong with an answer, or an empty string."""
    if found.reason == "crashed":
        return "a child was lost"
    if found.status not in {MediaStatus.HASHED, MediaStatus.LOW_QUALITY, MediaStatus.UNDECODABLE}:
        return f"ended as {found.status}"
    if found.sha256 != hashlib.sha256(file).hexdigest() or found.size != len(file):
        return "its digest is not that of its bytes"
    if found.status is MediaStatus.UNDECODABLE and (not found.reason or found.pdq is not None):
        return "undecodable without a reason, or with a hash"
    if found.status is MediaStatus.HASHED and not found.frames and None in _hashes(found):
        return "hashed without a hash"
    return ""


def _hashes(found: Fingerprint | ImageFingerprint) -> tuple[str | bytes | None, ...]:
    return found.sha256, found.pdq, found.phash, found.phash256


def peak_mib(pid: int) -> int:
    """Return the most memory that a process has used, as far as it can still be asked."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=1_000_000)
    asked = parser.parse_args()
    figures = asyncio.run(fuzz(first=asked.first, seconds=asked.seconds, most=1 << 40))
    sys.stdout.write(json.dumps(vars(figures)) + "\n")
    sys.exit(1 if figures.complaints else 0)


if __name__ == "__main__":
    main()
