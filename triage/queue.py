"""
Work the triage queue: list, claim, read, note, close.

Listing shows scores, reasons and matches, never content. Content is sealed;
reading it takes the hotline's key, a stated reason, and leaves an audit event
before the first word is shown.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from domain import leads
from domain.errors import BadInput, WrongState
from domain.ids import LeadId
from domain.leads import Closing, Lead, LeadStatus, Neighbour, PostContent, SealedContent
from domain.observations import CaptureRecord, Particulars
from domain.people import Actor, Permission
from domain.ports import Opener
from domain.store import Tx
from domain.text import without_encoded_runs
from triage.desk import Desk, content_place


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A lead's content in plain words, for one look."""

    kind: str
    created_at: datetime
    actor: str
    deleted_at: datetime | None = None  # of the post, on its platform
    content: PostContent | None = field(default=None, repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The triage queue."""

    desk: Desk

    async def all(self, actor: Actor, status: LeadStatus | None = None, limit: int | None = None) -> list[Lead]:
        """Return leads in the queue's order: points, then the time of filing."""
        actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: tx.leads.queue(status, limit))

    async def show(self, actor: Actor, lead_id: str) -> Lead:
        """Return one lead with its evidence, without content."""
        actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: tx.leads.get(LeadId(lead_id)))

    async def claim(self, actor: Actor, lead_id: str) -> Lead:
        """Take a lead; claiming it twice is once."""
        now = self.desk.now()
        return await self._move(actor, lead_id, "lead.claimed", lambda lead: leads.claim(lead, by=actor.name, now=now))

    async def release(self, actor: Actor, lead_id: str) -> Lead:
        """Put a lead back into the queue."""
        may_free = actor.may(Permission.FREE_LEADS)
        return await self._move(
            actor, lead_id, "lead.released", lambda lead: leads.release(lead, by=actor.name, for_a_colleague=may_free)
        )

    async def close(self, actor: Actor, lead_id: str, closing: Closing) -> Lead:
        """Close a lead that the actor holds."""
        return await self._move(
            actor,
            lead_id,
            "lead.closed",
            lambda lead: leads.close(lead, by=actor.name, closing=closing),
            closing=closing,
        )

    async def add_note(self, actor: Actor, lead_id: str, text: str) -> None:
        """Seal a note to a lead."""
        actor.require(Permission.WORK_LEADS)
        words = without_encoded_runs(leads.checked_note(text))
        content_id = self.desk.new_id()

        def work(tx: Tx) -> None:
            lead = tx.leads.get(LeadId(lead_id))
            key = _key_of(lead)
            sealed = self.desk.vault.seal(key, json.dumps({"note": words}), content_place(content_id))
            tx.leads.add_content(
                SealedContent(
                    id=content_id,
                    lead_id=lead.id,
                    post_id=None,
                    kind="note",
                    created_at=self.desk.now(),
                    actor=actor.name,
                    ciphertext=sealed,
                )
            )
            self.desk.note(tx, actor, "lead.noted", lead.id)

        await self.desk.store.write(work)

    async def reveal(self, actor: Actor, lead_id: str, *, reason: str, opener: Opener) -> list[Revealed]:
        """Return a lead's content; the audit event is written before anything is opened."""
        actor.require(Permission.REVEAL)
        stated = without_encoded_runs(reason.strip())
        if not stated:
            raise BadInput("Say why you open this lead: --reveal REASON.")

        def work(tx: Tx) -> tuple[Lead, list[SealedContent]]:
            lead = tx.leads.get(LeadId(lead_id))
            self.desk.note(tx, actor, "lead.revealed", lead.id, reason=stated[:200])
            return lead, tx.leads.contents(lead.id)

        lead, sealed = await self.desk.store.write(work)
        if lead.key is None:
            raise WrongState("The content of this lead was deleted: its key was destroyed.")
        wrapped = lead.key.wrapped
        gone = {post.post_id: post.at for post in lead.deleted}

        def opened() -> list[Revealed]:
            return [
                _revealed(
                    row,
                    opener.open(wrapped, lead.id, row.ciphertext, content_place(row.id)),
                    gone.get(row.post_id) if row.post_id else None,
                )
                for row in sealed
            ]

        return await asyncio.to_thread(opened)  # hundreds of rows would hold up the loop

    async def _move(
        self, actor: Actor, lead_id: str, action: str, decision: Callable[[Lead], Lead], **details: str
    ) -> Lead:
        """Apply a pure decision to a lead, with its audit event; what changes nothing is not logged."""
        actor.require(Permission.WORK_LEADS)

        def work(tx: Tx) -> Lead:
            before = tx.leads.get(LeadId(lead_id))
            after = decision(before)
            if after != before:
                tx.leads.update(after)
                self.desk.note(tx, actor, action, after.id, **details, **leads.waited(before, after))
            return after

        return await self.desk.store.write(work)


def sealed_text(content: PostContent) -> str:
    """Return the plaintext that is sealed for a post: JSON, times in RFC 3339."""
    return json.dumps(asdict(content), default=datetime.isoformat, ensure_ascii=False)


def _key_of(lead: Lead) -> bytes:
    if lead.key is None:
        raise WrongState("The content of this lead was deleted: its key was destroyed.")
    return lead.key.public


def _revealed(row: SealedContent, plain: str, deleted_at: datetime | None) -> Revealed:
    """Read back what `sealed_text` and `add_note` wrote, in this version or an earlier one."""
    fields = json.loads(plain)
    shell = Revealed(kind=row.kind, created_at=row.created_at, actor=row.actor, deleted_at=deleted_at)
    if row.kind == "note":
        return replace(shell, note=fields["note"])
    capture = fields["capture"]
    if capture is not None:
        capture["received_at"] = datetime.fromisoformat(capture["received_at"])
        capture["redirects"] = tuple(capture["redirects"])
        capture = CaptureRecord(**capture)
    content = PostContent(
        url=fields["url"],
        text=fields["text"],
        author=fields["author"],
        links=tuple(fields["links"]),
        media_urls=tuple(fields["media_urls"]),
        capture=capture,
        particulars=_pairs(fields.get("particulars", ())),
        channel=_pairs(fields.get("channel", ())),
        before=_neighbours(fields.get("before", ())),
        after=_neighbours(fields.get("after", ())),
    )
    return replace(shell, content=content)


def _pairs(rows: Iterable[tuple[str, str]]) -> Particulars:
    return tuple((name, value) for name, value in rows)


def _neighbours(rows: Iterable[Mapping[str, str | None]]) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(
            url=row["url"] or "",
            posted_at=datetime.fromisoformat(row["posted_at"]) if row["posted_at"] else None,
            text=row["text"] or "",
        )
        for row in rows
    )
