"""
Read the entries of RSS and Atom, with what Dublin Core and Media RSS add to them.

Sources: www.rssboard.org/rss-specification, web.resource.org/rss/1.0/spec,
RFC 4287, www.rssboard.org/media-rss. Namespaces are told apart by family: old
and misspelt ones mean the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no annotations

from crawler.parse.dates import moment
from crawler.parse.feed_entry import Attached, Entry, Words, best_of, entry_of, kind_said
from domain.observations import MediaKind

_ATOM = ("http://www.w3.org/2005/atom", "http://purl.org/atom/")
_FAMILIES = (
    ("atom", _ATOM),
    ("media", ("http://search.yahoo.com/mrss", "https://search.yahoo.com/mrss", "http://www.rssboard.org/media-rss")),
    ("content", ("http://purl.org/rss/1.0/modules/content",)),
    ("dc", ("http://purl.org/dc/",)),
    ("itunes", ("http://www.itunes.com/dtds/",)),
    ("rdf", ("http://www.w3.org/1999/02/22-rdf-syntax-ns",)),
    ("youtube", ("http://www.youtube.com/xml/schemas/",)),
    ("xhtml", ("http://www.w3.org/1999/xhtml",)),
    (
        "",
        ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/", "http://backend.userland.com/", "http://channel."),
    ),
)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_HTML_TYPES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})


def xml_entries(root: Any, *, url: str, most: int) -> Sequence[Entry] | None:
    """Return the first entries of a feed; None for XML that is no feed."""
    family, name = _named(root)
    base = _base(root, url)
    if name == "feed" and family in {"atom", ""}:
        whose = _person(root)
        return [_atom(entry, url, base, whose) for entry in islice(_all(root, "entry"), most)]
    if name == "rss" or (family, name) == ("rdf", "RDF"):
        channels = list(_all(root, "channel"))
        if not channels and name == "rss":
            return None
        items = (item for parent in (*channels, root) for item in _all(parent, "item"))
        return [_rss(item, url, base) for item in islice(items, most)]
    return None


def _rss(item: Any, feed: str, base: str) -> Entry:
    base = _base(item, base)
    guid = _first(item, "guid")
    name = _text(guid)
    is_address = name.startswith(("http://", "https://")) and (guid is None or guid.get("isPermaLink") != "false")
    full = _text(_first(item, "encoded", "content")) or _text(_first(item, "description"))
    posted = _moment(item, "pubDate", ("date", "dc"), ("published", "atom"), ("created", "dc"), ("issued", "dc"))
    return entry_of(
        feed=feed,
        names=(name, item.get(f"{_RDF}about") or "", _text(_first(item, "link"))),
        url=_text(_first(item, "link")) or _atom_link(item, "alternate") or (name if is_address else None),
        title=Words(text=_text(_first(item, "title")), is_html=True),
        content=Words(text=full, is_html=True),
        posted_at=posted,
        edited_at=_moment(item, ("updated", "atom"), ("modified", "dc")),
        author=_text(_first(item, "creator", "dc")) or _text(_first(item, "author")) or _person(item),
        attached=_attached(item),
        particulars=tuple(("category", words) for each in _all(item, "category") if (words := _text(each))),
        base=base,
    )


def _atom(entry: Any, feed: str, base: str, whose: str) -> Entry:
    base = _base(entry, base)
    content = _first(entry, "content", "atom")
    words = _words(content)
    if not words.text:
        words = _words(_first(entry, "summary", "atom"))
    if not words.text:  # YouTube's own words stand with the video
        words = Words(text="\n".join(_text(each) for each in _deep(entry, "description", "media")))
    youtube = (("video", "videoId"), ("channel", "channelId"))
    return entry_of(
        feed=feed,
        names=(_text(_first(entry, "id", "atom")),),
        url=_atom_link(entry, "alternate"),
        title=_words(_first(entry, "title", "atom")),
        content=words,
        posted_at=_moment(entry, ("published", "atom"), ("issued", "atom"), ("created", "atom"), ("date", "dc")),
        edited_at=_moment(entry, ("updated", "atom"), ("modified", "atom")),
        author=_person(entry) or _text(_first(entry, "creator", "dc")) or whose,
        attached=_attached(entry),
        links=tuple(filter(None, [_atom_link(entry, "related"), _atom_link(entry, "via")])),
        particulars=(
            *((kind, said) for kind, name in youtube if (said := _text(_first(entry, name, "youtube")))),
            *(("category", term) for each in _all(entry, "category") if (term := each.get("term") or "")),
        ),
        base=_base(content, base) if content is not None else base,
    )


def _words(element: Any | None) -> Words:
    """Return what an Atom text construct says; XHTML stands in it as elements."""
    if element is None:
        return Words()
    kind = (element.get("type") or "text").strip().lower()
    if kind in {"xhtml", "application/xhtml+xml"} or (len(element) and kind in _HTML_TYPES):
        inside = "".join(etree.tostring(child, encoding="unicode", with_tail=True) for child in element)
        return Words(text=(element.text or "") + inside, is_html=True)
    text = _text(element)
    # Atom 0.3 says `text/plain`; type `text` with escaped markup in it is a common mistake, and read as what it is.
    return Words(text=text, is_html=kind in _HTML_TYPES or "</" in text)


def _attached(item: Any) -> list[Attached]:
    """Return the files of an entry: enclosures and Media RSS; of several renditions one."""
    found = [
        Attached(url=each.get("url") or "", kind=kind_said(each.get("type") or "", each.get("url") or ""))
        for each in _all(item, "enclosure")
    ]
    found += [
        Attached(url=each.get("href") or "", kind=kind_said(each.get("type") or "", each.get("href") or ""))
        for each in _all(item, "link")
        if each.get("rel") == "enclosure"
    ]
    contents = [each for each in _all(item, "content") if _named(each)[0] == "media"]
    found += [_media(each) for each in contents]
    for group in _all(item, "group"):
        renditions = [_media(each) for each in _all(group, "content")]
        best = (
            best_of([each for each in renditions if each.kind is kind]) for kind in (MediaKind.IMAGE, MediaKind.VIDEO)
        )
        found += [each for each in best if each is not None]
    if not any(each.kind is MediaKind.IMAGE for each in found):
        # Else a thumbnail is a small copy of what is there already.
        found += [
            Attached(url=each.get("url") or "", kind=MediaKind.THUMBNAIL) for each in _deep(item, "thumbnail", "media")
        ]
        found += [
            Attached(url=each.get("href") or "", kind=MediaKind.THUMBNAIL)
            for each in _all(item, "image")
            if _named(each)[0] == "itunes"
        ]
    return found


def _media(content: Any) -> Attached:
    url, width = content.get("url") or "", content.get("width") or ""
    return Attached(
        url=url,
        kind=kind_said(content.get("type") or "", url, medium=content.get("medium") or ""),
        width=int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0,  # noqa: PLR2004 - digits
        is_default=content.get("isDefault") == "true",
    )


def _named(element: Any) -> tuple[str, str]:
    """Return an element's family, and its name in it."""
    namespace, _, name = str(element.tag).rpartition("}")
    namespace = namespace.removeprefix("{").lower()
    return next((family for family, heads in _FAMILIES if namespace.startswith(heads)), namespace), name


def _all(parent: Any, name: str) -> Iterator[Any]:
    """Yield the children of a name, of whatever family."""
    return (child for child in parent if isinstance(child.tag, str) and _named(child)[1] == name)


def _deep(item: Any, name: str, family: str) -> Iterator[Any]:
    """Yield an entry's own children of a name, and those in its groups and their contents."""
    for child in item:
        if not isinstance(child.tag, str) or _named(child)[0] != "media":
            continue
        if _named(child) == (family, name):
            yield child
        elif _named(child)[1] in {"group", "content"}:
            yield from _deep(child, name, family)


def _first(parent: Any, name: str, family: str = "") -> Any | None:
    return next((child for child in _all(parent, name) if _named(child)[0] in _alike(family)), None)


def _alike(family: str) -> tuple[str, ...]:
    """Return the families that count for one: Atom's names stand without a namespace, too."""
    return ("atom", "") if family == "atom" else (family,)


def _text(element: Any | None) -> str:
    """Return an element's own words and those of all within."""
    pieces: Iterator[str] = iter(()) if element is None else element.itertext()
    return "".join(pieces).strip()


def _person(parent: Any) -> str:
    """Return the name of an Atom author."""
    author = _first(parent, "author", "atom")
    return "" if author is None else _text(_first(author, "name", "atom"))


def _atom_link(parent: Any, rel: str) -> str | None:
    return next((each.get("href") for each in _all(parent, "link") if (each.get("rel") or "alternate") == rel), None)


def _moment(parent: Any, *names: str | tuple[str, str]) -> datetime | None:
    for each in names:
        name, family = each if isinstance(each, tuple) else (each, "")
        if (found := moment(_text(_first(parent, name, family)))) is not None:
            return found
    return None


def _base(element: Any, base: str) -> str:
    """Return against what addresses within an element are written."""
    try:
        return urljoin(base, str(element.get(_BASE) or ""))
    except ValueError:
        return base
