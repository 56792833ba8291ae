"""
Decide when a host is left alone, and until when.

Pure: what is known of a host, what it has just said and the time make what is
known next. A host that asks for a pause gets it; one that fails again and
again is asked less and less, and then by one request at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

HOST_RESTS = "host_rests"  # the code of what ends, or waits, because its host is left alone; nothing was asked
FAILING = "failing"  # why a host rests: it failed in a row
RATE_LIMIT = "rate_limit"  # … it said that nothing is left of what it grants
TOO_MANY_REQUESTS = 429

_GATEWAYS = frozenset({502, 503, 504})  # the host behind them was not reached
_MAY_ASK = frozenset({403, TOO_MANY_REQUESTS, *range(500, 600)})  # where a Retry-After means us
_SPREAD = 0.25  # of a rest of our own making, so that what fails together does not come back together
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{0,9})?")
_LONGEST = 64  # characters of a header worth reading
_EPOCH = 10**9  # a reset above this is a time, below it seconds from now
_EPOCH_MS = 10**12
_LIMITS = (
    ("X-RateLimit-Remaining", "X-RateLimit-Reset"),
    ("RateLimit-Remaining", "RateLimit-Reset"),
    ("X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"),
)
_STRUCTURED = re.compile(r"\b(?:r|remaining)=(\d{1,9})\b.*?\b(?:t|reset)=(\d{1,9})\b")  # the field RateLimit's drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Courtesy:
    """
    How much patience a host is shown.

    It rests after so many `failures` in a row, for `first_rest`, then for twice
    as long each time, up to `longest_rest`; where it says that it is too much
    and not for how long, for `first_pause` at first. What it asks for itself is obeyed
    up to `obeyed`: a pause of a year would end the watch. A rest of up to
    `patience` is waited for; for a longer one the visit ends.
    """

    failures: int = 5
    first_rest: timedelta = timedelta(seconds=20)
    first_pause: timedelta = timedelta(minutes=1)
    longest_rest: timedelta = timedelta(hours=1)
    obeyed: timedelta = timedelta(days=1)
    patience: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is remembered of a host: until when it rests and why (a short code), and its failures in a row."""

    rests_until: datetime | None = None
    rests_because: str = ""
    failures: int = 0

    @property
    def asked_for_it(self) -> bool:
        """Return whether the host itself asked to be left alone."""
        return self.rests_because != FAILING


QUIET = HostState()


def rest_left(rules: Courtesy, state: HostState, now: datetime) -> timedelta | None:
    """Return how long a host is to be left alone yet, or None; a clock that was set back makes none endless."""
    if state.rests_until is None or state.rests_until <= now:
        return None
    longest = rules.obeyed if state.asked_for_it else rules.longest_rest * (1 + _SPREAD)
    return min(state.rests_until - now, longest)


def is_on_probation(rules: Courtesy, state: HostState) -> bool:
    """Return whether a host has failed so often that one request at a time tries it, once it has rested."""
    return state.failures >= rules.failures


def after_head(
    rules: Courtesy, state: HostState, status: int, headers: Mapping[str, str], *, now: datetime, dice: float
) -> HostState:
    """
    Return what is known once an answer's status and headers have come; `headers` is asked without regard to case.

    `dice` in [0, 1) spreads a rest that nobody asked for.
    """
    asked = _asked(status, headers, now)
    if asked is not None:
        wait, because = asked
        until = now + min(wait, rules.obeyed)
        if wait <= timedelta(0) or (state.rests_until is not None and state.rests_until >= until):
            return state
        return replace(state, rests_until=until, rests_because=because)
    if status == TOO_MANY_REQUESTS:
        failures = state.failures + 1
        pause = _doubled(rules, rules.first_pause, failures)
        return _resting(replace(state, failures=failures), pause, f"http_{status}", now=now, dice=dice)
    return state


def after_body(rules: Courtesy, state: HostState, status: int, *, now: datetime, dice: float) -> HostState:
    """Return what is known once an answer has come whole."""
    if status in _GATEWAYS:
        return after_loss(rules, state, now=now, dice=dice)
    if status == TOO_MANY_REQUESTS or state == QUIET:
        return state
    return replace(state, failures=0) if rest_left(rules, state, now) is not None else QUIET


def after_loss(rules: Courtesy, state: HostState, *, now: datetime, dice: float) -> HostState:
    """Return what is known once a request got no answer, or half of one."""
    if rest_left(rules, state, now) is not None and not state.asked_for_it:
        return state  # it was begun before the rest was, and tells of the same failure
    lost = replace(state, failures=state.failures + 1)
    if not is_on_probation(rules, lost):
        return lost
    rest = _doubled(rules, rules.first_rest, lost.failures - rules.failures + 1)
    return _resting(lost, rest, FAILING, now=now, dice=dice)


def _doubled(rules: Courtesy, first: timedelta, times: int) -> timedelta:
    """Return how long a host rests for the `times`th time."""
    return min(first * (1 << min(times - 1, 16)), rules.longest_rest)


def _resting(state: HostState, rest: timedelta, because: str, *, now: datetime, dice: float) -> HostState:
    """Return a state that rests for about so long, unless it rests for longer already."""
    until = now + rest * (1 + _SPREAD * (2 * dice - 1))
    if state.rests_until is not None and state.rests_until >= until:
        return state
    return replace(state, rests_until=until, rests_because=because)


def _asked(status: int, headers: Mapping[str, str], now: datetime) -> tuple[timedelta, str] | None:
    """Return the wait that an answer asks for, and why; Retry-After outranks a limit's reset."""
    if (
        status in _MAY_ASK
        and (wait := wait_of(headers.get("Retry-After", ""), now, headers.get("Date", ""))) is not None
    ):
        return wait, f"http_{status}"
    for remaining, reset in _limits(headers):
        wait = _reset(reset, now)
        if wait is not None and (status == TOO_MANY_REQUESTS or _is_used_up(remaining)):
            return wait, f"http_{status}" if status == TOO_MANY_REQUESTS else RATE_LIMIT
    return None


def wait_of(retry_after: str, now: datetime, date: str = "") -> timedelta | None:
    """
    Return how long a Retry-After asks to wait (seconds, or a date), or None for what is neither.

    A date is read against the answer's own `date`, if it has one: the host's
    clock is not ours. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = retry_after.strip()
    if _NUMBER.fullmatch(text):
        return _seconds(text)
    moment = _moment(text)
    return None if moment is None else moment - (_moment(date.strip()) or now)


def _limits(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what an answer says of its limits: how much is left, and when there is more."""
    found = [(headers.get(remaining, ""), headers.get(reset, "")) for remaining, reset in _LIMITS]
    structured = headers.get("RateLimit", "")
    if structured:
        found += _STRUCTURED.findall(structured[:_LONGEST])
    return [(remaining, reset) for remaining, reset in found if reset]


def _is_used_up(remaining: str) -> bool:
    text = remaining.strip()
    return bool(_NUMBER.fullmatch(text)) and float(text) < 1


def _reset(text: str, now: datetime) -> timedelta | None:
    """Return the time to a limit's reset: seconds from now, seconds or milliseconds since 1970, or a date."""
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped):
        number = float(stripped)
        if number < _EPOCH:
            return _seconds(stripped)
        since = number / 1000 if number >= _EPOCH_MS else number
        return _seconds(str(int(max(since - now.timestamp(), 0))))
    moment = _moment(stripped)
    return None if moment is None else moment - now


def _seconds(number: str) -> timedelta:
    return timedelta(seconds=min(float(number), 10.0**9))


def _moment(text: str) -> datetime | None:
    """Return the time that an HTTP date or an ISO 8601 date names."""
    if not text or len(text) > _LONGEST:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        try:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError:
            return None
    return None
