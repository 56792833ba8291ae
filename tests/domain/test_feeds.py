"""What a feed's changes make of a list: compared with a plain dictionary, whatever their order."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from domain.feeds import Change, Effect, FeedKind, Merge, hash_key
from domain.hashlists import Algorithm, HashEntry

KEYS = st.sampled_from(["kite", "lantern", "drum", "boat"])


def an_entry(ref: str, number: int = 0, note: str = "") -> HashEntry:
    digest = hashlib.md5(f"{ref}{number}".encode(), usedforsecurity=False).digest()
    return HashEntry(algorithm=Algorithm.MD5, hash=digest, ref=ref, note=note)


@st.composite
def a_change(draw: st.DrawFn, *, dated: bool) -> Change:
    key = draw(KEYS)
    numbers = draw(st.lists(st.integers(0, 3), max_size=3, unique=True))
    at = draw(st.integers(1, 5)) if dated else None
    return Change(key=key, at=at, entries=tuple(an_entry(key, number) for number in numbers))


def plainly(previous: list[HashEntry], changes: list[Change]) -> dict[str, list[HashEntry]]:
    held: dict[str, list[HashEntry]] = {}
    for entry in previous:
        held.setdefault(entry.ref, []).append(entry)
    times: dict[str, int] = {}
    for change in changes:
        if change.at is None or change.at >= times.get(change.key, 0):
            held[change.key] = list(change.entries)
            times[change.key] = change.at or 0
    return {key: entries for key, entries in held.items() if entries}


@given(st.lists(a_change(dated=True)) | st.lists(a_change(dated=False)))
def test_the_newest_word_of_each_key_counts(changes: list[Change]) -> None:
    previous = [an_entry("kite"), an_entry("kite", 1), an_entry("reed"), an_entry("boat")]
    merge = Merge(lambda: changes, FeedKind.NCMEC)
    expected = plainly(previous, changes)
    made = list(merge.entries(previous))
    assert sorted(map(repr, made)) == sorted(repr(entry) for entries in expected.values() for entry in entries)
    effect = merge.effect(previous)
    assert effect.entries == len(made)
    assert effect.entries - len(previous) == effect.added - effect.withdrawn
    assert effect.is_nothing == same(made, previous)
    again = Merge(lambda: changes, FeedKind.NCMEC)
    assert again.effect(made).is_nothing, "what is done twice changes nothing the second time"


def same(one: list[HashEntry], other: list[HashEntry]) -> bool:
    return sorted(map(repr, one)) == sorted(map(repr, other))


def test_entries_may_be_told_apart_by_their_hash() -> None:
    kite, lantern = an_entry(""), an_entry("", 1)
    gone = [Change(key=hash_key(kite))]
    assert list(Merge(lambda: gone, FeedKind.STOPNCII).entries([kite, lantern])) == [lantern]


def test_an_entry_with_other_words_is_altered() -> None:
    changes = [Change(key="kite", entries=(an_entry("kite", note="blue"),))]
    assert Merge(lambda: changes, FeedKind.NCMEC).effect([an_entry("kite")]) == Effect(altered=1, entries=1)


def test_a_feed_that_began_anew_replaces_everything() -> None:
    changes = [Change(key="kite", entries=(an_entry("kite"),))]
    merge = Merge(lambda: changes, FeedKind.NCMEC, whole=True)
    before = [an_entry("kite"), an_entry("drum")]
    assert list(merge.entries(before)) == [an_entry("kite")]
    assert merge.effect(before) == Effect(withdrawn=1, entries=1)
    assert merge.effect([an_entry("kite")]).is_nothing
