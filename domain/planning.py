"""
Plan the rows that one page of posts becomes.

Pure: the page transaction brings what is known of these posts, this module
says what is to be written, and nothing happens in between but database work.
A revision is planned only when the keyed digest of what was seen differs from
the latest that is stored, so that seeing a page twice changes nothing. That a
post is gone, or is back, is no revision: what was seen of it stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.filing import TEXT_LEADS_A_DAY, Filing, PostKey, file_under, possible_groups
from domain.fingerprints import MediaStatus
from domain.hashlists import MediaMatch, Severity, worst
from domain.ids import IdMaker, LeadId, MediaId, PostId, TargetId
from domain.latency import timing_of
from domain.leads import Capture, Lead, LeadKind, LeadStatus, PostTextHit, reopened
from domain.observations import Platform
from domain.pages import (
    AssessedMedia,
    AssessedPost,
    KnownMedia,
    KnownPage,
    KnownPost,
    LeadContent,
    LeadEvidence,
    MediaRow,
    NewPost,
    NewRevision,
    PagePlan,
    PresenceChange,
)
from domain.scoring import Evidence, Points, Score, explain, total
from domain.text import sells

MAX_ATTEMPTS = 5  # readings of one media item before it is called unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """
    The figures and dice that planning needs besides the page itself.

    `platform` is the target's, and so is `approved_at`: since when it is to be
    watched. The page came at `seen_at`, and `now` it is written.
    """

    target_id: TargetId
    platform: Platform
    approved_at: datetime | None = None
    seen_at: datetime
    now: datetime
    new_id: IdMaker
    points: Points = field(default_factory=Points)
    text_leads_a_day: int = TEXT_LEADS_A_DAY

    def groups_of(self, post: AssessedPost) -> tuple[str, ...]:
        """Return the groups of leads this post could belong to."""
        return possible_groups(post.key, post.album, self.target_id, post.author_digest, self.now.date())

    def plan(self, posts: Sequence[AssessedPost], known: KnownPage, deleted: Sequence[PostKey] = ()) -> PagePlan:
        """Return the rows for a page, posts in the order they were seen; `deleted` are gone since."""
        draft = _Draft(planner=self, known=known)
        seen = [sight for post in posts if (sight := draft.observe(post)) is not None]
        # Filed in a second pass: a match on any picture of an album decides for all of its posts.
        draft.matched_groups = frozenset(self.groups_of(sight.post)[0] for sight in seen if sight.is_matched)
        for sight in seen:
            draft.file(sight)
        draft.note_presence([post.key for post in posts if post.content_digest is not None], deleted)
        return draft.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """A post of which this page tells something new."""

    post: AssessedPost
    after: KnownPost
    matches: tuple[MediaMatch, ...]
    is_revision: bool

    @property
    def is_matched(self) -> bool:
        return self.severity is not None

    @property
    def severity(self) -> Severity | None:
        return worst([match.match for match in self.matches]) if self.matches else None


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A plan in the making."""

    planner: Planner
    known: KnownPage
    posts: dict[PostKey, KnownPost] = field(default_factory=dict)
    new_posts: list[NewPost] = field(default_factory=list)
    revisions: list[NewRevision] = field(default_factory=list)
    media: list[MediaRow] = field(default_factory=list)
    leads: dict[str, LeadEvidence] = field(default_factory=dict)
    contents: list[LeadContent] = field(default_factory=list)
    presence: list[PresenceChange] = field(default_factory=list)
    text_leads: int = 0
    matched_groups: frozenset[str] = frozenset()

    def observe(self, post: AssessedPost) -> _Sight | None:
        """Plan one post and its media; None when nothing of it is new."""
        before = self.posts.get(post.key) or self.known.posts.get(post.key)
        is_revision = post.content_digest is not None and (
            before is None or before.content_digest != post.content_digest
        )
        after = self._observe(post, before) if is_revision else before
        if after is None:
            return None  # media of a post that has expired meanwhile
        matches: list[MediaMatch] = []
        changed = 0
        for item in post.media:
            row = self._media_row(item, after)
            if row is None:
                continue
            changed += 1
            self.media.append(row)
            matches += [MediaMatch(media_id=row.id, match=match) for match in item.matches]
            # Noted at once: a page may show one picture twice.
            after = replace(after, media={**after.media, row.identity: _as_known(row)})
        self.posts[post.key] = after
        if not is_revision and not changed and not self._awaiting(post, after.id):
            return None
        return _Sight(post=post, after=after, matches=tuple(matches), is_revision=is_revision)

    def _awaiting(self, post: AssessedPost, post_id: PostId) -> frozenset[LeadId]:
        """Return the leads that do not know yet what this post says, which is seen here."""
        if post.content_digest is None:
            return frozenset()
        return frozenset(known.lead.id for known in self.known.leads.values() if post_id in known.awaited)

    def note_presence(self, seen: Sequence[PostKey], deleted: Sequence[PostKey]) -> None:
        """Plan which known posts are gone or back, each once; posts that were never stored have nothing to note."""
        gone = frozenset(deleted)
        for key in dict.fromkeys((*seen, *deleted)):
            post = self.posts.get(key) or self.known.posts.get(key)
            if post is None or post.deleted is (key in gone):
                continue
            self.presence.append(
                PresenceChange(
                    post_id=post.id,
                    deleted_at=self.planner.now if key in gone else None,
                    lead_ids=tuple(dict.fromkeys(self._leads_with(post.id))),
                )
            )

    def _leads_with(self, post_id: PostId) -> list[LeadId]:
        """Return the leads that have a post, stored ones and those of this page."""
        stored = [known.lead.id for known in self.known.leads.values() if post_id in known.post_ids]
        return stored + [one.lead.id for one in self.leads.values() if post_id in one.post_ids]

    def finish(self) -> PagePlan:
        """Return the finished plan."""
        return PagePlan(
            posts=tuple(self.new_posts),
            revisions=tuple(self.revisions),
            media=tuple(self.media),
            leads=tuple(self.leads.values()),
            contents=tuple(self.contents),
            presence=tuple(self.presence),
        )

    def _observe(self, post: AssessedPost, before: KnownPost | None) -> KnownPost:
        """Plan the post, if it is new, and its revision."""
        after = KnownPost(
            id=before.id if before else PostId(self.planner.new_id()),
            seq=before.seq + 1 if before else 1,
            content_digest=post.content_digest or "",
            posted_at=post.posted_at,
            edited_at=post.edited_at,
            seen_at=self.planner.seen_at,
            deleted=before is not None and before.deleted,
            media=before.media if before else {},
        )
        if before is None:
            self.new_posts.append(
                NewPost(
                    id=after.id,
                    key=post.key,
                    target_id=self.planner.target_id,
                    first_seen=after.seen_at,
                    album=post.album,
                )
            )
        self.revisions.append(
            NewRevision(
                post_id=after.id,
                seq=after.seq,
                posted_at=after.posted_at,
                edited_at=after.edited_at,
                seen_at=after.seen_at,
                content_digest=after.content_digest,
            )
        )
        return after

    def _media_row(self, item: AssessedMedia, post: KnownPost) -> MediaRow | None:
        """Plan a media item: new, or known and now better known; None when nothing changes."""
        before = post.media.get(item.identity)
        # A mandate that was narrowed for a while takes nothing back: what was pending stays so.
        if before is not None and (before.status.is_final or item.status is MediaStatus.NOT_AUTHORISED):
            return None
        was_tried = item.tried and item.status is not MediaStatus.NOT_AUTHORISED
        attempts = (before.attempts if before else 0) + was_tried
        status = item.status
        if status is MediaStatus.PENDING and attempts >= MAX_ATTEMPTS:
            status = MediaStatus.UNREACHABLE
        return MediaRow(
            id=before.id if before else MediaId(self.planner.new_id()),
            post_id=post.id,
            seq=post.seq,
            identity=item.identity,
            status=status,
            reason=item.reason,
            attempts=attempts,
            retry=None if status.is_final else item.retry,
            fingerprint=item.fingerprint,
            generation=item.generation,
            matched=bool(item.matches),
            known=before is not None,
        )

    def file(self, sight: _Sight) -> None:
        """Plan what a post means for the queue."""
        post, after = sight.post, sight.after
        is_evidence = sight.is_matched or sells(post.text_hits)
        if not (is_evidence or self.known.leads or self.leads or self.matched_groups):
            return  # most posts of most channels
        filing = file_under(
            matched=sight.is_matched,
            selling=sells(post.text_hits),
            groups=self.planner.groups_of(post),
            open_groups=frozenset(self.known.leads) | frozenset(self.leads) | self.matched_groups,
            joined=self._joined(after.id),
            text_leads_today=self.known.text_leads_today + self.text_leads,
            text_leads_a_day=self.planner.text_leads_a_day,
        )
        if filing is None:
            return
        evidence = self.leads.get(filing.group) or self._lead_for(filing, sight)
        is_awaited = evidence.lead.id in self._awaiting(post, after.id)
        is_told = sight.is_revision or is_awaited or not self._has(evidence, after.id)
        self.leads[filing.group] = self._weigh(evidence, sight, is_awaited=is_awaited)
        if is_told:
            self.contents.append(
                LeadContent(lead_id=evidence.lead.id, post_id=after.id, seq=after.seq, content=post.content)
            )

    def _joined(self, post_id: PostId) -> tuple[Filing, ...]:
        """Return the leads that a post is part of, stored or planned on this page."""
        stored = [known.lead for known in self.known.leads.values() if post_id in known.post_ids]
        planned = [evidence.lead for evidence in self.leads.values() if post_id in evidence.post_ids]
        return tuple(Filing(kind=lead.kind, group=lead.group) for lead in (*stored, *planned))

    def _has(self, evidence: LeadEvidence, post_id: PostId) -> bool:
        """Return whether a lead has this post already."""
        known = self.known.leads.get(evidence.lead.group)
        return post_id in evidence.post_ids or (known is not None and post_id in known.post_ids)

    def _lead_for(self, filing: Filing, sight: _Sight) -> LeadEvidence:
        """Return the lead that exists for a group, or a new one."""
        known = self.known.leads.get(filing.group)
        if known is not None:
            lead = reopened(known.lead, speaks=sight.is_matched or sells(sight.post.text_hits))
            return LeadEvidence(
                lead=lead,
                is_new=False,
                is_moved=lead != known.lead,
                post_ids=(),
                reasons=(),
                matches=(),
                text_hits=(),
            )
        self.text_leads += filing.kind is LeadKind.TEXT
        after = sight.after
        lead = Lead(
            id=LeadId(self.planner.new_id()),
            group=filing.group,
            kind=filing.kind,
            status=LeadStatus.NEW,
            target_id=self.planner.target_id,
            platform=self.planner.platform,
            urgency=0,
            value=0,
            posted_at=sight.post.posted_at,
            appeared_at=after.appeared_at,
            timing=timing_of(after.appeared_at, self.planner.approved_at),
            seen_at=after.seen_at,
            filed_at=self.planner.now,
            posts=0,
        )
        return LeadEvidence(lead=lead, is_new=True, post_ids=(), reasons=(), matches=(), text_hits=())

    def _weigh(self, evidence: LeadEvidence, sight: _Sight, *, is_awaited: bool) -> LeadEvidence:
        """Return the evidence with what this post adds, and the lead's scores summed anew."""
        post, after = sight.post, sight.after
        joins, sees = not self._has(evidence, after.id), post.content_digest is not None
        # Where only media were read again, the text was weighed before: in a text lead it sold.
        sold = not sees and not joins and evidence.lead.kind is LeadKind.TEXT
        seen = Evidence(
            live=True,
            known_match=sight.severity,
            selling=sells(post.text_hits) or sold,
            unmatched_media=any(
                item.status in {MediaStatus.HASHED, MediaStatus.LOW_QUALITY} and not item.matched
                for item in after.media.values()
            ),
            identifiers=post.identifiers,
        )
        lead = evidence.lead
        added = explain(seen, self.planner.points, lead.reasons)
        reasons = (*lead.reasons, *added)
        hits = post.text_hits if sight.is_revision or joins or is_awaited else ()  # stated once a revision
        return replace(
            evidence,
            lead=replace(
                lead,
                reasons=reasons,
                urgency=total(reasons, Score.URGENCY),
                value=total(reasons, Score.VALUE),
                posts=lead.posts + joins,
            ),
            post_ids=(*evidence.post_ids, after.id) if joins else evidence.post_ids,
            # Of a post that was not seen, only its media, a visit to it is to bring the words.
            awaits=evidence.awaits if sees or not joins else {**evidence.awaits, after.id: Capture.AWAITED},
            captured=(*evidence.captured, after.id) if is_awaited else evidence.captured,
            reasons=(*evidence.reasons, *added),
            matches=(*evidence.matches, *sight.matches),
            text_hits=(*evidence.text_hits, *(PostTextHit(post_id=after.id, hit=hit) for hit in hits)),
        )


def _as_known(row: MediaRow) -> KnownMedia:
    """Return how a planned media item will be known."""
    return KnownMedia(id=row.id, status=row.status, attempts=row.attempts, matched=row.matched)
