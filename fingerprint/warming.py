"""
Decode a sample of each format: once to load every library, once more under lock-down to see what works.

For the child alone. A format counts only if its still pictures, its animations
and each codec of its videos are decoded.
"""

from __future__ import annotations

import io

from PIL import Image

from domain.fingerprints import MediaStatus
from fingerprint.animation import is_animated
from fingerprint.answers import Format
from fingerprint.media import hash_media
from fingerprint.samples import videos

_SIDE, _SMALL_SIDE = 64, 16
_ANIMATED = frozenset({Format.PNG, Format.GIF, Format.WEBP, Format.AVIF})


def working_formats() -> frozenset[Format]:
    """Return the formats of which every sample shows what it should."""
    return frozenset(kind for kind in Format if kind and _works(kind))


def _works(kind: Format) -> bool:
    if kind.is_container:
        return all(len(hash_media(file).frames) == 1 for file in videos(kind))
    picture = Image.linear_gradient("L").resize((_SIDE, _SIDE)).convert("RGB")
    small = picture.resize((_SMALL_SIDE, _SMALL_SIDE))
    try:
        still, moving = _packed(picture, kind), _packed(small, kind, append_images=[small.rotate(90)])
    except (KeyError, OSError):  # this build of Pillow came without it
        return False
    if kind in _ANIMATED and not (is_animated(moving, kind) and len(hash_media(moving).frames) > 1):
        return False
    return hash_media(still).status is not MediaStatus.UNDECODABLE


def _packed(picture: Image.Image, kind: Format, append_images: list[Image.Image] | None = None) -> bytes:
    file = io.BytesIO()
    if append_images and kind in _ANIMATED:
        picture.save(file, kind.name, save_all=True, append_images=append_images)
    else:
        picture.save(file, kind.name)
    return file.getvalue()
