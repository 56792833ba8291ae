"""
Find every hash within a radius, exactly, without looking at most of them.

Entries lie in parts: one that a file holds or that was built in memory, with
a table of chunks, and behind it smaller ones with what came since. All of it is
one tuple that is replaced and never changed, so a search sees one state.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import OperatorFault
from matching.hamming_file import read_index, stored_generation, write_index
from matching.hamming_header import MAX_BITS
from matching.hamming_ids import Ids
from matching.hamming_segment import Segment, gathered, loose, settled
from matching.hamming_words import Hashes, Numbers, as_bytes, from_bytes, none_found

State = tuple[Segment, ...]
Change = Callable[[State], State]
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

SCANNED = 1 << 16  # entries; more of those that came since get a table when they are next searched


class HammingIndex:
    """
    Every entry within a radius of a query, and nothing else.

    An id may stand for several hashes: each `add` makes entries of its own, the
    same pair twice is found twice, and `remove` takes all entries of an id;
    ids that are not there are ignored. Radius 0 makes it a table of exact
    digests. Any thread may search, add, remove, merge or save at any time; what
    has returned is seen by every later search, also while another thread merges.
    """

    def __init__(self, bits: int, radius: int) -> None:
        """Make an empty index for hashes of `bits` (a multiple of 8)."""
        if not 0 < bits <= MAX_BITS or bits % 8 or not 0 <= radius < bits:
            raise ValueError(f"bits must be a positive multiple of 8, at most {MAX_BITS}, and the radius smaller")
        self._bits = bits
        self._radius = radius
        self._generation = 0
        self._state: State = ()
        self._changing = threading.Lock()  # held for a moment
        self._rebuilding = threading.Lock()  # held as long as tables are built
        self._meanwhile: list[Change] | None = None  # what changed since a rebuilding began

    @property
    def bits(self) -> int:
        """Return the length of a hash."""
        return self._bits

    @property
    def radius(self) -> int:
        """Return the greatest distance that is found."""
        return self._radius

    @property
    def generation(self) -> int:
        """Return how often the file was saved that this index was last read from or saved to; 0 without one."""
        return self._generation

    def __len__(self) -> int:
        return sum(map(len, self._state))

    def add(self, ids: NDArray[np.uint64], hashes: NDArray[np.uint8]) -> None:
        """Add entries: `ids` uint64[n], `hashes` uint8[n, bits // 8]."""
        ids = np.array(ids, dtype=np.uint64)
        words = self._words(hashes)
        if ids.shape != (len(words),):
            raise ValueError("there must be one id for each hash")
        if len(ids):
            self._change(partial(_with, part=loose(ids, words), bits=self._bits))

    def remove(self, ids: NDArray[np.uint64]) -> None:
        """Remove every entry of these ids."""
        self._change(partial(_without, ids=np.array(ids, dtype=np.uint64).reshape(-1)))

    def search(self, hashes: NDArray[np.uint8], radius: int | None = None) -> Found:
        """
        Return (query, id, distance) of every entry within the radius of a query.

        `hashes` is uint8[q, bits // 8]; `query` is the row. Sorted by query,
        then distance, then id. Another `radius` than the index's own may be
        asked for; a greater one looks at every entry. Raises OperatorFault if a
        mapped file turns out to be damaged.
        """
        queries = self._words(hashes)
        reach = self._radius if radius is None else radius
        state = self._settled()
        try:
            searched = [(part, part.search(queries, reach)) for part in state]
        except IndexError:  # a position that no entry has
            raise OperatorFault("The index is damaged; import or rebuild it.") from None
        found = [(part, hits) for part, hits in searched if len(hits[0])]
        if not found:
            return none_found()
        query_of = _joined([who for _, (who, _, _) in found])
        id_of = _joined([part.ids.take(at).astype(np.int64) for part, (_, at, _) in found])
        distance_of = _joined([distance for _, (_, _, distance) in found])
        order = np.lexsort((id_of.view(np.uint64), distance_of, query_of))
        return query_of[order], id_of[order], distance_of[order]

    def between(self, first: int, end: int) -> tuple[Ids, NDArray[np.uint8]]:
        """Return ids and hashes of the entries whose id is `first` or more and below `end`, in no order."""
        parts = [part.between(first, end) for part in self._state]
        ids = [ids for ids, _ in parts]
        rows = [as_bytes(hashes, self._bits) for _, hashes in parts]
        if not parts:
            return np.zeros(0, np.uint64), np.zeros((0, self._bits // 8), np.uint8)
        return np.concatenate(ids), np.concatenate(rows)

    def pieces(self, size: int) -> Iterator[NDArray[np.uint64]]:
        """Yield all hashes as rows of 64-bit words, up to `size` together, in no order."""
        for part in self._state:
            for first in range(0, len(part.ids), size):
                _, hashes = part.living(first, min(first + size, len(part.ids)))
                yield np.concatenate((hashes.front, hashes.back), axis=1)

    def merge(self) -> None:
        """Make one part in memory of everything, with one table; takes seconds for millions."""
        with self._rebuilding:
            self._rebuild(lambda state: (settled(state, self._bits, self._radius),))

    def save(self, path: Path | str) -> None:
        """
        Merge everything into a file, and go on with that file mapped.

        `path` holds the old index or the new, whatever happens between. What
        other threads add or remove meanwhile is kept, and not in the file.
        Raises OperatorFault if another process is saving there.
        """
        with self._rebuilding:
            self._rebuild(partial(self._stored, path=Path(path)))

    @classmethod
    def open(cls, path: Path | str, *, verify: bool | None = None, warm: bool = False) -> HammingIndex:
        """
        Return the index in a file, mapped into memory and shared with whoever has it open.

        Raises OperatorFault for what is no whole index. `verify` also compares
        the check sums of the content, which reads all of it once; left out,
        that is done for files of up to 16 MiB. `warm` fetches all pages of files
        of up to 2 GiB now, for who will search at once and for long.
        """
        header, part = read_index(Path(path), verify=verify, warm=warm)
        index = cls(header.bits, header.radius)
        index._generation = header.generation
        index._state = (part,) if len(part) else ()
        return index

    @staticmethod
    def stored_generation(path: Path | str) -> int:
        """Return the generation of the index in a file, to see whether a newer one is there; raises OperatorFault."""
        return stored_generation(Path(path))

    def _words(self, hashes: NDArray[np.uint8]) -> Hashes:
        hashes = np.asarray(hashes)
        if hashes.dtype != np.uint8 or hashes.ndim != 2 or hashes.shape[1] * 8 != self._bits:  # noqa: PLR2004 - rows of bytes
            raise ValueError(f"hashes must be uint8[n, {self._bits // 8}]")
        return from_bytes(hashes, self._bits)  # a copy: the caller's array is the caller's

    def _change(self, change: Change) -> None:
        with self._changing:
            self._state = change(self._state)
            if self._meanwhile is not None:
                self._meanwhile.append(change)

    def _settled(self) -> State:
        """Return the state, after giving a table to what has grown too large to be looked at one by one."""
        loose_ones = sum(len(part) for part in self._state if not part.settled)
        # Whoever is rebuilding will be done some time; until then looking at all of them is right, too.
        if loose_ones > SCANNED and self._rebuilding.acquire(blocking=False):
            try:
                self._rebuild(partial(_tabled, bits=self._bits, radius=self._radius))
            finally:
                self._rebuilding.release()
        return self._state

    def _rebuild(self, change: Change) -> None:
        """Make a slow change beside the quick ones, and do those again on what it made."""
        with self._changing:
            before, self._meanwhile = self._state, []
        try:
            after = change(before)
            with self._changing:
                for again in self._meanwhile:
                    after = again(after)
                self._state = after
        finally:
            self._meanwhile = None

    def _stored(self, state: State, path: Path) -> State:
        write_index(path, bits=self._bits, radius=self._radius, segments=state)
        header, part = read_index(path, verify=False)
        self._generation = header.generation
        return (part,) if len(part) else ()


def _with(state: State, part: Segment, bits: int) -> State:
    """Return the state with a part more; small ones become one as they outgrow the one before."""
    while state and not state[-1].settled and len(part) * 2 >= len(state[-1]) and len(part) + len(state[-1]) <= SCANNED:
        part = loose(*gathered((state[-1], part), bits))
        state = state[:-1]
    return (*state, part)


def _without(state: State, ids: Ids) -> State:
    return tuple(part for part in (part.without(ids) for part in state) if len(part))


def _tabled(state: State, bits: int, radius: int) -> State:
    """Return the state with one table for the parts that have none, and for those before that are no larger."""
    kept = [part for part in state if part.settled]
    fresh = [part for part in state if not part.settled]
    while kept and len(kept[-1]) <= 2 * sum(map(len, fresh)):
        fresh.append(kept.pop())
    return (*kept, settled(tuple(fresh), bits, radius))


def _joined(columns: list[Numbers]) -> Numbers:
    return columns[0] if len(columns) == 1 else np.concatenate(columns)
