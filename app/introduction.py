"""Say by which name Kapear introduces itself, to servers and in capture records."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from app.config import Config


def tool_version() -> str:
    """Return the name and version that capture records carry."""
    try:
        return f"kapear/{version('kapear')}"
    except PackageNotFoundError:
        return "kapear/unpackaged"


def user_agent(config: Config) -> str:
    """Return how Kapear introduces itself: the software and a role mailbox, never the hotline or a person."""
    contact = f" (+mailto:{config.contact})" if config.contact else ""
    return f"Kapear/{tool_version().partition('/')[2]}{contact}"
