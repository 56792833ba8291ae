"""Remember who is in the middle of signing in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.telegram.password import Lock
    from demo.telegram.state import Account


@dataclass(slots=True, kw_only=True)
class Signing:
    """What was begun, by ticket, code, token or the key of who began it."""

    tickets: dict[bytes, tuple[Account, int]] = field(default_factory=dict)
    codes: dict[str, Account] = field(default_factory=dict)
    half_way: dict[bytes, Account] = field(default_factory=dict)  # the code was right, the password is missing
    locks: dict[bytes, Lock] = field(default_factory=dict)
    tokens: dict[bytes, bytes] = field(default_factory=dict)  # a QR's token → the key that showed it
    accepted: dict[bytes, Account] = field(default_factory=dict)  # by that key
