"""
Sample the pictures of a video: key frames spread over its length, then what lies between them.

For the child alone: it imports PyAV. One stream of pictures is read and no
other; one thread; the container found by its first bytes is the only demuxer,
a short list of codecs the only decoders, and nothing but the file at hand is
ever opened. What was sampled before a failure or the clock's end counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import NoReturn, Protocol

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from domain.fingerprints import MAX_FRAMES, MediaStatus, SampledFrame
from fingerprint.answers import Format, PictureHashes, Reason, status_of
from fingerprint.image import MAX_PIXELS, over_limit
from fingerprint.moving import Clock, hashed_frame, spread

FEWEST = 8  # frames wanted of a short video; of a longer one, one a second
ENOUGH = 4  # fewer than these, and the video is gone through from its beginning
PACKETS_TO_A_KEY = 2_000  # looked at after a jump
BUFFER = 1 << 15  # bytes that a demuxer asks for at a time
DECODERS = (
    "h264", "hevc", "libdav1d", "vp8", "vp9", "mpeg4", "mpeg1video", "mpeg2video", "h263", "flv", "vp6", "vp6f",
    "theora", "mjpeg", "msmpeg4", "msmpeg4v2", "prores",
)  # fmt: skip
_DEMUXERS = {
    Format.MP4: "mov",
    Format.MATROSKA: "matroska",
    Format.AVI: "avi",
    Format.MPEG_TS: "mpegts",
    Format.MPEG_PS: "mpeg",
    Format.FLV: "flv",
    Format.OGG: "ogg",
}
_WITHOUT_INDEX = ("mpegts", "mpeg")
_DECODING = {"max_pixels": str(MAX_PIXELS)}
_OPENING = {
    "codec_whitelist": ",".join(DECODERS),
    "max_streams": "64",
    "probesize": str(1 << 20),
    "analyzeduration": "2000000",  # microseconds of the video that may be read to learn of its streams
    "threads": "1",
}
_TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class Readable(Protocol):
    """A file as PyAV reads it; what is expected may be fetched in one piece."""

    def read(self, length: int, /) -> bytes:
        """Return up to `length` bytes; empty at the end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go elsewhere, and return where."""

    def tell(self) -> int:
        """Return where the next read begins."""

    def expect(self, offset: int, length: int) -> None:
        """Take note of which bytes are going to be read."""


def sample_video(
    file: Readable, kind: Format, *, clock: Clock, tell: Callable[[SampledFrame], None], is_costly: bool = False
) -> PictureHashes:
    """
    Return what the video shows; each frame is also told as soon as it is hashed.

    `is_costly`: bytes come from afar, so jumps are few, and what lies between
    key frames is read only where there is little else.
    """
    sampler = _Sampler(file, clock, tell, most=MAX_FRAMES // 2 if is_costly else MAX_FRAMES)
    reason = Reason.NONE
    try:
        options = _OPENING | _DECODING | {"format_whitelist": _DEMUXERS[kind]}
        with av.open(
            file, "r", format=_DEMUXERS[kind], options=options, io_open=_refused, buffer_size=BUFFER,
            metadata_errors="replace",
        ) as container:  # fmt: skip
            reason = sampler.sample(container, thrifty=is_costly)
    except MemoryError:
        reason = Reason.OUT_OF_MEMORY
    except Exception:  # noqa: BLE001 - hostile bytes raise anything; a code says enough
        reason = Reason.DAMAGED
    return sampler.found(kind, reason)


def _refused(*_: object) -> NoReturn:
    """Open nothing that a file names."""
    raise PermissionError


class _Sampler:
    """The frames of one video, and how far its sampling went."""

    def __init__(self, file: Readable, clock: Clock, tell: Callable[[SampledFrame], None], *, most: int) -> None:
        self._file = file
        self._clock = clock
        self._tell = tell
        self._most = most
        self._size = (0, 0)
        self._taken: set[int] = set()  # places of frames, and of key frames, in the stream's own time
        self._keys: set[int] = set()
        self._frames: list[SampledFrame] = []
        self._container: InputContainer
        self._stream: VideoStream

    def found(self, kind: Format, reason: Reason) -> PictureHashes:
        """Return the answer; a reason for failure matters only where nothing was sampled."""
        status = status_of(self._frames)
        if reason is Reason.OUT_OF_MEMORY:
            pass  # said in any case: this child is left with little of it
        elif status is MediaStatus.LOW_QUALITY:
            reason = Reason.LOW_DETAIL
        elif status is MediaStatus.HASHED:
            reason = Reason.NONE
        elif not reason:
            reason = Reason.DAMAGED
        frames = tuple(sorted(self._frames, key=lambda frame: frame.at_ms))
        return PictureHashes(
            status=status, reason=reason, format=kind, width=self._size[0], height=self._size[1], frames=frames
        )

    def sample(self, container: InputContainer, *, thrifty: bool) -> Reason:
        """Sample until there is enough, the clock is over, or the file ends; returns why nothing could be."""
        chosen = _first_with_pictures(container)
        if chosen is None:
            return Reason.NO_PICTURES
        codec = chosen.codec_context
        if codec is None or codec.codec.name not in DECODERS:
            return Reason.UNKNOWN_CODEC
        self._size = (codec.width, codec.height)
        if (reason := over_limit(*self._size) if all(self._size) else Reason.NONE) is not Reason.NONE:
            return reason
        for stream in container.streams:
            stream.discard = Discard.none if stream is chosen else Discard.all
        codec.thread_count = 1
        codec.thread_type = ThreadType.NONE
        codec.options = dict(_DECODING)
        self._container, self._stream = container, chosen
        between = self._key_frames(self._places())
        if not thrifty or len(self._frames) < ENOUGH:
            self._between(between)
        if len(self._frames) < ENOUGH:
            self._from_the_beginning()
        return Reason.NONE

    @property
    def _is_over(self) -> bool:
        return len(self._frames) >= self._most or self._clock.left <= 0

    @property
    def _start(self) -> int:
        return self._stream.start_time or 0

    @property
    def _second(self) -> Fraction:
        """Return how many units of the stream's time a second has."""
        return 1 / self._stream.time_base if self._stream.time_base else Fraction(1000)

    def _places(self) -> list[int]:
        """Return times to look at, in the stream's units, spread first."""
        length = self._stream.duration
        if length is None and self._container.duration is not None:
            length = int(Fraction(self._container.duration, av.time_base) * self._second)
        if length is None or length <= 0:
            return [self._start]
        wanted = min(self._most, max(FEWEST, math.ceil(length / self._second)))
        return list(dict.fromkeys(self._start + length * number // wanted for number in spread(wanted)))

    def _key_frames(self, places: list[int]) -> dict[int, list[int]]:
        """Take the key frame before each place; returns the places whose key frame another took, by key frame."""
        between: dict[int, list[int]] = {}
        for place in places:
            if self._is_over:
                break
            indexed = self._indexed(place)
            if indexed in self._keys:
                between.setdefault(indexed, []).append(place)
                continue
            with _going_on():
                packet = self._key_at(place)
                if packet is None:
                    continue
                key = _time_of(packet) if indexed is None else indexed
                if key in self._keys:
                    between.setdefault(key, []).append(place)
                    continue
                self._keys.add(key)
                for frame in self._decoded_alone(packet):
                    self._take(frame)
        return between

    def _indexed(self, place: int) -> int | None:
        """Return the time of the key frame before a place by the container's index, and have the file expect it."""
        index = self._stream.index_entries
        number = index.search_timestamp(place)
        if number < 0:
            return None
        # An entry is a pointer into a table that a jump may move: nothing of it may be kept.
        entry = index[number]
        self._file.expect(entry.pos, entry.size)
        return entry.timestamp

    def _key_at(self, place: int) -> Packet[VideoStream] | None:
        self._go_to(place)
        for number, packet in enumerate(self._container.demux(self._stream)):
            if packet.size and packet.is_keyframe:
                return packet
            if number > PACKETS_TO_A_KEY or self._clock.left <= 0:
                break
        return None

    def _go_to(self, place: int) -> None:
        """Go to the key frame before a place; the first picture may be decoded a moment before it is shown."""
        before = int(self._second) if place <= self._start and self._container.format.name in _WITHOUT_INDEX else 0
        self._container.seek(place - before, stream=self._stream)

    def _decoded_alone(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """Return the frame of a key packet without reading on; the decoder forgets it afterwards."""
        codec = self._stream.codec_context
        try:
            return [*codec.decode(packet), *codec.decode(None)][:1]
        finally:
            codec.flush_buffers()

    def _between(self, between: dict[int, list[int]]) -> None:
        """Go on from key frames to the places after them."""
        for places in between.values():
            waiting = sorted(places, reverse=True)
            if self._is_over:
                return
            with _going_on():
                self._go_to(waiting[-1])
                for frame in self._decoded():
                    if frame.pts is not None and frame.pts >= waiting[-1]:
                        self._take(frame)
                        while waiting and waiting[-1] <= frame.pts:
                            waiting.pop()
                    if not waiting:
                        break

    def _from_the_beginning(self) -> None:
        """Decode everything; take four frames a second, later one in one, in four, in sixteen, while the clock runs."""
        with _going_on():  # what cannot be jumped in is read from where it stands
            self._go_to(self._start)
        due = -math.inf
        for number, frame in enumerate(self._decoded()):
            at = frame.pts if frame.pts is not None else int(number * self._second / 25)
            if at >= due:
                self._take(frame, at)
                due = at + float(self._second) / 4 * 4 ** (len(self._frames) * 4 // self._most)

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._container.demux(self._stream):
            if self._is_over:
                return
            frames: list[VideoFrame] = []
            with _going_on():
                frames = self._stream.codec_context.decode(packet)
            yield from frames

    def _take(self, frame: VideoFrame, at: int | None = None) -> None:
        at = frame.pts or 0 if at is None else at
        if at in self._taken or self._is_over or over_limit(frame.width, frame.height):
            return
        self._taken.add(at)
        picture = _picture(frame)
        hashed = hashed_frame(picture, float((at - self._start) / self._second * 1000))
        if hashed is not None:
            self._size = picture.size
            self._frames.append(hashed)
            self._tell(hashed)


@contextmanager
def _going_on() -> Iterator[None]:
    """Pass over a damaged part, as players do; what ran out of memory is left with little of it."""
    try:
        yield
    except MemoryError:
        raise
    except FFmpegError:
        return


def _first_with_pictures(container: InputContainer) -> VideoStream | None:
    """Return the first stream of pictures that is not a cover of something else."""
    return next((each for each in container.streams.video if not each.disposition & Disposition.attached_pic), None)


def _time_of(packet: Packet[VideoStream]) -> int:
    return next((time for time in (packet.pts, packet.dts) if time is not None), 0)


def _picture(frame: VideoFrame) -> Image.Image:
    plane = frame.reformat(format="rgb24", threads=1)
    rows = plane.planes[0]
    picture = Image.frombytes("RGB", (plane.width, plane.height), bytes(rows), "raw", "RGB", rows.line_size)
    turn = _TURNS.get(frame.rotation % 360)
    return picture if turn is None else picture.transpose(turn)
