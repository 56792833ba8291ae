"""Say what an answer is given from: who asked what, where, and with what key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from demo.telegram.state import Account, Platform
from demo.telegram.tl import Refused


@dataclass(slots=True, kw_only=True)
class Key:
    """An authorisation key as one DC knows it; `account` once somebody has signed in with it."""

    data: bytes = field(repr=False)
    dc: int
    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, out of its wrappings, with everything an answer may need."""

    request: Any
    platform: Platform
    key: Key
    dc: int
    ports: dict[int, int]

    @property
    def account(self) -> Account:
        """Return who asks; raises Refused to a key that nobody signed in with."""
        if self.key.account is None:
            raise Refused(401, "AUTH_KEY_UNREGISTERED")
        return self.key.account


Answer = Callable[[Asked], "Any | Awaitable[Any]"]
