"""
Read what Bluesky's public interface answers.

Shapes: the lexicons app.bsky.feed.getAuthorFeed, app.bsky.feed.defs and
app.bsky.embed.*. A feed is in order of the moment that a post names, or of
the one at which it was indexed where that was earlier.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute, document
from crawler.parse.listing import MAX_MEDIA, Listing, Placed, in_order
from crawler.parse.plain_json import a_list, a_text, an_object, moment_in, object_in, objects_in, text_in
from domain.errors import VisitEnded
from domain.observations import MediaKind
from domain.outcomes import Outcome
from domain.trail import Rank

APP = "https://bsky.app"
_DID = re.compile(r"did:[a-z0-9]{1,16}:[A-Za-z0-9._:%-]{1,128}")
_POST = re.compile(r"at://(did:[^/]+)/app\.bsky\.feed\.post/([A-Za-z0-9._~:-]{1,512})")
_BLOB = re.compile(r"/(baf[a-z2-7]{20,100})(?:@[a-z]+)?$")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_GONE = {
    "AccountTakedown": "account_taken_down",
    "AccountDeactivated": "account_deactivated",
    "RepoTakendown": "account_taken_down",
    "RepoDeactivated": "account_deactivated",
}
_NOT_FOUND = frozenset({"profile not found", "actor not found"})
_NOT_FOR_THE_PUBLIC = "!no-unauthenticated"
_NEEDS_SIGN_IN = frozenset({"AuthMissing", "AuthenticationRequired"})


def read_profile(untrusted: object) -> str:
    """Return the DID of a profile that was looked up; raises VisitEnded for one that is not for the public."""
    profile = an_object(untrusted)
    _check_public(profile)
    return did_in(profile)


def read_feed(untrusted: object, *, owner: str) -> Listing:
    """
    Return the posts of an author's feed, answers to others among them.

    What an author reposted is somebody else's, who was not reported, and is
    left out; so are the posts that answers are answers to.
    """
    answer = an_object(untrusted)
    placed: list[Placed] = []
    reach: Rank | None = None
    for item in a_list(answer["feed"]):
        entry = an_object(item)
        view = an_object(entry["post"])
        reason = object_in(entry, "reason")
        if "by" in reason:
            reach = _rank(moment_in(reason, "indexedAt") or _BEGINNING, "")
            continue
        author, name = _named(view)
        rank = rank_of(view, name)
        if not reason:  # what is pinned stands out of order
            reach = rank
        if author == owner:
            placed.append(Placed(rank=rank, post=_post(view, author, name)))
    return Listing(placed=in_order(placed), reach=reach, older=text_in(answer, "cursor") or None)


def read_posts(untrusted: object) -> list[SeenPost]:
    """Return the posts that were asked for by name, without those that are not there."""
    posts = []
    for item in a_list(an_object(untrusted)["posts"]):
        view = an_object(item)
        posts.append(_post(view, *_named(view)))
    return posts


def did_in(profile: Mapping[str, object]) -> str:
    """Return the DID of an author."""
    did = a_text(profile["did"])
    if not _DID.fullmatch(did):
        raise TypeError
    return did


def rank_of(view: Mapping[str, object], name: str) -> Rank:
    """Return a post's rank in its author's feed."""
    indexed = moment_in(view, "indexedAt") or _BEGINNING
    return _rank(min(moment_in(object_in(view, "record"), "createdAt") or indexed, indexed), name)


def _rank(moment: datetime, name: str) -> Rank:
    return (max(0, (moment - _BEGINNING) // timedelta(microseconds=1)), name)


def _named(view: Mapping[str, object]) -> tuple[str, str]:
    """Return a post's author and its own name within the author's posts."""
    named = _POST.fullmatch(a_text(view["uri"]))
    did = did_in(an_object(view["author"]))
    if named is None or named[1] != did:
        raise TypeError
    return did, named[2]


def _check_public(profile: Mapping[str, object]) -> None:
    """
    Raise VisitEnded where an author asks to be shown to nobody who is not signed in.

    The interface answers all the same; what is public is what anybody is shown.
    """
    if any(text_in(label, "val") == _NOT_FOR_THE_PUBLIC for label in objects_in(profile, "labels")):
        raise VisitEnded(Outcome.RESTRICTED, "needs_sign_in")


def _post(view: Mapping[str, object], did: str, name: str) -> SeenPost:
    _check_public(an_object(view["author"]))
    record = object_in(view, "record")
    handle = text_in(object_in(view, "author"), "handle")
    links, media, described = _embedded(object_in(view, "embed"))
    links = [*_linked(record), *links]
    return SeenPost(
        container=did,
        post=name,
        url=f"{APP}/profile/{did}/post/{name}",
        posted_at=moment_in(record, "createdAt") or moment_in(view, "indexedAt"),
        author=handle or did,
        text=text_in(record, "text"),
        links=tuple(dict.fromkeys(links)),
        media=tuple({item.identity: item for item in media}.values())[:MAX_MEDIA],
        particulars=_particulars(view, record, described),
    )


def _linked(record: Mapping[str, object]) -> list[str]:
    """Return where the words of a post lead."""
    features = [feature for facet in objects_in(record, "facets") for feature in objects_in(facet, "features")]
    return [link for feature in features if (link := absolute(text_in(feature, "uri"), APP))]


def _embedded(embed: Mapping[str, object]) -> tuple[list[str], list[SeenMedia], list[str]]:
    """
    Return links, media and descriptions of what a post shows, whichever kind of embed it is.

    Of a post that is quoted only the link: what it says is its author's.
    """
    media_part = object_in(embed, "media") or embed  # beside a quoted post
    pictures = [*objects_in(media_part, "images"), *objects_in(media_part, "items")]
    external = object_in(media_part, "external")
    quoted = object_in(embed, "record")
    quoted = object_in(quoted, "record") or quoted
    links = [absolute(text_in(external, "uri"), APP), _address(text_in(quoted, "uri"))]
    media = [
        *(
            _picture(text_in(item, "thumb") or text_in(item, "thumbnail"), text_in(item, "fullsize"))
            for item in pictures
        ),
        _film(media_part),
        _picture(text_in(external, "thumb"), ""),
    ]
    described = [text_in(item, "alt") for item in (*pictures, media_part)]
    described += [text_in(external, "title"), text_in(external, "description")]
    return [link for link in links if link], [item for item in media if item], described


def _address(uri: str) -> str | None:
    """Return the public address of a post by its own."""
    named = _POST.fullmatch(uri)
    return f"{APP}/profile/{named[1]}/post/{named[2]}" if named and _DID.fullmatch(named[1]) else None


def _picture(small: str, full: str) -> SeenMedia | None:
    """Return a picture in one or two sizes; its name is that of its blob, which both addresses end in."""
    thumb, fullsize = document(small, APP), document(full, APP)
    url = thumb or fullsize
    if url is None:
        return None
    blob = _BLOB.search(fullsize or url)
    identity = f"blob:{blob[1]}" if blob else (fullsize or url).partition("?")[0]
    return SeenMedia(identity=identity, url=url, fuller_url=fullsize if fullsize != url else None)


def _film(view: Mapping[str, object]) -> SeenMedia | None:
    """Return the picture that stands for a video: the video itself is a playlist, which is never followed."""
    cid, url = text_in(view, "cid"), document(text_in(view, "thumbnail"), APP)
    if url is None or not text_in(view, "playlist"):
        return None
    return SeenMedia(identity=f"blob:{cid}" if cid else url, kind=MediaKind.THUMBNAIL, url=url)


def _particulars(
    view: Mapping[str, object], record: Mapping[str, object], described: list[str]
) -> tuple[tuple[str, str], ...]:
    tags = record.get("tags")
    labels = [*objects_in(view, "labels"), *objects_in(object_in(view, "author"), "labels")]
    named = [
        *(("label", text_in(label, "val")) for label in labels),
        *(("tag", a_text(tag)) for tag in (tags if isinstance(tags, list) else []) if isinstance(tag, str)),
        ("in_reply_to", text_in(object_in(object_in(record, "reply"), "parent"), "uri")),
        *(("description", words) for words in described),
    ]
    return tuple((name, value) for name, value in named if value)


def refusal(status: int, untrusted: object) -> VisitEnded:
    """Return the ending that an error of the interface means; raises TypeError for what is none of its errors."""
    error = an_object(untrusted)
    code, message = a_text(error["error"]), text_in(error, "message")
    if code in _GONE:
        return VisitEnded(Outcome.GONE, _GONE[code])
    if message.lower() in _NOT_FOUND:
        return VisitEnded(Outcome.GONE, "account_not_found")
    if code in _NEEDS_SIGN_IN or status in {401, 403}:
        return VisitEnded(Outcome.RESTRICTED, "needs_sign_in")
    return VisitEnded(Outcome.ERROR, f"http_{status}")
