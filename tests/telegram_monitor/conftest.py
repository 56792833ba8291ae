"""Bring in a Telegram of one's own."""

from __future__ import annotations

from tests.telegram_server import fresh_configuration, telegram_process, telegram_server, trusted_key

__all__ = ["fresh_configuration", "telegram_process", "telegram_server", "trusted_key"]
