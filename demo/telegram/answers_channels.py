"""Answer what is asked of channels: their names, their particulars, their history, and what changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from telethon.tl import functions, types

from demo.telegram.asking import Answer, Asked
from demo.telegram.channel import Channel, Event
from demo.telegram.history import MOST_A_PAGE, page_of
from demo.telegram.state import Account, Platform
from demo.telegram.telling import Told, message_bytes, shown_channel, told
from demo.telegram.tl import Raw, Refused

MOST_EVENTS = 100  # of one difference


def resolve(asked: Asked) -> Any:
    """Return whom a username belongs to."""
    account, platform = asked.account, asked.platform
    found = platform.resolved(asked.request.username)
    if isinstance(found, Channel):
        return types.contacts.ResolvedPeer(found.peer, [shown_channel(platform, account, found)], [])
    return types.contacts.ResolvedPeer(types.PeerUser(found.id), [], [found])


def channels(asked: Asked) -> Any:
    """Return channels as they are listed."""
    account, platform = asked.account, asked.platform
    found = [platform.addressed(account, each) for each in asked.request.id]
    return types.messages.Chats([shown_channel(platform, account, each) for each in found])


def full_channel(asked: Asked) -> Any:
    """Return a channel's particulars."""
    account, platform = asked.account, asked.platform
    channel = platform.addressed(account, asked.request.channel)
    chats = [shown_channel(platform, account, channel)]
    if channel.linked is not None and channel.linked in platform.channels:
        chats.append(shown_channel(platform, account, platform.channels[channel.linked]))
    full = types.ChannelFull(
        id=channel.id,
        about=channel.about,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        chat_photo=channel.photo or types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=channel.pts,
        participants_count=channel.members,
        pinned_msg_id=channel.pinned,
        linked_chat_id=channel.linked,
    )
    return types.messages.ChatFull(full, chats, [])


def history(asked: Asked) -> Any:
    """Return a page of the history, newest first."""
    ask = asked.request
    channel = asked.platform.addressed(asked.account, ask.peer)
    before = None
    if ask.offset_date is not None and ask.offset_date.timestamp() > 0:

        def before() -> int:
            return bisect_left(channel.ids, ask.offset_date, key=lambda number: channel.messages[number].date)

    numbers, newer = page_of(
        channel.ids,
        offset_id=ask.offset_id,
        add_offset=ask.add_offset,
        limit=ask.limit,
        max_id=ask.max_id,
        min_id=ask.min_id,
        before=before,
        fills=asked.platform.fills_pages,
    )
    return _messages(channel, told(asked.platform, asked.account, channel, numbers), newer=newer)


def messages(asked: Asked) -> Any:
    """Return messages by id, MessageEmpty for those that are gone."""
    ask = asked.request
    channel = asked.platform.addressed(asked.account, ask.channel)
    if len(ask.id) > MOST_A_PAGE:
        raise Refused(400, "LIMIT_INVALID")
    numbers = [each.id for each in ask.id if isinstance(each, types.InputMessageID)]
    return _messages(channel, told(asked.platform, asked.account, channel, numbers), newer=None)


def _messages(channel: Channel, page: Told, *, newer: int | None) -> Any:
    return types.messages.ChannelMessages(
        pts=channel.pts,
        count=len(channel.ids) if newer is not None else len(page.messages),
        messages=page.messages,
        topics=[],
        chats=page.chats,
        users=page.users,
        offset_id_offset=newer or None,
    )


def channel_difference(asked: Asked) -> Any:
    """Return what happened to a channel since `pts`: nothing, some of it, or that it is too much to tell."""
    ask, platform = asked.request, asked.platform
    channel = platform.addressed(asked.account, ask.channel)
    if ask.pts <= 0:
        raise Refused(400, "PERSISTENT_TIMESTAMP_EMPTY")
    if ask.pts > channel.pts:
        raise Refused(400, "PERSISTENT_TIMESTAMP_INVALID")
    if ask.pts == channel.pts:
        return types.updates.ChannelDifferenceEmpty(pts=channel.pts, final=True, timeout=platform.timeout)
    events = [event for event in channel.events if event.pts > ask.pts]
    if ask.pts < channel.horizon or len(events) > platform.too_long:
        return _too_long(asked, channel)
    part = events[: max(1, min(ask.limit, MOST_EVENTS))]
    new = [number for number in _new(part) if number in channel.messages]
    page = told(platform, asked.account, channel, new)
    return types.updates.ChannelDifference(
        pts=part[-1].pts,
        new_messages=page.messages,
        other_updates=_changes(platform, channel, part),
        chats=page.chats,
        users=page.users,
        final=len(part) == len(events),
        timeout=platform.timeout,
    )


def updates_of(platform: Platform, account: Account, channel: Channel, events: Sequence[Event]) -> Any:
    """Return those events as they are pushed."""
    page = told(platform, account, channel, _new(events))
    came = [
        types.UpdateNewChannelMessage(message, event.pts, event.count)
        for event, message in zip([each for each in events if each.kind == "new"], page.messages, strict=True)
    ]
    return types.Updates(
        updates=came + _changes(platform, channel, events),
        users=page.users,
        chats=page.chats,
        date=platform.date(),
        seq=0,
    )


def _new(events: Sequence[Event]) -> list[int]:
    return [number for event in events if event.kind == "new" for number in event.ids]


def _changes(platform: Platform, channel: Channel, events: Sequence[Event]) -> list[Any]:
    changes: list[Any] = []
    for event in events:
        if event.kind == "delete":
            changes.append(types.UpdateDeleteChannelMessages(channel.id, list(event.ids), event.pts, event.count))
        elif event.kind == "edit" and event.ids[0] in channel.messages:
            message = Raw(message_bytes(platform, channel, event.ids[0]))
            changes.append(types.UpdateEditChannelMessage(message, event.pts, event.count))
    return changes


def _too_long(asked: Asked, channel: Channel) -> Any:
    page = told(asked.platform, asked.account, channel, list(reversed(channel.ids[-10:])))
    dialog = types.Dialog(
        peer=channel.peer,
        top_message=channel.top,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=channel.pts,
    )
    return types.updates.ChannelDifferenceTooLong(
        dialog, page.messages, page.chats, page.users, final=True, timeout=asked.platform.timeout
    )


CHANNELS: dict[type, Answer] = {
    functions.contacts.ResolveUsernameRequest: resolve,
    functions.channels.GetChannelsRequest: channels,
    functions.channels.GetFullChannelRequest: full_channel,
    functions.channels.GetMessagesRequest: messages,
    functions.messages.GetHistoryRequest: history,
    functions.updates.GetChannelDifferenceRequest: channel_difference,
}
