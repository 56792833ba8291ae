"""Children that do not do as they should: each is what a pool starts instead of the true one."""

from __future__ import annotations

_BEGIN = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.frames import *
from domain.fingerprints import MediaStatus, SampledFrame
said, heard = sys.stdout.buffer, sys.stdin.buffer
def say(frame):
    said.write(frame); said.flush()
def piece():
    kind, job, length = HEADER.unpack(heard.read(HEADER.size))
    return heard.read(length)
FRAME = SampledFrame(at_ms=5, pdq_quality=90, pdq_dihedral=tuple(bytes([n]) * 32 for n in range(8)))
FOUND = PictureHashes(status=MediaStatus.HASHED, format=Format.MP4)
say(packed_hello(frozenset(), frozenset()))
kind, job, length = HEADER.unpack(heard.read(HEADER.size))
body = heard.read(length)
"""


def child(lie: str) -> str:
    """Return the program of a child that says hello, takes one job, and then does this."""
    return _BEGIN + lie
