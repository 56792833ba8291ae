"""
Keep each version of a hash list in a folder of its own, which never changes.

A folder appears under its name whole and flushed, or not at all. What a killed
writer leaves is a folder with another name and no lock; whoever writes or
clears up next removes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from domain.errors import BadInput, OperatorFault
from domain.hashlists import HashEntry
from domain.ids import ListId
from matching.folders import held, lock, remove
from matching.list_version import ListVersion, open_version, overlap
from matching.list_writer import FolderWriter

NEW = ".new"  # being written, if it is locked
GONE = ".gone"  # being removed

_NAME = re.compile(r"[0-9a-zA-Z-]{1,100}")


class FolderShelf:
    """
    A ListShelf in a folder, shared by all processes of this machine.

    The shelf's own lock is held for moments only: while a version is begun,
    looked at or cleared up.
    """

    def __init__(self, folder: Path) -> None:
        """Keep versions in this folder, which is made when the first one is written."""
        self._folder = folder

    def write(self, list_id: ListId) -> FolderWriter:
        """Begin a version; raises OperatorFault when it stands already, is being written, or cannot be."""
        place = self._place(list_id)
        fresh = place.with_name(place.name + NEW)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with held(self._folder):
                if place.exists():
                    raise OperatorFault(f"The files of hash list {list_id} stand already, and never change.")
                descriptor = self._begun(fresh)
            return FolderWriter(fresh, descriptor, place.name)
        except OSError as fault:
            why = fault.strerror or type(fault).__name__
            raise OperatorFault(f"No hash list can be written to {self._folder} ({why}).") from None

    def holds(self, list_id: ListId) -> bool:
        """Return whether a finished version stands here."""
        with _readable(self._folder):
            return self._place(list_id).is_dir()

    def is_being_written(self, list_id: ListId) -> bool:
        """Return whether a living process writes this version here."""
        place = self._place(list_id)
        try:
            with _readable(self._folder), held(self._folder):
                descriptor = lock(place.with_name(place.name + NEW))
        except FileNotFoundError:
            return False
        if descriptor is not None:
            os.close(descriptor)
        return descriptor is None

    def open(self, list_id: ListId, *, warm: bool = False) -> ListVersion:
        """
        Return a version with its files mapped; raises OperatorFault when they are missing or damaged.

        `warm` fetches the tables' pages now, for who will search them for long.
        """
        place = self._place(list_id)
        if not self.holds(list_id):
            raise OperatorFault(f"The files of hash list {list_id} are not on this machine.")
        return open_version(place, warm=warm)

    def entries(self, list_id: ListId) -> Iterator[HashEntry]:
        """Yield a version's entries in their order; raises OperatorFault when it is missing or damaged."""
        return self.open(list_id).entries()

    def entry(self, list_id: ListId, number: int) -> HashEntry:
        """Return one entry; raises NotFound, and OperatorFault when the version is missing or damaged."""
        return self.open(list_id).entry(number)

    def overlap(self, list_id: ListId, other: ListId) -> int:
        """Return how many of a version's entries stand in another one, too, with the same hash."""
        return overlap(self.open(list_id), self.open(other))

    def keep_only(self, list_ids: Collection[ListId]) -> int:
        """Remove every other version that nobody is writing; returns how many. Who has one open keeps it."""
        kept = {self._place(list_id).name for list_id in list_ids}
        with _readable(self._folder):
            return self._cleared(kept)

    def _cleared(self, kept: Collection[str]) -> int:
        removed = 0
        for found in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            name = found.name.removesuffix(NEW).removesuffix(GONE)
            if not _NAME.fullmatch(name) or not found.is_dir():
                continue  # none of ours
            if found.name == name and name not in kept:
                # Under another name first: half of a version must never stand under its own.
                gone = found.with_name(name + GONE)
                remove(gone)
                with suppress(FileNotFoundError):
                    remove(found.rename(gone))
                    removed += 1
            elif found.name.endswith(GONE):
                remove(found)
            elif found.name.endswith(NEW):
                self._clear(found)
        return removed

    def _place(self, list_id: ListId) -> Path:
        if not _NAME.fullmatch(list_id):
            raise BadInput("The id of a hash list has letters, digits and hyphens only.")
        return self._folder / list_id

    def _begun(self, fresh: Path) -> int:
        """Make the folder anew, and return a descriptor that holds its lock."""
        with suppress(FileNotFoundError):
            self._free(fresh)
        fresh.mkdir(mode=0o700)
        descriptor = lock(fresh)
        if descriptor is None:  # cannot be, under the shelf's lock
            raise BlockingIOError
        return descriptor

    def _free(self, fresh: Path) -> None:
        """Remove what a killed writer left; raises OperatorFault if a living one holds it."""
        descriptor = lock(fresh)
        if descriptor is None:
            raise OperatorFault("This hash list is being written by somebody else; try again later.")
        try:
            remove(fresh)
        finally:
            os.close(descriptor)

    def _clear(self, fresh: Path) -> None:
        with suppress(FileNotFoundError, OperatorFault), held(self._folder):
            self._free(fresh)


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Turn what the system says of a folder into one clear line; what is not there is the caller's business."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise OperatorFault(f"The hash lists in {folder} cannot be reached ({fault.strerror}).") from None
