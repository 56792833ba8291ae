"""
Keep the pages of a pull that is not finished, so that a kill loses one page at most.

A file a feed, a line a page: a digest, then JSON. Each line is flushed to the
disk before the next page is asked for. What a crash left of a last line, and
whatever a damaged disk made of others, ends the file there.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from domain.errors import OperatorFault, WrongState
from domain.feeds import Change, FeedPage
from domain.hashlists import Algorithm, BadRow, HashEntry

_DIGEST = 16  # hex digits before each line


@dataclass(frozen=True, slots=True)
class DiskSpools:
    """Spools in one folder of the data directory."""

    folder: Path

    @contextmanager
    def opened(self, feed: str, base: str) -> Iterator[DiskSpool]:
        """Hold a feed's spool; raises WrongState while another process does."""
        name = sha256(feed.encode()).hexdigest()[:32]  # a feed's name may be no name of a file
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self.folder / f"{name}.pull", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise OperatorFault(f"{self.folder} cannot be written: {fault.strerror}.") from None
        with os.fdopen(handle, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise WrongState(f"The feed {feed} is being pulled already; wait until that is done.") from None
            yield DiskSpool(file, base)


class DiskSpool:
    """One feed's pages on the disk, while its lock is held."""

    def __init__(self, file: BinaryIO, base: str) -> None:
        """Keep what is whole and began at `base`; cut off the rest."""
        self._file = file
        self._begins = _line({"base": sha256(base.encode()).hexdigest()})
        whole = file.readline() == self._begins
        end = len(self._begins)
        while whole and (length := _whole_line(file)):
            end += length
        if whole:
            file.truncate(end)
        else:
            self.clear()

    def pages(self) -> Iterator[FeedPage]:
        """Yield the pages, in order; not while others are added."""
        self._file.seek(len(self._begins))
        for line in self._file:
            yield _page(json.loads(line[_DIGEST:]))

    def add(self, page: FeedPage) -> None:
        """Keep one more page."""
        self._write(_line(_values(page)))

    def clear(self) -> None:
        """Forget all pages."""
        self._file.truncate(0)
        self._write(self._begins)

    def _write(self, line: bytes) -> None:
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as fault:
            raise OperatorFault(f"The pages of the feed cannot be kept: {fault.strerror}.") from None


def _line(value: object) -> bytes:
    text = json.dumps(value, separators=(",", ":")).encode()
    return sha256(text).hexdigest()[:_DIGEST].encode() + text + b"\n"


def _whole_line(file: BinaryIO) -> int:
    """Return the length of the next line, 0 where it is not whole."""
    line = file.readline()
    is_whole = line.endswith(b"\n") and sha256(line[_DIGEST:-1]).hexdigest()[:_DIGEST].encode() == line[:_DIGEST]
    return len(line) if is_whole else 0


def _values(page: FeedPage) -> dict[str, Any]:
    return {
        "number": page.number,
        "checkpoint": page.checkpoint,
        "begins_anew": page.begins_anew,
        "changes": [
            [
                change.key,
                change.at,
                [
                    [each.algorithm, each.hash.hex(), each.classification, each.ref, each.note]
                    for each in change.entries
                ],
            ]
            for change in page.changes
        ],
        "refused": [[row.line, row.problem, row.unit] for row in page.refused],
        "passed_over": dict(page.passed_over),
        "problem": page.problem,
        "missing": page.missing,
        "awaited": page.awaited,
    }


def _page(values: dict[str, Any]) -> FeedPage:
    changes = tuple(
        Change(key=key, at=at, entries=tuple(_entry(*each) for each in entries))
        for key, at, entries in values.pop("changes")
    )
    refused = tuple(BadRow(line=line, problem=problem, unit=unit) for line, problem, unit in values.pop("refused"))
    return FeedPage(changes=changes, refused=refused, **values)


def _entry(algorithm: str, digits: str, classification: str, ref: str, note: str) -> HashEntry:
    return HashEntry(
        algorithm=Algorithm(algorithm), hash=bytes.fromhex(digits), classification=classification, ref=ref, note=note
    )
