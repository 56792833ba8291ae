"""
Be the process that bytes die in: frames in, hashes out, nothing else.

Started by `fingerprint.worker` with arguments: the parent's process id, the
bound on memory, and the greatest number of bytes a job may have.
"""

from __future__ import annotations

import io
import sys
import warnings

from PIL import Image, ImageChops, ImageCms, ImageColor, ImageFilter, ImagePalette, TiffImagePlugin

from domain.fingerprints import MediaStatus
from fingerprint.answers import Format
from fingerprint.confine import confine_child
from fingerprint.frames import HEADER, Kind, packed_answer, packed_hello
from fingerprint.image import hash_picture

_SAMPLE_SIDE = 64
# Pillow imports these in the middle of its work. Under lock-down it could not: no file may be opened.
_IMPORTED_FOR_LATER = (ImageChops, ImageCms, ImageColor, ImageFilter, ImagePalette, TiffImagePlugin)


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
        if kind != Kind.JOB or length > max_bytes:
            raise SystemExit(1)
        untrusted_bytes = requests.read(length)
        if len(untrusted_bytes) < length:
            raise SystemExit(1)
        answers.write(packed_answer(job, hash_picture(untrusted_bytes)))
        del untrusted_bytes  # nothing is kept until the next job
        answers.flush()


def working_formats() -> frozenset[Format]:
    """Return the formats in which a generated sample is encoded and hashed again."""
    return frozenset(kind for kind in Format if kind and _works(kind))


def _works(kind: Format) -> bool:
    sample = io.BytesIO()
    try:
        Image.linear_gradient("L").resize((_SAMPLE_SIDE, _SAMPLE_SIDE)).convert("RGB").save(sample, kind.name)
    except (KeyError, OSError):  # this build of Pillow came without it
        return False
    return hash_picture(sample.getvalue()).status is not MediaStatus.UNDECODABLE


if __name__ == "__main__":
    main()
