"""
Say how far a feed was read, as JSON that outlives the process.

Time is cut into stretches. What lies before `reached` was read, but for the
stretches in `missing`; `reading` are those on the way, the first one perhaps
in its middle. Every decision here is pure.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from exchange.clients.page import ReadPage, askable

TRIES = 3  # pulls that try a stretch in quarantine again
MAX_MISSING = 1_000  # stretches in quarantine; a feed with more is broken
SMALLEST = 600  # seconds; a stretch that cannot be read is divided down to this
CURSOR_LIVES = 12 * 3600  # seconds; services ask not to keep their paging for longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """
    From one time to another, in seconds since 1970.

    `cursor` is the service's own word for its next page, given at `cursor_at`;
    `seen` is the latest time up to there, in a feed that is in order of time.
    `tries` counts the pulls that tried again what could not be read; 0 for a
    stretch that is read for the first time.
    """

    since: int
    until: int
    cursor: str = ""
    cursor_at: int = 0
    seen: int = 0
    tries: int = 0

    @property
    def without_cursor(self) -> Stretch:
        """Return what is left of it, asked for anew."""
        return Stretch(since=max(self.since, self.seen), until=self.until, tries=self.tries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """
    How far a feed was read; `source` tells whose it is, so that no other is gone on with.

    `finished` is when a pull last came to its end, in seconds since 1970.
    """

    source: str
    reached: int = 0
    finished: int = 0
    reading: tuple[Stretch, ...] = ()
    missing: tuple[Stretch, ...] = ()

    @property
    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def read_at(self) -> int:
        """Return when the feed was last read, in seconds since 1970."""
        return max(self.reached, self.finished, *(each.cursor_at for each in self.reading), 0)

    @property
    def awaited(self) -> tuple[Stretch, ...]:
        """Return what is missing and will be tried again."""
        return tuple(each for each in self.missing if each.tries < TRIES)

    def begun(self, *, until: int, now: int, overlap: int) -> Checkpoint:
        """Return it at the beginning of a pull: what is missing first, then what was left off, then what is new."""
        kept = tuple(each for each in self.missing if each.tries >= TRIES)
        again = tuple(replace(each, tries=each.tries + 1) for each in self.awaited)
        left = tuple(each if now - each.cursor_at < CURSOR_LIVES else each.without_cursor for each in self.reading)
        end = max([each.until for each in left if not each.tries], default=self.reached)
        new = (Stretch(since=max(0, end - overlap), until=until),) if until > end else ()
        return replace(self, reading=again + left + new, missing=kept)

    def read(self, page: ReadPage, *, ordered: bool, now: int) -> Checkpoint:
        """Return it behind a page that was read whole."""
        first, *rest = self.reading
        seen = max(first.seen, page.latest or 0) if ordered else 0
        if page.cursor and seen <= first.until:
            ahead = replace(first, cursor=page.cursor, cursor_at=now, seen=seen)
            if not first.cursor and page.is_huge and _can_halve(first):
                return replace(self, reading=(*_halves(first), *rest))
            return replace(self, reading=(ahead, *rest))
        end = first.until if page.resume_at is None else min(page.resume_at, first.until)
        reached = self.reached if first.tries else max(self.reached, end)
        return replace(self, reading=tuple(rest), reached=reached, finished=self.finished if rest else now)

    def passed_by(self, page: ReadPage, *, ordered: bool, now: int, in_a_row: int) -> Checkpoint:
        """
        Return it behind a page that could not be read, with what it may have held in quarantine.

        In order of time: go on behind what was read of it, by steps that grow.
        Otherwise by the cursor of the next page, and without one, divide.
        """
        first, *rest = self.reading
        if first.tries:
            return self._left_out(first.without_cursor, rest)
        if ordered:
            start = min(max(first.since, first.seen, page.latest or 0), first.until)
            end = min(start + (SMALLEST << in_a_row), first.until)
            ahead = [Stretch(since=end, until=first.until)] if end < first.until else []
            return self._left_out(Stretch(since=start, until=end), ahead + rest)
        whole = Stretch(since=first.since, until=first.until)
        if page.cursor:
            return self._left_out(whole, [replace(first, cursor=page.cursor, cursor_at=now), *rest])
        if _can_halve(first):
            return replace(self, reading=(*_halves(first), *rest))
        return self._left_out(whole, rest, reached=first.until)

    def _left_out(self, stretch: Stretch, ahead: list[Stretch], reached: int = 0) -> Checkpoint:
        """Return it with a stretch in quarantine, once, and these to read."""
        missing = tuple(dict.fromkeys((*self.missing, stretch)))
        done = stretch.until if not ahead and not stretch.tries else reached
        return replace(self, reading=tuple(ahead), missing=missing, reached=max(self.reached, done))


def checkpoint_from(text: str, source: str) -> Checkpoint | None:
    """Return what was written, or None where there is nothing, or nothing of this source."""
    try:
        values = json.loads(text)
        checkpoint = Checkpoint(
            source=str(values["source"]),
            reached=int(values["reached"]),
            finished=int(values["finished"]),
            reading=tuple(_stretch(each) for each in values["reading"]),
            missing=tuple(_stretch(each) for each in values["missing"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return checkpoint if checkpoint.source == source else None


def _stretch(values: dict[str, object]) -> Stretch:
    numbers = {name: int(str(values[name])) for name in ("since", "until", "cursor_at", "seen", "tries")}
    cursor = str(values["cursor"])
    return Stretch(cursor=cursor if askable(cursor) else "", **numbers)


def _can_halve(stretch: Stretch) -> bool:
    return stretch.until - stretch.since > SMALLEST


def _halves(stretch: Stretch) -> tuple[Stretch, Stretch]:
    middle = (stretch.since + stretch.until) // 2
    return Stretch(since=stretch.since, until=middle), Stretch(since=middle, until=stretch.until)
