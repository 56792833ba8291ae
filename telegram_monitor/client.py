"""
Speak to Telegram as Telethon does, with a guard in front of the wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCredentials:
    """What Telegram gave the organisation for its software: an API id and its hash."""

    id: int
    hash: str = field(repr=False)
