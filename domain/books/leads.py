"""What storage promises of leads, and of what became of their posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.ids import LeadId, PostId, ReferralId, TargetId
from domain.leads import Lead, LeadStatus, SealedContent
from domain.rechecks import LeadPost
from domain.referrals import ReferralNote
from domain.scoring import Reason


class LeadBook(Protocol):
    """The triage queue."""

    def get(self, lead_id: LeadId) -> Lead:
        """Return a lead with its reasons, matches and hits; raises NotFound."""

    def is_open(self, target_id: TargetId) -> bool:
        """Return whether any lead of a target is open."""

    def most_urgent(self, target_id: TargetId) -> int | None:
        """Return the highest removal urgency of a target's open leads; None where it has none."""

    def queue(self, status: LeadStatus | None = None, limit: int | None = None) -> list[Lead]:
        """Return leads in the queue's order: points first (urgency + value), then the time of filing."""

    def count(self, status: LeadStatus) -> int:
        """Return how many leads stand in a status, by an index."""

    def waiting(self, urgency: int, filed_before: datetime) -> list[tuple[LeadId, datetime]]:
        """Return new leads of at least this urgency that were filed before a moment, and when."""

    def update(self, lead: Lead) -> None:
        """Write status and claim of a lead."""

    def contents(self, lead_id: LeadId) -> list[SealedContent]:
        """Return a lead's sealed rows, oldest first."""

    def add_content(self, content: SealedContent) -> None:
        """Add a sealed row (a note) to a lead."""


class TakedownBook(Protocol):
    """What became of the posts of leads on their platforms."""

    def open_posts(self, target_id: TargetId) -> list[LeadPost]:
        """Return the posts of a target that open leads have and whose words are known, each once."""

    def looked(
        self, post_id: PostId, at: datetime, *, gone_since: datetime | None, taken_down_at: datetime | None
    ) -> list[LeadId]:
        """Write what a look at a post told; returns the leads that have it."""

    def said(self, post_id: PostId, at: datetime) -> None:
        """Write that the platform said of its own accord that a post is gone, unless it has said so before."""

    def down(self, post_ids: Sequence[PostId]) -> set[LeadId]:
        """Return the leads of these posts in which their removal was confirmed, and forget it: they are there again."""

    def target_gone(self, target_id: TargetId, since: datetime, at: datetime) -> list[LeadId]:
        """Write that a target is confirmed gone, and with it the posts of its open leads; returns whose that is new."""

    def target_back(self, target_id: TargetId, since: datetime) -> list[LeadId]:
        """Write that a target, gone since a moment, is there again; returns the leads that were down with it."""

    def explain(self, lead_id: LeadId, reason: Reason) -> None:
        """Add a reason to a lead that weighs nothing."""


class ReferralBook(Protocol):
    """What is for the police, and never opened."""

    def add(self, note: ReferralNote) -> None:
        """Write a note; raises WrongState where its report has one of this place already."""

    def get(self, note_id: ReferralId) -> ReferralNote:
        """Return a note; raises NotFound."""

    def all(self) -> list[ReferralNote]:
        """Return all notes, newest first."""
