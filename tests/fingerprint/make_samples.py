"""
Write `fingerprint/samples.py`: the smallest videos that show that a container and a codec work.

Run as `python -m tests.fingerprint.make_samples`, once; what it writes is
committed, for a child must not need an encoder to begin.
"""

from __future__ import annotations

import base64
import io
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

from fingerprint.answers import Format

TARGET = Path(__file__).parents[2] / "fingerprint" / "samples.py"
SIDE = 64
SUPPLEMENTAL = {"libx264": 0x06, "libx265": 0x4E}
KINDS = (
    (Format.MP4, "mp4", "libx264"),
    (Format.MP4, "mp4", "libsvtav1"),
    (Format.MATROSKA, "matroska", "libvpx-vp9"),
    (Format.MATROSKA, "webm", "libvpx"),
    (Format.AVI, "avi", "mpeg4"),
    (Format.MPEG_TS, "mpegts", "libx265"),
    (Format.MPEG_PS, "mpeg", "mpeg1video"),
    (Format.FLV, "flv", "flv"),
    (Format.OGG, "ogg", "libvpx"),
)
OPTIONS = {
    "libx264": {"crf": "30", "x264-params": "log-level=none"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=none:frame-threads=1", "crf": "30"},
    "libsvtav1": {"crf": "50", "svtav1-params": "lp=1"},
}
HEAD = '''"""
Hold the smallest videos that show that a container and a codec work under lock-down.

Made by tests/fingerprint/make_samples.py; each is one picture, a grey slope of
64 by 64.
"""

from __future__ import annotations

import base64
import zlib

from fingerprint.answers import Format


def videos(kind: Format) -> list[bytes]:
    """Return the files of a container: one for each codec that it is commonly used with."""
    return [zlib.decompress(base64.b85decode("".join(packed.split()))) for held, packed in _PACKED if held is kind]


_PACKED = (
'''


def sample(muxer: str, codec: str) -> bytes:
    """Return a video of one picture."""
    file = io.BytesIO()
    with av.open(file, "w", format=muxer, options={"fflags": "+bitexact"}) as container:
        options = OPTIONS.get(codec, {"qscale": "20", "flags": "+qscale"})
        stream = cast("VideoStream", container.add_stream(codec, rate=25, options=options))
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        frame = av.VideoFrame.from_ndarray(np.asarray(Image.linear_gradient("L").resize((SIDE, SIDE))), format="gray")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        packets = [*stream.encode(frame), *stream.encode(None)]
        container.mux([_without_words(packet, SUPPLEMENTAL.get(codec)) for packet in packets])
    return file.getvalue()


def _without_words(packet: av.Packet[Any], first: int | None) -> av.Packet[Any]:
    """Leave out what an encoder says of itself in units that begin with this byte, longer than the picture."""
    if first is None:
        return packet
    units = bytes(packet).split(b"\0\0\1")
    bare = av.Packet(b"\0\0\1".join(unit for unit in units if not unit or unit[0] != first))
    bare.pts, bare.dts, bare.time_base, bare.is_keyframe = packet.pts, packet.dts, packet.time_base, True
    bare.stream = packet.stream
    return bare


def main() -> None:
    """Write the module."""
    rows = []
    for kind, muxer, codec in KINDS:
        text = base64.b85encode(zlib.compress(sample(muxer, codec), 9)).decode()
        lines = "\n".join(text[at : at + 110] for at in range(0, len(text), 110))
        rows.append(
            f'    (  # {codec.removeprefix("lib")}\n        Format.{kind.name},\n        """\n{lines}\n""",\n    ),\n'
        )
    TARGET.write_text(HEAD + "".join(rows) + ")\n")


if __name__ == "__main__":
    main()
