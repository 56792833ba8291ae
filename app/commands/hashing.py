"""
`kapear hash`: what Kapear would see of a file, by the same sandbox; no installation is needed.

Files are read in place, never copied. A file that cannot be read is one line
on standard error, and the others are hashed all the same.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated, BinaryIO

import typer
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from app import config, logs
from app.checkup import weakened
from app.commands.terminal import AsJson, errors, print_json, print_rows, say
from domain.errors import BadInput, MediaUnavailable
from domain.fingerprints import Fingerprint, MediaStatus
from domain.ports import MediaSource
from fingerprint.confine import protect_parent
from fingerprint.pool import MIB, FingerprintPool

STANDARD_INPUT = "-"
MAX_BYTES = 32 * MIB  # as for media that a visit reads
READ_AHEAD = 2  # files in hand for each child: one being hashed, one being read
DIGESTS = ("md5", "sha1", "sha256", "pdq", "phash", "phash256")

Names = Annotated[list[str], typer.Argument(help="Files to hash; - is standard input.", metavar="FILE...")]


class FileMedia:
    """A file on this machine, read where it lies."""

    def __init__(self, name: str) -> None:
        """Open the file; raises BadInput with one line that says why it cannot be read."""
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for whoever writes to it.
            self._file = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (OSError, ValueError) as fault:  # ValueError: a name no file can have
            raise BadInput(f"{name}: {_why(fault)}.") from None
        status = os.fstat(self._file)
        self._size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            os.close(self._file)
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "no regular file; use - to hash a pipe"
            raise BadInput(f"{name}: this is {kind}.")

    @property
    def size(self) -> int | None:
        """Return the number of bytes when it was opened."""
        return self._size

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; empty at and past the end."""
        if self._file < 0:
            raise MediaUnavailable("closed")
        try:
            return await asyncio.to_thread(os.pread, self._file, length, offset)
        except OSError:
            raise MediaUnavailable("unreadable") from None

    async def close(self) -> None:
        """Close the file; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class StreamMedia:
    """Standard input, held in memory up to one byte more than a media item may have."""

    def __init__(self, stream: BinaryIO, *, max_bytes: int = MAX_BYTES) -> None:
        """Read nothing yet."""
        self._stream = stream
        self._max_bytes = max_bytes
        self._untrusted: bytes | None = None
        self._closed = False

    @property
    def size(self) -> int | None:
        """Return the number of bytes, or None before the first read and for a stream that goes on."""
        if self._untrusted is None or len(self._untrusted) > self._max_bytes:
            return None
        return len(self._untrusted)

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; empty at and past the end."""
        if self._closed:
            raise MediaUnavailable("closed")
        if self._untrusted is None:
            try:
                self._untrusted = await asyncio.to_thread(self._stream.read, self._max_bytes + 1)
            except OSError:
                raise MediaUnavailable("unreadable") from None
        return self._untrusted[offset : offset + length]

    async def close(self) -> None:
        """Drop the bytes; may be called twice."""
        self._untrusted = None
        self._closed = True


def hash_(names: Names, *, as_json: AsJson = False) -> None:
    """Hash pictures, animations and videos as a visit would, and print the hashes; nothing is stored."""
    if names.count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("standard input can be read once only", param_hint="FILE...")
    settings = config.load()
    logs.configure(debug=settings.debug, quiet=True)
    protect_parent()  # this process holds the bytes before a child does
    children = min(settings.fingerprint_children, len(names))
    pool = FingerprintPool(children, max_bytes=MAX_BYTES, allow_missing_layers=settings.allow_missing_layers)
    if not asyncio.run(_hash_all(names, pool, in_hand=READ_AHEAD * children, as_json=as_json)):
        raise typer.Exit(1)


async def _hash_all(names: Sequence[str], pool: FingerprintPool, *, in_hand: int, as_json: bool) -> bool:
    """Hash every file and print in the order named; returns whether all could be read."""
    rows: list[tuple[object, ...]] = []
    whole = True
    async with pool:
        for warning in weakened(pool.missing_layers):
            say(f"Warning: {warning}.")
        places = asyncio.Semaphore(in_hand)

        async def hashed(name: str) -> Fingerprint | str:
            async with places:
                return await _hashed(pool, name)

        jobs = [asyncio.create_task(hashed(name)) for name in names]
        with _progress(jobs, as_json=as_json):
            for name, job in zip(names, jobs, strict=True):
                result = await job
                if isinstance(result, str):
                    say(result)
                    whole = False
                elif as_json:
                    print_json(hash_json(name, result))
                else:
                    rows += hash_rows(name, result)
    if rows:
        print_rows(("file", "status", "picture", "hash", "value"), rows)
    return whole


async def _hashed(pool: FingerprintPool, name: str) -> Fingerprint | str:
    """Return the fingerprint, or the line that says why there is none."""
    try:
        source: MediaSource = StreamMedia(sys.stdin.buffer) if name == STANDARD_INPUT else FileMedia(name)
        return await pool.fingerprint(source)
    except BadInput as fault:
        return str(fault)
    except MediaUnavailable as fault:
        changed = str(fault) == "short_read"
        return f"{name}: {'it became shorter while it was read' if changed else 'it cannot be read to its end'}."


def hash_json(name: str, found: Fingerprint) -> dict[str, object]:
    """Return the line of `--json`: its keys are a contract; what was not read whole has no digest."""
    return {
        "file": name,
        "status": _status(found),
        "reason": found.reason,
        "format": found.format,
        "width": found.width,
        "height": found.height,
        "bytes": found.size if found.size or found.sha256 is not None else None,
        "md5": found.md5,
        "sha1": found.sha1,
        "sha256": found.sha256,
        "pdq": found.pdq.hex() if found.pdq is not None else None,
        "pdq_quality": found.pdq_quality,
        "phash": found.phash.hex() if found.phash is not None else None,
        "phash256": found.phash256.hex() if found.phash256 is not None else None,
        "frames": [
            {"at_ms": frame.at_ms, "pdq": frame.pdq.hex(), "quality": frame.pdq_quality} for frame in found.frames
        ],
    }


def hash_rows(name: str, found: Fingerprint) -> list[tuple[object, ...]]:
    """Return the rows of the table: one for each hash, the file named once."""
    value = hash_json(name, found)
    status = f"{value['status']} ({found.reason})" if found.reason else value["status"]
    picture = f"{found.format} {found.width}x{found.height}" if found.width else found.format
    if found.width and found.pdq is not None:
        picture += f", quality {found.pdq_quality}"
    hashes: list[tuple[str, object]] = [(kind, value[kind]) for kind in DIGESTS if value[kind] is not None]
    hashes += [
        (f"pdq at {frame.at_ms / 1000:.1f} s, quality {frame.pdq_quality}", frame.pdq.hex()) for frame in found.frames
    ]
    hashes = hashes or [("", "")]
    heads = [(name, status, picture), *[("", "", "")] * (len(hashes) - 1)]
    return [(*head, *each) for head, each in zip(heads, hashes, strict=True)]


def _status(found: Fingerprint) -> str:
    return "ok" if found.status is MediaStatus.HASHED else found.status.value


@contextmanager
def _progress(jobs: Sequence[asyncio.Task[Fingerprint | str]], *, as_json: bool) -> Iterator[None]:
    """Show on a terminal how many files are done, unless results appear on it as they come."""
    quiet = not errors.is_terminal or len(jobs) == 1 or (as_json and sys.stdout.isatty())
    columns = (SpinnerColumn(), TextColumn("Hashing"), MofNCompleteColumn())
    # Standard output stays untouched: results must never end up between the bars.
    with Progress(*columns, console=errors, transient=True, redirect_stdout=False, disable=quiet) as progress:
        task = progress.add_task("", total=len(jobs))
        for job in jobs:
            job.add_done_callback(lambda _: progress.advance(task))
        yield


def _why(fault: Exception) -> str:
    with suppress(AttributeError, TypeError):
        return os.strerror(fault.errno).lower()  # type: ignore[attr-defined]  # an OSError; others have no errno
    return "this is no name of a file"
