"""
Plan what a change of the lists means for what was seen before it.

Pure, as planning is: stored fingerprints were compared with the lists that
changed since they last were; this module says which leads that files, which
matches hold no more, and which leads nothing speaks for any longer. Pictures
are not needed for it, nor kept: hashes are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.filing import Filing, PostKey, file_under, possible_groups
from domain.fingerprints import Fingerprint
from domain.hashlists import (
    Algorithm,
    HashList,
    HashMatch,
    MediaMatch,
    Withdrawal,
    unsuppressed,
    worst,
)
from domain.ids import IdMaker, LeadId, ListId, MediaId, PostId, TargetId
from domain.latency import Timing
from domain.leads import Capture, Lead, LeadKind, LeadStatus, reopened, withdrawn
from domain.observations import Platform
from domain.pages import KnownLead, LeadEvidence
from domain.scoring import Evidence, Points, Reason, Rule, Score, explain, later_match, taken_back, total
from domain.text import sells

_Spot = tuple[ListId, Algorithm]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPrint:
    """A stored fingerprint, and the generation of the lists that it was last compared with."""

    media_id: MediaId
    generation: int
    fingerprint: Fingerprint = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """
    What comparing a stored fingerprint again said.

    `matches` are those of the lists that changed after `since`, as `generation`
    has them.
    """

    media_id: MediaId
    since: int
    generation: int
    matches: tuple[HashMatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMedia:
    """A media item and the post that showed it; `gone` says that the platform took the post down."""

    media_id: MediaId
    post_id: PostId
    key: PostKey
    album: str | None
    target_id: TargetId
    platform: Platform
    posted_at: datetime | None
    seen_at: datetime
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMatches:
    """
    What the store knows of the compared media, of the leads of their posts and groups, and of the lists in force.

    `origins` says of entries of the hotline's own list from which lead they came.
    """

    media: Mapping[MediaId, SeenMedia]
    leads: Mapping[str, KnownLead]
    live: Mapping[ListId, HashList]
    origins: Mapping[int, LeadId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RematchPlan:
    """
    Every row that a round of comparing changes.

    `compared` says for each media item by which generation, and whether
    anything matches it. `withdrawn` and `reinstated` are matches that leads
    have already. `retracted` are the leads for which nothing speaks any more.
    """

    compared: tuple[tuple[MediaId, int, bool], ...] = ()
    leads: tuple[LeadEvidence, ...] = ()
    withdrawn: tuple[tuple[LeadId, MediaMatch], ...] = ()
    reinstated: tuple[tuple[LeadId, MediaMatch], ...] = ()
    retracted: tuple[Lead, ...] = ()

    @property
    def filed(self) -> tuple[Lead, ...]:
        """Return the leads that this opens."""
        return tuple(evidence.lead for evidence in self.leads if evidence.is_new)

    @property
    def reopened(self) -> tuple[Lead, ...]:
        """Return the closed leads that this puts back into the queue."""
        return tuple(
            evidence.lead for evidence in self.leads if evidence.is_moved and evidence.lead.status is LeadStatus.NEW
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematcher:
    """The figures that planning needs besides what was compared."""

    now: datetime
    new_id: IdMaker
    points: Points = field(default_factory=Points)

    def plan(self, compared: Sequence[Compared], known: KnownMatches) -> RematchPlan:
        """Return the rows for media that were compared again; those that are gone meanwhile are left out."""
        draft = _Draft(rematcher=self, known=known)
        for one in compared:
            seen = known.media.get(one.media_id)
            if seen is not None:
                draft.weigh(one, seen)
        return draft.finish()


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A plan in the making."""

    rematcher: Rematcher
    known: KnownMatches
    compared: list[tuple[MediaId, int, bool]] = field(default_factory=list)
    leads: dict[str, LeadEvidence] = field(default_factory=dict)
    withdrawn: list[tuple[LeadId, MediaMatch]] = field(default_factory=list)
    reinstated: list[tuple[LeadId, MediaMatch]] = field(default_factory=list)

    def weigh(self, one: Compared, seen: SeenMedia) -> None:
        """Say what a comparison changes for one media item."""
        joined = [known.lead for known in self.known.leads.values() if seen.post_id in known.post_ids]
        stated = [found for lead in joined for found in lead.matches if found.media_id == one.media_id]
        found = {_spot(match): match for match in one.matches if not self._is_its_own(match, joined)}
        kept: dict[_Spot, HashMatch] = {}
        lost: dict[_Spot, Withdrawal] = {}
        for item in stated:
            why = self._why_lost(item.match, found, one.since)
            if why is None:
                kept[_spot(item.match)] = item.match
            else:
                lost[_spot(item.match)] = why
        held, _ = unsuppressed(tuple((kept | found).values()))
        holding = {_spot(match): match for match in held}
        lost |= dict.fromkeys(kept.keys() - holding.keys(), Withdrawal.SUPPRESSED)
        self._withdraw(joined, one.media_id, lost)
        fresh = [match for spot, match in holding.items() if spot not in kept]
        self._add(seen, joined, fresh, files=worst(held) is not None)
        self.compared.append((one.media_id, one.generation, bool(holding)))

    def finish(self) -> RematchPlan:
        """Weigh every lead that anything changed for, and return the finished plan."""
        touched = {lead_id for lead_id, _ in (*self.withdrawn, *self.reinstated)}
        for group, known in self.known.leads.items():
            if known.lead.id in touched and group not in self.leads:
                self.leads[group] = _nothing_new(known.lead)
        retracted = []
        for group, evidence in self.leads.items():
            self.leads[group] = weighed = self._weighed(evidence)
            if weighed.is_moved and weighed.lead.status is LeadStatus.CLOSED:
                retracted.append(weighed.lead)
        return RematchPlan(
            compared=tuple(self.compared),
            leads=tuple(self.leads.values()),
            withdrawn=tuple(self.withdrawn),
            reinstated=tuple(self.reinstated),
            retracted=tuple(retracted),
        )

    def _why_lost(self, match: HashMatch, found: Mapping[_Spot, HashMatch], since: int) -> Withdrawal | None:
        """Return why a stated match does not hold any more, None where it does."""
        live = self.known.live
        own = live.get(match.list_id)
        if own is not None:
            if own.generation <= since or _spot(match) in found:
                return None
            return Withdrawal.REVOKED if own.is_own else Withdrawal.DISABLED
        successor = next((one.id for one in live.values() if one.name == match.list_name), None)
        if successor is None:
            return Withdrawal.LIST_RETIRED
        return Withdrawal.SUPERSEDED if (successor, match.algorithm) in found else Withdrawal.ENTRY_GONE

    def _is_its_own(self, match: HashMatch, joined: Iterable[Lead]) -> bool:
        """Return whether a match says no more than that a lead is itself: its picture made the entry."""
        own = self.known.live.get(match.list_id)
        if own is None or not own.is_own:
            return False
        return self.known.origins.get(match.entry_id) in {lead.id for lead in joined}

    def _withdraw(self, joined: Iterable[Lead], media_id: MediaId, lost: Mapping[_Spot, Withdrawal]) -> None:
        for lead in joined:
            for item in lead.matches:
                why = lost.get(_spot(item.match))
                if item.media_id == media_id and why is not None:
                    self.withdrawn.append((lead.id, replace(item, withdrawn=why)))

    def _add(self, seen: SeenMedia, joined: Sequence[Lead], fresh: Sequence[HashMatch], *, files: bool) -> None:
        """Let matches that were not stated join the lead that they belong to, or file one."""
        if not fresh:
            return
        groups = possible_groups(seen.key, seen.album, seen.target_id, "", self.rematcher.now.date())
        planned = [evidence.lead for evidence in self.leads.values() if seen.post_id in evidence.post_ids]
        filing = file_under(
            matched=files,
            selling=False,
            groups=groups,
            open_groups=frozenset(self.known.leads) | frozenset(self.leads),
            joined=tuple(Filing(kind=lead.kind, group=lead.group) for lead in (*joined, *planned)),
            text_leads_today=0,
        )
        if filing is None:
            return
        known = self.known.leads.get(filing.group)
        evidence = self.leads.get(filing.group)
        if evidence is None:
            evidence = self._lead_for(filing, seen, known, speaks=files)
        was_once = {(item.media_id, *_spot(item.match)) for item in (known.lead.withdrawn if known is not None else ())}
        new: list[MediaMatch] = []
        for match in fresh:
            item = MediaMatch(media_id=seen.media_id, match=match)
            if (seen.media_id, *_spot(match)) in was_once:
                self.reinstated.append((evidence.lead.id, item))
            else:
                new.append(item)
        joins = seen.post_id not in evidence.post_ids and (known is None or seen.post_id not in known.post_ids)
        if joins:
            capture = Capture.GONE if seen.gone else Capture.AWAITED
            evidence = replace(
                evidence,
                lead=replace(evidence.lead, posts=evidence.lead.posts + 1),
                post_ids=(*evidence.post_ids, seen.post_id),
                awaits={**evidence.awaits, seen.post_id: capture},
            )
        self.leads[filing.group] = replace(evidence, matches=(*evidence.matches, *new))

    def _lead_for(self, filing: Filing, seen: SeenMedia, known: KnownLead | None, *, speaks: bool) -> LeadEvidence:
        if known is not None:
            lead = reopened(known.lead, speaks=speaks)
            return replace(_nothing_new(lead), is_moved=lead != known.lead)
        lead = Lead(
            id=LeadId(self.rematcher.new_id()),
            group=filing.group,
            kind=LeadKind.HASH,
            status=LeadStatus.NEW,
            target_id=seen.target_id,
            platform=seen.platform,
            urgency=0,
            value=0,
            posted_at=seen.posted_at,
            seen_at=seen.seen_at,
            filed_at=self.rematcher.now,
            timing=Timing.LISTS,
            posts=0,
        )
        return replace(_nothing_new(lead), is_new=True)

    def _weighed(self, evidence: LeadEvidence) -> LeadEvidence:
        """Return the evidence with the reasons that its matches give or take back, and what follows for its lead."""
        lead = evidence.lead
        gone = {(item.media_id, *_spot(item.match)) for lead_id, item in self.withdrawn if lead_id == lead.id}
        back = [item for lead_id, item in self.reinstated if lead_id == lead.id]
        standing = [item.match for item in lead.matches if (item.media_id, *_spot(item.match)) not in gone]
        standing += [item.match for item in (*evidence.matches, *back)]
        severity = worst(standing)
        if severity is None:
            added: tuple[Reason, ...] = taken_back(lead.reasons)
        else:
            seen = Evidence(live=False, known_match=severity, selling=False, unmatched_media=False)
            added = explain(seen, self.rematcher.points, lead.reasons)
            if any(reason.rule is Rule.KNOWN_MATCH for reason in added):
                added += later_match(lead.reasons)
        reasons = (*lead.reasons, *added)
        after = replace(lead, reasons=reasons, urgency=total(reasons, Score.URGENCY), value=total(reasons, Score.VALUE))
        is_moved = evidence.is_moved
        if severity is None and lead.kind is LeadKind.HASH and not sells(tuple(found.hit for found in lead.text_hits)):
            closed = withdrawn(after)
            is_moved, after = is_moved or closed != after, closed
        return replace(evidence, lead=after, is_moved=is_moved, reasons=added)


def _spot(match: HashMatch) -> _Spot:
    return match.list_id, match.algorithm


def _nothing_new(lead: Lead) -> LeadEvidence:
    return LeadEvidence(lead=lead, is_new=False, post_ids=(), reasons=(), matches=(), text_hits=())
