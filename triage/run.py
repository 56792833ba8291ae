"""Hold one visit under way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from domain.fingerprints import MediaStatus
from domain.mandate import MandateScope
from domain.observations import Traffic
from domain.pages import PagePlan
from domain.targets import Claim, WatchTarget
from triage.context import Surroundings

MOST_POSTS = 10_000  # of one visit from whose times anything is learned


@dataclass(slots=True, kw_only=True)
class Run:
    """One visit under way: its right to write, its scope, and what it counted."""

    claim: Claim
    scope: MandateScope
    started: datetime
    cursor: str | None
    recall: bytes | None
    is_owed: bool  # media to try again, or words to fetch, from earlier visits
    pages: int = 0
    gaps: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    observations: int = 0
    hashed: int = 0
    matches: int = 0
    suppressed: int = 0
    filed: int = 0
    posted: deque[datetime | None] = field(default_factory=lambda: deque(maxlen=MOST_POSTS))  # of posts that are new
    tried: set[str] = field(default_factory=set)
    surroundings: Surroundings | None = None
    until: datetime | None = None  # when the host is to be left alone till

    @property
    def target(self) -> WatchTarget:
        """Return what is looked at."""
        return self.claim.target

    def count(self, plan: PagePlan) -> None:
        """Count what a page brought."""
        self.observations += len(plan.revisions)
        self.posted.extend(revision.posted_at for revision in plan.revisions if revision.seq == 1)
        self.hashed += sum(row.status in {MediaStatus.HASHED, MediaStatus.LOW_QUALITY} for row in plan.media)
        self.matches += sum(len(lead.matches) for lead in plan.leads)
        self.filed += len(plan.filed)
