"""
Read what VK answers about a community's wall, without what people say below its posts.

Source: dev.vk.com/method/wall.get, dev.vk.com/reference/objects/post and
…/reference/errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute
from crawler.parse.dates import from_unix
from crawler.parse.listed import ListPage, Numbered
from crawler.parse.said import id_of, rows_of, text_of, value_of, width_of
from crawler.parse.srcset import WIDE_ENOUGH
from domain.errors import VisitEnded
from domain.observations import MediaKind
from domain.outcomes import Outcome

SITE = "https://vk.com"
PAGE_SIZE = 100
_BAD_TOKEN = frozenset({4, 5, 27, 28, 1114, 1116})
_BUSY = frozenset({6, 9, 14, 17, 29})
_FORBIDDEN = frozenset({7, 15, 19, 30, 203})
_PASSING = frozenset({1, 10})
_DELETED_OR_BANNED = 18


def refusal(said: Any) -> VisitEnded | None:
    """Return how a visit ends by an error that the interface explains; None where it explains none."""
    if value_of(said, "error") is None:
        return None
    code = value_of(said, "error", "error_code")
    if not isinstance(code, int) or isinstance(code, bool) or not 0 <= code < 10**7:
        return VisitEnded(Outcome.ERROR, "malformed")
    for outcome, word, codes in (
        (Outcome.GONE, "deleted_or_banned", frozenset({_DELETED_OR_BANNED})),
        (Outcome.LIMITED, "bad_token", _BAD_TOKEN),
        (Outcome.LIMITED, "rate_limit", _BUSY),
        (Outcome.RESTRICTED, "no_permission", _FORBIDDEN),
        (Outcome.UNREACHABLE, "platform_failed", _PASSING),
    ):
        if code in codes:
            return VisitEnded(outcome, word)
    return VisitEnded(Outcome.ERROR, f"api_{code}")


def read_wall(said: Any, *, locator: str, offset: int = 0) -> ListPage:
    """
    Return the posts of a community's wall; raises ValueError and its kin for other things.

    Raises VisitEnded for the wall of a person: that is nobody's public place.
    """
    items, count = said["response"]["items"], value_of(said, "response", "count")
    if not isinstance(items, list):
        raise TypeError
    rows = [row for row in items if isinstance(row, dict)]
    if any(isinstance(row.get("owner_id"), int) and row["owner_id"] > 0 for row in rows):
        raise VisitEnded(Outcome.RESTRICTED, "wall_of_a_person")
    gone = tuple(str(id_of(row["id"])) for row in rows if row.get("is_deleted"))
    posts = tuple(_numbered(row, locator) for row in rows if not row.get("is_deleted"))
    read = offset + len(items)
    has_more = bool(items) and isinstance(count, int) and read < count
    return ListPage(posts=posts, deleted=gone, older=str(read) if has_more else "")


def _numbered(row: Mapping[str, Any], locator: str) -> Numbered:
    number = id_of(row["id"])
    owner = row.get("owner_id")
    url = f"{SITE}/wall{owner}_{number}" if isinstance(owner, int) else locator
    reposted = rows_of(row, "copy_history")
    attached = [each for said in (row, *reposted) for each in rows_of(said, "attachments")]
    words = [text_of(said, "text") for said in (row, *reposted)]
    words += [text_of(each, kind, "title") for each in attached for kind in ("link", "video", "doc")]
    links = (absolute(text_of(each, kind, "url"), SITE) for each in attached for kind in ("link", "doc"))
    author = row.get("signer_id") or row.get("from_id")
    post = SeenPost(
        container=locator,
        post=str(number),
        url=url,
        posted_at=from_unix(row.get("date")),
        edited_at=from_unix(row.get("edited")),
        author=str(author) if isinstance(author, int) else None,
        text="\n".join(part for part in words if part),
        links=tuple(dict.fromkeys(link for link in links if link is not None)),
        media=tuple({item.identity: item for each in attached for item in _media(each)}.values()),
        particulars=(("post", "pinned"),) if row.get("is_pinned") else (),
    )
    return Numbered(number=number, post=post, is_pinned=bool(row.get("is_pinned")))


def _media(attachment: Mapping[str, Any]) -> Iterator[SeenMedia]:
    """Yield a photo, in the smallest size that is wide enough first, or the picture that stands for a film or file."""
    kind = text_of(attachment, "type")
    said = value_of(attachment, kind)
    if kind == "photo" or (kind == "link" and value_of(said, "photo") is not None):
        photo = said if kind == "photo" else value_of(said, "photo")
        orig = value_of(photo, "orig_photo")
        yield from _picture(photo, "photo", [*rows_of(photo, "sizes"), *([orig] if isinstance(orig, dict) else [])])
    elif kind == "video":
        yield from _picture(said, "video", rows_of(said, "image"), stands_for=True)
    elif kind == "doc":
        yield from _picture(said, "doc", rows_of(said, "preview", "photo", "sizes"), stands_for=True)


def _picture(said: Any, kind: str, sizes: list[Any], *, stands_for: bool = False) -> Iterator[SeenMedia]:
    offers = [(width_of(size, "width"), text_of(size, "url") or text_of(size, "src")) for size in sizes]
    known = sorted((width, url) for width, given in offers if (url := absolute(given, SITE)) is not None)
    if not known:
        return
    full = known[-1][1]
    small = next((url for width, url in known if width >= WIDE_ENOUGH), full)
    yield SeenMedia(
        identity=f"{kind}{value_of(said, 'owner_id')}_{value_of(said, 'id')}",
        kind=MediaKind.THUMBNAIL if stands_for else MediaKind.IMAGE,
        url=full if stands_for else small,
        fuller_url=full if small != full and not stands_for else None,
    )
