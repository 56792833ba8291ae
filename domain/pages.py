"""
What a page transaction is told, what it knows, and every row it is to write.

Values only: `domain.planning` decides, storage reads and writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.filing import PostKey
from domain.fingerprints import Fingerprint, MediaStatus
from domain.hashlists import HashMatch, MediaMatch
from domain.ids import LeadId, MediaId, PostId, TargetId
from domain.leads import Capture, Lead, PostContent, PostTextHit
from domain.scoring import Reason
from domain.text import TextHit


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedMedia:
    """
    One media item of a page and what this visit learnt of it.

    `fingerprint` is None where it was not read: known before, outside the
    mandate, or pending (`reason` says why, `retry` holds, encrypted, what a
    later visit needs). `tried` is False where no reading was even begun.
    `suppressed` counts the matches that negative lists took away.
    """

    identity: str = field(repr=False)
    status: MediaStatus
    reason: str = ""
    fingerprint: Fingerprint | None = None
    matches: tuple[HashMatch, ...] = ()
    suppressed: int = 0
    generation: int = 0
    retry: bytes | None = field(default=None, repr=False)
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedPost:
    """
    One observed post with what rules and lists said of it.

    `content_digest` None means that only media were read again: the post
    itself was not seen, so it gets no revision. Its content is made when it is
    asked for: few posts become part of a lead.
    """

    key: PostKey
    album: str | None = None
    author_digest: str = field(default="", repr=False)
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    content_digest: str | None = field(default=None, repr=False)
    text_hits: tuple[TextHit, ...] = ()
    identifiers: tuple[str, ...] = field(default=(), repr=False)
    media: tuple[AssessedMedia, ...] = ()
    make_content: Callable[[], PostContent] = field(repr=False, compare=False)

    @property
    def content(self) -> PostContent:
        """Return what is sealed to the post's lead."""
        return self.make_content()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMedia:
    """A media item that is stored already; `attempts` counts the readings that failed."""

    id: MediaId
    status: MediaStatus
    attempts: int = 0
    matched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """
    A post that is stored already, as its latest revision says.

    `media` is keyed by identity digest, `deleted` as its platform last said.
    """

    id: PostId
    seq: int
    content_digest: str = field(repr=False)
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    seen_at: datetime
    deleted: bool = False
    media: Mapping[str, KnownMedia] = field(default_factory=dict, repr=False)

    @property
    def appeared_at(self) -> datetime | None:
        """Return when what it says now was there to be seen: an edit says nothing of a post that was seen before."""
        return self.posted_at if self.seq == 1 else self.edited_at


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLead:
    """
    A lead that one of the page's posts belongs to, or may; `post_ids` are those it has.

    Of those in `awaited` it does not know yet what they said: it was filed
    after they were seen.
    """

    lead: Lead
    post_ids: frozenset[PostId] = frozenset()
    awaited: frozenset[PostId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """What the store knows of a page's posts, read under the target's lock."""

    posts: Mapping[PostKey, KnownPost] = field(default_factory=dict)
    leads: Mapping[str, KnownLead] = field(default_factory=dict)
    text_leads_today: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post seen for the first time."""

    id: PostId
    key: PostKey
    target_id: TargetId
    first_seen: datetime
    album: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """One observation: a revision of a post as it was seen; `seq` counts from 1."""

    post_id: PostId
    seq: int
    posted_at: datetime | None
    edited_at: datetime | None
    seen_at: datetime
    content_digest: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRow:
    """A media item to insert, or (`known`) whose state changes."""

    id: MediaId
    post_id: PostId
    seq: int
    identity: str = field(repr=False)
    status: MediaStatus
    reason: str
    attempts: int
    retry: bytes | None = field(repr=False)
    fingerprint: Fingerprint | None
    generation: int
    matched: bool = False
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadEvidence:
    """
    What is added to one lead; `lead` carries the scores as they stand afterwards.

    `is_moved` says that its status changed: it was put back into the queue, or
    closed. `awaits` are those of `post_ids` whose words are still to be fetched,
    or were gone; `captured` those of which they are here now.
    """

    lead: Lead
    is_new: bool
    is_moved: bool = False
    awaits: Mapping[PostId, Capture] = field(default_factory=dict)
    captured: tuple[PostId, ...] = ()
    post_ids: tuple[PostId, ...]
    reasons: tuple[Reason, ...]
    matches: tuple[MediaMatch, ...]
    text_hits: tuple[PostTextHit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadContent:
    """Plaintext that must be sealed to its lead before it is written."""

    lead_id: LeadId
    post_id: PostId
    seq: int
    content: PostContent = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChange:
    """A known post that its platform says is gone, or that was seen again after that; `lead_ids` have it."""

    post_id: PostId
    deleted_at: datetime | None
    lead_ids: tuple[LeadId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """Every row of one page, to be written in one transaction or not at all."""

    posts: tuple[NewPost, ...] = ()
    revisions: tuple[NewRevision, ...] = ()
    media: tuple[MediaRow, ...] = ()
    leads: tuple[LeadEvidence, ...] = ()
    contents: tuple[LeadContent, ...] = ()
    presence: tuple[PresenceChange, ...] = ()

    @property
    def filed(self) -> tuple[Lead, ...]:
        """Return the leads that this page opens."""
        return tuple(evidence.lead for evidence in self.leads if evidence.is_new)

    @property
    def reopened(self) -> tuple[Lead, ...]:
        """Return the closed leads that this page puts back into the queue."""
        return tuple(evidence.lead for evidence in self.leads if evidence.is_moved)
