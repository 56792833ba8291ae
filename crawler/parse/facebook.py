"""
Read what the Graph API answers about a page's posts, without what people say below them.

Source: developers.facebook.com/docs/graph-api/reference/page/feed, and
…/guides/error-handling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute
from crawler.parse.dates import moment
from crawler.parse.listed import ListPage, Numbered
from crawler.parse.said import rows_of, text_of, value_of
from domain.errors import VisitEnded
from domain.observations import MediaKind
from domain.outcomes import Outcome

SITE = "https://www.facebook.com"
_MEDIA = "media_type,type,unshimmed_url,title,description,target{id},media{image{src,width,height},source}"
FIELDS = (
    "id,message,story,created_time,updated_time,permalink_url,from{id,name},"
    f"attachments{{{_MEDIA},subattachments.limit(50){{{_MEDIA}}}}}"
)
_ID = re.compile(r"\d{1,30}(?:_\d{1,30})?")
_NO_SUCH_NAME = 803
_MOVED = 21
_EXPIRED = frozenset({102, 190, 463, 467})
_BUSY = frozenset({4, 17, 32, 341, 368, 613, *range(80_000, 80_015)})
_PASSING = frozenset({1, 2})
_FORBIDDEN = frozenset({3, 10, *range(200, 300)})
_MISSING_OR_HIDDEN = 100  # with the subcode below; which of the two, Facebook does not say
_SUBCODE = 33


def refusal(said: Any) -> VisitEnded | None:
    """Return how a visit ends by an error that the interface explains; None where it explains none."""
    if value_of(said, "error") is None:
        return None
    code, subcode = value_of(said, "error", "code"), value_of(said, "error", "error_subcode")
    if not isinstance(code, int) or isinstance(code, bool):
        return VisitEnded(Outcome.ERROR, "malformed")
    if code == _MISSING_OR_HIDDEN and subcode == _SUBCODE:
        return VisitEnded(Outcome.RESTRICTED, "not_shown")
    for outcome, word, codes in (
        (Outcome.GONE, "no_such_page", frozenset({_NO_SUCH_NAME})),
        (Outcome.MOVED, "page_moved", frozenset({_MOVED})),
        (Outcome.LIMITED, "bad_token", _EXPIRED),
        (Outcome.LIMITED, "rate_limit", _BUSY),
        (Outcome.RESTRICTED, "no_permission", _FORBIDDEN),
        (Outcome.UNREACHABLE, "platform_failed", _PASSING),
    ):
        if code in codes:
            return VisitEnded(outcome, word)
    return VisitEnded(Outcome.ERROR, f"api_{code}" if 0 <= code < 10**7 else "malformed")


def read_page_of_posts(said: Any, *, locator: str) -> ListPage:
    """Return a page's posts; raises ValueError and its kin for other things."""
    if not isinstance(said["data"], list):
        raise TypeError
    posts = [_post(row, locator) for row in rows_of(said, "data")]
    older = text_of(said, "paging", "cursors", "after") if text_of(said, "paging", "next") else ""
    return ListPage(posts=tuple(posts), older=older)


def read_one(said: Any, *, locator: str) -> SeenPost:
    """Return a post that was asked for by its id; raises ValueError and its kin for other things."""
    return _post(said, locator).post


def _post(row: Mapping[str, Any], locator: str) -> Numbered:
    name, posted = row["id"], moment(text_of(row, "created_time"))
    if not isinstance(name, str) or not _ID.fullmatch(name) or posted is None:
        raise ValueError
    edited = moment(text_of(row, "updated_time"))
    tops = rows_of(row, "attachments", "data")
    attached = [each for top in tops for each in _all(top)]
    words = [text_of(row, "message") or text_of(row, "story")]
    words += [text_of(each, key) for each in (*tops, *attached) for key in ("title", "description")]
    links = (absolute(text_of(each, "unshimmed_url"), SITE) for each in attached)
    return Numbered(
        number=int((posted - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()),
        post=SeenPost(
            container=locator,
            post=name,
            url=absolute(text_of(row, "permalink_url"), SITE) or f"{SITE}/{name}",
            posted_at=posted,
            edited_at=edited if edited != posted else None,
            author=text_of(row, "from", "name") or None,
            text="\n".join(dict.fromkeys(part.strip() for part in words if part.strip())),
            links=tuple(dict.fromkeys(link for link in links if link is not None)),
            media=tuple({item.identity: item for each in attached for item in _media(each)}.values()),
        ),
    )


def _all(attachment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an album's own attachments, or an attachment that is none."""
    inside = rows_of(attachment, "subattachments", "data")
    yield from inside or [attachment]


def _media(attachment: Mapping[str, Any]) -> Iterator[SeenMedia]:
    """Yield an attachment's picture, or its film, with the picture that stands for it where the film is not given."""
    name = text_of(attachment, "target", "id")
    film = absolute(text_of(attachment, "media", "source"), SITE)
    picture = absolute(text_of(attachment, "media", "image", "src"), SITE)
    is_film = text_of(attachment, "media_type") == "video" or "video" in text_of(attachment, "type")
    if film is not None:
        yield SeenMedia(identity=f"video:{name}" if name else _path(film), kind=MediaKind.VIDEO, url=film)
    elif picture is not None:
        kind = MediaKind.THUMBNAIL if is_film else MediaKind.IMAGE
        yield SeenMedia(identity=f"photo:{name}" if name else _path(picture), kind=kind, url=picture)


def _path(url: str) -> str:
    """Return an address without what it is signed with, which is another each time."""
    return urlsplit(url).path
