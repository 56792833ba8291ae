"""Say where the console listens and what it tells everybody who looks."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    """
    How the console is served.

    `zone` is the hotline's IANA zone. `warnings` stand above every page, in
    English (`console.words.NOTICES` are translated). `public_host` is the
    authority a declared proxy is reached by. `secure_cookie` is off only for
    plain http on loopback.
    """

    host: str = "127.0.0.1"
    port: int = 8470
    zone: str = "Asia/Phnom_Penh"
    warnings: tuple[str, ...] = ()
    secure_cookie: bool = False
    public_host: str | None = None

    @property
    def timezone(self) -> ZoneInfo:
        """Return the hotline's zone."""
        return ZoneInfo(self.zone)

    @property
    def scheme(self) -> str:
        """Return how browsers reach the console."""
        return "https" if self.secure_cookie else "http"

    @property
    def cookie_name(self) -> str:
        """
        Return the session cookie's name.

        Over TLS the prefix binds it to this host alone. On loopback all ports
        share their cookies: each instance has a name of its own.
        """
        return "__Host-kapear" if self.secure_cookie else f"kapear-{self.port}"

    def admits_host(self, authority: str, port: int) -> bool:
        """
        Return whether a Host header names this console.

        A page elsewhere whose name was rebound to loopback sends its own name.
        """
        bound = f"[{self.host}]" if ":" in self.host else self.host
        names = {name for name in (bound, *LOOPBACK_NAMES) if name not in {"0.0.0.0", "[::]"}}
        admitted = {f"{name}:{port}" for name in names} | ({self.public_host} if self.public_host else set())
        return authority.lower() in {name.lower() for name in admitted}
