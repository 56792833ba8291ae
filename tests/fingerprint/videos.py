"""Generated videos: pictures that drift over a large one, packed by PyAV's encoders."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

from tests.fingerprint.pictures import photo

RATE = 25
# What each container is tested with: its muxer, and the encoders whose pictures it may hold.
CONTAINERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mp4": ("mp4", ("libx264", "libx265", "libsvtav1", "mpeg4", "libvpx-vp9")),
    "matroska": ("matroska", ("libvpx", "libvpx-vp9", "libx264", "mjpeg")),
    "avi": ("avi", ("mpeg4", "mjpeg", "msmpeg4v2")),
    "mpeg_ts": ("mpegts", ("libx264", "mpeg2video")),
    "mpeg_ps": ("mpeg", ("mpeg1video", "mpeg2video")),
    "flv": ("flv", ("flv", "libx264")),
    "ogg": ("ogg", ("libvpx",)),
}
_QUIET = {
    "libx264": {"x264-params": "log-level=none", "preset": "ultrafast"},
    "libx265": {"x265-params": "log-level=none:pools=none:frame-threads=1", "preset": "ultrafast"},
    "libsvtav1": {"svtav1-params": "lp=1", "preset": "12"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


@lru_cache(maxsize=8)
def _scene(width: int, height: int, seed: int) -> Image.Image:
    return photo(2 * width, 2 * height, seed)


def pictures(
    count: int, width: int = 192, height: int = 144, *, seed: int = 1, scene: int = 25
) -> Iterator[Image.Image]:
    """Yield the pictures of a video whose scene changes every `scene` pictures, and drifts in between."""
    for number in range(count):
        large = _scene(width, height, seed + number // scene)
        x, y = number % scene * width // scene, number % scene * height // (2 * scene)
        yield large.crop((x, y, x + width, y + height))


def video(
    count: int = 50,
    *,
    muxer: str = "mp4",
    codec: str = "mpeg4",
    size: tuple[int, int] = (192, 144),
    key_every: int = 25,
    seed: int = 1,
    bit_rate: int = 1_500_000,
    options: dict[str, str] | None = None,
    stills: list[Image.Image] | None = None,
) -> bytes:
    """Return a video as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format=muxer, options=options or {}) as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=RATE, options=_QUIET.get(codec, {})))
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.bit_rate = bit_rate
        stream.gop_size = key_every
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(stills or pictures(count, *size, seed=seed)):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts = number
            frame.time_base = Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def subtitled(file: bytes) -> bytes:
    """Return an FLV file with a line of text in it, which makes a stream of its own."""
    line = b"\2\0\x0aonTextData\x08\0\0\0\2\0\4type\2\0\4Text\0\4text\2\0\x0ctin lanterns\0\0\x09"
    length = len(line).to_bytes(3)
    tag = b"\x12" + length + bytes(7) + line
    return file[:13] + tag + len(tag).to_bytes(4) + file[13:]


def box(name: bytes, body: bytes) -> bytes:
    """Return a box of an MP4 file."""
    return struct.pack(">I", len(body) + 8) + name + body


@dataclass(frozen=True)
class Sparse:
    """A file of which only some parts are in memory; the rest is zero."""

    parts: tuple[tuple[int, bytes], ...]
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes from anywhere."""
        length = max(0, min(length, self.size - offset))
        body = bytearray(length)
        for start, part in self.parts:
            first, last = max(start, offset), min(start + len(part), offset + length)
            if first < last:
                body[first - offset : last - offset] = part[first - start : last - start]
        return bytes(body)

    def whole(self) -> bytes:
        """Return the file; for small ones."""
        return self.read(0, self.size)


def laid_out(file: bytes, *, index_first: bool, gap: int = 0) -> Sparse:
    """Return an MP4 of one stream with its index (moov) at the beginning or the end, and a gap before each picture."""
    boxes = dict(_boxes(file))
    sizes = _sizes(boxes[b"moov"])
    length = len(_index(boxes[b"moov"], [0] * len(sizes)))
    begin = len(boxes[b"ftyp"]) + (length if index_first else 0)
    at, place = file.index(b"mdat") + 4, begin + 8
    places, parts = [], []
    for size in sizes:
        place += gap
        places.append(place)
        parts.append((place, file[at : at + size]))
        at, place = at + size, place + size
    parts += [
        (0, boxes[b"ftyp"]),
        (begin, struct.pack(">I", place - begin) + b"mdat"),
        (len(boxes[b"ftyp"]) if index_first else place, _index(boxes[b"moov"], places)),
    ]
    return Sparse(parts=tuple(parts), size=place + (0 if index_first else length))


def _sizes(index: bytes) -> list[int]:
    """Return how many bytes each picture has."""
    at = index.index(b"stsz") + 8
    each, count = struct.unpack_from(">II", index, at)
    return [each] * count if each else list(struct.unpack_from(f">{count}I", index, at + 8))


def _index(index: bytes, places: list[int]) -> bytes:
    """Return the index of a file in which every picture stands at a place of its own."""
    inner = b""
    for name, whole in _boxes(index[8:]):
        if name == b"stsc":
            inner += box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1))
        elif name == b"stco":
            inner += box(b"stco", struct.pack(f">II{len(places)}I", 0, len(places), *places))
        else:
            inner += _index(whole, places) if name in {b"trak", b"mdia", b"minf", b"stbl"} else whole
    return box(index[4:8], inner)


def _boxes(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(file):
        length = struct.unpack_from(">I", file, at)[0]
        yield file[at + 4 : at + 8], file[at : at + length]
        at += length


def frames_of(file: bytes, muxer: str = "") -> dict[int, Any]:
    """Return every frame of a video as PyAV decodes it by itself, by its time in milliseconds."""
    with av.open(io.BytesIO(file), "r", format=muxer or None) as container:
        stream = container.streams.video[0]
        start = stream.start_time or 0
        return {
            round(float((frame.pts - start) * (stream.time_base or 0)) * 1000): frame.to_ndarray(format="rgb24")
            for frame in container.decode(stream)
            if frame.pts is not None
        }
