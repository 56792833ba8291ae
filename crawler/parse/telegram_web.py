"""
Read the public web preview of a Telegram channel (t.me/s/…).

The page's shape is Telegram's own and undocumented; every selector stands in
the table below and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import absolute, document
from crawler.parse.inline import is_data_uri, picture_in
from domain.observations import MAX_LINKS, MediaKind
from domain.text import without_encoded_runs

CHANNEL = ".tgme_channel_info, .tgme_channel_history"
LANDING = ".tgme_page"
NOTHING_YET = ".tme_no_messages_found"
NO_SUCH_POST = ".tgme_widget_message_error"
NO_SUCH_POST_WORDS = "post not found"  # other words stand there for a post that is only shown in the app
MESSAGE = ".tgme_widget_message[data-post]"
SERVICE = "service_message"
TIME = ".tgme_widget_message_date time[datetime]"
SIGNATURE = ".tgme_widget_message_from_author"
QUOTED = ".tgme_widget_message_reply"  # somebody else's words, above an answer
WORDS = (
    ".tgme_widget_message_text:not(.js-message_reply_text), "
    ".tgme_widget_message_poll_question, .tgme_widget_message_poll_option_text"
)
BLOCKS = "blockquote, pre, p, div"
LINKS = (
    ".tgme_widget_message_text a[href], a.tgme_widget_message_forwarded_from_name[href], "
    "a.tgme_widget_message_link_preview[href], a.tgme_widget_message_inline_button[href]"
)
ALBUM = ".tgme_widget_message_grouped_wrap"
ALBUM_MEMBER = ".tgme_widget_message_grouped_wrap a[href]"
PHOTO = "tgme_widget_message_photo_wrap"
PICTURES: dict[str, MediaKind] = {  # by class
    PHOTO: MediaKind.IMAGE,
    "link_preview_image": MediaKind.IMAGE,
    "link_preview_right_image": MediaKind.IMAGE,
    "tgme_widget_message_sticker": MediaKind.IMAGE,
    "tgme_widget_message_video_thumb": MediaKind.THUMBNAIL,
    "tgme_widget_message_roundvideo_thumb": MediaKind.THUMBNAIL,
    "tgme_widget_message_document_thumb": MediaKind.THUMBNAIL,
    "link_preview_video_thumb": MediaKind.THUMBNAIL,
}
ANY_PICTURE = ", ".join(f".{name}" for name in PICTURES)

MAX_MEDIA = 40  # of one post; an album has ten
_BACKGROUND = re.compile(r"url\(\s*(['\"]?)(.*?)\1\s*\)", re.DOTALL)
_PHOTO_ID = re.compile(r"\d{6,}")
_POST_ID = re.compile(r"(\d{1,18})(g?)")
_SPACES = re.compile(r"[ \t\r\f\v]*\n[ \t\r\f\v]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    What one preview page shows, oldest post first.

    `lowest` and `highest` span every message id seen, service messages and
    members of albums included; both 0 on a page without messages.
    `says_no_such_post` stands on the page of one post that was deleted.
    """

    is_channel: bool
    is_landing: bool = False
    says_empty: bool = False
    says_no_such_post: bool = False
    container: str = field(default="", repr=False)
    posts: tuple[SeenPost, ...] = field(default=(), repr=False)
    lowest: int = 0
    highest: int = 0
    untrusted_inline: dict[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """One message's place: its channel, its id, the highest id it covers, its album."""

    container: str = field(repr=False)
    post: int
    last: int
    is_album: bool


def read_preview(html: str, *, page_url: str, post_base: str) -> Preview:
    """Return what a preview page shows; `post_base` is the channel's public address, without a slash at its end."""
    document = LexborHTMLParser(html)
    messages = document.css(MESSAGE)
    if not messages:
        return Preview(
            is_channel=document.css_first(CHANNEL) is not None,
            is_landing=document.css_first(LANDING) is not None,
            says_empty=document.css_first(NOTHING_YET) is not None,
            says_no_such_post=any(NO_SUCH_POST_WORDS in node.text().lower() for node in document.css(NO_SUCH_POST)),
        )
    for quote in document.css(QUOTED):
        quote.decompose()
    has_albums = document.css_first(ALBUM) is not None  # asked once: a query of each message costs a tenth of a page
    places = [(node, place) for node in messages if (place := _place(node, has_albums=has_albums)) is not None]
    container = next((place.container for _, place in places if place.container), "")
    inline: dict[str, bytes] = {}
    posts = {
        place.post: _post(node, place, container, page_url=page_url, post_base=post_base, inline=inline)
        for node, place in places
        if SERVICE not in _classes(node)
    }
    return Preview(
        is_channel=True,
        container=container,
        posts=tuple(posts[number] for number in sorted(posts)),
        lowest=min((place.post for _, place in places), default=0),
        highest=max((place.last for _, place in places), default=0),
        untrusted_inline=inline,
    )


def _place(node: LexborNode, *, has_albums: bool) -> _Message | None:
    """Return where a message stands, or None if it does not say so."""
    seen = _view(node.attributes.get("data-view") or "")
    shown = str(seen.get("p", "")) or (node.attributes.get("data-post") or "").rpartition("/")[2]
    named = _POST_ID.fullmatch(shown)
    if named is None:
        return None
    post = int(named[1])
    links = _hrefs(node, ALBUM_MEMBER) if has_albums else []
    members = [_POST_ID.fullmatch(link.partition("?")[0].rpartition("/")[2]) for link in links]
    channel = seen.get("c")
    return _Message(
        container=str(abs(channel)) if isinstance(channel, int) and channel else "",
        post=post,
        last=max([post, *(int(member[1]) for member in members if member is not None)]),
        is_album=bool(named[2]) or (has_albums and node.css_first(ALBUM) is not None),
    )


def _view(encoded: str) -> dict[str, object]:
    """Decode `data-view`: base64url JSON, unpadded."""
    try:
        seen = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return seen if isinstance(seen, dict) else {}


def _post(
    node: LexborNode, place: _Message, container: str, *, page_url: str, post_base: str, inline: dict[str, bytes]
) -> SeenPost:
    when = node.css_first(TIME)
    signature = node.css_first(SIGNATURE)
    return SeenPost(
        container=container,
        post=str(place.post),
        url=f"{post_base}/{place.post}",
        posted_at=_moment(when.attributes.get("datetime") or "") if when is not None else None,
        author=(signature.text(strip=True) or None) if signature is not None else None,
        # Telegram sometimes nests a text in another of the same class: the same words are kept once.
        text="\n".join(filter(None, dict.fromkeys(_words(part) for part in node.css(WORDS)))),
        links=_links(node, page_url),
        media=_media(node, page_url, inline),
        group=str(place.post) if place.is_album else None,
    )


def _moment(text: str) -> datetime | None:
    """Return a time in UTC, or None if it is none or names no zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _words(node: LexborNode) -> str:
    """Return the text of an element, with line breaks where a reader sees them."""
    for block in node.css(BLOCKS):
        if block.mem_id != node.mem_id:  # a query of an element finds the element itself too
            block.insert_before("\n")
            block.insert_after("\n")
    parts = []
    for inner in node.traverse(include_text=True):
        if inner.tag == "-text":
            parts.append(inner.text())
        elif inner.tag == "br":
            parts.append("\n")
    return without_encoded_runs(_SPACES.sub("\n", "".join(parts)).strip())


def _links(node: LexborNode, page_url: str) -> tuple[str, ...]:
    """Return the web addresses a post leads to, each once; tag searches within the channel are none."""
    found: dict[str, None] = {}
    for href in _hrefs(node, LINKS):
        link = None if href.startswith("?") else absolute(href, page_url)
        if link is not None and len(found) < MAX_LINKS:
            found[without_encoded_runs(link)] = None
    return tuple(found)


def _media(node: LexborNode, page_url: str, inline: dict[str, bytes]) -> tuple[SeenMedia, ...]:
    """Return a post's pictures, each once."""
    found: dict[str, SeenMedia] = {}
    for element in node.css(ANY_PICTURE)[:MAX_MEDIA]:
        classes = _classes(element)
        kind = next(PICTURES[name] for name in classes if name in PICTURES)
        url = _picture_url(element)
        if is_data_uri(url):
            picture = picture_in(url)
            if picture is not None:
                inline[picture[0]] = picture[1]
                found.setdefault(picture[0], SeenMedia(identity=picture[0], kind=kind))
            continue
        resolved = document(url, page_url)
        if resolved is not None:
            identity = _identity(classes, resolved)
            found.setdefault(identity, SeenMedia(identity=identity, kind=kind, url=resolved))
    return tuple(found.values())


def _picture_url(element: LexborNode) -> str:
    """Return the address of the picture an element shows: a background, a sticker's file or an image."""
    attributes = element.attributes
    background = _BACKGROUND.search(attributes.get("style") or "")
    shown = background[2] if background is not None else ""
    return attributes.get("data-webp") or shown or attributes.get("src") or ""


def _identity(classes: list[str], url: str) -> str:
    """Return Telegram's own id of a photo, which its class names, or the address without its rotating query."""
    numbers = [name for name in classes if _PHOTO_ID.fullmatch(name)] if PHOTO in classes else []
    return f"photo:{numbers[0]}" if numbers else url.partition("?")[0]


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _hrefs(node: LexborNode, selector: str) -> list[str]:
    return [(element.attributes.get("href") or "").strip() for element in node.css(selector)]
