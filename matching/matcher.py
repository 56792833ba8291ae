"""
Compare a fingerprint with every list in force, and quote the entry that matched.

The lists are held as one immutable state with a generation number. A new state
is built beside the old and takes its place in one assignment, so a match is
always of one generation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from domain.fingerprints import Fingerprint
from domain.hashlists import Algorithm, HashMatch, LiveList, remoteness
from matching.live_lists import AskedList, LiveLists, live_lists
from matching.shelf import FolderShelf

THREAD_ABOVE = 20_000  # entries; below, a query is done before a thread would have begun


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Query:
    """What a fingerprint asks one table for: rows of hashes, and the time of the frame that each is of."""

    rows: NDArray[np.uint8]
    times: tuple[int | None, ...]


class ListMatcher:
    """Every list in force, answering exactly."""

    def __init__(self, shelf: FolderShelf) -> None:
        """Begin with no list, as generation 0."""
        self._shelf = shelf
        self._lists = LiveLists(generation=0, lists=())

    @property
    def generation(self) -> int:
        """Return the generation of the lists that `match` now answers for."""
        return self._lists.generation

    def __len__(self) -> int:
        return len(self._lists)

    def replace(self, lists: Sequence[LiveList], generation: int) -> None:
        """
        Answer for these lists from now on, and no others.

        Opens what is not open yet, and lets go of the rest. May be called from
        a thread beside a running loop: queries see the old lists or the new.
        Raises OperatorFault, and keeps the old, if a version's files are
        missing or damaged; BadInput if a hash of the own list has not its
        algorithm's length.
        """
        self._lists = live_lists(lists, generation, self._lists, partial(self._shelf.open, warm=True))

    async def match(self, fingerprint: Fingerprint, since: int = 0) -> tuple[HashMatch, ...]:
        """
        Return the closest match per list and algorithm, exact digests first, then by distance.

        With `since`, only lists whose own generation is greater are asked.
        """
        lists = self._lists
        if lists.scanned > THREAD_ABOVE or fingerprint.frames:  # each frame has up to 32 hashes
            return await asyncio.to_thread(_matches, lists, fingerprint, since)
        return _matches(lists, fingerprint, since)

    async def is_near(self, fingerprint: Fingerprint, slack: int) -> bool:
        """Return whether an entry's PDQ is so near to its list's radius that `slack` bits would decide, either way."""
        lists = self._lists
        if lists.scanned > THREAD_ABOVE:
            return await asyncio.to_thread(_is_near, lists, fingerprint, slack)
        return _is_near(lists, fingerprint, slack)


def _matches(lists: LiveLists, fingerprint: Fingerprint, since: int) -> tuple[HashMatch, ...]:
    digests = dict(_digests(fingerprint))
    near = cache(lambda quality: dict(_near_queries(fingerprint, quality)))
    matches = []
    for asked in lists.lists:
        if asked.hash_list.generation <= since:
            continue
        queries = digests | near(asked.hash_list.min_quality)
        for algorithm in asked.tables.keys() & queries.keys():
            match = _closest(asked, algorithm, queries[algorithm], fingerprint, lists.generation)
            if match is not None:
                matches.append(match)
    return tuple(sorted(matches, key=_rank))


def _closest(
    asked: AskedList, algorithm: Algorithm, query: _Query, fingerprint: Fingerprint, generation: int
) -> HashMatch | None:
    radius = asked.pdq_radius if algorithm is Algorithm.PDQ else None
    row, number, distance = asked.near(algorithm, query.rows, radius)
    if not len(number):
        return None
    # Of equals the first entry is quoted, and of its frames the first, so that a replay quotes the same.
    first = np.lexsort((row, number, distance))[0]
    hash_list, entry_id = asked.hash_list, int(number[first])
    return HashMatch(
        list_id=hash_list.id,
        list_name=hash_list.name,
        list_version=hash_list.version,
        list_class=hash_list.list_class,
        entry_id=entry_id,
        algorithm=algorithm,
        distance=int(distance[first]),
        classification=asked.classification_of(entry_id),
        generation=generation,
        at_ms=query.times[int(row[first])],
        covers=fingerprint.covers,
        severity=hash_list.severity,
    )


def _is_near(lists: LiveLists, fingerprint: Fingerprint, slack: int) -> bool:
    near = cache(lambda quality: dict(_near_queries(fingerprint, quality)))
    for asked in lists.lists:
        query = near(asked.hash_list.min_quality).get(Algorithm.PDQ)
        if query is None or Algorithm.PDQ not in asked.tables:
            continue
        _, _, distance = asked.near(Algorithm.PDQ, query.rows, asked.pdq_radius + slack)
        if np.any(distance >= asked.pdq_radius - slack):
            return True
    return False


def _digests(fingerprint: Fingerprint) -> Iterator[tuple[Algorithm, _Query]]:
    digests = (
        (Algorithm.MD5, fingerprint.md5),
        (Algorithm.SHA1, fingerprint.sha1),
        (Algorithm.SHA256, fingerprint.sha256),
    )
    for algorithm, digest in digests:
        if digest is not None:
            yield algorithm, _query([bytes.fromhex(digest)], (None,))


def _near_queries(fingerprint: Fingerprint, min_quality: int) -> Iterator[tuple[Algorithm, _Query]]:
    """Yield the hashes that say something: mirrored, turned, squashed and trimmed copies in the same pass."""
    # What is too flat for PDQ is too flat for pHash: blanks are near to all blanks. The other
    # sets are left out by who makes them where they say nothing: a wide border may be what is flat.
    flat = fingerprint.pdq is None or fingerprint.pdq_quality < min_quality
    own = () if flat or fingerprint.pdq is None else fingerprint.pdq_dihedral or (fingerprint.pdq,)
    sayings: dict[bytes, int | None] = dict.fromkeys(own + fingerprint.pdq_others)
    for frame in fingerprint.frames:
        clear = frame.pdq_dihedral if frame.pdq_quality >= min_quality else ()
        for variant in clear + frame.pdq_others:
            sayings.setdefault(variant, frame.at_ms)
    if sayings:
        yield Algorithm.PDQ, _query(list(sayings), tuple(sayings.values()))
    for algorithm, whole, trimmed in (
        (Algorithm.PHASH, fingerprint.phash, fingerprint.phash_trimmed),
        (Algorithm.PHASH256, fingerprint.phash256, fingerprint.phash256_trimmed),
    ):
        phashes = [phash for phash in (None if flat else whole, trimmed) if phash is not None]
        if phashes:
            yield algorithm, _query(phashes, (None,) * len(phashes))


def _query(hashes: Sequence[bytes], times: tuple[int | None, ...]) -> _Query:
    return _Query(rows=np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), -1), times=times)


def _rank(match: HashMatch) -> tuple[tuple[int, float], str, str]:
    return remoteness(match), match.list_id, match.algorithm
