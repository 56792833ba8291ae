"""Stand-ins for the ports that intake pulls from: a scripted source, and judges that do as they are told."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from domain.courtesy import QUIET, HostState
from domain.errors import KapearError
from domain.fingerprints import Fingerprint, MediaStatus
from domain.hashlists import Algorithm, HashMatch, ListClass
from domain.ids import ListId
from domain.observations import CaptureRecord, MediaKind, ObservedMedia, ObservedPage, ObservedPost, Traffic
from domain.ports import MediaSource, RobotsFile, SourceTarget
from domain.telegram import AccountId, ResolvedChannel, TelegramAccount
from domain.text import Attribute, TextHit

RECEIVED = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
CHANNEL = "1234567"


@dataclass
class FakeMedia:
    """A media item: bytes, or a fault, or a reading that never ends."""

    content: bytes = b"kites"
    fault: Exception | None = None
    hangs: bool = False
    reads: int = 0
    closed: int = 0

    @property
    def size(self) -> int | None:
        return len(self.content)

    async def read(self, offset: int, length: int) -> bytes:
        self.reads += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault
        return self.content[offset : offset + length]

    async def close(self) -> None:
        self.closed += 1

    def __hash__(self) -> int:
        return id(self)


Step = ObservedPage | BaseException | Callable[[], Awaitable[None]]


@dataclass
class FakeSource:
    """
    A source whose pages are a script: a page is yielded, an error raised, a function awaited.

    It remembers what was asked of it: targets, pages, single posts, and media by URL. `single` holds what it shows,
    or raises, of single posts; any other is gone.
    """

    script: Sequence[Step] = ()
    shelf: Mapping[str, FakeMedia] = field(default_factory=dict)
    single: Mapping[str, ObservedPage | BaseException] = field(default_factory=dict)
    before_page: Callable[[int], Awaitable[None]] | None = None
    asked: list[SourceTarget] = field(default_factory=list)
    pages_asked: int = 0
    posts_asked: list[str] = field(default_factory=list)
    media_asked: list[str] = field(default_factory=list)
    closed: int = 0
    itself: bool | BaseException = True

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncIterator[ObservedPage]:
        self.asked.append(target)
        try:
            for step in self.script:
                if isinstance(step, ObservedPage):
                    if self.before_page is not None:
                        await self.before_page(self.pages_asked)
                    self.pages_asked += 1
                    traffic.requests += 1
                    traffic.bytes += 1_000
                    yield step
                elif isinstance(step, BaseException):
                    raise step
                else:
                    await step()
        finally:
            self.closed += 1

    async def post(self, target: SourceTarget, post: str, traffic: Traffic) -> ObservedPage | None:
        self.posts_asked.append(post)
        traffic.requests += 1
        answer = self.single.get(post)
        if isinstance(answer, BaseException):
            raise answer
        return answer if answer is None else replace(answer, cursor=target.cursor)

    def media(self, url: str, traffic: Traffic, *, plain_agent: bool = False) -> MediaSource:  # noqa: ARG002 - the port's
        traffic.requests += 1
        self.media_asked.append(url)
        return self.shelf[url]

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:  # noqa: ARG002 - the port's
        traffic.requests += 1
        if isinstance(self.itself, BaseException):
            raise self.itself
        return self.itself


@dataclass
class FakeFingerprinter:
    """Reads a media item whole and hashes its bytes; what is named `flat` or `broken` comes out so."""

    hashed: list[bytes] = field(default_factory=list)
    fault: Exception | None = None

    async def fingerprint(self, source: MediaSource) -> Fingerprint:
        try:
            content = await source.read(0, source.size or 0)
        finally:
            await source.close()
        if self.fault is not None:
            raise self.fault
        self.hashed.append(content)
        status = {b"flat": MediaStatus.LOW_QUALITY, b"broken": MediaStatus.UNDECODABLE}.get(content, MediaStatus.HASHED)
        digest = hashlib.sha256(content).hexdigest()
        return Fingerprint(status=status, format="png", size=len(content), sha256=digest)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass
class FakeMatcher:
    """Matches the contents it was told of; `algorithm` says by what."""

    wanted: Sequence[bytes] = ()
    algorithm: Algorithm = Algorithm.SHA256
    generation: int = 3
    near: Sequence[bytes] = ()
    asked: int = 0

    async def match(self, fingerprint: Fingerprint, since: int = 0) -> tuple[HashMatch, ...]:  # noqa: ARG002
        self.asked += 1
        digests = {digest for content in self.wanted for digest in (_sha256(content), _md5(content))}
        if not digests & {fingerprint.sha256, fingerprint.md5}:
            return ()
        found = HashMatch(
            list_id=ListId("list-1"), list_name="Lanterns", list_version=1, list_class=ListClass.OWN, entry_id=7,
            algorithm=self.algorithm, distance=0, classification="demo", generation=self.generation,
            covers=fingerprint.covers,
        )  # fmt: skip
        return (found,)

    async def is_near(self, fingerprint: Fingerprint, slack: int) -> bool:  # noqa: ARG002 - the port's signature
        return fingerprint.sha256 in {hashlib.sha256(content).hexdigest() for content in self.near}


@dataclass
class FakeRules:
    """Finds the words it knows, and remembers every text it was shown."""

    words: Mapping[str, Attribute] = field(
        default_factory=lambda: {"12 USD": Attribute.PRICE, "PayPal": Attribute.PAYMENT, "@kites": Attribute.CONTACT}
    )
    shown: list[str] = field(default_factory=list)
    fault: KapearError | Exception | None = None

    def find(self, text: str) -> tuple[TextHit, ...]:
        self.shown.append(text)
        if self.fault is not None:
            raise self.fault
        return tuple(
            TextHit(rule=f"rule-{attribute}", version=1, attribute=attribute, start=at, end=at + len(word))
            for word, attribute in self.words.items()
            if (at := text.find(word)) >= 0
        )


def picture(
    name: str,
    media: FakeMedia | None = None,
    *,
    url: str | None = "",
    kind: MediaKind = MediaKind.IMAGE,
    md5: str | None = None,
) -> ObservedMedia:
    """Return a media item of this identity; its URL follows from its name unless it travelled inside the page."""
    shown = f"http://127.0.0.1:9/media/{name}" if url == "" else url
    return ObservedMedia(identity=name, kind=kind, url=shown, source=media or FakeMedia(name.encode()), md5=md5)


def a_sight(
    post: str,
    text: str = "",
    *media: ObservedMedia,
    author: str | None = "lantern maker",
    links: tuple[str, ...] = (),
    group: str | None = None,
) -> ObservedPost:
    """Return a post of one channel as a source would see it."""
    return ObservedPost(
        container=CHANNEL, post=post, url=f"https://t.me/tin_lanterns/{post}", posted_at=RECEIVED, author=author,
        text=text, links=links, media=media, group=group,
    )  # fmt: skip


def a_page(*posts: ObservedPost, cursor: str | None = None) -> ObservedPage:
    """Return a page; its cursor is its last post unless another is given."""
    capture = CaptureRecord(
        final_url="https://t.me/s/tin_lanterns", redirects=("https://t.me/tin_lanterns",), received_at=RECEIVED,
        server_date="Mon, 02 Mar 2026 04:30:00 GMT", status=200, ip="127.0.0.1", port=443, length=1_000,
        body_sha256="00" * 32, certificate_sha256="11" * 32, tool="kapear/test",
    )  # fmt: skip
    return ObservedPage(posts=posts, capture=capture, cursor=cursor or (posts[-1].post if posts else None))


@dataclass
class FakeLedger:
    """What Telegram accounts must remember, in memory; `noted` holds the cooldowns in the order they came."""

    held: list[TelegramAccount] = field(default_factory=list)
    waits: dict[AccountId, dict[str, datetime]] = field(default_factory=dict)
    told: dict[str, list[ResolvedChannel]] = field(default_factory=dict)
    noted: list[tuple[AccountId, str, datetime]] = field(default_factory=list)

    async def accounts(self) -> tuple[TelegramAccount, ...]:
        return tuple(self.held)

    async def park(self, account_id: AccountId, reason: str) -> None:
        self.held = [replace(one, parked=reason) if one.id == account_id else one for one in self.held]

    async def cooldowns(self, account_id: AccountId) -> Mapping[str, datetime]:
        return dict(self.waits.get(account_id, {}))

    async def cool_down(self, account_id: AccountId, method: str, until: datetime) -> None:
        self.noted.append((account_id, method, until))
        waits = self.waits.setdefault(account_id, {})
        waits[method] = max(until, waits.get(method, until))

    async def channels(self, locator: str) -> tuple[ResolvedChannel, ...]:
        return tuple(sorted(self.told.get(locator, ()), key=lambda one: not one.pinned))

    async def resolved(self, locator: str, channel: ResolvedChannel) -> None:
        others = [one for one in self.told.get(locator, ()) if one.account_id != channel.account_id]
        if channel.pinned:
            others = [replace(one, pinned=False) for one in others]
        self.told[locator] = [*others, channel]


@dataclass
class FakeHostMemory:
    """A memory of hosts, in memory."""

    noted: list[tuple[str, HostState]] = field(default_factory=list)
    files: dict[str, RobotsFile] = field(default_factory=dict)
    reads: int = 0

    async def state(self, host: str) -> HostState:
        self.reads += 1
        return dict(self.noted).get(host, QUIET)

    async def note(self, host: str, state: HostState) -> None:
        self.noted.append((host, state))

    async def robots(self, origin: str) -> RobotsFile | None:
        return self.files.get(origin)

    async def keep_robots(self, origin: str, robots: RobotsFile) -> None:
        self.files[origin] = robots
