"""Gone takes two sound answers six hours apart; nothing else makes it so, and only being seen ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.observations import Platform
from domain.outcomes import Outcome
from domain.presence import APART, NOT_ITSELF, UNCONFIRMED, Ruling, absence, needs_witness, ruled

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(outcome: Outcome, at: datetime, since: datetime | None = None, *, witness: bool | None = True) -> Ruling:
    return ruled(outcome, "a_code", is_itself=witness, gone_since=since, now=at)


def test_the_first_answer_is_not_believed_yet_and_the_second_is() -> None:
    first = said(Outcome.GONE, NOW)
    assert (first.outcome, first.code, first.gone_since) == (Outcome.UNREACHABLE, UNCONFIRMED, NOW)
    assert not first.is_failure
    assert first.look_at is not None
    assert first.look_at - NOW >= APART
    assert first.look_at - NOW < APART + HOUR
    second = said(Outcome.GONE, first.look_at, first.gone_since)
    assert (second.outcome, second.code, second.gone_since, second.look_at) == (Outcome.GONE, "a_code", NOW, None)
    assert second.is_failure


def test_a_second_answer_that_comes_too_soon_waits_for_the_same_moment() -> None:
    first = said(Outcome.GONE, NOW)
    soon = said(Outcome.GONE, NOW + HOUR, first.gone_since)
    assert (soon.outcome, soon.code, soon.gone_since, soon.look_at) == (
        Outcome.UNREACHABLE, UNCONFIRMED, NOW, first.look_at,
    )  # fmt: skip


def test_a_platform_that_is_not_itself_says_nothing() -> None:
    for outcome in (Outcome.GONE, Outcome.MOVED, Outcome.RESTRICTED, Outcome.NO_PREVIEW):
        for since in (None, NOW - 7 * HOUR):
            found = said(outcome, NOW, since, witness=False)
            assert (found.outcome, found.code, found.gone_since) == (Outcome.UNREACHABLE, NOT_ITSELF, since)
            assert not found.is_failure
            assert found.look_at is not None
            assert found.look_at > NOW


def test_a_visit_that_found_the_platform_not_to_be_itself_is_no_failure() -> None:
    found = ruled(Outcome.UNREACHABLE, NOT_ITSELF, is_itself=None, gone_since=NOW, now=NOW + HOUR)
    assert (found.outcome, found.code, found.gone_since, found.is_failure) == (
        Outcome.UNREACHABLE, NOT_ITSELF, NOW, False,
    )  # fmt: skip


def test_what_is_seen_is_there() -> None:
    assert said(Outcome.UNCHANGED, NOW, NOW - 9 * HOUR, witness=None).gone_since is None


def test_a_failure_between_two_answers_neither_confirms_nor_ends_them() -> None:
    between = said(Outcome.UNREACHABLE, NOW + 7 * HOUR, NOW, witness=None)
    assert (between.outcome, between.gone_since, between.is_failure) == (Outcome.UNREACHABLE, NOW, True)


def test_a_clock_that_was_set_back_begins_anew() -> None:
    found = absence(NOW, NOW - HOUR)
    assert (found.since, found.is_confirmed) == (NOW - HOUR, False)


@pytest.mark.parametrize(
    ("outcome", "platform", "locator", "needed"),
    [
        (Outcome.GONE, Platform.PAGE, "https://kites.example/a", True),
        (Outcome.GONE, Platform.TELEGRAM, "https://t.me/s/kites", True),
        (Outcome.MOVED, Platform.PAGE, "http://kites.example/a", True),
        (Outcome.MOVED, Platform.PAGE, "https://kites.example/a", False),
        (Outcome.RESTRICTED, Platform.MASTODON, "https://kites.example/@a", False),
        (Outcome.NO_PREVIEW, Platform.TELEGRAM_WEB, "https://t.me/s/kites", True),
        (Outcome.LIMITED, Platform.PAGE, "http://kites.example/a", False),
        (Outcome.NEW, Platform.PAGE, "http://kites.example/a", False),
        (Outcome.UNREACHABLE, Platform.PAGE, "http://kites.example/a", False),
    ],
)
def test_who_is_believed_without_a_witness(outcome: Outcome, platform: Platform, locator: str, *, needed: bool) -> None:
    assert needs_witness(outcome, platform, locator, was_read=True) is needed
    # Of a place that was never read, only that it is gone.
    assert needs_witness(outcome, platform, locator, was_read=False) is (outcome is Outcome.GONE)


steps = st.tuples(
    st.sampled_from(sorted(Outcome)),
    st.sampled_from([True, False, None]),
    st.timedeltas(timedelta(minutes=-30), timedelta(hours=9)),
)


@given(st.lists(steps, max_size=30))
def test_whatever_happens_gone_takes_two_sound_answers_and_nothing_seen_between(
    story: list[tuple[Outcome, bool | None, timedelta]],
) -> None:
    now, since = NOW, None
    sound: list[datetime] = []  # answers that said so since the place was last seen
    for outcome, witness, pause in story:
        now += pause
        found = ruled(outcome, "a_code", is_itself=witness, gone_since=since, now=now)
        if outcome.was_seen:
            sound = []
        elif outcome is Outcome.GONE and witness:
            sound.append(now)
        if found.outcome is Outcome.GONE and witness is not None:
            assert any(now - earlier >= APART for earlier in sound)
            assert witness
        if found.outcome is Outcome.UNREACHABLE and outcome is not Outcome.UNREACHABLE:
            assert not found.is_failure
        if found.look_at is not None:
            assert found.look_at > now or found.code == UNCONFIRMED
        since = found.gone_since
        assert (since is None) or since <= max(now, *sound, NOW)
