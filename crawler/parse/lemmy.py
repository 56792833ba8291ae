"""
Read what Lemmy's interface answers (/api/v3).

Shapes: PostView, CommunityView and LemmyErrorType of Lemmy 0.19; versions
before it name times without a zone, which are UTC, and have no `next_page`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute, document
from crawler.parse.listing import MAX_MEDIA, Listing, Placed, in_order
from crawler.parse.plain_json import a_list, a_number, a_text, an_object, moment_in, object_in, text_in
from domain.errors import VisitEnded
from domain.observations import MAX_LINKS, MAX_TEXT, MediaKind
from domain.outcomes import Outcome
from domain.trail import Rank

_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]{1,2048}")
_PICTURE = re.compile(r"!\[[^\]\n]{0,512}\]\(\s{0,8}(https?://[^\s<>()\"']{1,2048})")
_HOST = re.compile(r"https?://([^/?#\s]{1,255})")
_STORED = re.compile(r"/pictrs/image/([0-9A-Za-z_.-]{1,128})$")
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".jxl", ".bmp", ".apng", ".heic", ".tif", ".tiff")
_VIDEOS = (".mp4", ".webm", ".mov", ".m4v", ".mkv")
_GONE = {
    "couldnt_find_community": "community_not_found",
    "couldnt_find_post": "post_not_found",
    "not_found": "not_found",  # either, of version 1
}
_NEEDS_SIGN_IN = frozenset({"instance_is_private", "not_logged_in", "incorrect_login"})


def read_community(untrusted: object) -> str:
    """Return the id of a community that was looked up; raises VisitEnded where it was removed or deleted."""
    community = an_object(an_object(an_object(untrusted)["community_view"])["community"])
    if community.get("removed") is True:
        raise VisitEnded(Outcome.GONE, "community_removed")
    if community.get("deleted") is True:
        raise VisitEnded(Outcome.GONE, "community_deleted")
    return str(a_number(community["id"]))


def read_list(untrusted: object, *, base: str, owner: str, asked: str | None) -> Listing:
    """Return the posts of a community; `asked` is the page's number or name, None for the newest."""
    answer = an_object(untrusted)
    placed: list[Placed] = []
    reach: Rank | None = None
    items = a_list(answer["posts"])
    for item in items:
        view = an_object(item)
        post = an_object(view["post"])
        rank = (a_number(post["id"]), "")
        if reach is None or not _is_pinned(post):  # what is pinned stands out of order
            reach = rank
        if str(a_number(post["community_id"])) == owner and not is_gone(post):
            placed.append(Placed(rank=rank, post=read_post(view, base=base)))
    older = text_in(answer, "next_page") or (_next(asked) if items else None)
    return Listing(placed=in_order(placed), reach=reach, older=older)


def _next(asked: str | None) -> str | None:
    """Return the number of the page that follows; None after one that was asked for by name."""
    number = asked or "1"
    return str(int(number) + 1) if number.isdecimal() else None


def is_gone(post: Mapping[str, object]) -> bool:
    """Return whether a post is said to be deleted by its author, or removed by a moderator."""
    return post.get("deleted") is True or post.get("removed") is True


def _is_pinned(post: Mapping[str, object]) -> bool:
    return post.get("featured_community") is True or post.get("featured_local") is True


def read_post(view: Mapping[str, object], *, base: str) -> SeenPost:
    """Return one post; its comments are not read."""
    post = an_object(view["post"])
    name = str(a_number(post["id"]))
    body = text_in(post, "body")[:MAX_TEXT]
    link = absolute(text_in(post, "url"), base)
    shown = [url for found in _PICTURE.findall(body) if (url := document(found, base))]
    media = [*_linked_media(post, base), *(SeenMedia(identity=_identity(url), url=url) for url in shown)]
    links = [found.rstrip(".,;:!?*_") for found in _ADDRESS.findall(body)]
    return SeenPost(
        container=f"{base.partition('://')[2]}/{a_number(post['community_id'])}",
        post=name,
        url=f"{base}/post/{name}",
        posted_at=moment_in(post, "published"),
        edited_at=moment_in(post, "updated"),
        author=_author(object_in(view, "creator")),
        text="\n".join(filter(None, [text_in(post, "name"), body])),
        links=tuple(dict.fromkeys(found for found in [link, *links] if found))[:MAX_LINKS],
        media=tuple({item.identity: item for item in media}.values())[:MAX_MEDIA],
        particulars=_particulars(post),
    )


def read_one(untrusted: object, *, base: str) -> SeenPost | None:
    """Return a post that was asked for; None where it is said to be gone."""
    view = an_object(an_object(untrusted)["post_view"])
    return None if is_gone(an_object(view["post"])) else read_post(view, base=base)


def _author(creator: Mapping[str, object]) -> str | None:
    """Return an author's handle, with the server that the account is at."""
    name, home = text_in(creator, "name"), _HOST.match(text_in(creator, "actor_id"))
    return (f"{name}@{home[1]}" if home else name) or None


def _linked_media(post: Mapping[str, object], base: str) -> list[SeenMedia]:
    """Return what a link shows: a picture, a film, or the picture that stands for what is there."""
    url = document(text_in(post, "url"), base)
    small = document(text_in(post, "thumbnail_url"), base)
    film = document(text_in(post, "embed_video_url"), base)
    kind = _kind(url, text_in(post, "url_content_type")) if url else None
    if url and kind is MediaKind.IMAGE:
        return [SeenMedia(identity=_identity(url), url=url)]  # its thumbnail is too small to be hashed in its place
    films = [url if kind is MediaKind.VIDEO else None, film if film and _kind(film, "") is MediaKind.VIDEO else None]
    found = [SeenMedia(identity=_identity(each), kind=MediaKind.VIDEO, url=each) for each in films if each]
    if small:
        found.append(SeenMedia(identity=_identity(small), kind=MediaKind.THUMBNAIL, url=small))
    return found


def _kind(url: str, content_type: str) -> MediaKind | None:
    """Return what a link leads to, by the type that the server was told, or else by its name."""
    path = url.partition("?")[0].lower()
    if content_type.startswith("image/") or (not content_type and path.endswith(_IMAGES)):
        return MediaKind.IMAGE
    if content_type.startswith("video/") or (not content_type and path.endswith(_VIDEOS)):
        return MediaKind.VIDEO
    return None


def _identity(url: str) -> str:
    """Return the name under which a server stores a picture, or the address without its query."""
    path = url.partition("?")[0]
    stored = _STORED.search(path)
    return f"pictrs:{stored[1]}" if stored else path


def _particulars(post: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    named = [
        ("nsfw", "yes" if post.get("nsfw") is True else ""),
        ("federated_id", text_in(post, "ap_id")),
        ("description", text_in(post, "alt_text")),
        ("linked_title", text_in(post, "embed_title")),
        ("linked_description", text_in(post, "embed_description")),
    ]
    return tuple((name, value) for name, value in named if value)


def refusal(status: int, untrusted: object) -> VisitEnded:
    """Return the ending that an error of the interface means; raises TypeError for what is none of its errors."""
    code = a_text(an_object(untrusted)["error"])
    if code in _GONE:
        return VisitEnded(Outcome.GONE, _GONE[code])
    if code in _NEEDS_SIGN_IN or status in {401, 403}:
        return VisitEnded(Outcome.RESTRICTED, "needs_sign_in")
    return VisitEnded(Outcome.ERROR, f"http_{status}")
