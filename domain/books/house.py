"""What storage promises of the installation: its standing, people, reports, messages and audit log."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Protocol

from domain.audit import AuditDraft, AuditEvent
from domain.backups import TableHead, TableRow
from domain.condition import Beat
from domain.ids import ReportId
from domain.mandate import Mandate, Organisation, Standing
from domain.messages import Said
from domain.people import Actor, Session, User
from domain.reports import Report


class StandingBook(Protocol):
    """On whose behalf the instance acts."""

    def get(self) -> Standing:
        """Return the organisation, the mandate, how many people are named, and whether all is paused."""

    def enrol(self, organisation: Organisation, mandate: Mandate, now: datetime) -> None:
        """Write (or replace) the organisation and the mandate."""

    def pause_all(self, reason: str) -> None:
        """Stop all visits with a reason; an empty reason lets them go on."""

    def beat(self, beat: Beat) -> None:
        """Write the last sign of the process that visits."""

    def last_beat(self) -> Beat:
        """Return the last sign of the process that visits."""


class ReportBook(Protocol):
    """What the public told the hotline."""

    def add(self, report: Report) -> None:
        """Write a report; raises WrongState when its reference is taken."""

    def find(self, reference: str) -> Report | None:
        """Return a report by its exact reference."""

    def get(self, report_id: ReportId) -> Report:
        """Return a report; raises NotFound."""

    def all(self) -> list[Report]:
        """Return all reports, newest first."""


class PeopleBook(Protocol):
    """Named users, their tokens, sign-in links and sessions; only digests of secrets are stored."""

    def add(self, user: User, token_digest: str | None = None) -> None:
        """Write a user; raises WrongState when the name is taken."""

    def find(self, name: str) -> User | None:
        """Return a user by name."""

    def by_token(self, token_digest: str) -> User | None:
        """Return the user who holds a token, unless disabled."""

    def set_token(self, name: str, token_digest: str) -> None:
        """Replace a user's token."""

    def all(self) -> list[User]:
        """Return all users by name."""

    def add_link(self, link_digest: str, actor: Actor, expires_at: datetime) -> None:
        """Write a one-time sign-in link."""

    def use_link(self, link_digest: str, now: datetime) -> Actor | None:
        """Use a link up and return whose it was; None when unknown, used or expired."""

    def add_session(self, session_digest: str, session: Session, now: datetime) -> None:
        """Write a signed-in browser."""

    def session(self, session_digest: str, now: datetime) -> Session | None:
        """Return a living session, and note that it was used; None otherwise."""

    def end_session(self, session_digest: str) -> None:
        """Sign a browser out."""


class MessageBook(Protocol):
    """What people were told by mail, and whether mail can be sent."""

    def said(self, since: datetime) -> list[Said]:
        """Return what was said and is not over, or was over only after a moment."""

    def put(self, said: Said) -> None:
        """Write what was said of a state last."""

    def forget(self, before: datetime) -> None:
        """Delete what was over before a moment."""

    def fault(self) -> str:
        """Return the code of why mail cannot be sent; empty where it can."""

    def note_fault(self, code: str) -> None:
        """Write why mail cannot be sent; empty where it can."""


class AuditBook(Protocol):
    """The hash-chained log; an action whose event cannot be written does not happen."""

    def append(self, draft: AuditDraft) -> AuditEvent:
        """Chain an event to the last one, within the caller's transaction."""

    def events(self, since_seq: int = 0) -> Iterator[AuditEvent]:
        """Return the events after a number, in order."""

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last event as the store noted them apart from the chain."""

    def newest(self) -> datetime | None:
        """Return the latest time that any event bears, as far as it counts; None while there is none."""

    def count_anew(self, now: datetime) -> None:
        """Let the times of earlier events count no more for what is newest: they were of a wrong clock."""


class ArchiveBook(Protocol):
    """Every table as it stands, for a backup."""

    def schema(self) -> str:
        """Return the schema's revision."""

    def count(self) -> int:
        """Return how many rows a backup holds."""

    def records(self) -> Generator[TableHead | TableRow]:
        """Return every table and its rows; what rows refer to stands before them."""
