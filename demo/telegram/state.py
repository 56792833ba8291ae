"""
Hold what there is on the platform: accounts, channels, people, files.

Plain data that a test changes as it likes, while clients are connected or not.
"""

from __future__ import annotations

import hashlib
import random
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from demo.telegram.channel import Channel
from demo.telegram.files import Files
from demo.telegram.signing import Signing
from demo.telegram.tl import Refused
from demo.telegram.wire import KEY_BYTES

HOME_DC = 2
_NAME = re.compile(r"[a-z][a-z0-9_]{3,31}", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Account:
    """An account of an organisation; `key` is its authorisation key on its home DC."""

    name: str
    user_id: int
    phone: str
    key: bytes = field(repr=False)
    password: str = field(default="", repr=False)


class Platform:
    """Everything there is. `skew` is how many seconds the server's clock is ahead of the real one."""

    def __init__(
        self, seed: int = 1, *, api_id: int = 12_345, api_hash: str = "0123456789abcdef0123456789abcdef"
    ) -> None:
        """Begin with one account, "one", and nothing to read."""
        self.seed = seed
        self.api_id, self.api_hash = api_id, api_hash
        self.dice = random.Random(seed)  # noqa: S311 - a world that can be made again, no secret
        self.skew = 0.0
        self.timeout = 30  # seconds between two polls that getChannelDifference recommends
        self.too_long = 1_000  # a difference of more events is not given
        self.fills_pages = False
        self.accounts: dict[str, Account] = {}
        self.channels: dict[int, Channel] = {}
        self.people: dict[int, Any] = {}
        self.usernames: dict[str, int] = {}  # lower case → a channel's or person's id
        self.signing = Signing()
        self.files = Files(self.dice, HOME_DC)
        self.account("one")

    def now(self) -> float:
        """Return the server's time, in seconds since 1970."""
        return time.time() + self.skew

    def date(self) -> datetime:
        """Return the server's time."""
        return datetime.fromtimestamp(int(self.now()), UTC)

    def account(self, name: str, *, password: str = "") -> Account:
        """Return the account of that name; there is one as soon as it is named."""
        if name not in self.accounts:
            number = len(self.accounts) + 1
            self.accounts[name] = Account(
                name=name,
                user_id=7_000_000 + number,
                phone=f"999661{number:04d}",
                key=self.dice.randbytes(KEY_BYTES),
                password=password,
            )
        return self.accounts[name]

    def channel(self, username: str = "", *, id: int = 0, title: str = "", **more: Any) -> Channel:  # noqa: A002 - Telegram's word
        """Add a channel; `more` is whatever Channel takes."""
        number = id or 1_600_000_000 + len(self.channels) + 1
        channel = Channel(id=number, title=title or username.replace("_", " ").title() or f"Channel {number}", **more)
        self.channels[number] = channel
        if username:
            self.rename(channel, username)
        return channel

    def rename(self, channel: Channel, *usernames: str) -> None:
        """Give a channel other usernames, the first the main one; its old ones are free again, another's are taken."""
        for name in [name for name, number in self.usernames.items() if number == channel.id]:
            del self.usernames[name]
        taken = {name.lower() for name in usernames}
        for other in self.channels.values():
            other.usernames = [name for name in other.usernames if name.lower() not in taken]
        channel.usernames = [*usernames]
        self.usernames |= {name.lower(): channel.id for name in usernames}

    def person(self, number: int, name: str = "Reader", username: str = "") -> Any:
        """Add somebody who writes in groups, and return them as a peer."""
        self.people[number] = types.User(
            id=number, first_name=name, username=username or None, access_hash=self.dice.getrandbits(62)
        )
        if username:
            self.usernames[username.lower()] = number
        return types.PeerUser(number)

    def access_hash(self, account: Account, number: int) -> int:
        """Return the hash by which one account, and no other, addresses a channel."""
        seed = f"{self.seed} {account.name} {number}".encode()
        return int.from_bytes(hashlib.sha256(seed).digest()[:8], "little", signed=True)

    def addressed(self, account: Account, peer: Any) -> Channel:
        """Return the channel that an InputChannel or InputPeerChannel names; raises Refused."""
        number, access_hash = getattr(peer, "channel_id", None), getattr(peer, "access_hash", None)
        channel = self.channels.get(number) if isinstance(number, int) else None
        if channel is None or access_hash != self.access_hash(account, channel.id):
            raise Refused(400, "CHANNEL_INVALID" if number is not None else "PEER_ID_INVALID")
        return channel

    def resolved(self, untrusted_name: str) -> Channel | Any:
        """Return the channel or person that a username leads to; raises Refused."""
        if not _NAME.fullmatch(untrusted_name):
            raise Refused(400, "USERNAME_INVALID")
        number = self.usernames.get(untrusted_name.lower())
        if number is None:
            raise Refused(400, "USERNAME_NOT_OCCUPIED")
        return self.channels.get(number) or self.people[number]
