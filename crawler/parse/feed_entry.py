"""Make a post of what an entry of a feed says of itself, in whichever format it said it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute, document
from crawler.parse.content import read_content
from crawler.parse.page import MAX_MEDIA
from crawler.parse.pictures import kind_of
from crawler.parse.srcset import WIDE_ENOUGH
from domain.observations import MediaKind, Particulars


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text, and whether it is HTML."""

    text: str = field(default="", repr=False)
    is_html: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that an entry names; `kind` None is one that is not looked at, `width` 0 pixels is unknown."""

    url: str = field(repr=False)
    kind: MediaKind | None
    width: int = 0
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post, with the bytes of pictures that stood in its text."""

    post: SeenPost = field(repr=False)
    untrusted_inline: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def says_something(self) -> bool:
        """Return whether the entry holds anything at all."""
        post = self.post
        return bool(post.text or post.media or post.links or post.url != post.container)


def entry_of(
    *,
    feed: str,
    names: Iterable[str],
    url: str | None,
    title: Words,
    content: Words,
    posted_at: datetime | None,
    edited_at: datetime | None,
    author: str,
    attached: Sequence[Attached],
    links: Sequence[str] = (),
    particulars: Particulars = (),
    base: str,
) -> Entry:
    """Return the post; its name is the first that the entry gives, or else the digest of what it says."""
    address = absolute(url, base)
    heading = read_content(title.text, page_url=base) if title.is_html else None
    seen = read_content(content.text, page_url=address or base) if content.is_html else None
    parts = (heading.text if heading else title.text, seen.text if seen else content.text)
    text = "\n".join(part.strip() for part in parts if part.strip())
    media = {item.identity: item for item in (*_media(attached, base), *(seen.media if seen else ()))}
    led = (absolute(link, base) for link in links)
    name = next((each for each in (*names, address or "") if each), "")
    post = SeenPost(
        container=feed,
        post=name or hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        url=address or feed,
        posted_at=posted_at or edited_at,
        edited_at=edited_at if posted_at is not None and edited_at != posted_at else None,
        author=author.strip() or None,
        text=text,
        links=tuple(dict.fromkeys([*(link for link in led if link), *(seen.links if seen else ())])),
        media=tuple(media.values())[:MAX_MEDIA],
        particulars=particulars,
    )
    kept = {item.identity for item in post.media}
    inline = seen.untrusted_inline if seen else {}
    return Entry(post=post, untrusted_inline={name: inline[name] for name in inline if name in kept})


def kind_said(content_type: str, url: str, *, medium: str = "") -> MediaKind | None:
    """Return what a file is by its type, by what it is called, or by the end of its address; None for all else."""
    family = content_type.strip().lower().partition("/")[0] or medium.strip().lower()
    if family in {"image", "video"}:
        return MediaKind(family)
    return None if family else kind_of(url)


def best_of(renditions: Sequence[Attached]) -> Attached | None:
    """Return one of several renditions: the one named as default, the smallest wide enough, or the widest."""
    if not renditions:
        return None
    wide = [each for each in renditions if each.width >= WIDE_ENOUGH]
    default = next((each for each in renditions if each.is_default), None)
    return default or (min(wide, key=_width) if wide else max(renditions, key=_width))


def _width(rendition: Attached) -> int:
    return rendition.width


def _media(attached: Sequence[Attached], base: str) -> Iterable[SeenMedia]:
    for each in attached:
        url = document(each.url, base)
        if url is not None and each.kind is not None:
            yield SeenMedia(identity=url, kind=each.kind, url=url)
