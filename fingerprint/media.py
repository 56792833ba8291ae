"""
Decide how a media item is hashed: as a picture, as an animation, or as a video.

For the child alone, and for tests and benchmarks without the sandbox.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from domain.fingerprints import MediaStatus, SampledFrame
from fingerprint.animation import is_animated, sample_animation
from fingerprint.answers import Format, PictureHashes
from fingerprint.containers import HEAD, sniff_container
from fingerprint.image import hash_picture, sniff
from fingerprint.moving import Clock
from fingerprint.video import sample_video


class WholeFile(io.BytesIO):
    """A file that is all there."""

    def expect(self, offset: int, length: int) -> None:
        """Fetch nothing: every byte is here."""


def _untold(_: object) -> None:
    """Tell nobody."""


def hash_media(
    untrusted_bytes: bytes,
    *,
    first: Callable[[PictureHashes], None] = _untold,
    tell: Callable[[SampledFrame], None] = _untold,
) -> PictureHashes:
    """
    Return what a media item shows, with frames where it moves; decoded in this very process.

    `first` is given the hashes of an animation's first picture before any
    other, `tell` each frame as soon as it is hashed.
    """
    clock = Clock()
    picture, container = sniff(untrusted_bytes), sniff_container(untrusted_bytes[:HEAD])
    # A video may name AVIF among its brands, and is played all the same.
    if container and picture in {Format.NONE, Format.AVIF}:
        with WholeFile(untrusted_bytes) as file:
            found = sample_video(file, container, clock=clock, tell=tell)
        if found.frames or picture is Format.NONE:
            return found
    hashes = hash_picture(untrusted_bytes)
    if hashes.status is MediaStatus.UNDECODABLE or not is_animated(untrusted_bytes, hashes.format):
        return hashes
    first(hashes)
    return sample_animation(untrusted_bytes, hashes, clock=clock, tell=tell)
