"""
Say what the desk's things look like as JSON, for the command line and the API alike.

Keys are the contract's words: adding one is free, renaming one is not. Times
are RFC 3339 in UTC. No view holds a text, a handle or the URL of a post.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.assessments import Assessment
from domain.audit import Verdict
from domain.books.rows import StoredPost
from domain.explanation import NextVisit
from domain.hashlists import HashList, MediaMatch, Opinion
from domain.latency import HALF, MOST, Delays, Latency, Timing
from domain.leads import Lead
from domain.people import User
from domain.targets import Visit
from domain.telegram import AccountState
from triage.hash_lists import Standing
from triage.referrals import ReferralView
from triage.reports import ReportView
from triage.watchlist import TargetView

Json = dict[str, Any]


def rfc3339(moment: datetime | None) -> str | None:
    """Return a time in UTC to the second with a trailing Z, or None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def lead_json(lead: Lead) -> Json:
    """Return a lead: its scores are the sums of the points of its reasons."""
    return {
        "id": lead.id,
        "status": lead.status.value,
        "closed_as": lead.closed_as.value if lead.closed_as else None,
        "urgency": lead.urgency,
        "value": lead.value,
        "reasons": [
            {
                "score": reason.score.value,
                "rule": reason.rule.value,
                "version": reason.version,
                "points": reason.points,
                "text": reason.text,
            }
            for reason in lead.reasons
        ],
        "target_id": lead.target_id,
        "platform": lead.platform.value,
        "posted_at": rfc3339(lead.posted_at),
        "seen_at": rfc3339(lead.seen_at),
        "filed_at": rfc3339(lead.filed_at),
        "appeared_at": rfc3339(lead.appeared_at),
        "timing": lead.timing.value,
        "first_claimed_at": rfc3339(lead.first_claimed_at),
        "matches": [_match_json(found) for found in lead.matches],
        "withdrawn_matches": [
            {**_match_json(found), "why": found.withdrawn.value} for found in lead.withdrawn if found.withdrawn
        ],
        "capture": lead.capture.value if lead.capture else None,
        # A rule that fired at five places is one thing to know here; the lead page has the positions.
        "text_hits": [
            {"rule": rule, "version": version}
            for rule, version in dict.fromkeys((found.hit.rule, found.hit.version) for found in lead.text_hits)
        ],
        "deleted_posts": [rfc3339(post.at) for post in lead.deleted],
        "looks": [
            {
                "looked_at": rfc3339(look.at),
                "gone_since": rfc3339(look.gone_since),
                "taken_down_at": rfc3339(look.taken_down_at),
            }
            for look in lead.looks
        ],
    }


def _match_json(found: MediaMatch) -> Json:
    match = found.match
    return {
        "list": match.list_name,
        "list_version": match.list_version,
        "list_class": match.list_class.value,
        "algorithm": match.algorithm.value,
        "distance": match.distance,
        "classification": match.classification,
        "at_ms": match.at_ms,
        "covers": match.covers,
    }


def target_json(view: TargetView) -> Json:
    """Return a target with the decision it rests on."""
    target = view.target
    return {
        "id": target.id,
        "platform": target.platform.value,
        "canonical": view.canonical,
        "status": target.status.value,
        "depth": target.depth,
        "ignore_robots": target.robots_ignored or None,
        "plain_agent": target.plain_agent or None,
        "report": view.report,
        "requested_by": target.requested_by,
        "authorised_by": target.authorised_by,
        "approved_by": target.approved_by,
        "approved_at": rfc3339(target.approved_at),
        "created_at": rfc3339(target.created_at),
        "expires_at": rfc3339(target.expires_at),
        "extends_to": rfc3339(target.extends_to),
        "extension_by": target.extension_by,
        "last_visit_at": rfc3339(target.last_visit_at),
        "last_outcome": target.last_outcome.value if target.last_outcome else None,
        "gone_since": rfc3339(target.gone_since),
        "next_due": rfc3339(target.next_due),
        "failures": target.failures,
        "failing_since": rfc3339(view.failing.since) if view.failing else None,
    }


def watched_json(view: TargetView) -> Json:
    """Return a target with how it was watched: its latest visits, and when it was not."""
    return {
        **target_json(view),
        "basis": view.basis,
        "next_visit": next_visit_json(view.next_visit),
        "gaps": view.target.gaps,
        "not_watched": [{"from": rfc3339(one.started_at), "to": rfc3339(one.ended_at)} for one in view.outages],
        "visits": [{**visit_json(visit, None), "started_at": visit.started_at.isoformat()} for visit in view.visits],
    }


def next_visit_json(visit: NextVisit | None) -> Json | None:
    """Return when the next visit is, why, and the figures that it was decided on; hours are UTC."""
    if visit is None:
        return None
    shown: Json = {"at": rfc3339(visit.at), "because": [str(sentence) for sentence in visit.sentences]}
    if visit.decision is None:
        return shown
    case = visit.decision.case
    return {
        **shown,
        "decided_by": visit.decision.because.value,
        "decided_at": rfc3339(case.at),
        "posts_a_day": round(case.pace.rate.per_hour * 24, 2),
        "weight": case.weight,
        "price": case.price,
        "failures": case.failures,
        "dice": case.dice,
        "posts_by_hour": [round(share, 4) for share in visit.by_hour],
        "visits_ahead": [rfc3339(moment) for moment in visit.ahead],
    }


def visit_json(visit: Visit, next_due: datetime | None) -> Json:
    """Return how a visit ended and what it cost."""
    return {
        "target_id": visit.target_id,
        "outcome": visit.outcome.value,
        "code": visit.code,
        "new_observations": visit.new_observations,
        "media_hashed": visit.media_hashed,
        "matches": visit.matches,
        "suppressed": visit.suppressed,
        "leads_filed": visit.leads_filed,
        "gaps": visit.gaps,
        "next_due": rfc3339(next_due),
        "requests": visit.requests,
        "bytes": visit.bytes,
        "seconds": round((visit.ended_at - visit.started_at).total_seconds(), 3),
    }


def post_json(name: str, post: StoredPost) -> Json:
    """Return a stored post under the name its platform gives it."""
    return {
        "post": name,
        "revision": post.seq,
        "posted_at": rfc3339(post.posted_at),
        "seen_at": rfc3339(post.seen_at),
        "deleted": post.deleted,
        "media": [{"sha256": media.sha256, "status": media.status.value} for media in post.media],
    }


def referral_json(view: ReferralView) -> Json:
    """Return a note for the police, without the place."""
    note = view.note
    return {
        "id": note.id,
        "report": view.report,
        "kind": note.kind.value,
        "noted_at": rfc3339(note.created_at),
        "by": note.actor,
        "says": note.kind.sentence,
    }


def report_json(view: ReportView) -> Json:
    """Return a report; what is alleged stays at the desk, for it may quote anything."""
    report = view.report
    return {
        "id": report.id,
        "reference": report.reference,
        "received": report.received_on.isoformat(),
        "via": report.via.value,
        "synthetic": report.synthetic,
    }


def list_json(hash_list: HashList) -> Json:
    """Return a hash list: what it is, never what it holds."""
    return {
        "id": hash_list.id,
        "name": hash_list.name,
        "version": hash_list.version,
        "class": hash_list.list_class.value,
        "classification": hash_list.classification,
        "authority": hash_list.authority,
        "agreement": hash_list.agreement,
        "licence_ends": hash_list.licence_ends.isoformat() if hash_list.licence_ends else None,
        "radius": hash_list.radius,
        "min_quality": hash_list.min_quality,
        "severity": hash_list.severity.value,
        "entries": hash_list.entries,
        "imported_at": rfc3339(hash_list.imported_at),
        "retired_at": rfc3339(hash_list.retired_at),
    }


def standing_json(standing: Standing) -> Json:
    """Return how a hash list stands, never what it holds."""
    return {
        **list_json(standing.hash_list),
        "confirmed": standing.opinions.get(Opinion.CONFIRMED, 0),
        "disputed": standing.opinions.get(Opinion.DISPUTED, 0),
        "disabled": standing.opinions.get(Opinion.DISABLED, 0),
        **waiting_json(standing.waiting, standing.held),
    }


def waiting_json(waiting: HashList | None, held: str) -> Json:
    """Return which version of a list waits for a decision, and why."""
    return {
        "waiting_version": waiting.version if waiting else None,
        "waiting_entries": waiting.entries if waiting else None,
        "waits_because": held or None,
    }


def assessment_json(assessment: Assessment) -> Json:
    """Return what one person decided on a lead."""
    return {
        "by": assessment.actor,
        "at": rfc3339(assessment.at),
        "verdict": assessment.verdict.value,
        "basis": assessment.basis.value,
        "classification": assessment.classification,
        "media": sorted(assessment.media),
    }


def user_json(user: User) -> Json:
    """Return a user, without any secret."""
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
        "created_at": rfc3339(user.created_at),
        "disabled": user.disabled_at is not None,
    }


def account_json(state: AccountState) -> Json:
    """Return how a Telegram account stands: how many channels are pinned to it, never which."""
    return {
        "id": state.id,
        "label": state.label,
        "state": state.standing.value,
        "parked": state.parked or None,
        "cooldowns": [{"method": method, "until": rfc3339(until)} for method, until in state.cooldowns],
        "channels": state.channels,
    }


def verdict_json(verdict: Verdict) -> Json:
    """Return what a walk along the audit chain found."""
    return {
        "whole": verdict.broken_at is None,
        "events": verdict.events,
        "head": verdict.head,
        "broken_at": verdict.broken_at,
        "reason": verdict.reason,
    }


def latency_json(latency: Latency) -> Json:
    """Return how late leads were, in seconds, beside how long they waited for a person; None is not known yet."""
    waiting = latency.to_person.lasting
    return {
        "post_to_seen": _delays_json(latency.to_seen),
        "post_to_lead": _delays_json(latency.to_lead),
        "lead_to_person": {
            **_delays_json(latency.to_person),
            "waiting": len(waiting),
            "longest_waiting_s": waiting[-1] if waiting else None,
        },
        "not_counted": {
            timing.value: latency.leads.get(timing, 0) for timing in Timing if timing is not Timing.WATCHED
        },
    }


def _delays_json(delays: Delays) -> Json:
    return {"leads": len(delays.over), "p50_s": delays.within(HALF), "p95_s": delays.within(MOST)}
