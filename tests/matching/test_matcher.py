from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from domain.errors import BadInput
from domain.fingerprints import Covers, Fingerprint, MediaStatus, SampledFrame
from domain.hashlists import Algorithm, HashMatch, IndexedEntry, ListClass
from domain.ids import ListId
from matching.matcher import THREAD_ABOVE, ListMatcher

DICE = np.random.default_rng(5)
DIHEDRAL = tuple(DICE.integers(0, 256, 32, dtype=np.uint8).tobytes() for _ in range(8))
PHASH = DICE.integers(0, 256, 8, dtype=np.uint8).tobytes()
MEDIA = Fingerprint(
    status=MediaStatus.HASHED,
    md5="11" * 16,
    sha1="22" * 20,
    sha256="33" * 32,
    pdq=DIHEDRAL[0],
    pdq_quality=100,
    pdq_dihedral=DIHEDRAL,
    phash=PHASH,
)


def flipped(value: bytes, bits: int) -> bytes:
    return (int.from_bytes(value) ^ ((1 << bits) - 1)).to_bytes(len(value))


def entry(number: int, algorithm: Algorithm, value: bytes, of: str = "a") -> IndexedEntry:
    return IndexedEntry(
        entry_id=number,
        list_id=ListId(of),
        list_name=f"list {of}",
        list_version=3,
        list_class=ListClass.OWN,
        algorithm=algorithm,
        hash=value,
        classification="demo",
    )


async def matches(*entries: IndexedEntry, media: Fingerprint = MEDIA) -> list[tuple[str, Algorithm, int, int]]:
    matcher = ListMatcher()
    matcher.replace(entries, 1)
    return [(one.list_id, one.algorithm, one.distance, one.entry_id) for one in await matcher.match(media)]


async def test_each_algorithm_is_matched_and_the_closest_of_a_list_is_quoted() -> None:
    assert await matches(
        entry(1, Algorithm.PHASH, flipped(PHASH, 3)),
        entry(2, Algorithm.PDQ, flipped(DIHEDRAL[0], 30)),
        entry(3, Algorithm.PDQ, flipped(DIHEDRAL[0], 12)),
        entry(4, Algorithm.SHA256, b"\x33" * 32),
        entry(5, Algorithm.MD5, b"\x11" * 16, of="b"),
        entry(6, Algorithm.SHA1, b"\x22" * 20, of="b"),
        entry(7, Algorithm.PDQ, flipped(DIHEDRAL[0], 10), of="b"),
        entry(8, Algorithm.SHA1, b"\x23" * 20, of="c"),
    ) == [
        ("a", Algorithm.SHA256, 0, 4),
        ("b", Algorithm.MD5, 0, 5),
        ("b", Algorithm.SHA1, 0, 6),
        ("b", Algorithm.PDQ, 10, 7),
        ("a", Algorithm.PDQ, 12, 3),
        ("a", Algorithm.PHASH, 3, 1),
    ]


async def test_a_match_quotes_its_list_and_the_generation() -> None:
    matcher = ListMatcher()
    matcher.replace([entry(9, Algorithm.PDQ, DIHEDRAL[0])], 41)
    (match,) = await matcher.match(MEDIA)
    assert match == HashMatch(
        list_id=ListId("a"),
        list_name="list a",
        list_version=3,
        list_class=ListClass.OWN,
        entry_id=9,
        algorithm=Algorithm.PDQ,
        distance=0,
        classification="demo",
        generation=41,
        covers=Covers.WHOLE,
    )
    assert matcher.generation == 41


@pytest.mark.parametrize("variant", range(8))
async def test_a_mirrored_or_turned_copy_matches(variant: int) -> None:
    assert await matches(entry(1, Algorithm.PDQ, flipped(DIHEDRAL[variant], 8))) == [("a", Algorithm.PDQ, 8, 1)]


@pytest.mark.parametrize(
    ("algorithm", "value", "radius"), [(Algorithm.PDQ, DIHEDRAL[0], 31), (Algorithm.PHASH, PHASH, 8)]
)
async def test_the_radius_is_exact(algorithm: Algorithm, value: bytes, radius: int) -> None:
    assert await matches(entry(1, algorithm, flipped(value, radius))) == [("a", algorithm, radius, 1)]
    assert await matches(entry(1, algorithm, flipped(value, radius + 1))) == []


async def test_a_flat_picture_matches_by_digest_alone() -> None:
    entries = (
        entry(1, Algorithm.PDQ, DIHEDRAL[0]),
        entry(2, Algorithm.PHASH, PHASH),
        entry(3, Algorithm.MD5, b"\x11" * 16),
    )
    assert await matches(*entries, media=replace(MEDIA, pdq_quality=49)) == [("a", Algorithm.MD5, 0, 3)]
    assert len(await matches(*entries, media=replace(MEDIA, pdq_quality=50))) == 3


async def test_what_has_no_hashes_matches_nothing() -> None:
    nothing = Fingerprint(status=MediaStatus.REJECTED, reason="too_large")
    assert await matches(entry(1, Algorithm.PDQ, bytes(32)), entry(2, Algorithm.MD5, bytes(16)), media=nothing) == []
    assert await matches(entry(1, Algorithm.PDQ, DIHEDRAL[0]), media=replace(MEDIA, pdq_dihedral=())) != []


async def test_of_two_equals_the_first_entry_is_quoted() -> None:
    entries = [entry(number, Algorithm.PDQ, DIHEDRAL[0]) for number in (8, 3, 5)]
    assert await matches(*entries) == [("a", Algorithm.PDQ, 0, 3)]


async def test_a_hash_of_the_wrong_length_is_refused_and_the_old_lists_stay() -> None:
    matcher = ListMatcher()
    matcher.replace([entry(1, Algorithm.PDQ, DIHEDRAL[0])], 1)
    with pytest.raises(BadInput, match="Entry 2 of list list a is no md5 hash"):
        matcher.replace([entry(2, Algorithm.MD5, b"short")], 2)
    assert matcher.generation == 1
    assert len(await matcher.match(MEDIA)) == 1


async def test_lists_are_replaced_beside_queries_and_every_answer_is_of_one_generation() -> None:
    noise = DICE.integers(0, 256, (THREAD_ABOVE + 1, 32), dtype=np.uint8)
    many = [entry(number + 10, Algorithm.PDQ, row.tobytes(), of="noise") for number, row in enumerate(noise)]
    matcher = ListMatcher()
    assert await matcher.match(MEDIA) == ()
    matcher.replace([*many, entry(1, Algorithm.PDQ, DIHEDRAL[0]), entry(1, Algorithm.PHASH, PHASH)], 1)
    building = asyncio.create_task(
        asyncio.to_thread(
            matcher.replace, [*many, entry(2, Algorithm.PDQ, DIHEDRAL[0]), entry(2, Algorithm.PHASH, PHASH)], 2
        )
    )
    seen = set()
    while not building.done():
        answer = await matcher.match(MEDIA)
        assert {match.entry_id for match in answer} == {match.generation for match in answer}
        seen |= {match.generation for match in answer}
    await building
    assert {match.generation for match in await matcher.match(MEDIA)} == {2}
    assert 1 in seen
    assert len(matcher) == len(many) + 2


OTHERS = tuple(bytes(row) for row in DICE.integers(0, 256, (24, 32), dtype=np.uint8))
TRIMMED = b"\x0f\xf0\x33\xcc\x55\xaa\x99\x66"


@pytest.mark.parametrize("variant", [0, 7, 8, 23])
async def test_a_squashed_or_trimmed_copy_matches(variant: int) -> None:
    media = replace(MEDIA, pdq_others=OTHERS)
    assert await matches(entry(1, Algorithm.PDQ, OTHERS[variant])) == []
    assert await matches(entry(1, Algorithm.PDQ, flipped(OTHERS[variant], 6)), media=media) == [
        ("a", Algorithm.PDQ, 6, 1)
    ]


async def test_a_copy_without_its_border_matches_by_phash() -> None:
    media = replace(MEDIA, phash_trimmed=TRIMMED)
    assert await matches(entry(1, Algorithm.PHASH, TRIMMED)) == []
    assert await matches(entry(1, Algorithm.PHASH, flipped(TRIMMED, 2)), media=media) == [("a", Algorithm.PHASH, 2, 1)]


async def test_in_a_wide_flat_border_only_what_it_encloses_is_asked_for() -> None:
    media = replace(MEDIA, pdq_quality=20, pdq_others=OTHERS[:8], phash_trimmed=TRIMMED)
    found = await matches(
        entry(1, Algorithm.PDQ, DIHEDRAL[0]),
        entry(2, Algorithm.PHASH, PHASH),
        entry(3, Algorithm.PDQ, OTHERS[0], of="b"),
        entry(4, Algorithm.PHASH, TRIMMED, of="b"),
        media=media,
    )
    assert found == [("b", Algorithm.PDQ, 0, 3), ("b", Algorithm.PHASH, 0, 4)]


def a_frame(at_ms: int, seed: int, *, quality: int = 100) -> SampledFrame:
    dice = np.random.default_rng(seed)
    variants = tuple(dice.integers(0, 256, 32, dtype=np.uint8).tobytes() for _ in range(16))
    return SampledFrame(at_ms=at_ms, pdq_quality=quality, pdq_dihedral=variants[:8], pdq_others=variants[8:])


async def test_any_clear_frame_of_a_video_matches_and_says_when_it_is_shown() -> None:
    frames = (a_frame(0, 1), a_frame(2_000, 2), a_frame(65_000, 3), a_frame(70_000, 4, quality=49))
    media = Fingerprint(status=MediaStatus.HASHED, frames=frames, covers=Covers.SAMPLED)
    matcher = ListMatcher()
    matcher.replace(
        [
            entry(1, Algorithm.PDQ, flipped(frames[1].pdq, 20)),
            entry(2, Algorithm.PDQ, flipped(frames[2].pdq_dihedral[5], 4)),
            entry(3, Algorithm.PDQ, flipped(frames[0].pdq_others[1], 6), of="b"),
            entry(4, Algorithm.PDQ, frames[3].pdq, of="c"),
            entry(5, Algorithm.PDQ, flipped(frames[3].pdq_others[0], 31), of="d"),
            entry(6, Algorithm.PDQ, flipped(frames[0].pdq, 32), of="e"),
        ],
        1,
    )
    found = await matcher.match(media)
    assert [(one.list_id, one.entry_id, one.distance, one.at_ms, one.covers) for one in found] == [
        ("a", 2, 4, 65_000, Covers.SAMPLED),
        ("b", 3, 6, 0, Covers.SAMPLED),
        ("d", 5, 31, 70_000, Covers.SAMPLED),
    ]


async def test_the_picture_s_own_hash_is_quoted_before_the_frame_that_has_the_same() -> None:
    frame = SampledFrame(at_ms=400, pdq_quality=100, pdq_dihedral=DIHEDRAL)
    matcher = ListMatcher()
    matcher.replace([entry(1, Algorithm.PDQ, DIHEDRAL[0])], 1)
    (found,) = await matcher.match(replace(MEDIA, frames=(frame,)))
    assert found.at_ms is None


@pytest.mark.parametrize(
    ("distance", "slack", "near"),
    [(0, 8, False), (22, 8, False), (23, 8, True), (31, 0, True), (32, 0, False), (39, 8, True), (40, 8, False)],
)
async def test_near_is_what_a_few_bits_would_decide(distance: int, slack: int, *, near: bool) -> None:
    matcher = ListMatcher()
    matcher.replace([entry(1, Algorithm.PDQ, flipped(DIHEDRAL[3], distance)), entry(2, Algorithm.SHA256, bytes(32))], 1)
    assert await matcher.is_near(MEDIA, slack) is near


async def test_a_picture_too_flat_to_compare_is_near_to_nothing() -> None:
    matcher = ListMatcher()
    matcher.replace([entry(1, Algorithm.PDQ, flipped(DIHEDRAL[0], 31))], 1)
    assert not await matcher.is_near(replace(MEDIA, pdq_quality=1, pdq_dihedral=()), 8)


async def test_a_long_list_is_asked_for_what_is_near_in_a_thread() -> None:
    hashes = DICE.integers(0, 256, (THREAD_ABOVE, 32), dtype=np.uint8)
    many = [entry(number + 2, Algorithm.PDQ, row.tobytes()) for number, row in enumerate(hashes)]
    matcher = ListMatcher()
    matcher.replace([*many, entry(1, Algorithm.PDQ, flipped(DIHEDRAL[0], 35))], 1)
    assert await matcher.is_near(MEDIA, 8)
    assert not await matcher.is_near(MEDIA, 1)
