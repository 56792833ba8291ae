"""
Turn a channel's messages into observed posts, and let go of the messages.

Words are taken as a reader sees them, links as they are written: recorded,
never followed. What a preservation request needs beside them is kept as
particulars; an observed post bounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from telethon.tl import types

from domain.observations import MAX_LINKS, ObservedMedia, ObservedPost, Particulars
from telegram_monitor.carriers import Carrier, carriers_of, files_of
from telegram_monitor.rich import rich_words

Offer = Callable[[int, Carrier], ObservedMedia]  # a message's id and what it carries → a handle

_LAST_OF_THE_PLANE = "\uffff"
_URL_BUTTONS = (types.InlineButtonTypeUrl, types.InlineButtonTypeUrlAuth)


def usernames_of(chats: Iterable[Any]) -> dict[int, str]:
    """Return the public name of every channel that an answer names; an active one where there are several."""
    names: dict[int, str] = {}
    for chat in chats:
        if isinstance(chat, types.Channel):
            name = chat.username or next((one.username for one in chat.usernames or () if one.active), None)
            if name:
                names[chat.id] = name
    return names


def observed_post(
    message: types.Message, *, container: str, address: str, names: Mapping[int, str], offer: Offer
) -> ObservedPost:
    """
    Return one message as a post.

    `address` is the channel's public address; `names` are those of the
    channels that the same answer named; `offer` makes a handle on media.
    """
    number = message.id
    files = files_of(message)
    text, rich_links = _text(message)
    return ObservedPost(
        container=container,
        post=str(number),
        url=f"{address}/{number}",
        posted_at=message.date,
        edited_at=message.edit_date,
        author=message.post_author or _peer(message.from_id) or None,
        text=text,
        links=_links(message, names, rich_links),
        media=tuple(offer(number, carrier) for carrier in carriers_of(files)) if files else (),
        group=str(message.grouped_id) if message.grouped_id is not None else None,
        particulars=_particulars(message, files),
    )


def _peer(peer: Any) -> str:
    """Return who or what a peer is, as kind and number."""
    if isinstance(peer, types.PeerUser):
        return f"user:{peer.user_id}"
    if isinstance(peer, types.PeerChannel):
        return f"channel:{peer.channel_id}"
    return f"chat:{peer.chat_id}" if isinstance(peer, types.PeerChat) else ""


def _text(message: types.Message) -> tuple[str, list[str]]:
    """Return a message's words, and the links that formatted ones lead to."""
    media, rich = message.media, message.rich_message
    text = (message.message or "").strip()
    if media is None and rich is None:
        return text, []
    words = _WORDS.get(type(media))
    parts = [text] if words is None else [text, *words(media)]
    links: list[str] = []
    if rich is not None:
        formatted, links = rich_words(rich.blocks)
        parts.append(formatted)
    return "\n".join(filter(None, dict.fromkeys(part.strip() for part in parts if part))), links


def _links(message: types.Message, names: Mapping[int, str], more: Sequence[str]) -> tuple[str, ...]:
    """Return where a post leads, each once, in the order in which a reader sees it."""
    forward, entities, media, markup = message.fwd_from, message.entities, message.media, message.reply_markup
    found: dict[str, None] = {}
    if forward is not None:
        found.update(dict.fromkeys(_forward_links(forward, names)))
    if entities:
        found.update(dict.fromkeys(_entity_links(message.message or "", entities)))
    found.update(dict.fromkeys(more))
    if isinstance(media, types.MessageMediaWebPage) and getattr(media.webpage, "url", None):
        found[media.webpage.url] = None
    if isinstance(markup, types.ReplyInlineMarkup):
        for row in markup.rows:
            found.update((button.type.url, None) for button in row.buttons if isinstance(button.type, _URL_BUTTONS))
    replies = message.replies
    if replies is not None and replies.channel_id in names:
        found[f"https://t.me/{names[replies.channel_id]}"] = None
    return tuple(found)[:MAX_LINKS]


def _forward_links(forward: types.MessageFwdHeader, names: Mapping[int, str]) -> Iterable[str]:
    """Return the public address that a post was forwarded from, where the answer named it."""
    origin = forward.from_id
    if isinstance(origin, types.PeerChannel) and origin.channel_id in names:
        address = f"https://t.me/{names[origin.channel_id]}"
        yield f"{address}/{forward.channel_post}" if forward.channel_post else address


def _entity_links(text: str, entities: Iterable[Any]) -> Iterable[str]:
    """Return the links among a text's entities, whose places are counted in UTF-16."""
    is_wide = max(text, default="") > _LAST_OF_THE_PLANE
    units = text.encode("utf-16-le", "surrogatepass") if is_wide else b""
    for entity in entities:
        if isinstance(entity, types.MessageEntityTextUrl):
            yield entity.url
        elif isinstance(entity, types.MessageEntityMentionName):
            yield f"tg://user?id={entity.user_id}"
        elif isinstance(entity, (types.MessageEntityUrl, types.MessageEntityMention)):
            begin, end = max(entity.offset, 0), max(entity.offset, 0) + max(entity.length, 0)
            words = units[2 * begin : 2 * end].decode("utf-16-le", "replace") if is_wide else text[begin:end]
            if isinstance(entity, types.MessageEntityMention):
                yield f"https://t.me/{words.removeprefix('@')}"
            elif words:
                yield words if ":" in words.partition("/")[0] else f"http://{words}"


def _particulars(message: types.Message, files: Sequence[tuple[Any, bool]]) -> Particulars:
    """Return what a preservation request needs of a post, as pairs of name and value."""
    pairs = [("message_id", str(message.id))]
    if message.from_id is not None:
        pairs.append(("from_id", _peer(message.from_id)))
    if message.post_author:
        pairs.append(("post_author", message.post_author))
    if message.via_bot_id:
        pairs.append(("via_bot_id", str(message.via_bot_id)))
    if message.edit_date is not None:
        pairs.append(("edit_date", _moment(message.edit_date)))
    if message.grouped_id is not None:
        pairs.append(("grouped_id", str(message.grouped_id)))
    if message.fwd_from is not None:
        pairs += _forward_particulars(message.fwd_from)
    if message.replies is not None and message.replies.channel_id:
        pairs.append(("linked_chat_id", str(message.replies.channel_id)))
    if isinstance(message.media, types.MessageMediaStory):
        pairs.append(("story", f"{_peer(message.media.peer)}/{message.media.id}"))
    for file, _ in files:
        pairs += _file_particulars(file)
    return tuple(pairs)


def _forward_particulars(forward: types.MessageFwdHeader) -> Iterable[tuple[str, str]]:
    """Return from where and from whom a post was forwarded."""
    told = {
        "forwarded_from": _peer(forward.from_id),
        "forwarded_post": str(forward.channel_post or ""),
        "forwarded_name": forward.from_name or "",
        "forwarded_author": forward.post_author or "",
        "forwarded_date": _moment(forward.date),
        "forwarded_saved_from": _peer(forward.saved_from_peer),
        "forwarded_saved_post": str(forward.saved_from_msg_id or ""),
    }
    return ((name, value) for name, value in told.items() if value)


def _file_particulars(file: types.Photo | types.Document) -> Iterable[tuple[str, str]]:
    """Return what Telegram says of a photo or document."""
    if isinstance(file, types.Photo):
        yield "photo_id", str(file.id)
        yield "photo_dc_id", str(file.dc_id)
        return
    yield "document_id", str(file.id)
    yield "document_dc_id", str(file.dc_id)
    yield "document_mime", file.mime_type
    yield "document_size", str(file.size)
    for attribute in file.attributes:
        if isinstance(attribute, types.DocumentAttributeFilename):
            yield "document_name", attribute.file_name
        elif isinstance(attribute, (types.DocumentAttributeVideo, types.DocumentAttributeAudio)):
            yield "document_seconds", str(attribute.duration)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""


def _poll_words(media: types.MessageMediaPoll) -> Iterable[str]:
    yield media.poll.question.text
    for answer in media.poll.answers:
        yield answer.text.text
    yield media.results.solution or ""


def _list_words(media: types.MessageMediaToDo) -> Iterable[str]:
    yield media.todo.title.text
    for item in media.todo.list:
        yield item.title.text


def _contact_words(media: types.MessageMediaContact) -> Iterable[str]:
    yield f"{media.first_name} {media.last_name} {media.phone_number}"


def _place_words(media: Any) -> Iterable[str]:
    if isinstance(media, types.MessageMediaVenue):
        yield f"{media.title} {media.address}"
    if isinstance(media.geo, types.GeoPoint):
        yield f"{media.geo.lat} {media.geo.long}"


def _game_words(media: types.MessageMediaGame) -> Iterable[str]:
    return media.game.title, media.game.description


def _invoice_words(media: types.MessageMediaInvoice) -> Iterable[str]:
    return media.title, media.description, f"{media.total_amount} {media.currency}"


def _prize_words(media: Any) -> Iterable[str]:
    yield media.prize_description or ""


_WORDS: Mapping[type, Callable[[Any], Iterable[str]]] = {
    types.MessageMediaPoll: _poll_words,
    types.MessageMediaToDo: _list_words,
    types.MessageMediaContact: _contact_words,
    types.MessageMediaGeo: _place_words,
    types.MessageMediaGeoLive: _place_words,
    types.MessageMediaVenue: _place_words,
    types.MessageMediaGame: _game_words,
    types.MessageMediaInvoice: _invoice_words,
    types.MessageMediaGiveaway: _prize_words,
    types.MessageMediaGiveawayResults: _prize_words,
}
