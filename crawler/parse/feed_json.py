"""Read the entries of a JSON Feed, version 1 or 1.1 (www.jsonfeed.org/version/1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crawler.parse.dates import moment
from crawler.parse.feed_entry import Attached, Entry, Words, entry_of, kind_said
from domain.observations import MediaKind


def json_entries(feed: Any, *, url: str, most: int) -> Sequence[Entry] | None:
    """Return the entries of a feed; None for JSON that is no feed."""
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in _text(feed, "version"):
        return None
    whose = _author(feed)
    return [_entry(item, url, whose) for item in items[:most] if isinstance(item, dict)]


def _entry(item: dict[str, Any], feed: str, whose: str) -> Entry:
    html = _text(item, "content_html")
    plain = _text(item, "content_text") or _text(item, "summary")
    return entry_of(
        feed=feed,
        names=(_text(item, "id"),),
        url=_text(item, "url") or _text(item, "external_url") or None,
        title=Words(text=_text(item, "title")),
        content=Words(text=html, is_html=True) if html else Words(text=plain),
        posted_at=moment(_text(item, "date_published")),
        edited_at=moment(_text(item, "date_modified")),
        author=_author(item) or whose,
        attached=_attached(item),
        links=tuple(filter(None, [_text(item, "external_url")])),
        particulars=tuple(("tag", tag) for tag in _list(item, "tags") if isinstance(tag, str)),
        base=feed,
    )


def _attached(item: dict[str, Any]) -> list[Attached]:
    pictures = [Attached(url=_text(item, name), kind=MediaKind.IMAGE) for name in ("image", "banner_image")]
    files = [each for each in _list(item, "attachments") if isinstance(each, dict)]
    return [
        *(
            Attached(url=_text(file, "url"), kind=kind_said(_text(file, "mime_type"), _text(file, "url")))
            for file in files
        ),
        *(picture for picture in pictures if picture.url),
    ]


def _author(said: dict[str, Any]) -> str:
    """Return the first author's name: a list since version 1.1, one before."""
    for author in (*_list(said, "authors"), said.get("author")):
        if isinstance(author, dict) and (name := _text(author, "name") or _text(author, "url")):
            return name
    return ""


def _text(said: dict[str, Any], name: str) -> str:
    """Return a text; a number counts as one, for some feeds number what they should name."""
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if -(1 << 64) < value < 1 << 64 else ""
    return value if isinstance(value, str) else ""


def _list(said: dict[str, Any], name: str) -> list[Any]:
    value = said.get(name)
    return value if isinstance(value, list) else []
