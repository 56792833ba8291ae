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
from contextlib import suppress
from pathlib import Path

from fingerprint.answers import Format, PictureHashes
from fingerprint.frames import (
    ANSWER_BYTES,
    HEADER,
    HELLO_BYTES,
    BadFrame,
    Kind,
    checked_header,
    unpacked_answer,
    unpacked_hello,
)
from fingerprint.layers import Layer

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


class ChildDied(Exception):
    """The child is gone, or speaks as no honest child does."""


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
                hello = await worker._body(kind=Kind.HELLO, job=0, length=HELLO_BYTES)
        except TimeoutError:
            await worker.kill()
            raise ChildDied from None
        except BaseException:
            await worker.kill()
            raise
        worker.formats, worker.missing = unpacked_hello(hello)
        return worker

    async def answer(self, untrusted_bytes: memoryview) -> PictureHashes:
        """Return what the child says of this media item; raises ChildDied."""
        self.jobs += 1
        job = self.jobs % JOB_NUMBERS
        try:
            self._to_child.write(HEADER.pack(Kind.JOB, job, len(untrusted_bytes)))
            # By pieces: written at once, the pipe's buffer would hold a second copy.
            for at in range(0, len(untrusted_bytes), PIECE):
                with untrusted_bytes[at : at + PIECE] as piece:
                    self._to_child.write(piece)
                await self._to_child.drain()
            return unpacked_answer(await self._body(kind=Kind.ANSWER, job=job, length=ANSWER_BYTES))
        except (OSError, BadFrame):
            raise ChildDied from None

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

    async def _body(self, *, kind: Kind, job: int, length: int) -> bytes:
        async with self._reading:
            try:
                checked_header(await self._from_child.readexactly(HEADER.size), kind=kind, job=job, length=length)
                return await self._from_child.readexactly(length)
            except (asyncio.IncompleteReadError, BadFrame):
                raise ChildDied from None  # the partial frame stays behind
