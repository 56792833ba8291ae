"""Name how a visit can end."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How one look at a target ended; the words are part of the contract."""

    NEW = "new"
    UNCHANGED = "unchanged"
    GONE = "gone"
    MOVED = "moved"
    REFUSED = "refused"
    RESTRICTED = "restricted"
    NO_PREVIEW = "no_preview"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"
    OFFLINE = "offline"
    NOT_AUTHORISED = "not_authorised"
    ERROR = "error"

    @property
    def was_seen(self) -> bool:
        """Return whether the target's own content was read."""
        return self in {Outcome.NEW, Outcome.UNCHANGED}

    @property
    def is_ours(self) -> bool:
        """Return whether it ended on our side: the host was not asked, so nothing is held against it."""
        return self in {Outcome.NOT_AUTHORISED, Outcome.OFFLINE}
