"""
Be the process that bytes die in: frames in, hashes out, nothing else.

Started by `fingerprint.worker` with arguments: the parent's process id, the
bound on memory, and the greatest number of bytes a job may have.
"""

from __future__ import annotations

import sys
import warnings
from typing import BinaryIO

import av.subtitles.codeccontext
import av.subtitles.stream
from PIL import ImageChops, ImageCms, ImageColor, ImageFilter, ImagePalette, TiffImagePlugin

from domain.fingerprints import SampledFrame
from fingerprint.answers import PictureHashes
from fingerprint.asking import AskedFile
from fingerprint.confine import confine_child
from fingerprint.containers import HEAD, sniff_container
from fingerprint.frames import (
    HEADER,
    MAX_READ,
    Kind,
    Offer,
    packed_answer,
    packed_hello,
    packed_read,
    packed_sample,
    unpacked_offer,
)
from fingerprint.media import hash_media
from fingerprint.moving import Clock
from fingerprint.video import sample_video
from fingerprint.warming import working_formats

# Pillow and PyAV import these in the middle of their work. Under lock-down they could not: no file may be opened.
_IMPORTED_FOR_LATER = (ImageChops, ImageCms, ImageColor, ImageFilter, ImagePalette, TiffImagePlugin, av.subtitles)


def main() -> None:
    """Warm up, lock this process down, then answer jobs until the parent is gone."""
    parent, memory, max_bytes = map(int, sys.argv[-3:])
    warnings.simplefilter("ignore")  # to show one, Python opens the file that it comes from
    working_formats()  # loads every library that decoding will need
    missing = confine_child(parent=parent, memory=memory)
    formats = working_formats()  # what cannot work under lock-down is found out before the first job
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    answers.write(packed_hello(formats, missing))
    answers.flush()
    while header := requests.read(HEADER.size):
        kind, job, length = HEADER.unpack(header)
        if length > max_bytes:
            raise SystemExit(1)
        talk = _Talk(requests, answers, job)
        body = talk.received(length)
        match kind:
            case Kind.JOB:
                talk.say(packed_answer(job, hash_media(body, first=talk.first, tell=talk.tell)))
            case Kind.OFFER:
                talk.say(packed_answer(job, _sampled(unpacked_offer(body), talk)))
            case _:
                raise SystemExit(1)
        del body, talk  # nothing is kept until the next job


class _Talk:
    """What is said and heard about one job."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, job: int) -> None:
        self._requests = requests
        self._answers = answers
        self._job = job

    def received(self, length: int) -> bytes:
        """Return so many bytes, or end this process: its parent is gone."""
        body = self._requests.read(length)
        if len(body) < length:
            raise SystemExit(1)
        return body

    def say(self, frame: bytes) -> None:
        """Hand a frame to the parent at once."""
        self._answers.write(frame)
        self._answers.flush()

    def first(self, hashes: PictureHashes) -> None:
        """Tell of the first picture before the others are looked at."""
        self.say(packed_answer(self._job, hashes, kind=Kind.FIRST))

    def tell(self, frame: SampledFrame) -> None:
        """Tell of one frame of what moves."""
        self.say(packed_sample(self._job, frame))

    def ask(self, offset: int, length: int) -> bytes:
        """Return the piece that the parent hands over."""
        self.say(packed_read(self._job, offset, length))
        kind, job, handed = HEADER.unpack(self.received(HEADER.size))
        if (kind, job) != (Kind.PIECE, self._job) or handed > MAX_READ:
            raise SystemExit(1)
        return self.received(handed)


def _sampled(offer: Offer, talk: _Talk) -> PictureHashes:
    clock = Clock()
    file = AskedFile(offer, talk.ask, clock)
    head = file.read(HEAD)
    file.seek(0)
    return sample_video(file, sniff_container(head), clock=clock, tell=talk.tell, is_costly=True)


if __name__ == "__main__":
    main()
