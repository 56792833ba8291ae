"""
Keep of a Telegram session what connecting needs, in memory, and forget everybody it hears of.

Telethon's own sessions remember the name, phone and username of every person
that any answer mentions.
"""

from __future__ import annotations

from typing import Any

from telethon.crypto import AuthKey
from telethon.sessions import MemorySession, StringSession

from domain.telegram import parse_session


class ForgetfulSession(MemorySession):  # type: ignore[misc]  # the library has no types
    """A server, a key, and nothing about anybody."""

    def process_entities(self, _: Any) -> None:
        """Keep nobody."""

    def set_update_state(self, _: int, __: Any) -> None:
        """Keep no place in anybody's updates: history is read from the cursor."""

    def cache_file(self, _: bytes, __: int, ___: Any) -> None:
        """Keep no file."""

    def text(self) -> str:
        """Return the session as the text that `session_from` reads: whoever has it is the account."""
        return str(StringSession.save(self))


def session_from(text: str) -> ForgetfulSession:
    """Return the session that a Telethon StringSession spells; raises BadInput with one line."""
    parts = parse_session(text)
    session = ForgetfulSession()
    session.set_dc(parts.dc, parts.host, parts.port)
    session.auth_key = AuthKey(parts.auth_key)
    return session


def session_at(dc: int, address: str, port: int) -> ForgetfulSession:
    """Return a session with a server and no key yet: the beginning of a login."""
    session = ForgetfulSession()
    session.set_dc(dc, address, port)
    return session
