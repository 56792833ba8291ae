"""The contract's words, compared key by key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from domain.books.rows import StoredMedia, StoredPost
from domain.filing import PostKey
from domain.fingerprints import MediaStatus
from domain.hashlists import Algorithm, HashMatch, ListClass, MediaMatch
from domain.ids import LeadId, ListId, MediaId, PostId, ReportId, TargetId, VisitId
from domain.leads import Lead, LeadKind, LeadStatus, PostTextHit
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.scoring import Reason, Rule, Score
from domain.targets import TargetStatus, Visit, WatchTarget
from domain.text import Attribute, TextHit
from triage.json_views import lead_json, post_json, rfc3339, target_json, visit_json
from triage.watchlist import TargetView

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_lead() -> Lead:
    hit = TextHit(rule="price", version=1, attribute=Attribute.PRICE, start=3, end=9)
    match = HashMatch(
        list_id=ListId("list-1"), list_name="Lanterns", list_version=2, list_class=ListClass.OWN, entry_id=7,
        algorithm=Algorithm.PDQ, distance=12, classification="demo", generation=4,
    )  # fmt: skip
    return Lead(
        id=LeadId("lead-1"), group="author:secret", kind=LeadKind.HASH, status=LeadStatus.NEW,
        target_id=TargetId("target-1"), platform=Platform.TELEGRAM_WEB, urgency=20, value=10,
        posted_at=None, seen_at=NOON, filed_at=NOON,
        reasons=(Reason(score=Score.URGENCY, rule=Rule.KNOWN_MATCH, version=1, points=20, pointer="secret"),),
        matches=(MediaMatch(media_id=MediaId("media-1"), match=match),),
        text_hits=(PostTextHit(post_id=PostId("post-1"), hit=hit), PostTextHit(post_id=PostId("post-2"), hit=hit)),
    )  # fmt: skip


def test_a_lead_has_exactly_the_keys_of_the_contract() -> None:
    shown = lead_json(a_lead())
    assert list(shown) == [
        "id", "status", "closed_as", "urgency", "value", "reasons", "target_id", "platform", "posted_at", "seen_at",
        "filed_at", "appeared_at", "timing", "first_claimed_at", "matches", "withdrawn_matches", "capture",
        "text_hits", "deleted_posts", "looks",
    ]  # fmt: skip
    assert shown["reasons"] == [
        {
            "score": "urgency",
            "rule": "known_match",
            "version": 1,
            "points": 20,
            "text": "A picture matches an entry of an imported hash list.",
        }
    ]
    assert shown["matches"] == [
        {
            "list": "Lanterns",
            "list_version": 2,
            "list_class": "own",
            "algorithm": "pdq",
            "distance": 12,
            "classification": "demo",
            "at_ms": None,
            "covers": None,
        }
    ]
    assert shown["text_hits"] == [{"rule": "price", "version": 1}]
    assert (shown["posted_at"], shown["filed_at"]) == (None, "2026-03-01T12:00:00Z")


def test_a_lead_shows_neither_its_group_nor_a_pointer() -> None:
    assert "secret" not in json.dumps(lead_json(a_lead()))


def test_times_are_utc_whatever_zone_they_come_in() -> None:
    assert rfc3339(datetime(2026, 3, 1, 19, tzinfo=timezone(timedelta(hours=7)))) == "2026-03-01T12:00:00Z"


def test_a_target_has_the_keys_of_watch_add_first() -> None:
    target = WatchTarget(
        id=TargetId("target-1"), platform=Platform.PAGE, locator=b"sealed", locator_digest="digest",
        report_id=ReportId("report-1"), requested_by="sok", authorised_by="board", basis=b"sealed",
        status=TargetStatus.ACTIVE, created_at=NOON, expires_at=NOON, last_outcome=Outcome.NEW,
    )  # fmt: skip
    shown = target_json(TargetView(target=target, canonical="http://127.0.0.1/shop", report="R-1"))
    assert list(shown)[:4] == ["id", "platform", "canonical", "status"]
    assert shown["canonical"] == "http://127.0.0.1/shop"
    assert shown["last_outcome"] == "new"
    assert "digest" not in shown.values()


def test_a_visit_has_exactly_the_keys_of_watch_check() -> None:
    visit = Visit(
        id=VisitId("visit-1"), target_id=TargetId("target-1"), started_at=NOON,
        ended_at=NOON + timedelta(seconds=2, microseconds=500_400), outcome=Outcome.NEW, new_observations=5,
        media_hashed=3, matches=2, suppressed=1, leads_filed=1, requests=4, bytes=900,
    )  # fmt: skip
    assert visit_json(visit, NOON) == {
        "target_id": "target-1", "outcome": "new", "code": "", "new_observations": 5, "media_hashed": 3, "matches": 2,
        "suppressed": 1,
        "leads_filed": 1, "gaps": 0, "next_due": "2026-03-01T12:00:00Z", "requests": 4, "bytes": 900, "seconds": 2.5,
    }  # fmt: skip


def test_a_post_has_exactly_the_keys_of_watch_posts() -> None:
    post = StoredPost(
        id=PostId("post-1"), key=PostKey(platform=Platform.TELEGRAM_WEB, container="77", post="5"), seq=2,
        posted_at=NOON, seen_at=NOON, deleted=False,
        media=(StoredMedia(status=MediaStatus.PENDING, reason="late", sha256=None),),
    )  # fmt: skip
    assert post_json("5", post) == {
        "post": "5", "revision": 2, "posted_at": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z",
        "deleted": False, "media": [{"sha256": None, "status": "pending"}],
    }  # fmt: skip
