"""Keep what is for the police: sealed, each with the report that it cites."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from domain.errors import NotFound, WrongState
from domain.ids import ReferralId
from domain.ports import LeadKey
from domain.referrals import ReferralNote
from storage.rows import insert_new
from storage.tables import referral_notes

_NOTE = ("id", "report_id", "kind", "created_at", "actor", "locator_digest", "ciphertext")


class Referrals:
    """The notes, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def add(self, note: ReferralNote) -> None:
        """Write a note; raises WrongState where the report has one of this place already."""
        row = {name: getattr(note, name) for name in _NOTE}
        keys = {"key_public": note.key.public, "key_wrapped": note.key.wrapped}
        if not insert_new(self._connection, referral_notes, row | keys):
            raise WrongState("This place is noted for this report already; see `kapear report referrals`.")

    def get(self, note_id: ReferralId) -> ReferralNote:
        """Return a note; raises NotFound."""
        row = self._connection.execute(select(*referral_notes.c).where(referral_notes.c.id == note_id)).first()
        if row is None:
            raise NotFound("There is no such note; see `kapear report referrals`.")
        return _note(row)

    def all(self) -> list[ReferralNote]:
        """Return all notes, newest first."""
        newest_first = select(*referral_notes.c).order_by(referral_notes.c.nr.desc())
        return [_note(row) for row in self._connection.execute(newest_first)]


def _note(row: Row[*tuple[Any, ...]]) -> ReferralNote:
    return ReferralNote(
        **{name: getattr(row, name) for name in _NOTE}, key=LeadKey(public=row.key_public, wrapped=row.key_wrapped)
    )
