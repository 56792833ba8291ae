"""Whatever the lists, the matcher says what looking at every entry of each would say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.fingerprints import Fingerprint, MediaStatus, SampledFrame
from domain.hashlists import Algorithm, HashEntry, HashList, HashMatch, ListClass, LiveList, OwnEntry
from domain.ids import ListId, new_id
from matching import hamming_plan
from matching.matcher import ListMatcher
from matching.shelf import FolderShelf
from tests.matching.hamming_help import flipped

FURTHEST = {Algorithm.PDQ: 45, Algorithm.PHASH: 12, Algorithm.PHASH256: 55}
Hit = tuple[int, int, int]  # distance, number, place of the query


@dataclass(frozen=True, kw_only=True)
class Case:
    """Lists with their entries by number, and a fingerprint that is near to some of them."""

    lists: tuple[tuple[LiveList, dict[int, HashEntry]], ...]
    media: Fingerprint


def near(dice: np.random.Generator, value: bytes, off: int) -> bytes:
    row = np.frombuffer(value, np.uint8)[None]
    return flipped(dice, row, np.array([min(off, len(value) * 8)])).tobytes()


def a_fingerprint(dice: np.random.Generator) -> Fingerprint:
    hashes = tuple(dice.bytes(32) for _ in range(8))
    frames = tuple(
        SampledFrame(
            at_ms=number * 1000,
            pdq_quality=int(dice.integers(0, 101)),
            pdq_dihedral=(near(dice, hashes[number], 3), dice.bytes(32)),
            pdq_others=(near(dice, hashes[0], 2),),
        )
        for number in range(int(dice.integers(0, 3)))
    )
    return Fingerprint(
        status=MediaStatus.HASHED,
        md5=dice.bytes(16).hex(),
        sha1=dice.bytes(20).hex(),
        sha256=dice.bytes(32).hex(),
        pdq=hashes[0],
        pdq_quality=int(dice.integers(0, 101)),
        pdq_dihedral=hashes,
        pdq_others=(near(dice, hashes[1], 4),),
        phash=dice.bytes(8),
        phash_trimmed=dice.bytes(8) if dice.integers(2) else None,
        phash256=dice.bytes(32) if dice.integers(4) else None,
        phash256_trimmed=dice.bytes(32) if dice.integers(2) else None,
        frames=frames,
    )


def an_entry(dice: np.random.Generator, media: Fingerprint) -> HashEntry:
    """Return an entry that is a hash of the fingerprint, or near one, or neither."""
    algorithm = list(Algorithm)[int(dice.integers(len(Algorithm)))]
    wide = media.phash256_trimmed or media.phash256
    own = [media.md5, media.sha1, media.sha256, media.pdq_dihedral[int(dice.integers(8))], media.phash, wide]
    mine = own[list(Algorithm).index(algorithm)]
    value = bytes.fromhex(mine) if isinstance(mine, str) else mine or dice.bytes(algorithm.bits // 8)
    if algorithm.is_exact:
        value = value if dice.integers(3) else dice.bytes(len(value))
    else:
        value = near(dice, value, int(dice.integers(0, FURTHEST[algorithm])))
    return HashEntry(algorithm=algorithm, hash=value, classification=f"kind {dice.integers(3)}")


def a_case(seed: int, entries: int) -> Case:
    dice = np.random.default_rng(seed)
    media = a_fingerprint(dice)
    lists = []
    for number in range(int(dice.integers(1, 5))):
        held = [an_entry(dice, media) for _ in range(int(dice.integers(0, entries)))]
        held += [held[int(place)] for place in dice.integers(0, len(held), 3)] if held else []
        own = bool(dice.integers(3) == 0)
        numbers = dice.permutation(len(held) * 3)[: len(held)].tolist() if own else list(range(len(held)))
        disabled = frozenset((entry.algorithm, entry.hash) for entry in held if dice.integers(4) == 0)
        hash_list = HashList(
            id=ListId(new_id()),
            name=f"list {number}",
            version=number,
            list_class=ListClass.OWN if own else ListClass.ACCREDITED,
            classification="",
            authority="",
            radius=[None, 0, 12, 31, 60][int(dice.integers(5))],
            min_quality=int(dice.integers(0, 101)),
            entries=len(held),
            imported_at=datetime(2026, 1, 1, tzinfo=UTC),
            generation=int(dice.integers(1, 5)),
        )
        live = LiveList(hash_list=hash_list, disabled=disabled)
        if own:
            live = replace(live, own=tuple(as_own(number, entry) for number, entry in zip(numbers, held, strict=True)))
        lists.append((live, dict(zip(numbers, held, strict=True))))
    return Case(lists=tuple(lists), media=media)


def as_own(number: int, entry: HashEntry) -> OwnEntry:
    return OwnEntry(number=number, algorithm=entry.algorithm, hash=entry.hash, classification=entry.classification)


def asked(media: Fingerprint, algorithm: Algorithm, least: int) -> Sequence[tuple[bytes, int | None]]:
    """Return the hashes that the fingerprint is compared by, and the times of their frames."""
    clear = media.pdq_quality >= least
    digests = {Algorithm.MD5: media.md5, Algorithm.SHA1: media.sha1, Algorithm.SHA256: media.sha256}
    if algorithm.is_exact:
        digest = digests[algorithm]
        return [(bytes.fromhex(digest), None)] if digest else []
    if algorithm.only_supports:
        narrow, wide = (media.phash, media.phash_trimmed), (media.phash256, media.phash256_trimmed)
        whole, trimmed = narrow if algorithm is Algorithm.PHASH else wide
        return [(one, None) for one in (whole if clear else None, trimmed) if one is not None]
    own = (*(media.pdq_dihedral if clear else ()), *media.pdq_others)
    framed = [
        (value, frame.at_ms)
        for frame in media.frames
        for value in (*(frame.pdq_dihedral if frame.pdq_quality >= least else ()), *frame.pdq_others)
    ]
    return [*((value, None) for value in own), *framed]


def reach(hash_list: HashList, algorithm: Algorithm) -> int:
    if algorithm.is_exact:
        return 0
    if algorithm.only_supports:
        return 8 if algorithm is Algorithm.PHASH else 40
    return min(31, 31 if hash_list.radius is None else hash_list.radius)


def hits(live: LiveList, held: dict[int, HashEntry], media: Fingerprint, algorithm: Algorithm) -> Iterator[Hit]:
    for place, (value, _) in enumerate(asked(media, algorithm, live.hash_list.min_quality)):
        for number, entry in held.items():
            if entry.algorithm is algorithm and (algorithm, entry.hash) not in live.disabled:
                yield (int.from_bytes(value) ^ int.from_bytes(entry.hash)).bit_count(), number, place


def brute(case: Case, since: int) -> set[HashMatch]:
    found = set()
    for live, held in case.lists:
        of, least = live.hash_list, live.hash_list.min_quality
        for algorithm in Algorithm if of.generation > since else ():
            within = [hit for hit in hits(live, held, case.media, algorithm) if hit[0] <= reach(of, algorithm)]
            if within:
                distance, number, place = min(within)
                found.add(
                    HashMatch(
                        list_id=of.id,
                        list_name=of.name,
                        list_version=of.version,
                        list_class=of.list_class,
                        entry_id=number,
                        algorithm=algorithm,
                        distance=distance,
                        classification=held[number].classification,
                        generation=9,
                        at_ms=asked(case.media, algorithm, least)[place][1],
                        covers=case.media.covers,
                    )
                )
    return found


def brute_near(case: Case, slack: int) -> bool:
    return any(
        abs(distance - reach(live.hash_list, Algorithm.PDQ)) <= slack
        for live, held in case.lists
        for distance, _, _ in hits(live, held, case.media, Algorithm.PDQ)
    )


async def agrees(folder: Path, seed: int, entries: int) -> None:
    case = a_case(seed, entries)
    shelf = FolderShelf(folder)
    for live, held in case.lists:
        if live.own is None:
            writer = shelf.write(live.hash_list.id)
            writer.add(list(held.values()))
            writer.finish()
    matcher = ListMatcher(shelf)
    matcher.replace([live for live, _ in case.lists], 9)
    for since in range(5):
        found = await matcher.match(case.media, since)
        assert set(found) == brute(case, since)
        assert len(found) == len(set(found))
    for slack in (0, 3, 8):
        assert await matcher.is_near(case.media, slack) is brute_near(case, slack)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_the_matcher_says_what_looking_at_every_entry_says(tmp_path: Path, seed: int) -> None:
    await agrees(tmp_path / "lists", seed, 30)


@pytest.mark.parametrize("seed", range(3))
async def test_so_it_does_where_there_are_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(hamming_plan, "SCAN", 1e6)  # as if looking at all of them were never cheaper
    hamming_plan.reaching.cache_clear()
    await agrees(tmp_path / "lists", seed, 60)
    hamming_plan.reaching.cache_clear()
