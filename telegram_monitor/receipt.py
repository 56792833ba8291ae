"""
Keep the length and digest of every answer that a page is made of, so that a lead can be traced to them.

The answers themselves are let go at once: they hold small pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple


class Receipt(NamedTuple):
    """One answer: the length and SHA-256 of what its rpc_result held, unpacked, as the server serialised it."""

    length: int = 0
    sha256: bytes = b""

    @classmethod
    def of(cls, untrusted_answer: bytes) -> Receipt:
        """Return the receipt of an answer as it came."""
        return cls(len(untrusted_answer), hashlib.sha256(untrusted_answer).digest())


def receipts_of(answer: Any) -> tuple[Receipt, ...]:
    """Return the receipt that an answer carries, none where nobody heard it come."""
    receipt = getattr(answer, "receipt", None)
    return (receipt,) if isinstance(receipt, Receipt) else ()


def combined(receipts: Iterable[Receipt]) -> tuple[int, str]:
    """
    Return the length of several answers, and in hex one digest for all of them.

    Of one answer it is its own SHA-256; of several the SHA-256 over theirs (32
    bytes each) in order; of none, empty.
    """
    held = list(receipts)
    digest = held[0].sha256 if len(held) == 1 else hashlib.sha256(b"".join(one.sha256 for one in held)).digest()
    return sum(one.length for one in held), digest.hex() if held else ""
