"""
What can go wrong, grouped by who must act.

    KapearError
    ├── Refused                  the person who asked: it may not be done, or not so
    │   ├── BadInput             … the words given make no sense
    │   │   └── BadLocator
    │   ├── NotWatchable         … it is understood, and is never fetched
    │   ├── NotFound
    │   ├── WrongState           … not now: the thing is in another state
    │   │   └── Halted           … not now: everything is paused
    │   └── NotAllowed           … not by you, or not under this mandate
    ├── OperatorFault            the administrator: configuration, database, port, keys
    │   ├── AlreadyRunning
    │   └── Superseded           … another instance took the visitor's lock over
    ├── VisitEnded               the scheduler: a visit stopped with an outcome
    │   └── EgressRefused        … because the address may not be reached
    ├── MediaUnavailable         intake: this media item could not be read; try again later
    ├── NotSent                  whoever told people: a letter was not taken; try again later
    ├── AskFailed                feeds and look-ups: another organisation's service gave no usable answer
    └── LostClaim                the visitor: someone else holds the target; roll back

Every message is one line that says what is wrong and how to mend it. Messages
of `VisitEnded`, `MediaUnavailable`, `NotSent` and `AskFailed` are codes, for they reach logs: they
never hold a locator, a handle or a text.
"""

from __future__ import annotations

from datetime import datetime

from domain.outcomes import Outcome
from domain.referral_kinds import ReferralKind


class KapearError(Exception):
    """Something Kapear foresaw."""


class Refused(KapearError):
    """What was asked may not be done."""


class BadInput(Refused):
    """The words given make no sense."""


class BadLocator(BadInput):
    """The text is no locator that Kapear can read."""


class NotWatchable(Refused):
    """The locator is understood, and Kapear never fetches it."""

    def __init__(self, message: str, kind: ReferralKind) -> None:
        """Keep of what kind the place is: it can be noted for the police instead."""
        super().__init__(message)
        self.kind = kind

    @property
    def referral(self) -> str:
        """Return what a note for the police would say."""
        return self.kind.sentence


class NotFound(Refused):
    """No such thing is stored."""


class WrongState(Refused):
    """The thing is in a state that does not admit this."""


class Halted(WrongState):
    """Everything is paused by order, so nobody is asked anything."""

    def __init__(self) -> None:
        """Say it in one line."""
        super().__init__("Everything is paused (kapear pause --all), so nothing is asked until that is lifted.")


class NotAllowed(Refused):
    """This person, or this mandate, does not admit this."""


class OperatorFault(KapearError):
    """The installation is at fault, and its administrator can mend it."""


class AlreadyRunning(OperatorFault):
    """Another instance visits for this database."""


class Superseded(OperatorFault):
    """Another instance took over."""

    def __init__(self) -> None:
        """Say what became of this one."""
        super().__init__("Another instance visits for this database by now, so this one stopped; let one of them run.")


class VisitEnded(KapearError):
    """A visit ended early with an outcome."""

    def __init__(self, outcome: Outcome, code: str, *, until: datetime | None = None) -> None:
        """Say how it ended, why as a short code (never a locator), and until when its host is to be left alone."""
        super().__init__(f"{outcome}: {code}")
        self.outcome = outcome
        self.code = code
        self.until = until


class EgressRefused(VisitEnded):
    """The egress guard refused an address; never retried."""

    def __init__(self, code: str) -> None:
        """Name the rule that refused."""
        super().__init__(Outcome.REFUSED, code)


class MediaUnavailable(KapearError):
    """A media item could not be read now; its message is a code."""

    def __init__(self, code: str) -> None:
        """Say why as a short code (never a locator)."""
        super().__init__(code)
        self.code = code


class AskFailed(KapearError):
    """Another organisation's service gave no usable answer; its message is a code."""

    def __init__(self, code: str, *, wait: float | None = None) -> None:
        """Say why as a short code, and how many seconds the service asks to be left alone."""
        super().__init__(code)
        self.code = code
        self.wait = wait


class NotSent(KapearError):
    """A letter was not taken by the mail server; its message is a code."""

    def __init__(self, code: str) -> None:
        """Say why as a short code."""
        super().__init__(code)
        self.code = code


class LostClaim(KapearError):
    """Another visitor took the target; nothing of this page was written."""
