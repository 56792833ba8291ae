"""
Fingerprint media in a few child processes, and lose no job to any of them.

The parent reads and digests, a child decodes. The clock runs only while a child
has the bytes. A child that is slow is killed and its media called undecodable;
one that dies is replaced and the job given to another, once.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from domain.errors import MediaUnavailable, OperatorFault
from domain.fingerprints import Fingerprint, MediaStatus
from domain.ports import MediaSource
from fingerprint.answers import PictureHashes, Reason
from fingerprint.layers import Layer
from fingerprint.reading import WholeMedia, read_whole
from fingerprint.worker import ChildDied, Worker

MIB = 1 << 20
ALLOW_SETTING = "allow_missing_layers"
ATTEMPTS = 2
JOBS_PER_CHILD = 500  # then a fresh one takes its place: libraries leak, and so might a takeover
IN_HAND = 8  # media items held in memory at once, being read or waiting for a child


class LayersMissing(ChildDied):
    """This child lacks layers of its lock-down; it was ended before it had a job."""

    def __init__(self, missing: frozenset[Layer]) -> None:
        """Name the layers."""
        super().__init__(" and ".join(sorted(layer.code for layer in missing)))


class FingerprintPool:
    """
    Turns media into hashes in child processes; the bytes die there.

    One pool belongs to one event loop, whose thread must outlive it. `timeout`
    bounds the decoding of one item in seconds, `memory` a child's address space
    and `max_bytes` an item, both in bytes. `start` finds out early whether
    children can run here; without it they start with the first job. A child
    that this machine cannot lock down fully is not given any job, unless
    `allow_missing_layers` says so.
    """

    def __init__(
        self,
        children: int,
        timeout: float = 5.0,
        memory: int = 1024 * MIB,
        max_bytes: int = 32 * MIB,
        *,
        jobs_per_child: int = JOBS_PER_CHILD,
        allow_missing_layers: bool = False,
    ) -> None:
        """Start nothing yet."""
        self._children = children
        self._timeout = timeout
        self._memory = memory
        self._max_bytes = max_bytes
        self._jobs_per_child = jobs_per_child
        self._allow_missing_layers = allow_missing_layers
        self._free = asyncio.Semaphore(children)
        self._in_hand = asyncio.Semaphore(max(IN_HAND, 2 * children))
        self._idle: list[Worker] = []
        self._alive: set[Worker] = set()
        self._closed = False

    @property
    def pids(self) -> frozenset[int]:
        """Return the process ids of the living children."""
        return frozenset(worker.pid for worker in self._alive)

    @property
    def formats(self) -> frozenset[str]:
        """Return the formats that the living children have shown to decode."""
        return frozenset(kind.code for worker in self._alive for kind in worker.formats)

    @property
    def missing_layers(self) -> tuple[str, ...]:
        """Return the layers of lock-down that living children lack; empty unless that was allowed."""
        return tuple(sorted({layer.code for worker in self._alive for layer in worker.missing}))

    async def start(self) -> None:
        """Start the children; raises OperatorFault if they cannot run here, or not locked down."""
        results = await asyncio.gather(*(self._started() for _ in range(self._children)), return_exceptions=True)
        self._idle += [result for result in results if isinstance(result, Worker)]
        for result in results:
            if isinstance(result, LayersMissing):
                await self.close()
                raise OperatorFault(
                    f"The child process that decodes pictures cannot be locked down here: {result} missing. "
                    f"See kapear doctor; {ALLOW_SETTING} = true in kapear.toml goes on without."
                )
            if isinstance(result, ChildDied):
                await self.close()
                raise OperatorFault(
                    "The child process that decodes pictures does not start; reinstall with `make install`."
                )
            if isinstance(result, BaseException):
                await self.close()
                raise result

    async def close(self) -> None:
        """Kill the children at once; jobs under way end with MediaUnavailable."""
        self._closed = True
        self._idle.clear()
        await asyncio.gather(*(self._end(worker) for worker in tuple(self._alive)))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def fingerprint(self, source: MediaSource) -> Fingerprint:
        """
        Return the fingerprint of one media item, and close it.

        Raises what `source.read` raises, and MediaUnavailable when no child can
        be had: the item stays to be tried again.
        """
        try:
            if source.size is not None and source.size > self._max_bytes:
                return _rejected(source.size)
            async with self._in_hand:
                whole = await read_whole(source, max_bytes=self._max_bytes)
                if whole is None:
                    return _rejected(source.size or 0)
                # The connection is of use to others while this item waits for a child.
                await source.close()
                return await self._fingerprint(whole)
        finally:
            await source.close()

    async def _fingerprint(self, whole: WholeMedia) -> Fingerprint:
        size = len(whole.untrusted_bytes)
        try:
            if size:
                hashes = await self._decoded(whole.untrusted_bytes)
            else:
                hashes = PictureHashes(status=MediaStatus.UNDECODABLE, reason=Reason.EMPTY)
        finally:
            # An exception's traceback would keep this frame, and with it the bytes.
            whole.untrusted_bytes.clear()
        return Fingerprint(
            status=hashes.status,
            reason=hashes.reason.code,
            format=hashes.format.code,
            width=hashes.width,
            height=hashes.height,
            size=size,
            md5=whole.md5,
            sha1=whole.sha1,
            sha256=whole.sha256,
            pdq=hashes.pdq_dihedral[0] if hashes.pdq_dihedral else None,
            pdq_quality=hashes.pdq_quality,
            pdq_dihedral=hashes.pdq_dihedral,
            pdq_others=hashes.pdq_others,
            phash=hashes.phash,
            phash_trimmed=hashes.phash_trimmed,
        )

    async def _decoded(self, untrusted_bytes: bytearray) -> PictureHashes:
        async with self._free:
            for attempt in range(ATTEMPTS):
                worker = await self._ready(fresh=attempt > 0)
                healthy = False
                try:
                    with memoryview(untrusted_bytes) as view:
                        async with asyncio.timeout(self._timeout):
                            hashes = await worker.answer(view)
                    # What ran out of memory once is left with little of it.
                    healthy = hashes.reason is not Reason.OUT_OF_MEMORY and worker.jobs < self._jobs_per_child
                except TimeoutError:
                    return PictureHashes(status=MediaStatus.UNDECODABLE, reason=Reason.TIMEOUT)
                except ChildDied:
                    continue
                else:
                    return hashes
                finally:
                    # Also when the caller is cancelled: the late answer must not meet the next job.
                    if healthy and not self._closed:
                        self._idle.append(worker)
                    else:
                        await self._end(worker)
        return PictureHashes(status=MediaStatus.UNDECODABLE, reason=Reason.CRASHED)

    async def _ready(self, *, fresh: bool) -> Worker:
        if self._closed:
            raise MediaUnavailable("fingerprint_pool_closed")
        if self._idle:
            worker = self._idle.pop()
            if not fresh:
                return worker
            # What killed one idle child may have killed them all: the bytes are not to blame for that.
            await self._end(worker)
        try:
            return await self._started()
        except ChildDied:
            raise MediaUnavailable("no_fingerprint_child") from None

    async def _started(self) -> Worker:
        worker = await Worker.start(memory=self._memory, max_bytes=self._max_bytes)
        self._alive.add(worker)
        if self._closed:
            await self._end(worker)
            raise ChildDied
        if worker.missing and not self._allow_missing_layers:
            await self._end(worker)
            raise LayersMissing(worker.missing)
        return worker

    async def _end(self, worker: Worker) -> None:
        self._alive.discard(worker)
        await worker.kill()


def _rejected(size: int) -> Fingerprint:
    return Fingerprint(status=MediaStatus.REJECTED, reason=Reason.TOO_LARGE.code, size=size)
