"""
Hold one child process: start it, give it a job, end it.

Children start by exec, with an environment of their own: no secret and no
import path of the parent's reaches them.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from domain.fingerprints import MAX_FRAMES, MediaStatus, SampledFrame
from fingerprint.answers import Format, PictureHashes, Reason, status_of
from fingerprint.frames import (
    ANSWER_BYTES,
    HEADER,
    HELLO_BYTES,
    READ_BYTES,
    SAMPLE_BYTES,
    BadFrame,
    Kind,
    checked_header,
    packed_offer,
    unpacked_answer,
    unpacked_hello,
    unpacked_read,
    unpacked_sample,
)
from fingerprint.layers import Layer
from fingerprint.serving import Server

BOOT_SECONDS = 30.0
PIECE = 1 << 16
PIPE_BYTES = 1 << 20  # what may wait for a child: most jobs are handed over at once
JOB_NUMBERS = 1 << 32

# Isolated mode (-I) leaves out the working directory and PYTHONPATH, so that
# nobody's file there runs in the child; it leaves out a source checkout too.
# The one directory that this very package came from is therefore named.
_ROOT = Path(__file__).resolve().parent.parent
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from fingerprint.child import main; main()"

# One thread: a child with two refuses to start, and two children share two cores better.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
    # Glibc would give the pages of each picture back to the system and have every next one fault them in
    # anew, for as long again as a WebP takes to decode: half of the child's time. This much stays for the next.
    "MALLOC_TRIM_THRESHOLD_": str(1 << 26),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}
_INHERITED = ("LD_LIBRARY_PATH",)  # where an installation keeps its interpreter's libraries


_AFTER_A_JOB = {Kind.ANSWER: ANSWER_BYTES, Kind.FIRST: ANSWER_BYTES, Kind.SAMPLE: SAMPLE_BYTES}
_AFTER_AN_OFFER = _AFTER_A_JOB | {Kind.READ: READ_BYTES}


class ChildDied(Exception):
    """The child is gone, or speaks as no honest child does."""


@dataclass(slots=True, kw_only=True)
class Heard:
    """What a child has told of one media item before its answer; it outlives the child."""

    first: PictureHashes | None = None
    frames: list[SampledFrame] = field(default_factory=list)

    def so_far(self, reason: Reason, kind: Format) -> PictureHashes:
        """Return what is known of an item whose child did not come to its end, and why it did not."""
        found = self.first or PictureHashes(status=status_of(self.frames), format=kind)
        if status_of(self.frames) is MediaStatus.HASHED:
            found = replace(found, status=MediaStatus.HASHED)
        return replace(found, reason=reason, frames=self.sorted_frames)

    @property
    def sorted_frames(self) -> tuple[SampledFrame, ...]:
        """Return the frames by time, each with one of its own: the same moment told twice hides nothing."""
        frames: list[SampledFrame] = []
        free = 0
        for frame in sorted(self.frames, key=lambda frame: frame.at_ms):
            frames.append(replace(frame, at_ms=max(frame.at_ms, free)))
            free = frames[-1].at_ms + 1
        return tuple(frames)


class Worker:
    """One child. After any exception from `answer`, cancellation included, it must be killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Keep the process; use `start`."""
        if process.stdin is None or process.stdout is None:
            raise ChildDied
        self._process = process
        self._to_child = process.stdin
        self._from_child = process.stdout
        # No more than the system grants, and nothing where the child has died already.
        with suppress(OSError, ValueError):
            fcntl.fcntl(self._to_child.transport.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._reading = asyncio.Lock()  # a stream has one reader; `kill` comes while a job waits
        self.jobs = 0
        self.formats: frozenset[Format] = frozenset()
        self.missing: frozenset[Layer] = frozenset()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @classmethod
    async def start(cls, *, memory: int, max_bytes: int) -> Worker:
        """Start a child and wait until it is ready; raises ChildDied."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                _BOOTSTRAP,
                str(_ROOT),
                str(os.getpid()),
                str(memory),
                str(max_bytes),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT | inherited,
                cwd="/",
                start_new_session=True,  # Ctrl-C is the parent's business
            )
        except OSError:
            raise ChildDied from None
        worker = cls(process)
        try:
            async with asyncio.timeout(BOOT_SECONDS):
                _, hello = await worker._frame(0, {Kind.HELLO: HELLO_BYTES})
        except TimeoutError:
            await worker.kill()
            raise ChildDied from None
        except BaseException:
            await worker.kill()
            raise
        worker.formats, worker.missing = unpacked_hello(hello)
        return worker

    async def answer(self, untrusted_bytes: memoryview, heard: Heard) -> PictureHashes:
        """Return what the child says of this media item; raises ChildDied."""
        job = self._next_job()
        try:
            self._to_child.write(HEADER.pack(Kind.JOB, job, len(untrusted_bytes)))
            await self._hand_over(untrusted_bytes)
            return await self._answer(job, _AFTER_A_JOB, heard)
        except (OSError, BadFrame):
            raise ChildDied from None

    async def sample(self, server: Server, heard: Heard) -> PictureHashes:
        """Return what the child says of a media item that it reads from; raises ChildDied and what reading raises."""
        job = self._next_job()
        try:
            self._to_child.write(packed_offer(job, server.offer))
            return await self._answer(job, _AFTER_AN_OFFER, heard, server)
        except (ConnectionError, BadFrame):
            raise ChildDied from None

    def _next_job(self) -> int:
        self.jobs += 1
        return self.jobs % JOB_NUMBERS

    async def _answer(
        self, job: int, awaited: Mapping[Kind, int], heard: Heard, server: Server | None = None
    ) -> PictureHashes:
        """Listen until the answer comes; keep what is told before it, and serve what is asked for."""
        while True:
            kind, untrusted_body = await self._frame(job, awaited)
            match kind:
                case Kind.SAMPLE:
                    heard.frames.append(unpacked_sample(untrusted_body))
                    if len(heard.frames) > MAX_FRAMES:
                        raise BadFrame
                case Kind.FIRST if heard.first is None:
                    heard.first = unpacked_answer(untrusted_body)
                case Kind.READ if server is not None:
                    offset, length = unpacked_read(untrusted_body, size=server.offer.size)
                    piece = await server.piece(offset, length)
                    self._to_child.write(HEADER.pack(Kind.PIECE, job, len(piece)))
                    with memoryview(piece) as view:
                        await self._hand_over(view)
                    piece.clear()
                case Kind.ANSWER:
                    found = replace(unpacked_answer(untrusted_body), frames=heard.sorted_frames)
                    if found.format.is_container and bool(found.frames) != (
                        found.status is not MediaStatus.UNDECODABLE
                    ):
                        raise BadFrame
                    return found
                case _:
                    raise BadFrame

    async def _hand_over(self, untrusted_bytes: memoryview) -> None:
        # By pieces: written at once, the pipe's buffer would hold a second copy.
        for at in range(0, len(untrusted_bytes), PIECE):
            with untrusted_bytes[at : at + PIECE] as piece:
                self._to_child.write(piece)
            await self._to_child.drain()

    async def kill(self) -> None:
        """End the child at once; may be called twice."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._to_child.close()
        with suppress(OSError):
            await self._to_child.wait_closed()
        await self._process.wait()
        async with self._reading:
            # Its last words, unread: the pipe must be seen to end before the loop may close.
            await self._from_child.read()

    async def _frame(self, job: int, awaited: Mapping[Kind, int]) -> tuple[Kind, bytes]:
        async with self._reading:
            try:
                kind = checked_header(await self._from_child.readexactly(HEADER.size), job=job, awaited=awaited)
                return kind, await self._from_child.readexactly(awaited[kind])
            except (asyncio.IncompleteReadError, BadFrame):
                raise ChildDied from None  # the partial frame stays behind
