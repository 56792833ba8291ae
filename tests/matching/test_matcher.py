from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from domain.errors import BadInput, OperatorFault
from domain.fingerprints import Covers, Fingerprint, MediaStatus, SampledFrame
from domain.hashlists import Algorithm, HashEntry, HashList, HashMatch, ListClass, LiveList, OwnEntry
from domain.ids import ListId
from matching.matcher import THREAD_ABOVE, ListMatcher
from matching.shelf import FolderShelf

DICE = np.random.default_rng(5)
DIHEDRAL = tuple(DICE.integers(0, 256, 32, dtype=np.uint8).tobytes() for _ in range(8))
PHASH = DICE.integers(0, 256, 8, dtype=np.uint8).tobytes()
WIDE = DICE.integers(0, 256, 32, dtype=np.uint8).tobytes()
MEDIA = Fingerprint(
    status=MediaStatus.HASHED,
    md5="11" * 16,
    sha1="22" * 20,
    sha256="33" * 32,
    pdq=DIHEDRAL[0],
    pdq_quality=100,
    pdq_dihedral=DIHEDRAL,
    phash=PHASH,
    phash256=WIDE,
)


def flipped(value: bytes, bits: int) -> bytes:
    return (int.from_bytes(value) ^ ((1 << bits) - 1)).to_bytes(len(value))


@dataclass(frozen=True, kw_only=True)
class Given:
    """An entry of a list, and the list's id."""

    of: ListId
    entry: HashEntry


def entry(algorithm: Algorithm, value: bytes, of: str = "a") -> Given:
    return Given(of=ListId(of), entry=HashEntry(algorithm=algorithm, hash=value, classification="demo"))


def a_list(list_id: str) -> HashList:
    return HashList(
        id=ListId(list_id),
        name=f"list {list_id}",
        version=3,
        list_class=ListClass.ACCREDITED,
        classification="demo",
        authority="",
        entries=0,
        imported_at=datetime(2026, 1, 1, tzinfo=UTC),
        generation=1,
    )


@pytest.fixture
def shelf(tmp_path: Path) -> FolderShelf:
    return FolderShelf(tmp_path / "lists")


def put(shelf: FolderShelf, *given: Given) -> list[LiveList]:
    """Write the entries as lists, numbered from 0 in each, and return them in force."""
    lists = list(dict.fromkeys(one.of for one in given))
    for list_id in lists:
        write(shelf, list_id, (one.entry for one in given if one.of == list_id))
    return [LiveList(hash_list=a_list(list_id)) for list_id in lists]


def write(shelf: FolderShelf, list_id: ListId, entries: Iterable[HashEntry]) -> None:
    writer = shelf.write(list_id)
    writer.add(list(entries))
    writer.finish()


def loaded(shelf: FolderShelf, *given: Given) -> ListMatcher:
    matcher = ListMatcher(shelf)
    matcher.replace(put(shelf, *given), 1)
    return matcher


async def matches(
    shelf: FolderShelf, *given: Given, media: Fingerprint = MEDIA
) -> list[tuple[str, Algorithm, int, int]]:
    return [
        (one.list_id, one.algorithm, one.distance, one.entry_id) for one in await loaded(shelf, *given).match(media)
    ]


async def test_each_algorithm_is_matched_and_the_closest_of_a_list_is_quoted(shelf: FolderShelf) -> None:
    assert await matches(
        shelf,
        entry(Algorithm.PHASH, flipped(PHASH, 3)),
        entry(Algorithm.PHASH256, flipped(WIDE, 11), of="b"),
        entry(Algorithm.PHASH256, flipped(WIDE, 13), of="c"),
        entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 30)),
        entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 12)),
        entry(Algorithm.SHA256, b"\x33" * 32),
        entry(Algorithm.MD5, b"\x11" * 16, of="b"),
        entry(Algorithm.SHA1, b"\x22" * 20, of="b"),
        entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 10), of="b"),
        entry(Algorithm.SHA1, b"\x23" * 20, of="c"),
    ) == [
        ("a", Algorithm.SHA256, 0, 3),
        ("b", Algorithm.MD5, 0, 1),
        ("b", Algorithm.SHA1, 0, 2),
        ("b", Algorithm.PDQ, 10, 3),
        ("a", Algorithm.PDQ, 12, 2),
        ("b", Algorithm.PHASH256, 11, 0),  # of 256 bits: fewer than 3 of 64
        ("a", Algorithm.PHASH, 3, 0),
        ("c", Algorithm.PHASH256, 13, 0),
    ]


async def test_a_match_quotes_its_list_its_entry_and_the_generation(shelf: FolderShelf) -> None:
    matcher = ListMatcher(shelf)
    said = replace(entry(Algorithm.PDQ, DIHEDRAL[0]).entry, classification="kites", ref="x", note="y")
    write(shelf, ListId("a"), [entry(Algorithm.PDQ, DIHEDRAL[1]).entry] * 9 + [replace(said, hash=DIHEDRAL[2])])
    matcher.replace([LiveList(hash_list=a_list("a"), disabled=frozenset({(Algorithm.PDQ, DIHEDRAL[1])}))], 41)
    (match,) = await matcher.match(MEDIA)
    assert match == HashMatch(
        list_id=ListId("a"),
        list_name="list a",
        list_version=3,
        list_class=ListClass.ACCREDITED,
        entry_id=9,
        algorithm=Algorithm.PDQ,
        distance=0,
        classification="kites",
        generation=41,
        covers=Covers.WHOLE,
    )
    assert matcher.generation == 41
    assert len(matcher) == 10


@pytest.mark.parametrize("variant", range(8))
async def test_a_mirrored_or_turned_copy_matches(shelf: FolderShelf, variant: int) -> None:
    assert await matches(shelf, entry(Algorithm.PDQ, flipped(DIHEDRAL[variant], 8))) == [("a", Algorithm.PDQ, 8, 0)]


@pytest.mark.parametrize(
    ("algorithm", "value", "radius"),
    [(Algorithm.PDQ, DIHEDRAL[0], 31), (Algorithm.PHASH, PHASH, 8), (Algorithm.PHASH256, WIDE, 40)],
)
async def test_the_radius_is_exact(shelf: FolderShelf, algorithm: Algorithm, value: bytes, radius: int) -> None:
    assert await matches(
        shelf,
        entry(algorithm, flipped(value, radius + 1), of="b"),
        entry(algorithm, flipped(value, radius)),
    ) == [("a", algorithm, radius, 0)]


@pytest.mark.parametrize(("radius", "found"), [(None, 31), (40, 31), (31, 31), (12, 12), (0, 0)])
async def test_a_list_s_own_radius_holds_and_is_never_wider_than_the_usual(
    shelf: FolderShelf, radius: int | None, found: int
) -> None:
    hashes = [flipped(DIHEDRAL[3], off) for off in range(41)]
    (live,) = put(shelf, entry(Algorithm.PHASH, flipped(PHASH, 8)), *(entry(Algorithm.PDQ, one) for one in hashes))
    matcher = ListMatcher(shelf)
    disabled = frozenset((Algorithm.PDQ, one) for one in hashes[:found])
    matcher.replace([replace(live, hash_list=replace(live.hash_list, radius=radius), disabled=disabled)], 1)
    assert [(one.algorithm, one.distance) for one in await matcher.match(MEDIA)] == [
        (Algorithm.PDQ, found),
        (Algorithm.PHASH, 8),
    ]


@pytest.mark.parametrize(("quality", "compared"), [(69, []), (70, ["a"])])
async def test_a_list_s_own_least_quality_holds(shelf: FolderShelf, quality: int, compared: list[str]) -> None:
    (live,) = put(
        shelf,
        entry(Algorithm.PDQ, DIHEDRAL[0]),
        entry(Algorithm.PHASH, PHASH),
        entry(Algorithm.MD5, b"\x11" * 16),
    )
    matcher = ListMatcher(shelf)
    matcher.replace([replace(live, hash_list=replace(live.hash_list, min_quality=70))], 1)
    found = await matcher.match(replace(MEDIA, pdq_quality=quality))
    assert [one.algorithm for one in found][:1] == [Algorithm.MD5]
    assert [one.list_id for one in found][1:] == compared * 2
    assert await matcher.is_near(replace(MEDIA, pdq_quality=quality), 31) is bool(compared)
    frame = replace(a_frame(7, 7, quality=quality), pdq_dihedral=DIHEDRAL, pdq_others=())
    moving = Fingerprint(status=MediaStatus.HASHED, frames=(frame,))
    assert [one.list_id for one in await matcher.match(moving)] == compared


async def test_a_disabled_hash_matches_nothing_however_often_it_is_there(shelf: FolderShelf) -> None:
    near, exact = flipped(DIHEDRAL[0], 5), b"\x33" * 32
    (live,) = put(
        shelf,
        entry(Algorithm.PDQ, near),
        entry(Algorithm.SHA256, exact),
        entry(Algorithm.PHASH, PHASH),
        entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 9)),
        entry(Algorithm.PDQ, near),
        entry(Algorithm.SHA256, exact),
    )
    matcher = ListMatcher(shelf)
    disabled = frozenset(
        {(Algorithm.PDQ, near), (Algorithm.SHA256, exact), (Algorithm.PDQ, b"none"), (Algorithm.MD5, bytes(16))}
    )
    matcher.replace([replace(live, disabled=disabled)], 1)
    assert [(one.algorithm, one.entry_id) for one in await matcher.match(MEDIA)] == [
        (Algorithm.PDQ, 3),
        (Algorithm.PHASH, 2),
    ]
    assert not await matcher.is_near(replace(MEDIA, pdq=near, pdq_dihedral=(near,)), 8)
    matcher.replace([live], 2)
    assert [one.entry_id for one in await matcher.match(MEDIA)] == [1, 0, 2]


async def test_with_since_only_lists_that_changed_after_are_asked(shelf: FolderShelf) -> None:
    lists = put(shelf, *(entry(Algorithm.PDQ, DIHEDRAL[0], of=name) for name in ("a", "b", "c")))
    matcher = ListMatcher(shelf)
    changed = [
        replace(live, hash_list=replace(live.hash_list, generation=generation))
        for live, generation in zip(lists, (4, 5, 6), strict=True)
    ]
    matcher.replace(changed, 6)
    for since, expected in ((0, ["a", "b", "c"]), (4, ["b", "c"]), (5, ["c"]), (6, [])):
        assert [one.list_id for one in await matcher.match(MEDIA, since)] == expected


async def test_the_own_list_lies_in_memory_and_quotes_its_own_numbers(shelf: FolderShelf) -> None:
    own = (
        OwnEntry(number=71, algorithm=Algorithm.SHA256, hash=b"\x33" * 32, classification="kites"),
        OwnEntry(number=90, algorithm=Algorithm.PDQ, hash=DIHEDRAL[2], classification="lanterns"),
        OwnEntry(number=15, algorithm=Algorithm.PDQ, hash=DIHEDRAL[2], classification="kites"),
    )
    matcher = ListMatcher(shelf)
    live = LiveList(hash_list=a_list("own"), own=own)
    matcher.replace([live], 1)
    found = [(one.algorithm, one.entry_id, one.classification) for one in await matcher.match(MEDIA)]
    assert found == [(Algorithm.SHA256, 71, "kites"), (Algorithm.PDQ, 15, "kites")]
    matcher.replace([replace(live, own=own[:2], disabled=frozenset({(Algorithm.SHA256, b"\x33" * 32)}))], 2)
    assert [one.entry_id for one in await matcher.match(MEDIA)] == [90]
    matcher.replace([replace(live, own=())], 3)
    assert await matcher.match(MEDIA) == ()
    assert not await matcher.is_near(MEDIA, 8)


async def test_a_flat_picture_matches_by_digest_alone(shelf: FolderShelf) -> None:
    matcher = loaded(
        shelf,
        entry(Algorithm.PDQ, DIHEDRAL[0]),
        entry(Algorithm.PHASH, PHASH),
        entry(Algorithm.MD5, b"\x11" * 16),
    )
    assert [one.entry_id for one in await matcher.match(replace(MEDIA, pdq_quality=49))] == [2]
    assert len(await matcher.match(replace(MEDIA, pdq_quality=50))) == 3


async def test_what_has_no_hashes_matches_nothing(shelf: FolderShelf) -> None:
    nothing = Fingerprint(status=MediaStatus.REJECTED, reason="too_large")
    matcher = loaded(
        shelf,
        entry(Algorithm.PDQ, bytes(32)),
        entry(Algorithm.MD5, bytes(16)),
        entry(Algorithm.PDQ, DIHEDRAL[0]),
    )
    assert await matcher.match(nothing) == ()
    assert [one.entry_id for one in await matcher.match(replace(MEDIA, pdq_dihedral=()))] == [2]


async def test_of_two_equals_the_first_entry_is_quoted(shelf: FolderShelf) -> None:
    far = entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 1))
    entries = [far, *(entry(Algorithm.PDQ, DIHEDRAL[variant]) for variant in (5, 0, 5))]
    assert await matches(shelf, *entries) == [("a", Algorithm.PDQ, 0, 1)]


async def test_a_hash_of_the_wrong_length_is_refused_and_the_old_lists_stay(shelf: FolderShelf) -> None:
    matcher = loaded(shelf, entry(Algorithm.PDQ, DIHEDRAL[0]))
    own = OwnEntry(number=2, algorithm=Algorithm.MD5, hash=b"short", classification="demo")
    with pytest.raises(BadInput, match="Entry 2 of list list own is no md5 hash"):
        matcher.replace([LiveList(hash_list=a_list("own"), own=(own,))], 2)
    assert matcher.generation == 1
    assert len(await matcher.match(MEDIA)) == 1


async def test_missing_or_damaged_files_name_their_list_and_the_old_lists_stay(
    shelf: FolderShelf, tmp_path: Path
) -> None:
    matcher = ListMatcher(shelf)
    first, second = put(shelf, *(entry(Algorithm.PDQ, DIHEDRAL[0], of=name) for name in ("a", "b")))
    matcher.replace([first], 1)
    missing = LiveList(hash_list=replace(a_list("c"), name="two lanterns"))
    line = r"version 3, are missing or damaged: import it again, or retire it: kapear hashlist retire"
    with pytest.raises(OperatorFault, match=f"list two lanterns, {line} 'two lanterns'$"):
        matcher.replace([first, missing], 2)
    (file,) = (tmp_path / "lists" / "b").glob("pdq*")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(OperatorFault, match=f"list b, {line} 'list b'$"):
        matcher.replace([second], 2)
    assert matcher.generation == 1
    assert [one.list_id for one in await matcher.match(MEDIA)] == ["a"]


async def test_a_version_that_is_open_stays_open_whatever_becomes_of_its_files(shelf: FolderShelf) -> None:
    matcher = ListMatcher(shelf)
    lists = put(shelf, *(entry(Algorithm.PDQ, DIHEDRAL[0], of=name) for name in ("a", "b")))
    matcher.replace(lists, 1)
    shelf.keep_only([])
    matcher.replace(lists[:1], 2)
    assert [(one.list_id, one.generation) for one in await matcher.match(MEDIA)] == [("a", 2)]
    with pytest.raises(OperatorFault, match="list b"):
        matcher.replace(lists, 3)  # it was let go of


async def test_lists_are_replaced_beside_queries_and_every_answer_is_of_one_generation(shelf: FolderShelf) -> None:
    noise = DICE.integers(0, 256, (THREAD_ABOVE + 1, 32), dtype=np.uint8)
    many = [entry(Algorithm.PDQ, row.tobytes(), of="noise") for row in noise]
    matcher = ListMatcher(shelf)
    assert await matcher.match(MEDIA) == ()
    filler = entry(Algorithm.MD5, bytes(16), of="two")
    background, one, two = put(
        shelf,
        *many,
        *(entry(kind, value, of="one") for kind, value in ((Algorithm.PDQ, DIHEDRAL[0]), (Algorithm.PHASH, PHASH))),
        filler,
        *(entry(kind, value, of="two") for kind, value in ((Algorithm.PDQ, DIHEDRAL[0]), (Algorithm.PHASH, PHASH))),
    )
    matcher.replace([background, one], 1)
    building = asyncio.create_task(asyncio.to_thread(matcher.replace, [background, two], 2))
    seen = set()
    while not building.done():
        answer = await matcher.match(MEDIA)
        assert {(match.list_id, match.generation) for match in answer} < {("one", 1), ("two", 2)}
        assert len(answer) == 2
        seen |= {match.generation for match in answer}
    await building
    assert {match.generation for match in await matcher.match(MEDIA)} == {2}
    assert 1 in seen
    assert len(matcher) == len(many) + 3


OTHERS = tuple(bytes(row) for row in DICE.integers(0, 256, (24, 32), dtype=np.uint8))
TRIMMED = b"\x0f\xf0\x33\xcc\x55\xaa\x99\x66"


@pytest.mark.parametrize("variant", [0, 7, 8, 23])
async def test_a_squashed_or_trimmed_copy_matches(shelf: FolderShelf, variant: int) -> None:
    matcher = loaded(shelf, entry(Algorithm.PDQ, flipped(OTHERS[variant], 6)))
    assert await matcher.match(MEDIA) == ()
    (found,) = await matcher.match(replace(MEDIA, pdq_others=OTHERS))
    assert (found.algorithm, found.distance) == (Algorithm.PDQ, 6)


async def test_a_copy_without_its_border_matches_by_phash(shelf: FolderShelf) -> None:
    matcher = loaded(shelf, entry(Algorithm.PHASH, flipped(TRIMMED, 2)))
    assert await matcher.match(MEDIA) == ()
    (found,) = await matcher.match(replace(MEDIA, phash_trimmed=TRIMMED))
    assert (found.algorithm, found.distance) == (Algorithm.PHASH, 2)


async def test_it_does_by_the_wide_one(shelf: FolderShelf) -> None:
    matcher = loaded(shelf, entry(Algorithm.PHASH256, flipped(OTHERS[0], 20)))
    assert await matcher.match(MEDIA) == ()
    (found,) = await matcher.match(replace(MEDIA, phash256=None, phash256_trimmed=OTHERS[0]))
    assert (found.algorithm, found.distance) == (Algorithm.PHASH256, 20)
    assert await matcher.match(replace(MEDIA, pdq_quality=20, phash256=OTHERS[0])) == ()


async def test_in_a_wide_flat_border_only_what_it_encloses_is_asked_for(shelf: FolderShelf) -> None:
    media = replace(MEDIA, pdq_quality=20, pdq_others=OTHERS[:8], phash_trimmed=TRIMMED)
    found = await matches(
        shelf,
        entry(Algorithm.PDQ, DIHEDRAL[0]),
        entry(Algorithm.PHASH, PHASH),
        entry(Algorithm.PDQ, OTHERS[0], of="b"),
        entry(Algorithm.PHASH, TRIMMED, of="b"),
        media=media,
    )
    assert found == [("b", Algorithm.PDQ, 0, 0), ("b", Algorithm.PHASH, 0, 1)]


def a_frame(at_ms: int, seed: int, *, quality: int = 100) -> SampledFrame:
    dice = np.random.default_rng(seed)
    variants = tuple(dice.integers(0, 256, 32, dtype=np.uint8).tobytes() for _ in range(16))
    return SampledFrame(at_ms=at_ms, pdq_quality=quality, pdq_dihedral=variants[:8], pdq_others=variants[8:])


async def test_any_clear_frame_of_a_video_matches_and_says_when_it_is_shown(shelf: FolderShelf) -> None:
    frames = (a_frame(0, 1), a_frame(2_000, 2), a_frame(65_000, 3), a_frame(70_000, 4, quality=49))
    media = Fingerprint(status=MediaStatus.HASHED, frames=frames, covers=Covers.SAMPLED)
    matcher = loaded(
        shelf,
        entry(Algorithm.PDQ, flipped(frames[1].pdq, 20)),
        entry(Algorithm.PDQ, flipped(frames[2].pdq_dihedral[5], 4)),
        entry(Algorithm.PDQ, flipped(frames[0].pdq_others[1], 6), of="b"),
        entry(Algorithm.PDQ, frames[3].pdq, of="c"),
        entry(Algorithm.PDQ, flipped(frames[3].pdq_others[0], 31), of="d"),
        entry(Algorithm.PDQ, flipped(frames[0].pdq, 32), of="e"),
    )
    found = await matcher.match(media)
    assert [(one.list_id, one.entry_id, one.distance, one.at_ms, one.covers) for one in found] == [
        ("a", 1, 4, 65_000, Covers.SAMPLED),
        ("b", 0, 6, 0, Covers.SAMPLED),
        ("d", 0, 31, 70_000, Covers.SAMPLED),
    ]


async def test_the_picture_s_own_hash_is_quoted_before_the_frame_that_has_the_same(shelf: FolderShelf) -> None:
    frame = SampledFrame(at_ms=400, pdq_quality=100, pdq_dihedral=DIHEDRAL)
    (found,) = await loaded(shelf, entry(Algorithm.PDQ, DIHEDRAL[0])).match(replace(MEDIA, frames=(frame,)))
    assert found.at_ms is None


@pytest.mark.parametrize(
    ("distance", "slack", "near"),
    [(0, 8, False), (22, 8, False), (23, 8, True), (31, 0, True), (32, 0, False), (39, 8, True), (40, 8, False)],
)
async def test_near_is_what_a_few_bits_would_decide(
    shelf: FolderShelf, distance: int, slack: int, *, near: bool
) -> None:
    matcher = loaded(shelf, entry(Algorithm.PDQ, flipped(DIHEDRAL[3], distance)), entry(Algorithm.SHA256, bytes(32)))
    assert await matcher.is_near(MEDIA, slack) is near


async def test_near_is_reckoned_from_each_list_s_own_radius(shelf: FolderShelf) -> None:
    (live,) = put(shelf, entry(Algorithm.PDQ, flipped(DIHEDRAL[3], 18)))
    for radius, near in ((10, True), (9, False), (26, True), (27, False)):
        matcher = ListMatcher(shelf)
        matcher.replace([replace(live, hash_list=replace(live.hash_list, radius=radius))], 1)
        assert await matcher.is_near(MEDIA, 8) is near


async def test_a_picture_too_flat_to_compare_is_near_to_nothing(shelf: FolderShelf) -> None:
    matcher = loaded(shelf, entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 31)))
    assert not await matcher.is_near(replace(MEDIA, pdq_quality=1, pdq_dihedral=()), 8)


async def test_a_long_list_is_asked_for_what_is_near_in_a_thread(shelf: FolderShelf) -> None:
    hashes = DICE.integers(0, 256, (THREAD_ABOVE, 32), dtype=np.uint8)
    many = [entry(Algorithm.PDQ, row.tobytes()) for row in hashes]
    matcher = loaded(shelf, *many, entry(Algorithm.PDQ, flipped(DIHEDRAL[0], 35)))
    assert await matcher.is_near(MEDIA, 8)
    assert not await matcher.is_near(MEDIA, 1)
