"""
Time the sampling of a video beside PyAV and pdqhash on the same frames, and count what is read of a large one.

Both do the same work, in turn; medians of the time on the wall and of processor
time, children included; one JSON line a figure.
"""

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import asyncio  # noqa: E402 - the libraries read the lines above when they are imported
import io  # noqa: E402
import json  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import av  # noqa: E402
import numpy as np  # noqa: E402
import pdqhash  # noqa: E402

from domain.fingerprints import Fingerprint  # noqa: E402
from fingerprint.pool import FingerprintPool  # noqa: E402
from tests.fingerprint.videos import Sparse, laid_out, video  # noqa: E402

MIB = 1 << 20
ROUNDS = 7
SECONDS = 40  # of video: more than are sampled
SIZES = ((640, 360), (1280, 720))
LARGE = 200 * MIB
TICKS = os.sysconf("SC_CLK_TCK")


class Counted:
    """A file in memory that counts what is read of it."""

    def __init__(self, file: Sparse) -> None:
        self._file = file
        self.size = file.size
        self.bytes = 0
        self.places: list[int] = []

    async def read(self, offset: int, length: int) -> bytes:
        piece = self._file.read(offset, length)
        self.bytes += len(piece)
        self.places.append(offset)
        return piece

    async def close(self) -> None:
        pass


def peer(file: bytes, times: frozenset[int]) -> int:
    """Decode the whole file with PyAV; hash the frames of these milliseconds with pdqhash, in eight variants."""
    hashed = 0
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            if frame.pts is not None and round(float(frame.pts * (stream.time_base or 0)) * 1000) in times:
                pdqhash.compute_dihedral(frame.to_ndarray(format="rgb24"))
                hashed += 1
    return hashed


def jumping_peer(file: bytes, times: frozenset[int]) -> int:
    """Do the same by jumping to the key frame before each of these milliseconds."""
    hashed = 0
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for at_ms in sorted(times):
            container.seek(int(at_ms / 1000 / (stream.time_base or 1)), stream=stream)
            for frame in container.decode(stream):
                if frame.pts is not None and round(float(frame.pts * (stream.time_base or 0)) * 1000) >= at_ms:
                    pdqhash.compute_dihedral(frame.to_ndarray(format="rgb24"))
                    hashed += 1
                    break
    return hashed


def ticks(pid: int) -> int:
    """Return the processor time that a child has used, in its clock's ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def whole(pool: FingerprintPool, size: tuple[int, int]) -> None:
    """Print how fast a video is sampled that is read whole."""
    file = video(25 * SECONDS, codec="libx264", size=size, key_every=25, bit_rate=2_000_000)
    film = Sparse(parts=((0, file),), size=len(file))
    ours: list[float] = []
    theirs: list[float] = []
    jumps: list[float] = []
    ours_cpu: list[float] = []
    jumps_cpu: list[float] = []
    found = await pool.fingerprint(Counted(film))
    times = frozenset(frame.at_ms for frame in found.frames)
    for _ in range(ROUNDS):
        (pid,) = pool.pids
        used, began, cpu = ticks(pid), time.perf_counter(), time.process_time()
        found = await pool.fingerprint(Counted(film))
        ours.append(time.perf_counter() - began)
        ours_cpu.append(time.process_time() - cpu + (ticks(pid) - used) / TICKS)
        for work, wall in ((peer, theirs), (jumping_peer, jumps)):
            began, cpu = time.perf_counter(), time.process_time()
            if work(file, times) != len(times):
                raise SystemExit("the peer did other work")
            wall.append(time.perf_counter() - began)
            if work is jumping_peer:
                jumps_cpu.append(time.process_time() - cpu)
    say(
        f"sampled frames, H.264 {size[0]} by {size[1]}, {SECONDS} s",
        frames=len(times),
        ours_frames_s=len(times) / statistics.median(ours),
        peer_frames_s=len(times) / statistics.median(jumps),
        peer_reading_all_frames_s=len(times) / statistics.median(theirs),
        ratio=statistics.median(jumps) / statistics.median(ours),
        ratio_processor=statistics.median(jumps_cpu) / statistics.median(ours_cpu),
        ratio_reading_all=statistics.median(theirs) / statistics.median(ours),
        farthest_bits=farthest(file, found),
    )


def farthest(file: bytes, found: Fingerprint) -> int:
    """Return by how many bits our hashes differ from the peer's at the most."""
    most = 0
    hashes = {frame.at_ms: frame.pdq for frame in found.frames}
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            at_ms = round(float((frame.pts or 0) * (stream.time_base or 0)) * 1000)
            if at_ms in hashes:
                bits, _ = pdqhash.compute(frame.to_ndarray(format="rgb24"))
                apart = np.frombuffer(hashes[at_ms], np.uint8) ^ np.packbits(bits)
                most = max(most, int(np.bitwise_count(apart).sum()))
    return most


async def large(pool: FingerprintPool, *, index_first: bool) -> None:
    """Print how much is read of a video that is too large to be read whole."""
    file = video(25 * SECONDS, codec="libx264", size=(1280, 720), key_every=25, bit_rate=8_000_000)
    count = 25 * SECONDS
    source = Counted(laid_out(file, index_first=index_first, gap=max(0, LARGE - len(file)) // count))
    found = await pool.fingerprint(source)
    say(
        f"share of {source.size / MIB:.0f} MiB that is read, index at the {'beginning' if index_first else 'end'}",
        frames=len(found.frames),
        bytes=source.bytes,
        reads=len(source.places),
        share=source.bytes / source.size,
        pictures_share=len(file) / source.size,
        covers=found.covers,
    )


def say(figure: str, **values: object) -> None:
    """Print one figure."""
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
    sys.stdout.write(json.dumps({"figure": figure, **rounded}) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Print every figure."""
    async with FingerprintPool(1, timeout=60) as pool:
        for size in SIZES:
            await whole(pool, size)
        for index_first in (True, False):
            await large(pool, index_first=index_first)


if __name__ == "__main__":
    asyncio.run(main())
