"""
Read threads and catalogues of image boards: 4chan's JSON, vichan's, and LynxChan's.

Sources: github.com/4chan/4chan-API, github.com/vichan-devel/vichan-API,
LynxChan's doc/Json.txt. A file is read in full: thumbnails of 125 to 250
pixels are too small for their PDQ to stand for it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import document
from crawler.parse.content import read_content
from crawler.parse.dates import from_unix, moment
from crawler.parse.feed_entry import kind_said
from domain.observations import Particulars

MAX_POSTS = 5_000  # of one thread
MAX_THREADS = 5_000  # of one board
_MAX_NUMBER = 10**18
_FILE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")
_HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_NOBODY = frozenset({"", "Anonymous"})
_FLAGS = ("sticky", "closed", "archived", "locked", "pinned", "cyclical", "cyclic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a board keeps what: its own address, which ends with a slash, that of its JSON, and that of its files."""

    board: str = field(repr=False)
    api: str = field(repr=False)
    files: str = field(repr=False)
    thread: str  # of a thread's JSON, below `api`
    shown: str  # of a thread's page, below `board`
    mark: str  # what leads from there to a post


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedThread:
    """A thread as a catalogue lists it: its number, how many posts it has, and when it last changed (seconds)."""

    number: int
    changed: int
    posts: int


def read_thread(said: Any, *, layout: Layout, number: int) -> tuple[SeenPost, ...]:
    """Return a thread's posts, oldest first; raises ValueError for what is no thread."""
    posts = said["posts"]
    if not isinstance(posts, list):
        raise TypeError
    read = _lynxchan if "threadId" in said else _vichan
    first = [said] if read is _lynxchan else []
    rows = [post for post in (*first, *posts[:MAX_POSTS]) if isinstance(post, dict)]
    if not rows:
        raise ValueError
    seen = (read(row, layout, number, is_first=place == 0) for place, row in enumerate(rows))
    by_name = {post.post: post for post in seen}
    return tuple(sorted(by_name.values(), key=lambda post: number_in(post.post)))


def read_catalogue(said: Any) -> tuple[ListedThread, ...]:
    """Return a board's threads, those that changed last at the end; raises ValueError for what is no catalogue."""
    if not isinstance(said, list):
        raise TypeError
    rows = [row for page in said if isinstance(page, dict) for row in _threads_on(page) if isinstance(row, dict)]
    if said and not rows and not all(isinstance(page, dict) and page.get("threads") == [] for page in said):
        raise ValueError
    threads = {thread.number: thread for thread in map(_listed, rows[:MAX_THREADS])}
    return tuple(sorted(threads.values(), key=lambda thread: (thread.changed, thread.number)))


def name_of(thread: int, number: int) -> str:
    """Return a post's own name: of which thread, and which post; both numbers are the board's."""
    return f"{thread}/{number}"


def number_in(name: str) -> int:
    """Return the number of a post by its name."""
    return int(name.partition("/")[2])


def _threads_on(page: Mapping[str, Any]) -> list[Any]:
    """Return what a page of a catalogue lists; LynxChan's lists threads at once."""
    threads = page.get("threads", [page] if "threadId" in page else [])
    return threads if isinstance(threads, list) else []


def _listed(row: Any) -> ListedThread:
    if "threadId" in row:
        bumped = moment(_text(row, "lastBump"))
        return ListedThread(
            number=_number(row["threadId"]), changed=_seconds(bumped), posts=_count(row, "postCount") + 1
        )
    changed = from_unix(row.get("last_modified") or row.get("time"))
    return ListedThread(number=_number(row["no"]), changed=_seconds(changed), posts=_count(row, "replies") + 1)


def _vichan(row: Mapping[str, Any], layout: Layout, thread: int, *, is_first: bool) -> SeenPost:
    """Return a post of 4chan or vichan."""
    named = _text(row, "trip") or (f"ID:{row['id']}" if _text(row, "id") else "")
    files = [row, *(each for each in _list(row, "extra_files") if isinstance(each, dict))]
    return _post(
        layout,
        thread,
        _number(row["no"]),
        posted_at=from_unix(row.get("time")),
        author=" ".join(part for part in (_text(row, "name"), named) if part not in _NOBODY),
        subject=read_content(_text(row, "sub"), page_url=layout.board).text,
        html=_text(row, "com"),
        media=[media for each in files if (media := _file(each, layout)) is not None],
        particulars=[*_said_of_files(files), *(_flags(row) if is_first else ())],
    )


def _lynxchan(row: Mapping[str, Any], layout: Layout, thread: int, *, is_first: bool) -> SeenPost:
    """Return a post of LynxChan, whose first is the thread itself."""
    files = [each for each in _list(row, "files") if isinstance(each, dict)]
    names = [("file", name) for each in files if (name := _text(each, "originalName"))]
    named = f"ID:{row['id']}" if _text(row, "id") else ""
    media = [_lynxchan_file(each, layout) for each in files]
    return _post(
        layout,
        thread,
        _number(row["threadId"] if is_first else row["postId"]),
        posted_at=moment(_text(row, "creation")),
        edited_at=moment(_text(row, "lastEditTime")),
        author=" ".join(part for part in (_text(row, "name"), named) if part not in _NOBODY),
        subject=_text(row, "subject"),
        html=_text(row, "markdown"),
        media=[each for each in media if each is not None],
        particulars=[*names, *(_flags(row) if is_first else ())],
    )


def _post(
    layout: Layout,
    thread: int,
    number: int,
    *,
    posted_at: datetime | None,
    edited_at: datetime | None = None,
    author: str,
    subject: str,
    html: str,
    media: list[SeenMedia],
    particulars: list[tuple[str, str]],
) -> SeenPost:
    url = urljoin(layout.board, layout.shown.format(thread))
    seen = read_content(html, page_url=url)
    text = "\n".join(part for part in (subject.strip(), seen.text) if part)
    return SeenPost(
        container=layout.board,
        post=name_of(thread, number),
        url=url + layout.mark.format(number),
        posted_at=posted_at,
        edited_at=edited_at,
        author=author or None,
        text=text,
        links=seen.links,
        media=tuple({each.identity: each for each in reversed(media)}.values())[::-1],
        particulars=tuple(particulars),
    )


def _file(row: Mapping[str, Any], layout: Layout) -> SeenMedia | None:
    """Return a file of 4chan or vichan by its name on the server, with the digest that is listed for it."""
    stem, suffix = str(row.get("tim", "")), _text(row, "ext")
    if not _FILE.fullmatch(stem) or not _SUFFIX.fullmatch(suffix) or row.get("filedeleted"):
        return None
    name = stem + suffix
    kind = kind_said("", layout.files + name)
    return None if kind is None else SeenMedia(identity=name, kind=kind, url=layout.files + name, md5=_md5(row))


def _lynxchan_file(row: Mapping[str, Any], layout: Layout) -> SeenMedia | None:
    url, kind = document(_text(row, "path"), layout.board), kind_said(_text(row, "mime"), _text(row, "path"))
    return None if url is None or kind is None else SeenMedia(identity=url, kind=kind, url=url, md5=_md5(row))


def _md5(row: Mapping[str, Any]) -> str | None:
    """Return a file's listed MD5 as 32 hexadecimal digits; boards give it in Base64."""
    given = _text(row, "md5")
    if _HEX_MD5.fullmatch(given):
        return given.lower()
    try:
        digest = b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == 16 else None  # noqa: PLR2004 - bytes of an MD5


def _said_of_files(files: list[Any]) -> Iterator[tuple[str, str]]:
    for each in files:
        if name := _text(each, "filename"):
            suffix = _text(each, "ext")
            yield "file", name + (suffix if suffix.startswith(".") else "")
        if each.get("filedeleted"):
            yield "file", "deleted"


def _flags(row: Mapping[str, Any]) -> Particulars:
    return tuple(("thread", flag) for flag in _FLAGS if row.get(flag) in {1, "1"})


def _number(value: object) -> int:
    """Return a post's number; raises ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _MAX_NUMBER:
        raise ValueError
    return value


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) and 0 <= value < _MAX_NUMBER else 0


def _seconds(time: datetime | None) -> int:
    return 0 if time is None else int((time - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name)
    return value if isinstance(value, list) else []
