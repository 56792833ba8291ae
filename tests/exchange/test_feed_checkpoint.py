"""However pages break and pulls are killed: a feed that mends itself is read to the last entry, and every pull ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.feeds import Change
from exchange.clients.checkpoint import CURSOR_LIVES, MAX_MISSING, TRIES, Checkpoint, Stretch, checkpoint_from
from exchange.clients.page import ReadPage
from exchange.clients.pulling import IN_A_ROW

DAY = 86_400
NOW = 100 * DAY


@dataclass
class Model:
    """A feed in memory: entries by time, pages of two; a page that holds a broken entry breaks off before it."""

    times: list[int]
    ordered: bool
    names_next: bool
    broken: set[int] = field(default_factory=set)

    def page(self, stretch: Stretch) -> ReadPage:
        found = [(at, number) for number, at in enumerate(self.times) if stretch.since <= at <= stretch.until]
        found.sort(key=None if self.ordered else lambda each: each[1] * 7_919 % 101)
        start = int(stretch.cursor or 0)
        shown = found[start : start + 2]
        cursor = str(start + 2) if start + 2 < len(found) else ""
        whole = [number for _, number in shown]
        bad = next((place for place, number in enumerate(whole) if number in self.broken), None)
        readable = shown if bad is None else shown[:bad]
        changes = tuple(Change(key=str(number), at=at) for at, number in readable)
        latest = max((at for at, _ in readable), default=None)
        if bad is not None:
            return ReadPage(changes=changes, latest=latest, problem="broken", cursor=cursor if self.names_next else "")
        at_end = (latest if latest is not None else stretch.since) if self.ordered else None
        return ReadPage(changes=changes, latest=latest, cursor=cursor, resume_at=at_end)


def pull(model: Model, text: str, now: int, seen: set[str], *, killed_behind: int | None = None) -> str:
    """Pull as the puller does, and return the checkpoint behind the last page that was kept."""
    state = checkpoint_from(text, "source") or Checkpoint(source="source")
    state = state.begun(until=now - 5, now=now, overlap=0 if model.ordered else 3_600)
    in_a_row = 0
    for number in range(3_000):
        if not state.reading:
            return state.text
        if number == killed_behind:
            return state.text
        page = model.page(state.reading[0])
        if page.problem:
            state = state.passed_by(page, ordered=model.ordered, now=now, in_a_row=in_a_row)
            in_a_row += 1
        else:
            state = state.read(page, ordered=model.ordered, now=now)
            in_a_row = 0
        if in_a_row > IN_A_ROW:
            return text
        assert len(state.missing) <= MAX_MISSING
        seen |= {change.key for change in page.changes}
    raise AssertionError("the pull does not end")


MODELS = st.builds(
    Model,
    times=st.lists(st.integers(10, 95 * DAY), max_size=14),
    ordered=st.booleans(),
    names_next=st.booleans(),
    broken=st.sets(st.integers(0, 13), max_size=4),
)


@settings(max_examples=400, deadline=None)
@given(
    model=MODELS,
    kills=st.lists(st.integers(0, 12), max_size=4),
    late=st.lists(st.integers(NOW + 2 * DAY, NOW + 15 * DAY), max_size=4),
)
def test_nothing_is_lost_but_what_was_given_up_and_stays_counted(
    model: Model, kills: list[int], late: list[int]
) -> None:
    seen: set[str] = set()
    text = ""
    for number, kill in enumerate(kills):
        text = pull(model, text, NOW + number * 60, seen, killed_behind=kill)
    for number in range(TRIES - 1):
        text = pull(model, text, NOW + DAY + number * 3_600, seen)
    model.broken = set()
    model.times = [*model.times, *late]
    for number in range(2):
        text = pull(model, text, NOW + 20 * DAY + number * DAY, seen)
    left = checkpoint_from(text, "source")
    assert left is not None
    assert left.reading == ()
    given_up = [stretch for stretch in left.missing if stretch.tries >= TRIES]
    lost = {at for number, at in enumerate(model.times) if str(number) not in seen}
    assert all(any(each.since <= at <= each.until for each in given_up) for at in lost), (lost, left)


def test_a_cursor_that_is_too_old_is_not_used_and_what_was_read_is_not_read_again() -> None:
    on_the_way = Stretch(since=10, until=900, cursor="page 7", cursor_at=NOW, seen=500)
    state = Checkpoint(source="source", reading=(on_the_way,))
    fresh = state.begun(until=900, now=NOW + CURSOR_LIVES - 1, overlap=0)
    assert fresh.reading == (on_the_way,)
    stale = state.begun(until=900, now=NOW + CURSOR_LIVES, overlap=0)
    assert stale.reading == (Stretch(since=500, until=900),)
