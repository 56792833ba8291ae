"""
Open a real desk for a test: SQLite, keys, people, and a visitor that reads what a test wrote.

Only the outside is invented: pages come from a list, pictures are a few bytes
whose hashes are made from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from app.lists import matcher_of
from domain.errors import LostClaim, VisitEnded
from domain.fingerprints import Fingerprint, MediaStatus
from domain.hashlists import Algorithm, HashEntry, ListClass
from domain.ids import TargetId
from domain.mandate import Mandate, MandateScope, Organisation
from domain.observations import (
    CaptureRecord,
    ObservedMedia,
    ObservedPage,
    ObservedPost,
    Particulars,
    Platform,
    Traffic,
)
from domain.people import Actor, Role
from domain.ports import MediaSource, Opener, SourceTarget
from domain.targets import Visit
from keys import hotline, keyfile, tokens
from keys.vault import HostVault
from matching.matcher import ListMatcher
from matching.rules import load_rules
from matching.shelf import FolderShelf
from storage.opening import open_store
from storage.store import SqlStore
from triage.assessments import Assessments
from triage.audit_log import AuditLog
from triage.condition import Condition
from triage.desk import Desk
from triage.hash_lists import HashLists
from triage.intake import Intake
from triage.latency import Latencies
from triage.list_terms import NewList
from triage.lookalikes import Lookalikes
from triage.office import Office
from triage.opinions import Opinions
from triage.people import People
from triage.queue import Queue
from triage.referrals import Referrals
from triage.rematching import Rematching
from triage.reports import Reports
from triage.retention import Retention
from triage.suggestions import Linked
from triage.telegram import Telegram
from triage.timekeeping import Timekeeping
from triage.watchlist import NewTarget, TargetView, WatchList

LOCAL = Actor(name="os:tester", role=Role.ADMIN, local=True)
PASSPHRASE = "seven blue kites over the tin roof"
START = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
SELLING = "Blue kites, all sizes. Price 12 USD each, pay by PayPal, order at kites@example.org"


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Bytes:
    """A picture: the bytes given, in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    @property
    def size(self) -> int | None:
        return len(self.content)

    async def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]

    async def close(self) -> None:
        return None


class PlainFingerprinter:
    """Makes every hash of a picture from its bytes, as if it had been decoded."""

    async def fingerprint(self, source: MediaSource) -> Fingerprint:
        content = await source.read(0, source.size or 0)
        await source.close()
        return Fingerprint(
            status=MediaStatus.HASHED,
            format="png",
            size=len(content),
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            sha1=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            sha256=hashlib.sha256(content).hexdigest(),
            pdq=pdq_of(content),
            pdq_quality=100,
            pdq_dihedral=(pdq_of(content),) * 8,
        )


@dataclass
class Shelf:
    """A source whose one page is what a test put on it; what has `scrolled` past is shown one by one."""

    posts: tuple[ObservedPost, ...] = ()
    scrolled: tuple[ObservedPost, ...] = ()
    fault: VisitEnded | None = None
    asked: list[str] = field(default_factory=list)
    deleted: tuple[tuple[str, str], ...] = ()
    channel: Particulars = ()
    itself: bool = True

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncIterator[ObservedPage]:
        traffic.requests += 1
        traffic.bytes += 4_096
        capture = CaptureRecord(final_url=target.locator, received_at=START, status=200, ip="127.0.0.1", port=80)
        yield ObservedPage(
            posts=self.posts,
            capture=capture,
            cursor=str(len(self.posts)),
            deleted=self.deleted,
            channel=self.channel,
        )

    async def post(self, target: SourceTarget, post: str, traffic: Traffic) -> ObservedPage | None:
        self.asked.append(post)
        if self.fault is not None:
            raise self.fault
        async with aclosing(self.pages(target, traffic)) as pages:  # type: ignore[type-var]  # a generator
            page = await anext(pages)
        posts = (*self.posts, *self.scrolled)
        return replace(page, posts=posts, cursor=target.cursor) if posts else None

    def media(self, url: str, traffic: Traffic, *, plain_agent: bool = False) -> MediaSource:  # noqa: ARG002 - the port's
        traffic.requests += 1
        return Bytes(url.encode())

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:  # noqa: ARG002 - the port's
        traffic.requests += 1
        return self.itself


@dataclass
class OpenOffice:
    """An open office, and the hands that fill it."""

    office: Office
    store: SqlStore
    clock: Clock
    hotline_key: Path
    intake: Intake
    shelf: Shelf
    matcher: ListMatcher
    user_tokens: dict[str, str] = field(default_factory=dict)

    def unlock(self, passphrase: str | None) -> Opener:
        protected = hotline.is_protected(self.hotline_key)
        return hotline.unlock(self.hotline_key, passphrase if protected else None)

    async def user(self, name: str) -> Actor:
        return await self.office.people.user_actor(name)

    async def add_list(self, *pictures: bytes, name: str = "Lanterns", near: Sequence[bytes] = ()) -> None:
        """Import a list of exact hashes, and of PDQ hashes a few bits off those of `near`."""
        rows = [HashEntry(algorithm=Algorithm.SHA256, hash=hashlib.sha256(picture).digest()) for picture in pictures]
        rows += [HashEntry(algorithm=Algorithm.PDQ, hash=turned(pdq_of(picture), bits=12)) for picture in near]
        wanted = NewList(name=name, classification="demo", list_class=ListClass.OWN, authority="none")
        await self.office.lists.import_list(LOCAL, wanted, rows)
        await self.refresh()

    async def refresh(self) -> None:
        """Let the matcher answer for the lists as they are now."""
        generation, live = await self.store.read(lambda tx: (tx.lists.generation(), tx.lists.live()))
        self.matcher.replace(live, generation)

    async def rematch(self) -> int:
        """Use the lists as they are now, and compare with them what was seen before."""
        await self.refresh()
        return await Rematching(desk=self.office.desk, matcher=self.matcher).run()

    async def add_target(self, actor: Actor = LOCAL, *, locator: str = "http://127.0.0.1:9/kites") -> TargetView:
        wanted = NewTarget(
            locator=locator, report="IHC-2026-0001", authorised_by="The board", basis="A report of the public"
        )
        return await self.office.watchlist.add(actor, wanted)

    async def visit(self, target_id: str, *posts: ObservedPost) -> Visit:
        """Visit a target that shows these posts."""
        self.shelf.posts = posts
        target = await self.store.read(lambda tx: tx.targets.get(TargetId(target_id)))
        claim = await self.store.write(lambda tx: tx.targets.claim(target.id))
        if claim is None:
            raise LostClaim("the target is claimed already")
        visit, _ = await self.intake.visit(claim, 0.5)
        return visit


def post(
    number: int,
    text: str = "",
    *pictures: bytes,
    author: str = "lantern maker",
    links: tuple[str, ...] = (),
    at: datetime | None = None,
) -> ObservedPost:
    """Return a post as a source would see it."""
    return ObservedPost(
        container="http://127.0.0.1:9",
        post=f"http://127.0.0.1:9/kites/{number}",
        url=f"http://127.0.0.1:9/kites/{number}",
        posted_at=at or START - timedelta(hours=number),
        author=author,
        text=text,
        links=links,
        media=tuple(
            ObservedMedia(identity=hashlib.sha256(picture).hexdigest(), source=Bytes(picture)) for picture in pictures
        ),
    )


def pdq_of(content: bytes) -> bytes:
    """Return the PDQ that these bytes have in this house of invented pictures; what stands after a bar is too small."""
    return hashlib.sha256(b"pdq" + content.partition(b"|")[0]).digest()


def turned(digest: bytes, *, bits: int) -> bytes:
    """Return a hash that differs in this many bits."""
    return (int.from_bytes(digest, "big") ^ ((1 << bits) - 1)).to_bytes(len(digest), "big")


@asynccontextmanager
async def open_office(tmp_path: Path, *, enrolled: bool = False) -> AsyncIterator[OpenOffice]:
    """
    Open an office on a fresh SQLite database.

    Enrolled, it has the users `bopha` and `chan` (analysts), `dara`
    (supervisor), `nary` (admin) and `vuthy` (auditor), whose tokens are in
    `user_tokens`, and its key is under PASSPHRASE.
    """
    host_keys = keyfile.create_host_keys(tmp_path / "host.key")
    hotline_key = tmp_path / "hotline.key"
    public = hotline.create_hotline_key(hotline_key, PASSPHRASE if enrolled else None)
    store = await open_store(f"sqlite:///{tmp_path / 'kapear.db'}", data_dir=tmp_path, create=True)
    clock = Clock()
    desk = Desk(store=store, vault=HostVault(host_keys, public), now=clock)
    shelf = Shelf()
    files = FolderShelf(tmp_path / "lists")
    matcher = ListMatcher(files)
    intake = Intake(
        desk=desk,
        sources={Platform.PAGE: shelf, Platform.TELEGRAM_WEB: shelf},
        fingerprinter=PlainFingerprinter(),
        matcher=matcher,
        rules=load_rules(),
    )
    trial = partial(matcher_of, tmp_path / "lists")
    office = Office(
        desk=desk,
        reports=Reports(desk=desk),
        referrals=Referrals(desk=desk),
        watchlist=WatchList(desk=desk),
        queue=Queue(desk=desk),
        linked=Linked(desk=desk),
        lists=HashLists(desk=desk, shelf=files, trial=trial),
        opinions=Opinions(desk=desk, shelf=files),
        assessments=Assessments(desk=desk, lookalikes=Lookalikes(desk=desk, trial=trial)),
        people=People(desk=desk, new_token=tokens.new_token, digest=tokens.token_digest),
        telegram=Telegram(desk=desk),
        latency=Latencies(desk=desk),
        retention=Retention(desk=desk),
        audit=AuditLog(desk=desk),
        timekeeping=Timekeeping(desk=desk),
        condition=Condition(desk=desk),
    )
    opened = OpenOffice(
        office=office,
        store=store,
        clock=clock,
        hotline_key=hotline_key,
        intake=intake,
        shelf=shelf,
        matcher=matcher,
    )
    try:
        if enrolled:
            opened.user_tokens = await enrol(office)
        yield opened
    finally:
        await store.close()


async def enrol(office: Office) -> dict[str, str]:
    """Enrol an office; returns the token of each user."""
    organisation = Organisation(name="A test hotline", contact="hotline@example.org", zone="Asia/Phnom_Penh")
    mandate = Mandate(
        authority="A test authority",
        document="A-1",
        scope=MandateScope.MEDIA_HASH,
        expires_at=START + timedelta(days=365),
    )
    roles = [
        ("bopha", Role.ANALYST),
        ("chan", Role.ANALYST),
        ("dara", Role.SUPERVISOR),
        ("nary", Role.ADMIN),
        ("vuthy", Role.AUDITOR),
    ]
    named = await office.people.enrol(LOCAL, organisation, mandate, roles)
    return {user.name: token for user, token in named}
