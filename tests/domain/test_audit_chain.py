"""Every change to the chain is noticed, and the place is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.audit import GENESIS, AuditDraft, AuditEvent, Checkpoint, Verdict, chained, checkpoint_of, verify
from domain.errors import BadInput

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LENGTH = 6


def chain(length: int = LENGTH) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for number in range(1, length + 1):
        draft = AuditDraft(
            at=NOON + timedelta(minutes=number), actor="sok", action="lead.claimed", subject=f"lead-{number}",
            details={"number": number, "word": "kites"},
        )  # fmt: skip
        previous = events[-1].hash if events else GENESIS
        events.append(chained(draft, seq=number, previous=previous))
    return events


def head_of(events: Sequence[AuditEvent]) -> tuple[int, str]:
    return (events[-1].seq, events[-1].hash) if events else (0, GENESIS)


WHOLE = chain()
HEAD = head_of(WHOLE)
positions = pytest.mark.parametrize("at", range(LENGTH))


def test_a_whole_chain_is_whole() -> None:
    assert verify(WHOLE, head=HEAD) == Verdict(events=LENGTH, head=WHOLE[-1].hash)
    assert verify(WHOLE) == verify(iter(WHOLE), head=HEAD)


def test_an_empty_log_is_whole_only_if_nothing_was_ever_written() -> None:
    assert verify([], head=(0, GENESIS)).broken_at is None
    assert verify([], head=HEAD) == Verdict(
        events=0, head=GENESIS, broken_at=1, reason="the chain was cut after event 0"
    )


@positions
@pytest.mark.parametrize(
    "change",
    [
        {"at": NOON},
        {"at": WHOLE[0].draft.at.replace(tzinfo=None)},
        {"actor": "dara"},
        {"action": "lead.closed"},
        {"subject": "lead-9"},
        {"details": {}},
        {"details": {"number": "1", "word": "kites"}},
        {"details": {"number": 1, "word": "kites", "more": 1}},
    ],
)
def test_an_altered_event_is_named(at: int, change: dict[str, Any]) -> None:
    event = WHOLE[at]
    altered = [*WHOLE[:at], replace(event, draft=replace(event.draft, **change)), *WHOLE[at + 1 :]]
    verdict = verify(altered, head=HEAD)
    assert (verdict.broken_at, verdict.reason) == (at + 1, f"event {at + 1} was altered")


@positions
def test_an_event_altered_together_with_its_hash_breaks_the_next_or_the_head(at: int) -> None:
    event = chained(replace(WHOLE[at].draft, actor="dara"), seq=at + 1, previous=WHOLE[at].previous)
    verdict = verify([*WHOLE[:at], event, *WHOLE[at + 1 :]], head=HEAD)
    assert verdict.broken_at == at + 2
    assert verdict.reason == (
        f"event {at + 2} does not follow {at + 1}" if at + 1 < LENGTH else f"the chain was cut after event {LENGTH}"
    )


@positions
def test_a_deleted_event_is_named(at: int) -> None:
    verdict = verify([*WHOLE[:at], *WHOLE[at + 1 :]], head=HEAD)
    assert verdict.broken_at == at + 1
    assert verdict.reason == (
        f"event {at + 1} is missing" if at + 1 < LENGTH else f"the chain was cut after event {at}"
    )


@pytest.mark.parametrize("at", range(LENGTH - 1))
def test_events_in_another_order_are_named(at: int) -> None:
    swapped = [*WHOLE[:at], WHOLE[at + 1], WHOLE[at], *WHOLE[at + 2 :]]
    assert verify(swapped, head=HEAD).broken_at == at + 1
    renumbered = [replace(event, seq=number) for number, event in enumerate(swapped, 1)]
    verdict = verify(renumbered, head=HEAD)
    assert (verdict.broken_at, verdict.reason) == (at + 1, f"event {at + 1} does not follow {at}")


@pytest.mark.parametrize("kept", range(LENGTH))
def test_a_chain_cut_at_its_end_is_noticed_by_what_the_store_noted(kept: int) -> None:
    assert verify(WHOLE[:kept]).broken_at is None
    verdict = verify(WHOLE[:kept], head=HEAD)
    assert (verdict.broken_at, verdict.reason) == (kept + 1, f"the chain was cut after event {kept}")


@positions
def test_a_repeated_event_is_noticed(at: int) -> None:
    assert verify([*WHOLE[: at + 1], *WHOLE[at:]], head=HEAD).broken_at == at + 2


def test_a_chain_written_anew_is_noticed_by_its_head() -> None:
    anew = chain(LENGTH - 1)
    anew.append(chained(replace(WHOLE[-1].draft, actor="dara"), seq=LENGTH, previous=anew[-1].hash))
    assert verify(anew).broken_at is None
    assert verify(anew, head=HEAD).broken_at is not None


@given(
    st.dictionaries(st.text(max_size=9), st.one_of(st.text(max_size=9), st.integers()), max_size=4),
    st.text(st.characters(codec=None, exclude_categories=()), max_size=9),
)
def test_the_order_of_details_does_not_matter_and_any_text_can_be_chained(
    details: dict[str, str | int], subject: str
) -> None:
    draft = AuditDraft(at=NOON, actor="sok", action="a", subject=subject, details=details)
    backwards = replace(draft, details=dict(reversed(details.items())))
    assert chained(draft, seq=1, previous=GENESIS).hash == chained(backwards, seq=1, previous=GENESIS).hash


def test_fields_cannot_run_into_each_other() -> None:
    one = AuditDraft(at=NOON, actor="sok", action="ab", subject="c")
    other = AuditDraft(at=NOON, actor="sok", action="a", subject="bc")
    assert chained(one, seq=1, previous=GENESIS).hash != chained(other, seq=1, previous=GENESIS).hash


KEPT = [Checkpoint(events=number, hash=WHOLE[number - 1].hash if number else GENESIS) for number in range(LENGTH + 1)]


@given(st.lists(st.sampled_from(KEPT)))
def test_a_whole_chain_has_every_checkpoint_of_its_own(kept: list[Checkpoint]) -> None:
    assert verify(WHOLE, head=HEAD, kept=kept) == verify(WHOLE)


@positions
def test_a_chain_written_anew_with_its_head_is_noticed_by_a_checkpoint(at: int) -> None:
    anew = WHOLE[:at]
    for event in WHOLE[at:]:
        draft = replace(event.draft, actor="dara")
        anew.append(chained(draft, seq=event.seq, previous=anew[-1].hash if anew else GENESIS))
    assert verify(anew, head=head_of(anew), kept=KEPT[: at + 1]).broken_at is None
    verdict = verify(anew, head=head_of(anew), kept=KEPT[:0:-1])
    assert (verdict.broken_at, verdict.reason) == (at + 1, f"event {at + 1} is not the one of the checkpoint")


@pytest.mark.parametrize("left", range(LENGTH))
def test_a_chain_cut_with_its_head_is_noticed_by_a_checkpoint(left: int) -> None:
    cut = WHOLE[:left]
    verdict = verify(cut, head=head_of(cut), kept=[KEPT[LENGTH]])
    assert (verdict.broken_at, verdict.reason) == (left + 1, f"the chain was cut after event {left}")


@given(st.sampled_from(KEPT))
def test_a_checkpoint_is_read_as_it_was_told(kept: Checkpoint) -> None:
    assert checkpoint_of(f" {kept}\n") == kept


@given(st.text(max_size=90))
@example("7:" + "0" * 63)
@example("\N{ARABIC-INDIC DIGIT SEVEN}:" + "0" * 64)
@example(f"-1:{GENESIS}")
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        checkpoint_of(text)
