"""Make invented values for tests of a store: plain, valid, and different each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.filing import PostKey
from domain.fingerprints import Covers, Fingerprint, MediaStatus, SampledFrame
from domain.hashlists import Algorithm, HashEntry, HashList, HashMatch, ListClass
from domain.ids import LeadId, ListId, ReferralId, ReportId, RequestId, TargetId, UserId, VisitId, new_id
from domain.leads import PostContent, SealedContent
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.pages import AssessedMedia, AssessedPost, PagePlan
from domain.people import Role, User
from domain.planning import Planner
from domain.ports import LeadKey
from domain.referral_kinds import ReferralKind
from domain.referrals import ReferralNote
from domain.reports import Report, Via
from domain.store import Store, Tx
from domain.targets import Claim, TargetStatus, Visit, WatchTarget
from domain.text import Attribute, TextHit

NOW = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

PRICE = TextHit(rule="price", version=1, attribute=Attribute.PRICE, start=3, end=9)
PAYMENT = TextHit(rule="payment", version=2, attribute=Attribute.PAYMENT, start=11, end=17)


def a_report(**changes: Any) -> Report:
    report = Report(
        id=ReportId(new_id()),
        reference=f"IHC-{new_id()[-12:]}",
        received_on=date(2026, 3, 1),
        via=Via.PHONE,
        alleged=b"\x00sealed words",
        created_at=NOW,
    )
    return replace(report, **changes)


def a_referral(report: Report, **changes: Any) -> ReferralNote:
    note_id = ReferralId(new_id())
    note = ReferralNote(
        id=note_id,
        report_id=report.id,
        kind=ReferralKind.INVITE,
        created_at=NOW,
        actor="analyst.one",
        locator_digest=new_id(),
        key=LeadKey(public=bytes(32), wrapped=b"\x00wrapped"),
        ciphertext=b"\x00sealed place",
    )
    return replace(note, **changes)


def a_target(report: Report, **changes: Any) -> WatchTarget:
    target = WatchTarget(
        id=TargetId(new_id()),
        platform=Platform.TELEGRAM_WEB,
        locator=b"\x00sealed locator",
        locator_digest=new_id(),
        report_id=report.id,
        requested_by="analyst.one",
        authorised_by="The director",
        basis=b"\x00sealed basis",
        status=TargetStatus.ACTIVE,
        approved_by="analyst.two",
        created_at=NOW,
        expires_at=NOW + 30 * DAY,
        backfill_since=date(2026, 1, 31),
        next_due=NOW,
    )
    return replace(target, **changes)


def a_visit(target_id: TargetId, **changes: Any) -> Visit:
    visit = Visit(
        id=VisitId(new_id()),
        target_id=target_id,
        started_at=NOW,
        ended_at=NOW + MINUTE,
        outcome=Outcome.NEW,
        code="page_limit",
        new_observations=3,
        media_hashed=2,
        matches=1,
        leads_filed=1,
        requests=7,
        bytes=5_000_000_000,
    )
    return replace(visit, **changes)


def a_user(name: str = "analyst.one", role: Role = Role.ANALYST, **changes: Any) -> User:
    return replace(User(id=UserId(new_id()), name=name, role=role, created_at=NOW), **changes)


def a_list(name: str = "lanterns", version: int = 1, **changes: Any) -> HashList:
    hash_list = HashList(
        id=ListId(new_id()),
        name=name,
        version=version,
        list_class=ListClass.OWN,
        classification="demo",
        authority="nobody",
        entries=0,
        imported_at=NOW,
    )
    return replace(hash_list, **changes)


def some_entries(count: int) -> list[HashEntry]:
    return [
        HashEntry(algorithm=Algorithm.PDQ, hash=number.to_bytes(32, "big"), classification="demo", ref=f"row {number}")
        for number in range(count)
    ]


def a_match(**changes: Any) -> HashMatch:
    match = HashMatch(
        list_id=ListId("list-1"),
        list_name="lanterns",
        list_version=3,
        list_class=ListClass.OWN,
        entry_id=77,
        algorithm=Algorithm.PDQ,
        distance=12,
        classification="demo",
        generation=4,
        at_ms=5_000_000_000,
        covers=Covers.SAMPLED,
    )
    return replace(match, **changes)


def a_fingerprint(number: int = 1) -> Fingerprint:
    return Fingerprint(
        status=MediaStatus.HASHED,
        format="PNG",
        width=640,
        height=480,
        size=12_345,
        md5=f"{number:032x}",
        sha1=f"{number:040x}",
        sha256=f"{number:064x}",
        pdq=number.to_bytes(32, "big"),
        pdq_quality=98,
        pdq_dihedral=tuple((number + turn).to_bytes(32, "big") for turn in range(8)),
        phash=number.to_bytes(8, "big"),
        phash256=number.to_bytes(32, "big"),
        phash256_trimmed=bytes(32),
        frames=tuple(a_frame(at_ms) for at_ms in (0, 1_500)),
    )


def a_frame(at_ms: int) -> SampledFrame:
    variants = tuple((at_ms + turn).to_bytes(32, "big") for turn in range(16))
    return SampledFrame(at_ms=at_ms, pdq_quality=77, pdq_dihedral=variants[:8], pdq_others=variants[8:])


def a_key(post: str, container: str = "1234567") -> PostKey:
    return PostKey(platform=Platform.TELEGRAM, container=container, post=post)


def hashed(identity: str, *matches: HashMatch, number: int = 1) -> AssessedMedia:
    return AssessedMedia(
        identity=identity,
        status=MediaStatus.HASHED,
        fingerprint=a_fingerprint(number),
        matches=matches,
        generation=4,
    )


def pending(identity: str, reason: str = "deadline") -> AssessedMedia:
    return AssessedMedia(identity=identity, status=MediaStatus.PENDING, reason=reason, retry=b"\x00sealed url")


def a_post(post: str, *media: AssessedMedia, digest: str | None = "", **changes: Any) -> AssessedPost:
    assessed = AssessedPost(
        key=a_key(post),
        author_digest="author-1",
        posted_at=NOW - MINUTE,
        content_digest=f"digest of {post}" if digest == "" else digest,
        media=media,
        make_content=lambda: PostContent(url=f"http://127.0.0.1/{post}", text="Tin lanterns"),
    )
    return replace(assessed, **changes)


async def put_target(store: Store, **changes: Any) -> WatchTarget:
    """Write a report and a target that cites it."""
    report = a_report()
    target = a_target(report, **changes)

    def work(tx: Tx) -> None:
        tx.reports.add(report)
        tx.targets.add(target)

    await store.write(work)
    return target


async def put_claim(store: Store, **changes: Any) -> Claim:
    """Write a target and claim it."""
    target = await put_target(store, **changes)
    claim = await store.write(lambda tx: tx.targets.claim(target.id))
    assert claim is not None
    return claim


def write_page(
    tx: Tx,
    claim: Claim,
    posts: list[AssessedPost],
    *,
    cursor: str | None = "cursor",
    now: datetime = NOW,
    gone: tuple[str, ...] = (),
    between: Callable[[], None] = lambda: None,
    **planning: Any,
) -> PagePlan:
    """Bring a page through a page transaction, as intake does; `between` runs after the look and before the write."""
    planner = Planner(
        target_id=claim.target.id,
        platform=claim.target.platform,
        approved_at=claim.target.approved_at,
        **{"seen_at": now, "now": now, "new_id": new_id, **planning},
    )
    page = tx.page(claim)
    deleted = [a_key(post) for post in gone]
    keys_seen = [*(post.key for post in posts), *deleted]
    known = page.known(keys_seen, [group for post in posts for group in planner.groups_of(post)])
    between()
    plan = planner.plan(posts, known, deleted)
    keys = {lead.id: LeadKey(public=b"public", wrapped=b"wrapped") for lead in plan.filed}
    sealed = [
        SealedContent(
            id=new_id(),
            lead_id=content.lead_id,
            post_id=content.post_id,
            kind="post",
            created_at=now,
            actor="kapear",
            ciphertext=b"\x00sealed",
        )
        for content in plan.contents
    ]
    page.record(plan, keys=keys, sealed=sealed, cursor=cursor)
    return plan


async def put_page(store: Store, claim: Claim, posts: list[AssessedPost], **options: Any) -> PagePlan:
    """Write a page in a transaction of its own."""
    return await store.write(lambda tx: write_page(tx, claim, posts, **options))


def a_note(lead_id: LeadId) -> SealedContent:
    return SealedContent(
        id=new_id(),
        lead_id=lead_id,
        post_id=None,
        kind="note",
        created_at=NOW,
        actor="analyst.one",
        ciphertext=b"\x00note",
    )


def a_request() -> RequestId:
    return RequestId(new_id())
