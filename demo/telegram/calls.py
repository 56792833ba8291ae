"""Keep the list of everything clients asked, so that a test can say what must never be asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_KEPT = 1_000_000
_PEERS = ("peer", "channel")


@dataclass(slots=True, kw_only=True)
class Call:
    """One request: `at` in monotonic seconds; `channel` a bare id; `outcome` "ok", an error's name or a fault's."""

    at: float
    account: str
    dc: int
    method: str
    channel: int | None
    arguments: dict[str, Any] = field(default_factory=dict)
    around: tuple[str, ...] = ()
    outcome: str = ""
    hammering: bool = False  # it came while a wait it had been told still ran


class CallLog:
    """Everything asked, oldest first."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.calls: list[Call] = []
        self.forbidden: list[str] = []  # names of methods that this server does not answer
        self.failures: list[str] = []  # this server's own mistakes: a test shall end without any

    def note(self, call: Call) -> None:
        """Add a call; the oldest goes when there are too many."""
        if len(self.calls) >= MOST_KEPT:
            del self.calls[: MOST_KEPT // 10]
        self.calls.append(call)

    def of(self, method: str = "", *, channel: int | None = None, account: str = "") -> list[Call]:
        """Return the calls of a method, of a channel, of an account; all by default."""
        return self.where(
            lambda call: (
                (not method or call.method == method)
                and (channel is None or call.channel == channel)
                and (not account or call.account == account)
            )
        )

    def where(self, wanted: Callable[[Call], bool]) -> list[Call]:
        """Return the calls of which `wanted` is true."""
        return [call for call in self.calls if wanted(call)]

    def methods(self) -> dict[str, int]:
        """Return how often each method was asked."""
        counted: dict[str, int] = {}
        for call in self.calls:
            counted[call.method] = counted.get(call.method, 0) + 1
        return counted

    @property
    def hammering(self) -> list[Call]:
        """Return the calls that came while a flood wait they had been told still ran."""
        return [call for call in self.calls if call.hammering]

    def clear(self) -> None:
        """Forget everything so far."""
        self.calls.clear()
        self.forbidden.clear()
        self.failures.clear()

    def as_json(self, since: int = 0) -> dict[str, Any]:
        """Return the log from the call with that number on, as plain data."""
        return {
            "calls": [asdict(call) for call in self.calls[since:]],
            "forbidden": list(self.forbidden),
            "failures": list(self.failures),
            "now": time.monotonic(),
        }


def channel_of(request: Any) -> int | None:
    """Return the bare id of the channel that a request is about."""
    for name in _PEERS:
        found = getattr(getattr(request, name, None), "channel_id", None)
        if isinstance(found, int):
            return found
    return None


def arguments_of(request: Any) -> dict[str, Any]:
    """Return what of a request is worth noting: numbers, texts, flags, a file's place; never a secret's bytes."""
    noted: dict[str, Any] = {}
    for name, value in vars(request).items():
        if value is None or isinstance(value, bool | int | str):
            noted[name] = value
        elif name == "location":
            noted[name] = {
                "kind": type(value).__name__,
                "id": getattr(value, "id", getattr(value, "photo_id", None)),
                "thumb_size": getattr(value, "thumb_size", ""),
            }
        elif name == "id" and isinstance(value, list):
            noted[name] = [each if isinstance(each, int) else getattr(each, "id", None) for each in value]
    return noted
