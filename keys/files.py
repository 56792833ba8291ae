"""
Write and read the small files that hold secrets: whole or not at all, for their owner only.

A file is written under a staging name, flushed, and only then given its own
name, so that a power cut leaves the old file, the new one or none: never half.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from domain.errors import OperatorFault

MAX_BYTES = 16_384  # a key file has a few hundred; anything longer is some other file
OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # what a memory stick's file system answers


def write_new(path: Path, data: bytes, what: str) -> None:
    """Create the file with mode 0600; raises OperatorFault if anything stands there already."""
    make_new(path, _writes(data), what)


def make_new(path: Path, write: Callable[[BinaryIO], None], what: str) -> None:
    """Create the file from what `write` writes, mode 0600; raises OperatorFault if anything stands there already."""
    sweep(path)
    try:
        staged = _stage(path, write)
        try:
            _place(staged, path)
        finally:
            staged.unlink(missing_ok=True)
        _flush_directory(path.parent)
    except FileExistsError as error:
        raise OperatorFault(f"{path} exists already: Kapear never overwrites a {what}") from error
    except OSError as error:
        raise OperatorFault(f"cannot write the {what} {path}: {error.strerror}") from error


def replace(path: Path, data: bytes, what: str) -> None:
    """
    Put new content in the file's place, and blank the old one where it lies.

    Blanking reaches a second hard link too. What a journal or a flash chip
    keeps of the old blocks is beyond any program's reach.
    """
    sweep(path)
    try:
        old = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            length = os.fstat(old).st_size
            staged = _stage(path, _writes(data))
            try:
                staged.replace(path)
            except OSError:
                staged.unlink(missing_ok=True)
                raise
            _flush_directory(path.parent)
            with os.fdopen(old, "wb", closefd=False) as blanked:
                blanked.write(bytes(length))
            os.fsync(old)
        finally:
            os.close(old)
    except OSError as error:
        raise OperatorFault(f"cannot replace the {what} {path}: {error.strerror}") from error


def read_private(path: Path, what: str, *, mend: str) -> bytes:
    """
    Return the file's bytes if nobody but its owner could have read them.

    `mend` says what to do when the file is missing.
    """
    try:
        # Not blocking: a pipe in the file's place must not hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise OperatorFault(f"there is no {what} at {path}: {mend}") from error
    except OSError as error:
        raise OperatorFault(f"cannot read the {what} {path}: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OperatorFault(f"the {what} {path} is not a regular file: {mend}")
        if status.st_mode & OTHERS:
            raise OperatorFault(f"the {what} {path} is open to other accounts: run chmod 600 {path}")
        if status.st_size > MAX_BYTES:
            raise OperatorFault(f"{path} is too large to be a {what}: restore it from your backup")
        return os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)


def sweep(path: Path) -> None:
    """
    Remove what interrupted writes of this file left behind.

    A concurrent writer loses its staging file and says so; nobody ever gets half.
    """
    for stray in path.parent.glob(f".{path.name}.*.staged"):
        stray.unlink(missing_ok=True)


def _stage(path: Path, write: Callable[[BinaryIO], None]) -> Path:
    staged = path.with_name(f".{path.name}.{secrets.token_hex(8)}.staged")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    written = False
    try:
        with os.fdopen(descriptor, "wb") as out:
            os.fchmod(descriptor, 0o600)  # whatever the umask took away
            write(out)
            out.flush()
            os.fsync(descriptor)
        written = True
    finally:
        if not written:
            staged.unlink(missing_ok=True)
    return staged


def _place(staged: Path, path: Path) -> None:
    """Give a file its name, unless that is taken."""
    try:
        # A hard link, unlike a rename, refuses to replace what is there.
        os.link(staged, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(path) from None
        staged.rename(path)


def _writes(data: bytes) -> Callable[[BinaryIO], None]:
    """Return what writes these bytes."""

    def write(out: BinaryIO) -> None:
        out.write(data)

    return write


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
