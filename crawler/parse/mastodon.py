"""
Read what Mastodon's interface answers, and servers that speak it.

Shapes: https://docs.joinmastodon.org/entities/Status/ and …/Account/; ids are
texts that sort by length first (Mastodon's numbers), or have one length
(Pleroma's, GoToSocial's).
"""

from __future__ import annotations

from collections.abc import Mapping

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute, document
from crawler.parse.content import read_content
from crawler.parse.listing import MAX_MEDIA, Listing, Placed, in_order
from crawler.parse.plain_json import a_list, an_id, an_object, moment_in, object_in, objects_in, text_in
from crawler.parse.srcset import WIDE_ENOUGH
from domain.errors import VisitEnded
from domain.observations import MediaKind
from domain.outcomes import Outcome
from domain.trail import Rank

_NOT_FOR_EVERYBODY = frozenset({"private", "direct"})
_KINDS = {
    "image": MediaKind.IMAGE,
    "unknown": MediaKind.IMAGE,
    "gifv": MediaKind.VIDEO,
    "video": MediaKind.VIDEO,
}
_NEEDS_SIGN_IN = frozenset({401, 403, 422})
_NOT_THERE = {404: "account_not_found", 410: "account_suspended"}


def read_account(untrusted: object) -> str:
    """Return the id of an account that was looked up; raises VisitEnded where it is suspended."""
    account = an_object(untrusted)
    if account.get("suspended") is True:
        raise VisitEnded(Outcome.GONE, "account_suspended")
    return an_id(account["id"])


def read_statuses(untrusted: object, *, base: str, owner: str) -> Listing:
    """Return the statuses of an account, without what it reposted; `base` is the server's address."""
    placed: list[Placed] = []
    inline: dict[str, bytes] = {}
    reach: Rank | None = None
    older = None
    for item in a_list(untrusted):
        status = an_object(item)
        older = an_id(status["id"])
        reach = rank_of(older)
        if is_own(status, owner):
            placed.append(Placed(rank=reach, post=read_status(status, base=base, inline=inline)))
    return Listing(placed=in_order(placed), reach=reach, older=older, untrusted_inline=inline)


def rank_of(status_id: str) -> Rank:
    """Return the rank of a status: longer ids are younger ones."""
    return (len(status_id), status_id)


def is_own(status: Mapping[str, object], owner: str) -> bool:
    """
    Return whether a status was written by the account, for everybody to read.

    A repost is somebody else's post, who was not reported; its words and
    pictures are no act of this account's to be filed as such.
    """
    account = an_object(status["account"])
    is_public = status.get("visibility") not in _NOT_FOR_EVERYBODY
    return is_public and status.get("reblog") is None and an_id(account["id"]) == owner


def read_status(status: Mapping[str, object], *, base: str, inline: dict[str, bytes]) -> SeenPost:
    """Return one status; pictures that travel inside its words are added to `inline`."""
    account = an_object(status["account"])
    name = an_id(status["id"])
    host = base.partition("://")[2]
    user = text_in(account, "username")
    warning = text_in(status, "spoiler_text")
    seen = read_content(text_in(status, "content"), page_url=f"{base}/")
    inline.update(seen.untrusted_inline)
    options = [text_in(option, "title") for option in objects_in(object_in(status, "poll"), "options")]
    card = object_in(status, "card")
    card_link = absolute(text_in(card, "url"), base)
    media = {item.identity: item for item in (*_attached(status, base), *seen.media, *_card_picture(card, base))}
    return SeenPost(
        container=f"{host}/{an_id(account['id'])}",
        post=name,
        url=f"{base}/@{user}/{name}",
        posted_at=moment_in(status, "created_at"),
        edited_at=moment_in(status, "edited_at"),
        author=f"{user}@{host}" if user else None,
        text="\n".join(filter(None, [warning, seen.text, *options])),
        links=tuple(dict.fromkeys([*seen.links, *([card_link] if card_link else [])])),
        media=tuple(media.values())[:MAX_MEDIA],
        particulars=_particulars(status, warning),
    )


def read_one(untrusted: object, *, base: str, inline: dict[str, bytes]) -> SeenPost | None:
    """Return a status that was asked for; None where it is for everybody no more."""
    status = an_object(untrusted)
    if status.get("visibility") in _NOT_FOR_EVERYBODY:
        return None
    return read_status(status, base=base, inline=inline)


def _attached(status: Mapping[str, object], base: str) -> list[SeenMedia]:
    """
    Return the attached media: a film as its file, or else what stands for it; a picture in full.

    Mastodon's own previews are too small for their hashes to be near enough to
    the full size's; one that is said to be wide enough is read first.
    """
    found = []
    for item in objects_in(status, "media_attachments"):
        identity = f"media:{an_id(item['id'])}"
        full = document(text_in(item, "url") or text_in(item, "remote_url"), base)
        small = document(text_in(item, "preview_url"), base)
        kind = _KINDS.get(text_in(item, "type"))
        if kind is MediaKind.IMAGE and full and small and _width(item) >= WIDE_ENOUGH:
            found.append(SeenMedia(identity=identity, url=small, fuller_url=full))
        elif kind is not None and full:
            found.append(SeenMedia(identity=identity, kind=kind, url=full))
        elif small:
            found.append(SeenMedia(identity=identity, kind=MediaKind.THUMBNAIL, url=small))
    return found


def _width(item: Mapping[str, object]) -> int:
    """Return how wide a preview is said to be."""
    width = object_in(object_in(item, "meta"), "small").get("width")
    return width if isinstance(width, int) else 0


def _card_picture(card: Mapping[str, object], base: str) -> list[SeenMedia]:
    """Return the picture that stands for a linked page; it has no id, so its address without the query is its name."""
    url = document(text_in(card, "image"), base)
    return [SeenMedia(identity=url.partition("?")[0], url=url)] if url else []


def _particulars(status: Mapping[str, object], warning: str) -> tuple[tuple[str, str], ...]:
    described = [text_in(item, "description") for item in objects_in(status, "media_attachments")]
    named = [
        ("sensitive", "yes" if status.get("sensitive") is True else ""),
        ("content_warning", warning),
        ("visibility", text_in(status, "visibility")),
        ("language", text_in(status, "language")),
        ("in_reply_to", text_in(status, "in_reply_to_id")),
        *(("description", words) for words in described),
    ]
    return tuple((name, value) for name, value in named if value)


def refusal(status: int, untrusted: object) -> VisitEnded:
    """Return the ending that an error of the interface means; raises TypeError for what is none of its errors."""
    error = an_object(untrusted).get("error")
    if status in _NEEDS_SIGN_IN:
        return VisitEnded(Outcome.RESTRICTED, "needs_sign_in")
    if status in _NOT_THERE and isinstance(error, str):
        return VisitEnded(Outcome.GONE, _NOT_THERE[status])
    raise TypeError
