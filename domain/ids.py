"""
Name things by ids the program makes itself.

An id is opaque text outside and a UUIDv7 inside: unique without a central
counter, and sorted by time, so that a database index grows at one end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NewType

ReportId = NewType("ReportId", str)
TargetId = NewType("TargetId", str)
VisitId = NewType("VisitId", str)
RequestId = NewType("RequestId", str)
PostId = NewType("PostId", str)
MediaId = NewType("MediaId", str)
LeadId = NewType("LeadId", str)
ReferralId = NewType("ReferralId", str)
ListId = NewType("ListId", str)
UserId = NewType("UserId", str)

IdMaker = Callable[[], str]


def uuid7(unix_ms: int, random_bits: int) -> str:
    """
    Return the UUIDv7 (RFC 9562) for a moment in milliseconds and 74 bits of dice.
    """
    value = (unix_ms & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= ((random_bits >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random_bits & ((1 << 62) - 1)
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_id() -> str:
    """Return a fresh id: the default `IdMaker`."""
    return uuid7(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10)) >> 6)
