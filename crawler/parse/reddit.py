"""
Read listings of Reddit: posts, without what others say below them.

Source: www.reddit.com/dev/api; with raw_json=1 texts are not escaped twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute, document
from crawler.parse.content import read_content
from crawler.parse.dates import from_unix
from crawler.parse.listed import ListPage, Numbered
from crawler.parse.pictures import kind_of
from crawler.parse.said import list_of, rows_of, text_of, value_of, width_of
from crawler.parse.srcset import WIDE_ENOUGH
from domain.observations import MediaKind

SITE = "https://www.reddit.com"
_ID = re.compile(r"[0-9a-z]{1,13}")
_FLAGS = ("over_18", "locked", "archived", "spoiler", "quarantine")


def read_listing(said: Any, *, locator: str) -> ListPage:
    """Return the posts of a listing; raises ValueError and its kin for other things."""
    rows = [child["data"] for child in said["data"]["children"] if child["kind"] == "t3"]
    gone = tuple(_name(row) for row in rows if row.get("removed_by_category"))
    posts = (_post(row, locator) for row in rows if not row.get("removed_by_category"))
    older = text_of(said, "data", "after")
    return ListPage(
        posts=tuple(Numbered(number=int(post.post, 36), post=post) for post in posts), deleted=gone, older=older
    )


def _post(row: Mapping[str, Any], locator: str) -> SeenPost:
    url = absolute(text_of(row, "permalink"), SITE) or locator
    seen = read_content(text_of(row, "selftext_html"), page_url=url)
    led = absolute(text_of(row, "url"), SITE)
    links = [led] if led is not None and row.get("is_self") is not True and led != url else []
    author, edited = text_of(row, "author"), row.get("edited")
    return SeenPost(
        container=locator,
        post=_name(row),
        url=url,
        posted_at=from_unix(row.get("created_utc")),
        edited_at=from_unix(edited),
        author=author if author not in {"", "[deleted]"} else None,
        text="\n".join(part for part in (text_of(row, "title"), seen.text) if part),
        links=(*links, *seen.links),
        media=tuple({item.identity: item for item in _media(row, led)}.values()),
        particulars=(
            *(("flair", flair) for flair in [text_of(row, "link_flair_text")] if flair),
            *(("post", flag) for flag in _FLAGS if row.get(flag) is True),
        ),
    )


def _media(row: Mapping[str, Any], led: str | None) -> Iterator[SeenMedia]:
    """Yield a post's pictures and film: of a gallery all, else its file, else the preview of what it links to."""
    order = [text_of(item, "media_id") for item in rows_of(row, "gallery_data", "items")]
    gallery = value_of(row, "media_metadata")
    shown = [(name, gallery[name]) for name in order if isinstance(gallery, dict) and name in gallery]
    for name, item in shown:
        yield from _in_sizes(name, text_of(item, "s", "u"), rows_of(item, "p"), url="u", width="x")
    film = document(text_of(row, "media", "reddit_video", "fallback_url"), SITE)
    if film is not None:
        yield SeenMedia(identity=urlsplit(film).path, kind=MediaKind.VIDEO, url=film)
    previews = rows_of(row, "preview", "images")[:1]
    kind = kind_of(led) if led is not None else None
    if shown or film is not None:
        return
    if led is not None and kind is not None:
        smaller = list_of(previews[0], "resolutions") if previews else []
        yield from _in_sizes(urlsplit(led).path, led, smaller, url="url", width="width", kind=kind)
    else:
        for each in previews:
            full = text_of(each, "source", "url")
            yield from _in_sizes(
                text_of(each, "id") or full, full, rows_of(each, "resolutions"), url="url", width="width"
            )


def _in_sizes(
    name: str, full: str, smaller: list[Any], *, url: str, width: str, kind: MediaKind = MediaKind.IMAGE
) -> Iterator[SeenMedia]:
    """Yield a picture, in the smallest size that is wide enough first."""
    whole = absolute(full, SITE)
    if whole is None:
        return
    wide = [(width_of(each, width), text_of(each, url)) for each in smaller if width_of(each, width) >= WIDE_ENOUGH]
    small = absolute(min(wide)[1], SITE) if wide and kind is MediaKind.IMAGE else None
    yield SeenMedia(identity=name or whole, kind=kind, url=small or whole, fuller_url=whole if small else None)


def _name(row: Mapping[str, Any]) -> str:
    """Return a post's id, base 36; raises ValueError for what is none."""
    name = row["id"]
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError
    return name
