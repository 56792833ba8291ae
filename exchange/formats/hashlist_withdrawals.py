"""
Tell entries that a list file holds from those it takes back elsewhere in the same file.

Files of updates are in no order of time, so what is taken back is gathered in
a first reading, and the second leaves it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from domain.errors import BadInput

MAX_WITHDRAWN = 2_000_000  # about 300 MB of memory
FOREVER = 1 << 62  # when a withdrawal without a time happened: after everything

_KEY = 12  # bytes of digest that stand for what was withdrawn


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What was withdrawn, and when (seconds since 1970)."""

    _latest: dict[bytes, int] = field(default_factory=dict)

    def note(self, name: str, at: int | None) -> None:
        """Remember a withdrawal; raises BadInput at more than memory is spent on."""
        key = _digest(name)
        self._latest[key] = max(self._latest.get(key, 0), FOREVER if at is None else at)
        if len(self._latest) > MAX_WITHDRAWN:
            raise BadInput(
                f"The file withdraws over {MAX_WITHDRAWN} entries; ask for a whole list, not for its changes."
            )

    def cover(self, name: str, at: int | None) -> bool:
        """Return whether an entry of that time was withdrawn then or later."""
        return bool(self._latest) and self._latest.get(_digest(name), -1) >= (at or 0)


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "replace"), digest_size=_KEY).digest()
