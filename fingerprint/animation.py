"""
Sample the later pictures of an animation, each as a browser shows it: laid over those before it.

For the child alone. The first picture is hashed as any other is; what is
damaged or takes too long after it takes nothing away from it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from PIL import Image

from domain.fingerprints import MAX_FRAMES, MediaStatus, SampledFrame
from fingerprint.answers import Format, PictureHashes, Reason, status_of
from fingerprint.moving import Clock, hashed_frame

COUNTED = 200_000  # frames; beyond, an animation is sampled as if it ended there
STILL_MS = 100.0  # how long browsers show a frame that says nothing, or next to nothing, of it
_TOO_QUICK_MS = 10.0
_AT_ONCE = frozenset({Format.AVIF})  # any frame can be had without those before it


def is_animated(untrusted_bytes: bytes, kind: Format) -> bool:
    """Return whether a file says that it holds more than one picture to be shown in turn; told by a few bytes."""
    match kind:
        case Format.GIF:
            return count_gif(untrusted_bytes, most=2) > 1
        case Format.PNG:
            return untrusted_bytes.find(b"acTL", 0, untrusted_bytes.find(b"IDAT")) >= 0
        case Format.WEBP:
            return untrusted_bytes[12:16] == b"VP8X" and bool(int.from_bytes(untrusted_bytes[20:21]) & 2)
        case Format.AVIF:
            return b"avis" in untrusted_bytes[8:64]
        case _:
            return False


def sample_animation(
    untrusted_bytes: bytes, first: PictureHashes, *, clock: Clock, tell: Callable[[SampledFrame], None]
) -> PictureHashes:
    """Return `first`, the hashes of the first picture, with frames of all of them; each is told when it is hashed."""
    frames: list[SampledFrame] = []
    try:
        for frame in _frames(untrusted_bytes, first, clock):
            frames.append(frame)
            tell(frame)
    except MemoryError:
        return replace(_with(first, frames), reason=Reason.OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001 - hostile bytes raise anything; what was hashed before counts
        return _with(first, frames)
    return _with(first, frames)


def count_gif(untrusted_bytes: bytes, *, most: int) -> int:
    """Return how many pictures a GIF holds, at most so many; by its blocks, without decoding."""
    count = 0
    try:
        at = 13 + _table(untrusted_bytes[10])
        while count < most:
            match untrusted_bytes[at]:
                case 0x2C:
                    count += 1
                    at += 11 + _table(untrusted_bytes[at + 9])
                case 0x21:
                    at += 2
                case _:
                    return count
            while length := untrusted_bytes[at]:
                at += 1 + length
            at += 1
    except IndexError:  # it breaks off
        return count
    return count


def _table(flags: int) -> int:
    """Return the bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _frames(untrusted_bytes: bytes, first: PictureHashes, clock: Clock) -> Iterator[SampledFrame]:
    with Image.open(io.BytesIO(untrusted_bytes), formats=[first.format.name]) as opened:
        count = _count(opened, untrusted_bytes, first.format)
        chosen = {number * count // MAX_FRAMES for number in range(MAX_FRAMES)} - {0}
        if count < 2:  # noqa: PLR2004 - one picture does not move
            return
        if first.pdq_dihedral:
            yield SampledFrame(
                at_ms=0,
                pdq_quality=first.pdq_quality,
                pdq_dihedral=first.pdq_dihedral,
                pdq_others=first.pdq_others,
            )
        at = _shown_for(opened)
        slowest = 0.0
        for number in sorted(chosen) if first.format in _AT_ONCE else range(1, count):
            if clock.left < 2 * slowest:
                return
            began = time.monotonic()
            opened.seek(number)
            opened.load()
            at = max(at, float(opened.info.get("timestamp", 0)))
            frame = hashed_frame(opened, at) if number in chosen else None
            at += _shown_for(opened)
            slowest = max(slowest, time.monotonic() - began)
            if frame is not None:
                yield frame


def _count(opened: Image.Image, untrusted_bytes: bytes, kind: Format) -> int:
    """Return how many pictures there are; Pillow would decode a GIF to count."""
    if kind is Format.GIF:
        return count_gif(untrusted_bytes, most=COUNTED)
    return min(int(getattr(opened, "n_frames", 1)), COUNTED)


def _shown_for(opened: Image.Image) -> float:
    duration = opened.info.get("duration", 0)
    return float(duration) if isinstance(duration, (int, float)) and duration > _TOO_QUICK_MS else STILL_MS


def _with(first: PictureHashes, frames: list[SampledFrame]) -> PictureHashes:
    if status_of(frames) is MediaStatus.HASHED:  # a blank beginning says nothing of the rest
        first = replace(first, status=MediaStatus.HASHED, reason=Reason.NONE)
    return replace(first, frames=tuple(frames))
