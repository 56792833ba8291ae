"""
Decide what each failure of Telegram means: for the visit, for the account, for the media item.

    AccountStopped       this account cannot go on; another may
    StaleChannel         the account's access hash is taken no more; its name may be resolved once again
    FileReferenceExpired the message must be fetched again before its file can be
    FileElsewhere        the file lives on another data centre
    Denied               a request that Kapear never makes was stopped before the wire

Messages of Telegram, and of what could not be read, are never passed on: they
may quote what a channel said. Codes are.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from telethon import errors

from domain.errors import KapearError, MediaUnavailable, VisitEnded
from domain.outcomes import Outcome
from net.dialling import NotReached

MAX_WAIT = 24 * 3600  # seconds; Telegram has asked for up to 18 hours
_UNSTATED_WAIT = 300  # seconds, where Telegram says to wait and not how long


class FileReferenceExpired(MediaUnavailable):
    """The reference to a file is too old: refetch its message, and ask again with the new one."""

    def __init__(self) -> None:
        """Carry the code."""
        super().__init__("file_reference")


class AccountStopped(KapearError):
    """This account cannot go on now: `flood_wait`, `paced`, or `no_account` where it was parked."""

    def __init__(self, code: str) -> None:
        """Say why as a short code."""
        super().__init__(code)
        self.code = code


class StaleChannel(KapearError):
    """The server does not take this account's access hash."""


class FileElsewhere(KapearError):
    """The file lives on another data centre."""

    def __init__(self, dc: int) -> None:
        """Say on which."""
        super().__init__("file_migrate")
        self.dc = dc


class Denied(VisitEnded):
    """A request that is on no list, or about somebody else, was stopped before the wire."""

    def __init__(self, code: str) -> None:
        """Name what was wrong with it: `function`, `arguments`, `batch` or `cdn`."""
        super().__init__(Outcome.ERROR, f"denied_{code}")


class Meaning(Enum):
    """Who a failure is about."""

    WAIT = auto()  # the account, with this method, for a while
    PARK = auto()  # the account, until somebody signs in again
    STALE_CHANNEL = auto()
    STALE_FILE = auto()
    ELSEWHERE = auto()  # the file lives on another data centre
    END = auto()  # the visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What a failure means.

    `seconds` belongs to WAIT, `dc` to ELSEWHERE, `outcome` to END; `code` says
    it in a word that may be logged.
    """

    meaning: Meaning
    code: str
    outcome: Outcome = Outcome.ERROR
    seconds: int = 0
    dc: int = 0


_PARKED = frozenset({
    "AUTH_KEY_DUPLICATED", "AUTH_KEY_INVALID", "AUTH_KEY_PERM_EMPTY", "AUTH_KEY_UNREGISTERED", "FROZEN_METHOD_INVALID",
    "SESSION_EXPIRED", "SESSION_PASSWORD_NEEDED", "SESSION_REVOKED", "USER_DEACTIVATED", "USER_DEACTIVATED_BAN",
})  # fmt: skip
_STALE_CHANNEL = frozenset({"CHANNEL_INVALID", "CHANNEL_ID_INVALID", "CHAT_ID_INVALID", "PEER_ID_INVALID"})
_STALE_FILE = frozenset({
    "FILEREF_UPGRADE_NEEDED", "FILE_REFERENCE_EMPTY", "FILE_REFERENCE_EXPIRED", "FILE_REFERENCE_INVALID",
})  # fmt: skip
_ENDINGS = {
    "API_ID_INVALID": (Outcome.ERROR, "api_id"),
    "API_ID_PUBLISHED_FLOOD": (Outcome.ERROR, "api_id"),
    "CHANNEL_BANNED": (Outcome.RESTRICTED, "banned"),
    "CHANNEL_PRIVATE": (Outcome.RESTRICTED, "private"),
    "CHANNEL_PUBLIC_GROUP_NA": (Outcome.RESTRICTED, "private"),
    "CHAT_FORBIDDEN": (Outcome.RESTRICTED, "private"),
    "PERSISTENT_TIMESTAMP_EMPTY": (Outcome.ERROR, "pts"),
    "PERSISTENT_TIMESTAMP_INVALID": (Outcome.ERROR, "pts"),
    "USERNAME_INVALID": (Outcome.GONE, "no_such_name"),
    "USERNAME_NOT_OCCUPIED": (Outcome.GONE, "no_such_name"),
}
_BY_NAME: MappingProxyType[str, Verdict] = MappingProxyType(
    {
        **{name: Verdict(meaning=Meaning.PARK, code=name.lower()) for name in _PARKED},
        **{
            name: Verdict(meaning=Meaning.STALE_CHANNEL, outcome=Outcome.GONE, code="channel_invalid")
            for name in _STALE_CHANNEL
        },
        **{name: Verdict(meaning=Meaning.STALE_FILE, code="file_reference") for name in _STALE_FILE},
        **{
            name: Verdict(meaning=Meaning.END, outcome=outcome, code=code) for name, (outcome, code) in _ENDINGS.items()
        },
    }
)
_NAMES = MappingProxyType({kind: name for name, kind in errors.rpc_errors_dict.items()})

_DROPPED = (OSError, EOFError)  # asyncio's IncompleteReadError is an EOFError
# What Telethon's reader raises over bytes that are no TL: it has no error of its own for them.
_MALFORMED = (
    errors.TypeNotFoundError, errors.SecurityError, errors.InvalidChecksumError, errors.BadMessageError,
    BufferError, struct.error, zlib.error, ArithmeticError, AssertionError, AttributeError, LookupError,
    MemoryError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
# The first kind that fits says what it means, so the special come before the general.
_BY_KIND: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Verdict], ...] = (
    (errors.AuthKeyNotFound, Verdict(meaning=Meaning.PARK, code="auth_key_unknown")),
    (TimeoutError, Verdict(meaning=Meaning.END, outcome=Outcome.UNREACHABLE, code="timeout")),
    (_DROPPED, Verdict(meaning=Meaning.END, outcome=Outcome.UNREACHABLE, code="dropped")),
    (_MALFORMED, Verdict(meaning=Meaning.END, code="malformed")),
)
_UNAUTHORISED = 401
_FLOOD = 420
_TOO_MANY = 429
_SERVER_ERRORS = range(500, 600)


def judged(error: BaseException) -> Verdict:
    """Return what a failure of a request means."""
    if isinstance(error, errors.RPCError):
        return _of_rpc(error)
    if isinstance(error, NotReached):
        outcome = Outcome.OFFLINE if error.code == "proxy" else Outcome.UNREACHABLE
        return Verdict(meaning=Meaning.END, outcome=outcome, code=error.code)
    if isinstance(error, errors.InvalidBufferError) and error.code == _TOO_MANY:
        return Verdict(meaning=Meaning.WAIT, code="flood_wait", seconds=_UNSTATED_WAIT)
    defect = Verdict(meaning=Meaning.END, code=f"defect_{type(error).__name__}")
    return next((verdict for kind, verdict in _BY_KIND if isinstance(error, kind)), defect)


def _of_rpc(error: errors.RPCError) -> Verdict:
    """Return the meaning of an error that Telegram answered with."""
    name = _NAMES.get(type(error)) or str(error.message)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if isinstance(error, errors.FileMigrateError):
        return Verdict(meaning=Meaning.ELSEWHERE, code="file_migrate", dc=error.new_dc)
    code = abs(error.code or 0)  # some are negative
    if code == _FLOOD:
        asked = getattr(error, "seconds", None)
        wait = asked if isinstance(asked, int) else _UNSTATED_WAIT
        return Verdict(meaning=Meaning.WAIT, code="flood_wait", seconds=max(1, min(wait, MAX_WAIT)))
    if code == _UNAUTHORISED:
        return Verdict(meaning=Meaning.PARK, code="unauthorised")
    if code in _SERVER_ERRORS:
        return Verdict(meaning=Meaning.END, outcome=Outcome.UNREACHABLE, code="server_error")
    return Verdict(meaning=Meaning.END, code=f"rpc_{name.lower()}"[:64] if type(error) in _NAMES else f"rpc_{code}")
