"""
Write pages that look to a scraper like t.me/s: the same elements, classes and attributes.

The original's scripts, styles and reactions are left out; no reader needs them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape

from demo.world import Channel, Message, page_of

WIDGET = "tgme_widget_message"


def channel_page(channel: Channel, base: str, messages: list[Message], before: int | None, after: int | None) -> str:
    """Return the preview page around the id asked for."""
    page, older, newer = page_of(messages, before, after)
    parts = [_more(channel, "before", page[0].id)] if older else []
    parts += [_message(channel, message, base) for message in page]
    parts += [_more(channel, "after", page[-1].id)] if newer else []
    if not page:
        parts = ['<div class="tme_no_messages_found">No posts found</div>']
    return _document(
        f"{channel.title} - Telegram",
        f'<header class="tgme_header search_collapsed">{_info(channel)}</header>'
        f'<main class="tgme_main" data-url="/{channel.name}"><section class="tgme_channel_history js-message_history">'
        f"{''.join(parts)}</section></main>",
    )


def post_page(channel: Channel, base: str, messages: list[Message], number: int) -> str:
    """Return the page of one post, as it is embedded elsewhere; it says so where there is none."""
    shown = next((message for message in messages if message.id == number and not message.service), None)
    if shown is None:
        error = f'<div class="{WIDGET}_error">Post not found</div>'
        return _document("Telegram Widget", f'<div class="{WIDGET} js-widget_message">{error}</div>')
    return _document("Telegram Widget", _message(channel, shown, base))


def contact_page(name: str) -> str:
    """Return what stands at a name without a preview: a card, and no message."""
    return _document(
        "Telegram: Contact",
        '<div class="tgme_page"><div class="tgme_page_title"><span dir="auto">'
        f'{escape(name)}</span></div><div class="tgme_page_description">View this channel in the app.</div>'
        f'<a class="tgme_action_button_new" href="tg://resolve?domain={escape(name)}">Open</a></div>',
    )


def file_path(picture: str) -> str:
    """Return the path of a picture: opaque, as the original's are."""
    return f"/file/{_number(picture, 'file'):x}{_number(picture, 'more'):x}.jpg"


def film_path(picture: str) -> str:
    """Return the path of the film that a picture stands for."""
    return f"/file/{_number(picture, 'film'):x}.mp4"


def _document(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta property="og:title" content="{escape(title)}"></head>'
        f'<body class="widget_frame_base tgme_webpreview">{body}</body></html>\n'
    )


def _info(channel: Channel) -> str:
    return (
        '<div class="tgme_channel_info"><div class="tgme_channel_info_header">'
        f'<div class="tgme_channel_info_header_title"><span dir="auto">{escape(channel.title)}</span></div>'
        f'<div class="tgme_channel_info_header_username"><a href="https://t.me/{channel.name}">@{channel.name}</a></div>'
        f'</div><div class="tgme_channel_info_description">{escape(channel.about)}</div>'
        '<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter"><span class="counter_value">'
        f'{channel.subscribers}</span> <span class="counter_type">subscribers</span></div></div></div>'
    )


def _more(channel: Channel, side: str, number: int) -> str:
    return (
        f'<div class="{WIDGET}_centered"><a href="/s/{channel.name}?{side}={number}" '
        f'class="tme_messages_more js-messages_more" data-{side}="{number}"></a></div>'
    )


def _message(channel: Channel, message: Message, base: str) -> str:
    kind = " service_message" if message.service else ""
    inside = "".join(
        (
            _owner(channel),
            _forward(message),
            _media(channel, message, base),
            _text(message),
            _preview(message, base),
            _footer(channel, message),
        )
    )
    return (
        f'<div class="{WIDGET}_wrap js-widget_message_wrap"><div class="{WIDGET}{kind} text_not_supported_wrap '
        f'js-widget_message" data-post="{channel.name}/{message.id}" data-view="{_view(channel, message)}">'
        f'<div class="{WIDGET}_bubble">{inside}</div></div></div>\n'
    )


def _view(channel: Channel, message: Message) -> str:
    post: int | str = f"{message.id}g" if message.is_album else message.id
    view = {"c": -channel.id, "p": post, "t": int(message.at.timestamp()), "h": f"{_number(channel.name, 'h'):x}"}
    return base64.urlsafe_b64encode(json.dumps(view, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _owner(channel: Channel) -> str:
    return (
        f'<div class="{WIDGET}_author accent_color"><a class="{WIDGET}_owner_name" href="https://t.me/{channel.name}">'
        f'<span dir="auto">{escape(channel.title)}</span></a></div>'
    )


def _forward(message: Message) -> str:
    if message.forward is None:
        return ""
    return (
        f'<div class="{WIDGET}_forwarded_from accent_color">Forwarded from&nbsp;'
        f'<a class="{WIDGET}_forwarded_from_name" href="{escape(message.forward.href)}">'
        f'<span dir="auto">{escape(message.forward.title)}</span></a></div>'
    )


def _media(channel: Channel, message: Message, base: str) -> str:
    href = f"https://t.me/{channel.name}/{message.id}"
    if message.unsupported:
        return (
            f'<div class="message_media_not_supported_wrap"><div class="message_media_not_supported">'
            f'<div class="message_media_not_supported_label">This media is not supported here</div>'
            f'<a href="{href}" class="message_media_view_in_telegram">View in the app</a></div></div>'
        )
    if message.video:
        return (
            f'<a class="{WIDGET}_video_player blured js-message_video_player" href="{href}">'
            f'<i class="{WIDGET}_video_thumb" style="background-image:url(\'{base}{file_path(message.video)}\')"></i>'
            f'<div class="{WIDGET}_video_wrap" style="width:800px;padding-top:75%"><video '
            f'src="{base}{film_path(message.video)}" class="{WIDGET}_video js-message_video" muted></video></div>'
            '<time class="message_video_duration js-message_video_duration">0:12</time></a>'
        )
    if not message.is_album:
        return "".join(_photo(picture, href, base, "") for picture in message.photos)
    photos = "".join(
        _photo(picture, f"https://t.me/{channel.name}/{message.id + part}?single", base, " grouped_media_wrap blured")
        for part, picture in enumerate(message.photos)
    )
    return (
        f'<div class="{WIDGET}_grouped_wrap js-message_grouped_wrap"><div class="{WIDGET}_grouped js-message_grouped">'
        f'<div class="{WIDGET}_grouped_layer js-message_grouped_layer">{photos}</div></div></div>'
    )


def _photo(picture: str, href: str, base: str, grouped: str) -> str:
    identity = f"{_number(picture, 'photo')} {_number(picture, 'peer') % 10**10}_{_number(picture, 'local') % 10**9}"
    return (
        f'<a class="{WIDGET}_photo_wrap{grouped} js-message_photo {identity}" href="{href}" '
        f"style=\"width:800px;background-image:url('{base}{file_path(picture)}')\">"
        f'<div class="{WIDGET}_photo" style="padding-top:75%"></div></a>'
    )


def _text(message: Message) -> str:
    if not message.text:
        return ""
    return f'<div class="{WIDGET}_text js-message_text" dir="auto">{_markup(message.text)}</div>'


def _markup(text: str) -> str:
    """Return the text with links on tags and handles, as the original has them."""
    html = escape(text, quote=False)
    html = re.sub(r"#(\w+)", r'<a href="?q=%23\1">#\1</a>', html)
    html = re.sub(r"@(\w+)", r'<a href="https://t.me/\1" target="_blank">@\1</a>', html)
    return html.replace("\n", "<br/>")


def _preview(message: Message, base: str) -> str:
    if not message.preview:
        return ""
    return (
        f'<a class="{WIDGET}_link_preview" href="{base}/shop/front"><i class="link_preview_image" '
        f"style=\"background-image:url('{base}{file_path(message.preview)}');padding-top:75%\"></i>"
        '<div class="link_preview_site_name accent_color" dir="auto">The shop</div>'
        '<div class="link_preview_title" dir="auto">In the window</div></a>'
    )


def _footer(channel: Channel, message: Message) -> str:
    if message.service:
        return f'<div class="{WIDGET}_footer">{_date(channel, message)}</div>'
    views = f"{message.views / 1000:.1f}K" if message.views >= 1000 else str(message.views)  # noqa: PLR2004 - as shown there
    author = (
        f'<span class="{WIDGET}_from_author" dir="auto">{escape(message.author)}</span>, ' if message.author else ""
    )
    edited = f'<span class="{WIDGET}_edited">edited</span> ' if message.edited else ""
    return (
        f'<div class="{WIDGET}_footer compact js-message_footer"><div class="{WIDGET}_info short js-message_info">'
        f'<span class="{WIDGET}_views">{views}</span><span class="copyonly"> views</span>'
        f'<span class="{WIDGET}_meta">{author}{edited}{_date(channel, message)}</span></div></div>'
    )


def _date(channel: Channel, message: Message) -> str:
    return (
        f'<a class="{WIDGET}_date" href="https://t.me/{channel.name}/{message.id}">'
        f'<time datetime="{message.at.isoformat(timespec="seconds")}" class="time">{message.at:%H:%M}</time></a>'
    )


def _number(*names: str) -> int:
    """Return a stable number of about 63 bits for a name."""
    return int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:8], "big") >> 1
