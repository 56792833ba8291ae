"""
Fingerprint media in a few child processes, and lose no job to any of them.

The parent reads and digests, a child decodes. The clock runs only while a child
has the bytes. A child that is slow is killed; one that dies is replaced and the
job given to another, once. What it told before that counts, or else its media
is called undecodable. A video too large to be read whole is read from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from domain.errors import MediaUnavailable, OperatorFault
from domain.fingerprints import Covers, Fingerprint, MediaStatus, PoolHealth
from domain.ports import MediaSource
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.containers import HEAD, sniff_container
from fingerprint.layers import Layer
from fingerprint.reading import LargeMedia, NoMedia, WholeMedia, read_media
from fingerprint.serving import Server, offer_of
from fingerprint.worker import ChildDied, Heard, Worker

MIB = 1 << 20
ALLOW_SETTING = "allow_missing_layers"
ATTEMPTS = 2
JOBS_PER_CHILD = 500  # then a fresh one takes its place: libraries leak, and so might a takeover
IN_HAND = 8  # media items held in memory at once, being read or waiting for a child
ENOUGH_READ = "too_large"  # what a source says that has given as much of one item as it ever does

Job = Callable[[Worker, Heard, asyncio.Timeout], Awaitable[PictureHashes]]


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
        # Children that wait for a network: pictures must not wait with all of them.
        self._sampling = asyncio.Semaphore(max(1, children - 1))
        self._idle: list[Worker] = []
        self._alive: set[Worker] = set()
        self._closed = False
        self._started_in_vain = 0  # since the last child that did start
        self._began = self._jobs = 0

    @property
    def health(self) -> PoolHealth:
        """Return how the children stand."""
        alive = len(self._alive)
        restarts = max(0, self._began - self._children)
        return PoolHealth(children=alive, busy=alive - len(self._idle), jobs=self._jobs, restarts=restarts)

    @property
    def is_failing(self) -> bool:
        """Return whether no child lives, and as many as there should be could not be started."""
        return not self._alive and self._started_in_vain >= self._children

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
            async with self._in_hand:
                media = await read_media(source, max_bytes=self._max_bytes)
                if isinstance(media, LargeMedia):
                    return await self._sampled(source, media)
                # The connection is of use to others while this item waits for a child.
                await source.close()
                if isinstance(media, NoMedia):
                    return _rejected(media.size or 0, Reason.NOT_AN_IMAGE)
                return await self._fingerprint(media)
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
        return _fingerprint(hashes, size, whole)

    async def _sampled(self, source: MediaSource, large: LargeMedia) -> Fingerprint:
        """Return the fingerprint of a video by parts of it; anything else of this size is rejected."""
        head = large.untrusted_head
        kind = sniff_container(bytes(head[:HEAD]))
        size = large.size
        try:
            if not kind:
                return _rejected(size or 0)
            if size is None:  # nobody knows where it ends: its beginning is all there is
                del head[self._max_bytes :]
                await source.close()
                return _fingerprint(await self._decoded(head), 0)
            offer = offer_of(size, max_bytes=self._max_bytes)

            async def sample(worker: Worker, heard: Heard, clock: asyncio.Timeout) -> PictureHashes:
                return await worker.sample(Server(source, offer, head, clock), heard)

            async with self._sampling:
                return _fingerprint(await self._done(sample, kind), size)
        finally:
            head.clear()

    async def _decoded(self, untrusted_bytes: bytearray) -> PictureHashes:
        async def decode(worker: Worker, heard: Heard, _: asyncio.Timeout) -> PictureHashes:
            with memoryview(untrusted_bytes) as view:
                return await worker.answer(view, heard)

        return await self._done(decode, sniff_container(bytes(untrusted_bytes[:HEAD])))

    async def _done(self, job: Job, kind: Format) -> PictureHashes:
        """Give a job to a child, and to one more if that dies; what the last one told counts."""
        heard = Heard()
        async with self._free:
            for attempt in range(ATTEMPTS):
                worker = await self._ready(fresh=attempt > 0)
                healthy = False
                heard = Heard()
                try:
                    async with asyncio.timeout(self._timeout) as clock:
                        hashes = await job(worker, heard, clock)
                    # What ran out of memory once is left with little of it.
                    healthy = hashes.reason is not Reason.OUT_OF_MEMORY and worker.jobs < self._jobs_per_child
                except TimeoutError:
                    return heard.so_far(Reason.TIMEOUT, kind)
                except MediaUnavailable as fault:
                    if fault.code != ENOUGH_READ:
                        raise
                    return heard.so_far(Reason.TOO_LARGE, kind)
                except ChildDied:
                    continue
                else:
                    self._jobs += 1
                    return hashes
                finally:
                    # Also when the caller is cancelled: the late answer must not meet the next job.
                    if healthy and not self._closed:
                        self._idle.append(worker)
                    else:
                        await self._end(worker)
        return heard.so_far(Reason.CRASHED, kind)

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
        try:
            worker = await Worker.start(memory=self._memory, max_bytes=self._max_bytes)
        except ChildDied:
            self._started_in_vain += 1
            raise
        self._started_in_vain = 0
        self._began += 1
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


def _fingerprint(hashes: PictureHashes, size: int, whole: WholeMedia | None = None) -> Fingerprint:
    """Return what is kept; without digests unless every byte was read."""
    reason = hashes.reason
    if whole is None and hashes.status is MediaStatus.HASHED and not reason:
        reason = Reason.SAMPLED
    if whole is None and hashes.status is MediaStatus.UNDECODABLE and reason is Reason.TOO_LARGE:
        return _rejected(size)
    return Fingerprint(
        status=hashes.status,
        reason=reason.code,
        format=hashes.format.code,
        width=hashes.width,
        height=hashes.height,
        size=size,
        md5=whole.md5 if whole else None,
        sha1=whole.sha1 if whole else None,
        sha256=whole.sha256 if whole else None,
        pdq=hashes.pdq_dihedral[0] if hashes.pdq_dihedral else None,
        pdq_quality=hashes.pdq_quality,
        pdq_dihedral=hashes.pdq_dihedral,
        pdq_others=hashes.pdq_others,
        phash=hashes.phash,
        phash_trimmed=hashes.phash_trimmed,
        phash256=hashes.phash256,
        phash256_trimmed=hashes.phash256_trimmed,
        frames=hashes.frames,
        covers=Covers.WHOLE if whole else Covers.SAMPLED,
    )


def _rejected(size: int, reason: Reason = Reason.TOO_LARGE) -> Fingerprint:
    return Fingerprint(status=MediaStatus.REJECTED, reason=reason.code, size=size)
