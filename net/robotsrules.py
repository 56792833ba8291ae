"""
Read what a robots file says to Kapear.

RFC 9309, with crawl-delay, which it does not know. The file comes from
strangers: groups for other robots are told apart and no more, for a file that
names thousands of them would take the parser hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from protego import Protego

PRODUCT = "kapear"  # the name that a robots file knows this software by
MAX_CRAWL_DELAY = 60.0  # seconds; a longer one is taken for this

_OTHERS = "User-agent: another"
_AGENT = re.compile(r"\s*user[- ]?agent\b[\s:]*([^#]*)", re.IGNORECASE)
_VERSION = re.compile(r"[/\s].*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRules:
    """What one robots file says to Kapear."""

    _file: Protego = field(repr=False)

    def allows(self, url: str) -> bool:
        """Return whether Kapear may ask for a URL of this origin."""
        return bool(self._file.can_fetch(url, PRODUCT))

    @property
    def crawl_delay(self) -> float:
        """Return the seconds that it wants between two requests, up to a minute; 0 where it does not say."""
        return min(self._file.crawl_delay(PRODUCT) or 0.0, MAX_CRAWL_DELAY)


def parse_rules(untrusted_text: str) -> RobotsRules:
    """Return the rules of a robots file; of one that is none, rules that allow everything. Linear in its length."""
    lines = map(_shortened, untrusted_text.removeprefix("\ufeff").splitlines())
    return RobotsRules(_file=Protego.parse("\n".join(lines)))


def _shortened(line: str) -> str:
    """Return a line as it is, unless it names a robot: all others get one name."""
    named = _AGENT.match(line)
    if named is None:
        return line
    name = _VERSION.sub("", named[1].strip()).lower()
    return f"User-agent: {name}" if name in {"*", PRODUCT} else _OTHERS
