"""
Note for the police what was reported and is never opened.

The locator is sealed to the hotline as a lead's content is. Who reads it says
why, and is in the log.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from domain.errors import BadInput, NotWatchable
from domain.ids import ReferralId
from domain.locators import recognise
from domain.observations import Platform
from domain.people import Actor, Permission
from domain.ports import Opener, Place
from domain.referrals import ReferralNote
from domain.store import Tx
from domain.text import without_encoded_runs
from triage.desk import Desk
from triage.reports import cited


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """A note as the desk sees it; `locator` is empty until it is opened."""

    note: ReferralNote
    report: str
    locator: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrals:
    """The notes for the police."""

    desk: Desk

    async def add(self, actor: Actor, *, locator: str, report: str, platform: Platform | None = None) -> ReferralView:
        """Note a place that cannot be watched, read as it was for watching; raises BadInput where it can be."""
        actor.require(Permission.REQUEST_TARGET)
        pasted = locator.strip()
        try:
            place = recognise(pasted, platform=platform)
        except NotWatchable as refused:
            kind = refused.kind
        else:
            raise BadInput(f"This can be watched (as {place.platform}): add it with `kapear watch add`.")
        note_id = ReferralId(self.desk.new_id())
        key = self.desk.vault.new_lead_key(note_id)

        def work(tx: Tx) -> ReferralView:
            told = cited(self.desk, tx, actor, report)
            note = ReferralNote(
                id=note_id,
                report_id=told.id,
                kind=kind,
                created_at=self.desk.now(),
                actor=actor.name,
                locator_digest=self.desk.vault.digest("referral", f"{told.id} {pasted}"),
                key=key,
                ciphertext=self.desk.vault.seal(key.public, pasted, _place(note_id)),
            )
            tx.referrals.add(note)
            self.desk.note(tx, actor, "referral.noted", note_id, report=told.reference, kind=kind)
            return ReferralView(note=note, report=told.reference)

        return await self.desk.store.write(work)

    async def all(self, actor: Actor) -> list[ReferralView]:
        """Return all notes, newest first; no locator."""
        actor.require(Permission.SEE_DESK)

        def work(tx: Tx) -> list[ReferralView]:
            return [_view(tx, note) for note in tx.referrals.all()]

        return await self.desk.store.read(work)

    async def show(self, actor: Actor, note_id: str) -> ReferralView:
        """Return one note; no locator."""
        actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: _view(tx, tx.referrals.get(ReferralId(note_id))))

    async def reveal(self, actor: Actor, note_id: str, *, reason: str, opener: Opener) -> ReferralView:
        """Return a note with its locator; the audit event is written before anything is opened."""
        actor.require(Permission.REVEAL)
        stated = without_encoded_runs(reason.strip())
        if not stated:
            raise BadInput("Say why you open this note: --reveal REASON.")

        def work(tx: Tx) -> ReferralView:
            view = _view(tx, tx.referrals.get(ReferralId(note_id)))
            self.desk.note(tx, actor, "referral.revealed", view.note.id, reason=stated[:200])
            return view

        view = await self.desk.store.write(work)
        note = view.note
        opened = await asyncio.to_thread(opener.open, note.key.wrapped, note.id, note.ciphertext, _place(note.id))
        return ReferralView(note=note, report=view.report, locator=opened)


def _view(tx: Tx, note: ReferralNote) -> ReferralView:
    return ReferralView(note=note, report=tx.reports.get(note.report_id).reference)


def _place(note_id: str) -> Place:
    return Place(table="referral_notes", row=note_id, column="ciphertext")
