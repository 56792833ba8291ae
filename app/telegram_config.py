"""Read what signs Kapear in at Telegram: the organisation's API id and hash, a session, a proxy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.proxy_config import read_proxy
from domain.errors import BadInput, OperatorFault
from domain.telegram import parse_session
from net.dialling import Proxy

# Names that kapear.toml may set; sessions and passwords stand in the environment only.
KNOWN = frozenset({"telegram_api_id", "telegram_api_hash", "telegram_proxy"})
MAX_API_ID = (1 << 31) - 1

_HASH = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramConfig:
    """What can be set of Telegram; `api_id` 0 and empty texts mean that nothing is."""

    api_id: int = 0
    api_hash: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    proxy: Proxy | None = None

    @property
    def has_api(self) -> bool:
        """Return whether the organisation's API id is known, without which no account can be used."""
        return bool(self.api_id)


def read(values: Mapping[str, object], environment: Mapping[str, str]) -> TelegramConfig:
    """Return the configuration of Telegram; raises OperatorFault with one line for the first mistake."""
    api_id = _api_id(environment.get("KAPEAR_TELEGRAM_API_ID") or values.get("telegram_api_id") or 0)
    api_hash = str(environment.get("KAPEAR_TELEGRAM_API_HASH") or values.get("telegram_api_hash") or "").strip()
    session = environment.get("KAPEAR_TELEGRAM_SESSION", "").strip()
    if api_hash and not _HASH.fullmatch(api_hash):
        raise OperatorFault("KAPEAR_TELEGRAM_API_HASH is no hash: Telegram gives 32 hexadecimal digits beside the id.")
    if bool(api_id) is not bool(api_hash):
        missing = "KAPEAR_TELEGRAM_API_ID" if api_hash else "KAPEAR_TELEGRAM_API_HASH"
        raise OperatorFault(f"{missing} is missing: Telegram gives an API id and its hash together.")
    if session:
        try:
            parse_session(session)
        except BadInput as mistake:
            raise OperatorFault(f"KAPEAR_TELEGRAM_SESSION {mistake}") from None
        if not api_id:
            raise OperatorFault(
                "KAPEAR_TELEGRAM_SESSION needs KAPEAR_TELEGRAM_API_ID and KAPEAR_TELEGRAM_API_HASH beside it."
            )
    return TelegramConfig(
        api_id=api_id,
        api_hash=api_hash.lower(),
        session=session,
        proxy=read_proxy(values, environment, "telegram_proxy"),
    )


def _api_id(given: object) -> int:
    text = str(given).strip()
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_API_ID)) or int(text) > MAX_API_ID:
        raise OperatorFault("KAPEAR_TELEGRAM_API_ID is no number: Telegram gives one such as 123456.")
    return int(text)
