"""Say how late leads were in words, for a terminal."""

from __future__ import annotations

from domain.latency import Unit, in_largest_unit
from triage.json_views import Json

_NAMES = {
    "post_to_seen": "from post to seen",
    "post_to_lead": "from post to lead",
    "lead_to_person": "from lead to a person",
}
_UNITS = {Unit.DAY: "d", Unit.HOUR: "h", Unit.MINUTE: "min", Unit.SECOND: "s"}


def latency_words(latency: Json) -> dict[str, str]:
    """Return what `latency_json` made as a line for each kind of delay, and one for what is not counted."""
    lines = {label: _line(latency[name]) for name, label in _NAMES.items()}
    apart = ", ".join(f"{count} {word}" for word, count in latency["not_counted"].items() if count)
    return lines | ({"leads not counted": apart} if apart else {})


def spoken(seconds: float) -> str:
    """Return a length of time in its largest unit: 45 s, 12 min, 3.5 h, 2 d."""
    count, unit = in_largest_unit(seconds)
    return f"{count:g} {_UNITS[unit]}"


def _line(delays: Json) -> str:
    waiting = delays.get("waiting", 0)
    still = f"; {waiting} wait, the longest for {spoken(delays['longest_waiting_s'])}" if waiting else ""
    if not delays["leads"]:
        return "no lead yet" + still
    half, most = (_within(delays[name]) for name in ("p50_s", "p95_s"))
    return f"half within {half}, 95 % within {most} (of {delays['leads']}){still}"


def _within(seconds: float | None) -> str:
    return "a time not known yet" if seconds is None else spoken(seconds)
