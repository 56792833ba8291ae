"""
Read what a Discourse forum answers about its topics and posts.

Source: docs.discourse.org. What a forum shows without signing in is all that
is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.items import SeenPost
from crawler.parse.content import read_content
from crawler.parse.dates import moment
from domain.observations import Particulars

MAX_STREAM = 50_000  # posts of one topic
_MAX_ID = 10**18
_SMALL_ACTION = 3  # a topic was closed, pinned …: no post
_TOPIC_FLAGS = ("closed", "archived", "pinned")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTopic:
    """A topic as a list shows it: when it last changed, as milliseconds since 1970, and how many posts it has."""

    id: int
    changed: int
    posts: int
    is_pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPosts:
    """Posts of a forum by their ids, in their order, and the ids of those that their author or the forum deleted."""

    posts: tuple[SeenPost, ...] = field(repr=False)
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic: its first posts, and the ids of all it has (`stream`)."""

    id: int
    title: str = field(repr=False)
    stream: tuple[int, ...] = field(repr=False)
    first: SeenPosts


def read_list(said: Any) -> tuple[tuple[ListedTopic, ...], bool]:
    """Return the topics on a page of a list, and whether more follow; raises ValueError and its kin."""
    listed = said["topic_list"]
    topics = [_listed(row) for row in listed["topics"] if isinstance(row, dict)]
    return tuple(topics), bool(listed.get("more_topics_url"))


def read_topic(said: Any, *, base: str) -> Topic:
    """Return a topic of the forum at `base`; raises ValueError and its kin for other things."""
    number, title = _id(said["id"]), _text(said, "title")
    stream = said["post_stream"].get("stream") or ()
    flags = tuple(("topic", flag) for flag in _TOPIC_FLAGS if said.get(flag) is True)
    first = read_posts(said, base=base, title=title, flags=flags)
    ids = tuple(dict.fromkeys(_id(post) for post in stream[:MAX_STREAM]))
    return Topic(id=number, title=title, stream=ids or tuple(int(post.post) for post in first.posts), first=first)


def read_posts(said: Any, *, base: str, title: str, flags: Particulars = ()) -> SeenPosts:
    """Return the posts of a topic that an answer holds; raises ValueError and its kin for other things."""
    rows = [row for row in said["post_stream"]["posts"] if isinstance(row, dict)]
    return _posts(rows, base=base, title=title, flags=flags)


def read_post(said: Any, *, base: str) -> tuple[int, SeenPosts]:
    """Return of which topic a single post is, and the post; raises ValueError and its kin for other things."""
    return _id(said["topic_id"]), _posts([said], base=base, title="")


def _posts(rows: Sequence[Mapping[str, Any]], *, base: str, title: str, flags: Particulars = ()) -> SeenPosts:
    gone = [str(_id(row["id"])) for row in rows if row.get("user_deleted") is True or row.get("deleted_at")]
    shown = [row for row in rows if str(_id(row["id"])) not in gone and row.get("post_type") != _SMALL_ACTION]
    return SeenPosts(posts=tuple(_post(row, base, title, flags) for row in shown), deleted=tuple(gone))


def _post(row: Mapping[str, Any], base: str, title: str, flags: Particulars) -> SeenPost:
    number = row.get("post_number")
    is_first = number == 1
    place = f"/{number}" if isinstance(number, int) and not isinstance(number, bool) else ""
    topic = f"{base}/t/{_id(row['topic_id'])}{place}"
    seen = read_content(_text(row, "cooked"), page_url=topic)
    version = row.get("version")
    is_edited = isinstance(version, int) and version > 1
    return SeenPost(
        container=base,
        post=str(_id(row["id"])),
        url=topic,
        posted_at=moment(_text(row, "created_at")),
        edited_at=moment(_text(row, "updated_at")) if is_edited else None,
        author=_text(row, "username") or None,
        text="\n".join(part for part in (title if is_first else "", seen.text) if part),
        links=seen.links,
        media=tuple(media for media in seen.media if media.url is not None),
        particulars=(
            *((("topic", title),) if title else ()),
            *(flags if is_first else ()),
            *((("post", "hidden"),) if row.get("hidden") is True else ()),
        ),
    )


def _listed(row: Mapping[str, Any]) -> ListedTopic:
    changed = moment(_text(row, "bumped_at") or _text(row, "last_posted_at") or _text(row, "created_at"))
    posts = row.get("posts_count")
    return ListedTopic(
        id=_id(row["id"]),
        changed=_milliseconds(changed),
        posts=posts if isinstance(posts, int) and 0 < posts < _MAX_ID else 1,
        is_pinned=row.get("pinned") is True or row.get("pinned_globally") is True,
    )


def _milliseconds(time: datetime | None) -> int:
    return 0 if time is None else max(0, int((time - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000))


def _id(value: object) -> int:
    """Return a number by which something is known; raises ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _MAX_ID:
        raise ValueError
    return value


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""
