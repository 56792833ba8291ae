"""
Decide which requests may leave for Telegram: by function, by every argument, and by whom they are about.

A short list of reads, each about the one channel that a visit is for, and a
second list for signing in. Whatever is not on a list is refused, and so is a
listed function with an argument that nobody has reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from telethon.tl import functions, types

from domain.telegram import MAX_CHANNEL_ID

PAGE = 100  # messages or updates that one request may ask for
BLOCK = 1 << 20  # a file is read within blocks of this many bytes
GRAIN = 4096  # … and in multiples of this many
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
_INT32 = (1 << 31) - 1
_INT64 = (1 << 63) - 1
_MAX_DC = 10_000  # test servers of Telegram count from 10,000


class Purpose(StrEnum):
    """Why a request is made."""

    UPKEEP = "upkeep"  # what keeps a connection alive
    WATCHING = "watching"
    LOGIN = "login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """
    What the requests of one task may be about.

    `name` may be resolved; `channel` is the bare id that may be read; of files,
    those that `offered` holds: the ids that the channel's own answers named.
    """

    purpose: Purpose = Purpose.UPKEEP
    name: str | None = field(default=None, repr=False)
    channel: int | None = field(default=None, repr=False)
    offered: Container[int] = field(default=(), repr=False)


UPKEEP = Permit()

Rule = Callable[[Any, Permit], bool]


def refusal(request: object, permit: Permit) -> str | None:
    """
    Return None if a request may leave, else a short code.

    `function` refuses what is on no list of this purpose, `arguments` a listed
    function that asks for more, or about somebody else. Wrappers are looked
    through, and must themselves ask for nothing.
    """
    for wrapper in _wrappers_of(request):
        if not _WRAPPERS[type(wrapper)](wrapper, permit):
            return "arguments"
    rule = RULES[permit.purpose].get(type(innermost(request)))
    if rule is None:
        return "function"
    return None if rule(innermost(request), permit) else "arguments"


def innermost(request: object) -> Any:
    """Return what a request is about, without the wrappers that we know."""
    for wrapper in _wrappers_of(request):
        request = wrapper.query
    return request


def method_of(request: object) -> str:
    """Return the name of what a request asks for, without its wrappers."""
    return name_of(type(innermost(request)))


def name_of(kind: type) -> str:
    """Return a function's name as the layer writes it: `messages.getHistory`."""
    room = kind.__module__.rpartition(".")[2]
    name = kind.__name__.removesuffix("Request")
    name = name[:1].lower() + name[1:]
    return name if room == "functions" else f"{room}.{name}"


def _wrappers_of(request: Any) -> Iterator[Any]:
    """Yield the known wrappers around a request, outermost first; never more than belong there."""
    for _ in _WRAPPERS:
        if type(request) not in _WRAPPERS:
            return
        yield request
        request = request.query


def _plain_connection(wrapper: Any, _: Permit) -> bool:
    return wrapper.proxy is None and wrapper.params is None


def _anything(_: Any, __: Permit) -> bool:
    return True


def _is_number(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_channel(peer: Any, permit: Permit) -> bool:
    """Return whether a peer is the permitted channel, named by its id and hash and by nothing else."""
    return (
        type(peer) in {types.InputChannel, types.InputPeerChannel}
        and _is_number(peer.channel_id, 1, MAX_CHANNEL_ID)
        and peer.channel_id == permit.channel
    )


def _resolve_username(request: Any, permit: Permit) -> bool:
    name = request.username
    return (
        isinstance(name, str) and _NAME.fullmatch(name) is not None and name == permit.name and request.referer is None
    )


def _get_full_channel(request: Any, permit: Permit) -> bool:
    return _is_channel(request.channel, permit)


def _get_channels(request: Any, permit: Permit) -> bool:
    return isinstance(request.id, list) and len(request.id) == 1 and _is_channel(request.id[0], permit)


def _get_history(request: Any, permit: Permit) -> bool:
    return (
        _is_channel(request.peer, permit)
        and _is_number(request.limit, 1, PAGE)
        and _is_number(request.add_offset, -PAGE, PAGE)
        and all(_is_number(value, 0, _INT32) for value in (request.offset_id, request.max_id, request.min_id))
        and _is_number(request.hash, 0, 0)
        and (request.offset_date is None or isinstance(request.offset_date, datetime))
    )


def _get_messages(request: Any, permit: Permit) -> bool:
    return (
        _is_channel(request.channel, permit)
        and isinstance(request.id, list)
        and 1 <= len(request.id) <= PAGE
        and all(type(one) is types.InputMessageID and _is_number(one.id, 1, _INT32) for one in request.id)
    )


def _get_difference(request: Any, permit: Permit) -> bool:
    return (
        _is_channel(request.channel, permit)
        and type(request.filter) is types.ChannelMessagesFilterEmpty
        and _is_number(request.pts, 0, _INT32)
        and _is_number(request.limit, 1, PAGE)
    )


def _get_file(request: Any, permit: Permit) -> bool:
    offset, limit = request.offset, request.limit
    return (
        permit.channel is not None
        and type(request.location) in {types.InputPhotoFileLocation, types.InputDocumentFileLocation}
        and _is_number(request.location.id, -_INT64 - 1, _INT64)
        and request.location.id in permit.offered
        and _is_number(offset, 0, _INT64)
        and _is_number(limit, GRAIN, BLOCK)
        and offset % GRAIN == limit % GRAIN == 0
        and offset // BLOCK == (offset + limit - 1) // BLOCK
        and not request.cdn_supported
    )


def _send_code(request: Any, _: Permit) -> bool:
    settings = request.settings
    return type(settings) is types.CodeSettings and not any(vars(settings).values())


def _sign_in(request: Any, _: Permit) -> bool:
    return request.email_verification is None


def _export_authorization(request: Any, permit: Permit) -> bool:
    return permit.channel is not None and _is_number(request.dc_id, 1, _MAX_DC)


_WRAPPERS: MappingProxyType[type, Rule] = MappingProxyType(
    {
        functions.InvokeWithLayerRequest: _anything,
        functions.InvokeWithoutUpdatesRequest: _anything,
        functions.InitConnectionRequest: _plain_connection,
    }
)

_UPKEEP: dict[type, Rule] = {
    functions.PingRequest: _anything,
    functions.help.GetConfigRequest: _anything,
}

_WATCHING: dict[type, Rule] = {
    **_UPKEEP,
    functions.contacts.ResolveUsernameRequest: _resolve_username,
    functions.channels.GetChannelsRequest: _get_channels,
    functions.channels.GetFullChannelRequest: _get_full_channel,
    functions.channels.GetMessagesRequest: _get_messages,
    functions.messages.GetHistoryRequest: _get_history,
    functions.updates.GetChannelDifferenceRequest: _get_difference,
    functions.upload.GetFileRequest: _get_file,
    # A file on another data centre: the account shows itself there, as itself.
    functions.auth.ExportAuthorizationRequest: _export_authorization,
    functions.auth.ImportAuthorizationRequest: _anything,
}

_LOGIN: dict[type, Rule] = {
    **_UPKEEP,
    functions.auth.SendCodeRequest: _send_code,
    functions.auth.ResendCodeRequest: _anything,
    functions.auth.SignInRequest: _sign_in,
    functions.auth.CheckPasswordRequest: _anything,
    functions.auth.ExportLoginTokenRequest: _anything,
    functions.auth.ImportLoginTokenRequest: _anything,
    functions.account.GetPasswordRequest: _anything,
}

RULES: MappingProxyType[Purpose, MappingProxyType[type, Rule]] = MappingProxyType(
    {
        Purpose.UPKEEP: MappingProxyType(_UPKEEP),
        Purpose.WATCHING: MappingProxyType(_WATCHING),
        Purpose.LOGIN: MappingProxyType(_LOGIN),
    }
)
