"""
Say what a source saw: pages of posts, before anything is decided or stored.

Texts arrive here without encoded pictures, by construction; media arrive as
handles (`MediaSource`), never as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.text import without_encoded_runs

if TYPE_CHECKING:
    from domain.ports import MediaSource

MAX_TEXT = 65_536  # code points kept of one post; a longer text is cut and says so
MAX_LINKS = 2_000  # links read from one page
MAX_PARTICULARS = 100  # kept of one post, or of a channel
MAX_PARTICULAR = 4_096  # code points of each

Particulars = tuple[tuple[str, str], ...]


class Platform(StrEnum):
    """Where a target lives; one source reads each."""

    TELEGRAM = "telegram"  # through an account of the organisation
    TELEGRAM_WEB = "telegram_web"  # through the public preview
    PAGE = "page"  # one page, or the pages of a site below a folder
    FEED = "feed"  # RSS, Atom, JSON Feed; YouTube's channels
    MASTODON = "mastodon"  # and servers that speak its interface
    BLUESKY = "bluesky"
    LEMMY = "lemmy"
    DISCOURSE = "discourse"
    IMAGEBOARD = "imageboard"  # 4chan's JSON, and vichan's
    FORUM = "forum"  # by declarative rules
    FACEBOOK = "facebook"
    REDDIT = "reddit"
    VK = "vk"

    __hash__ = str.__hash__  # an enum's own is Python code, and every post is looked up by its platform

    @property
    def is_telegram(self) -> bool:
        """Return whether the target is a channel on Telegram, whichever way it is read."""
        return self in _TELEGRAM

    @property
    def names_posts_by_url(self) -> bool:
        """Return whether a post's name is itself a locator, to be stored as a keyed digest only."""
        return self in _NAMED_BY_URL

    @property
    def is_one_of_many(self) -> bool:
        """Return whether any server may be of this platform, so that the host says nothing about it."""
        return self in _ANY_HOST

    @property
    def keyed_as(self) -> Platform:
        """Return under which platform posts are keyed: a channel's are the same, whichever way they were read."""
        return Platform.TELEGRAM if self is Platform.TELEGRAM_WEB else self


_TELEGRAM = frozenset({Platform.TELEGRAM, Platform.TELEGRAM_WEB})
_NAMED_BY_URL = frozenset({Platform.PAGE, Platform.FEED, Platform.FORUM})
_ANY_HOST = frozenset({
    Platform.PAGE, Platform.FEED, Platform.MASTODON, Platform.LEMMY, Platform.DISCOURSE, Platform.IMAGEBOARD,
    Platform.FORUM,
})  # fmt: skip


class MediaKind(StrEnum):
    """What a media item is to the post that carries it."""

    IMAGE = "image"
    VIDEO = "video"  # read by ranges, as far as sampling it needs
    THUMBNAIL = "thumbnail"  # stands for a video or document that was not read


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMedia:
    """
    One media item of a post, not yet read.

    `identity` is the platform's own stable name for it (a photo id, a URL
    without its rotating parts): the same picture seen again has the same one.
    `url` is None for media that travelled inside the page (`data:`). `fuller`
    is the same picture in full, to be read only where the smaller `source`
    comes near to a list's entry. `md5` is what the platform says that the file's
    digest is, 32 hex digits: asked of the lists before anything is read.
    """

    identity: str = field(repr=False)
    kind: MediaKind = MediaKind.IMAGE
    url: str | None = field(default=None, repr=False)
    source: MediaSource = field(repr=False, compare=False)
    fuller: MediaSource | None = field(default=None, repr=False, compare=False)
    md5: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPost:
    """
    One post as it was seen.

    `container` and `post` are the platform's own names (Telegram: bare channel
    id and message id; a page: origin and canonical URL). `group` is an album.
    `particulars` are the platform's own figures and names of this post (from
    where it was forwarded, a file's name), as pairs of name and value: sealed
    with a lead, and stored nowhere else.
    """

    container: str = field(repr=False)
    post: str = field(repr=False)
    url: str = field(repr=False)
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    author: str | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)
    media: tuple[ObservedMedia, ...] = ()
    group: str | None = None
    particulars: Particulars = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Strip encoded pictures from everything that is words, and bound it."""
        text = without_encoded_runs(self.text)
        if len(text) > MAX_TEXT:
            text = f"{text[:MAX_TEXT]} […]"
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "links", tuple(without_encoded_runs(link)[:4096] for link in self.links[:MAX_LINKS]))
        if self.author is not None:
            object.__setattr__(self, "author", without_encoded_runs(self.author)[:256])
        object.__setattr__(self, "particulars", _plain(self.particulars))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRecord:
    """
    How a page was received, so that a lead can be traced to one answer of one server.

    `redirects` are the URLs passed through before `final_url`; `server_date` is
    the server's own Date header, verbatim. `length` (bytes) and `body_sha256`
    are those of what was received: of a web page its body as it came, before
    it was unpacked; through a Telegram account the answers that the page was
    made of, each as the server serialised it (what its rpc_result held,
    unpacked). Of several answers the digest is that over their digests, 32
    bytes each, in order.
    """

    final_url: str = field(repr=False)
    redirects: tuple[str, ...] = field(default=(), repr=False)
    received_at: datetime
    server_date: str = ""
    status: int = 0
    ip: str = ""
    port: int = 0
    certificate_sha256: str = ""
    length: int = 0
    body_sha256: str = ""
    tool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPage:
    """
    What one answer held, oldest post first.

    `cursor` is where the next visit goes on once this page is committed: text
    that only the source that wrote it reads. `deleted` are posts that the
    platform says are gone, each by its container and its own name; one that
    is among `posts` too was deleted after it was seen.
    `channel` are particulars of the channel or site as a whole. `is_newest`
    says that nothing newer was there when the page was received. `recall` is
    what the source wants to be reminded of at the next visit (validators of
    what it asked first, say), once this page is committed; None leaves what it
    said before. `is_after_gap` says that posts may have come and scrolled away
    between the last visit and the oldest post here.
    """

    posts: tuple[ObservedPost, ...]
    capture: CaptureRecord
    cursor: str | None
    deleted: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    channel: Particulars = field(default=(), repr=False)
    is_newest: bool = False
    recall: str | None = field(default=None, repr=False)
    is_after_gap: bool = False

    def __post_init__(self) -> None:
        """Strip encoded pictures from what is said of the channel, and bound it."""
        object.__setattr__(self, "channel", _plain(self.channel))


@dataclass(slots=True)
class Traffic:
    """What a visit cost so far; everything that fetches for a visit counts here."""

    requests: int = 0
    bytes: int = 0


def _plain(untrusted_particulars: Particulars) -> Particulars:
    """Return particulars without encoded pictures, cut to what is kept."""
    return tuple(
        (without_encoded_runs(name)[:64], without_encoded_runs(value)[:MAX_PARTICULAR])
        for name, value in untrusted_particulars[:MAX_PARTICULARS]
    )
