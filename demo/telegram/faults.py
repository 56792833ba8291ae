"""
Let the server misbehave on demand: refuse, stay silent, hang up, lie.

A fault waits for a method, and if asked so for one channel or account, and
comes so many times or until it is lifted. What can be said as a word comes
over the control connection too.

    error      answers with `value`, such as CHANNEL_PRIVATE (`code` where the usual one will not do)
    flood      answers FLOOD_WAIT_<value> and, to the same account, what is left of it until that is over
    silence    never answers
    late       answers after `value` seconds
    drop       hangs up instead of answering
    cut        hangs up in the middle of the answer
    garbage    answers with a constructor that no layer has
    truncated  answers with the first half of the answer's bytes
    huge       answers with `value` bytes of a vector that claims 2 147 483 647 entries, packed to very few
    bytes      answers with `value`, hexadecimal
    alter      answers, changed as `value` says: see demo.telegram.lies
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["error", "flood", "silence", "late", "drop", "cut", "garbage", "truncated", "huge", "bytes", "alter"]
_CODES = {
    "AUTH_KEY_DUPLICATED": 406,
    "AUTH_KEY_UNREGISTERED": 401,
    "AUTH_KEY_INVALID": 401,
    "SESSION_REVOKED": 401,
    "USER_DEACTIVATED": 401,
    "USER_DEACTIVATED_BAN": 401,
    "SESSION_PASSWORD_NEEDED": 401,
    "FROZEN_METHOD_INVALID": 420,
    "INTERNAL": 500,
    "RPC_CALL_FAIL": 500,
    "Timeout": 503,
}


def code_of(message: str) -> int:
    """Return the code that the platform sends with an error's name."""
    if message in _CODES:
        return _CODES[message]
    if message.startswith(("FLOOD_WAIT_", "FLOOD_PREMIUM_WAIT_")):
        return 420
    return 303 if "_MIGRATE_" in message else 400


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault; `method` may be "*", `times` counts down to nothing, None lasts."""

    method: str
    kind: Kind
    value: str = ""
    channel: int | None = None
    account: str = ""
    dc: int | None = None
    times: int | None = 1
    after: int = 0  # calls let through first
    code: int = 0
    until: dict[str, float] = field(default_factory=dict)  # of a flood: when the wait of each account is over

    def meets(self, method: str, channel: int | None, account: str, dc: int) -> bool:
        """Return whether it is meant for this call."""
        return (
            self.method in {method, "*"}
            and self.channel in {None, channel}
            and self.account in {"", account}
            and self.dc in {None, dc}
        )


class Faults:
    """The faults that wait, in the order in which they were planted."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: list[Fault] = []

    def add(self, method: str, kind: Kind, value: str | float = "", **more: object) -> Fault:
        """Plant a fault, such as `add("messages.getHistory", "error", "CHANNEL_PRIVATE", times=None)`."""
        fault = Fault(method=method, kind=kind, value=str(value), **more)  # type: ignore[arg-type]
        self._waiting.append(fault)
        return fault

    def flood(self, method: str, seconds: int, **more: object) -> Fault:
        """Tell the next caller of a method to wait; who comes earlier is told again, and noted as hammering."""
        return self.add(method, "flood", seconds, **more)

    def lift(self, method: str = "") -> None:
        """Take back the faults of a method, or all."""
        self._waiting = [fault for fault in self._waiting if method and fault.method != method]

    def take(self, method: str, channel: int | None, account: str, dc: int) -> tuple[Fault | None, bool]:
        """Return the fault that this call meets, and whether it came during a wait that had been told."""
        for fault in tuple(self._waiting):
            if not fault.meets(method, channel, account, dc):
                continue
            if fault.after:
                fault.after -= 1
                continue
            if fault.kind != "flood":
                self._spend(fault)
                return fault, False
            told = fault.until.get(account, 0.0)
            if self._floods(fault, account):
                return fault, bool(told)
        return None, False

    def _floods(self, fault: Fault, account: str) -> bool:
        """Return whether an account is told to wait; once its wait is over, its next call goes through."""
        now, told = time.monotonic(), fault.until.get(account, 0.0)
        if now < told:
            return True
        if not told and (fault.times is None or fault.times > 0):
            fault.until[account] = now + float(fault.value)
            if fault.times is not None:
                fault.times -= 1
            return True
        fault.until.pop(account, None)
        if fault.times == 0 and not fault.until:
            self._waiting.remove(fault)
        return False

    def _spend(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._waiting.remove(fault)
