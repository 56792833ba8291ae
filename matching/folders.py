"""Flush, lock and remove folders so that a killed process leaves nothing half done under a good name."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def flush(folder: Path) -> None:
    """Make the names in a folder survive a power cut; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(folder: Path) -> None:
    """Remove a folder and what is in it; whoever has a file of it open keeps that."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def lock(folder: Path) -> int | None:
    """Return a descriptor that holds the folder's lock until it is closed, or None if somebody else holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException as fault:
        os.close(descriptor)
        if isinstance(fault, BlockingIOError):
            return None
        raise
    return descriptor


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Wait for the folder's lock and hold it; for what takes but a moment."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
