"""Tell of channels, people and messages, as one account may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from telethon.tl import types

from demo.telegram.channel import Channel
from demo.telegram.state import Account, Platform
from demo.telegram.tl import Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Messages, with the channels and people that they speak of."""

    messages: list[Any]
    chats: list[Any]
    users: list[Any]


def shown_channel(platform: Platform, account: Account, channel: Channel, *, least: bool = False) -> Any:
    """Return a Channel; `least` is how one looks that the account only knows from a forward: its hash is of no use."""
    names = channel.usernames
    several = len(names) > 1
    return types.Channel(
        id=channel.id,
        title=channel.title,
        photo=_shown_photo(channel),
        date=channel.created,
        left=True,
        broadcast=channel.broadcast,
        megagroup=not channel.broadcast,
        min=least,
        access_hash=0x0BAD if least else platform.access_hash(account, channel.id),
        username=names[0] if len(names) == 1 else None,
        usernames=[types.Username(name, active=True, editable=place == 0) for place, name in enumerate(names)]
        if several
        else None,
    )


def _shown_photo(channel: Channel) -> Any:
    if channel.photo is None:
        return types.ChatPhotoEmpty()
    return types.ChatPhoto(photo_id=channel.photo.id, dc_id=channel.photo.dc_id)


def shown_self(account: Account) -> Any:
    """Return the account as it sees itself."""
    return types.User(
        id=account.user_id, is_self=True, access_hash=account.user_id, first_name=account.name, phone=account.phone
    )


def told(platform: Platform, account: Account, channel: Channel, numbers: Iterable[int]) -> Told:
    """Return messages of a channel by id, gone ones as MessageEmpty, with everybody that they speak of."""
    messages, spoken_of = [], set[tuple[str, int]]()
    for number in numbers:
        message = channel.messages.get(number)
        messages.append(Raw(message_bytes(platform, channel, number)))
        if message is not None:
            spoken_of |= _peers_of(message)
    spoken_of.discard(("channel", channel.id))
    chats = [shown_channel(platform, account, channel)]
    users = []
    for kind, number in sorted(spoken_of):
        if kind == "channel" and number in platform.channels:
            chats.append(shown_channel(platform, account, platform.channels[number], least=True))
        elif kind == "user" and number in platform.people:
            users.append(platform.people[number])
    return Told(messages=messages, chats=chats, users=users)


def message_bytes(platform: Platform, channel: Channel, number: int) -> bytes:
    """Return a message as bytes, from the channel's store where it has been asked before."""
    if channel.written_at != platform.files.epoch:
        channel.written.clear()
        channel.written_at = platform.files.epoch
    found = channel.written.get(number)
    if found is None:
        message = channel.messages.get(number)
        found = bytes(types.MessageEmpty(number, channel.peer) if message is None else message)
        if message is not None:
            channel.written[number] = found
    return found


def _peers_of(message: Any) -> set[tuple[str, int]]:
    found = set()
    forward = getattr(message, "fwd_from", None)
    for peer in (getattr(message, "from_id", None), getattr(forward, "from_id", None)):
        if isinstance(peer, types.PeerChannel):
            found.add(("channel", peer.channel_id))
        elif isinstance(peer, types.PeerUser):
            found.add(("user", peer.user_id))
    via = getattr(message, "via_bot_id", None)
    if via:
        found.add(("user", via))
    talk = getattr(getattr(message, "replies", None), "channel_id", None)
    if talk:
        found.add(("channel", talk))
    return found
