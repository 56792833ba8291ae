"""Read which proxies are configured; a password stands in the environment only."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import OperatorFault
from net.dialling import Proxy, parse_proxy


def read_proxy(values: Mapping[str, object], environment: Mapping[str, str], name: str) -> Proxy | None:
    """Return the proxy of a setting (`proxy`, `telegram_proxy`), or None; raises OperatorFault with one line."""
    variable = f"KAPEAR_{name.upper()}"
    if given := environment.get(variable, "").strip():
        return parse_proxy(given, variable)
    stated = str(values.get(name) or "").strip()
    if "@" in stated:
        raise OperatorFault(f"{name} in kapear.toml holds a password: set {variable} in the environment instead.")
    return parse_proxy(stated, variable) if stated else None
