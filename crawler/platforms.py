"""Say where platforms with an interface of their own are asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """The addresses of platforms' interfaces, without a slash at the end; tests put their own servers here."""

    fourchan_api: str = "https://a.4cdn.org"
    fourchan_media: str = "https://i.4cdn.org"
