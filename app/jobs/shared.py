"""
Carry turns between machines, through procrastinate on PostgreSQL.

A job is a batch of turns: ids and tokens, nothing of a target. procrastinate
hands each job to one worker, wakes who waits, and knows by heartbeats on the
server's clock who lives. Its own worker counts jobs, where a crew counts
visits and takes a batch once it has places for one; so its manager is used
alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager

from domain.errors import OperatorFault
from domain.ids import TargetId
from domain.jobs import Turn, batch_of
from domain.ports import GiveBack

T = TypeVar("T")

log = logging.getLogger("kapear.jobs")

QUEUE = "visits"
HEARTBEAT_S = 3.0
SILENT_S = 10.0  # who could not say for so long that it lives, lets its visits go …
GONE_S = 15.0  # … before others take them
POLL_S = 1.0  # a notice may be lost with its connection
ROOM_S = 0.1  # between two looks for room, while more is due than there is room for
AHEAD = 2  # batches that wait for each living worker: what is urgent now waits behind no more
KEPT_H = 24  # what is left of a job whose worker was lost
RAISED = "P0001"  # procrastinate's functions say so of a job that ended already

_STAND = """
    SELECT
        (SELECT count(*) FROM procrastinate_workers
            WHERE last_heartbeat > now() - make_interval(secs => %(gone)s)) AS workers,
        (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %(queue)s) AS waiting
"""


class SharedQueue:
    """
    A `JobQueue` that every process with one database shares; see `opened`.

    `places` is how many visits this process, or a worker of the same
    configuration, makes at once.
    """

    def __init__(self, connector: PsycopgConnector, places: int) -> None:
        """Work through an open connector."""
        self._connector = connector
        self._manager = JobManager(connector)
        self._batch = batch_of(places)
        self._worker: int | None = None
        self._jobs: dict[int, set[Turn]] = {}  # taken here, with what of them has not ended
        self._done: set[int] = set()  # ended here, which the server does not know yet
        self._in_doubt = False  # whether the server may have handed a job over that never came here
        self._news = asyncio.Event()
        self._is_disowned = asyncio.Event()

    # Who decides what is due.

    async def room(self) -> int:
        """Return how many turns living workers would begin soon."""
        stand = await self._asked(self._connector.execute_query_one_async(_STAND, gone=GONE_S, queue=QUEUE))
        return max(0, int(stand["workers"]) * AHEAD - int(stand["waiting"])) * self._batch

    async def freed(self) -> None:
        """Wait until there is room for a batch."""
        while not await self.room():  # noqa: ASYNC110 - other processes make room
            await asyncio.sleep(ROOM_S)

    async def put(self, turns: Sequence[Turn]) -> None:
        """Hand turns over, in batches."""
        batches = [turns[start : start + self._batch] for start in range(0, len(turns), self._batch)]
        await self._asked(self._manager.batch_defer_jobs_async([_job(batch) for batch in batches]))

    async def held(self) -> set[Turn]:
        """Return every turn that waits or is under way."""
        return {turn for status in (Status.TODO, Status.DOING) for job in await self._all(status) for turn in _in(job)}

    async def recover(self, give_back: GiveBack) -> None:
        """Give back what workers took that are gone, or what waits while none lives; then end those jobs."""
        stalled = list(await self._asked(self._manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=GONE_S)))
        for job in stalled:
            await give_back(_in(job))
            await self._end(_number(job), Status.FAILED)
        if stalled:
            log.warning("turns of a lost worker were given back", extra={"count": len(stalled)})
        await self._asked(self._manager.prune_stalled_workers(4 * GONE_S))
        stand = await self._asked(self._connector.execute_query_one_async(_STAND, gone=GONE_S, queue=QUEUE))
        if stand["waiting"] and not stand["workers"]:
            for job in await self._all(Status.TODO):
                await give_back(_in(job))  # first: who takes the job in this moment finds its claims void
                await self._asked(self._manager.cancel_job_by_id_async(_number(job), delete_job=True))

    async def tidy(self) -> None:
        """Forget jobs that were lost a while ago; all others go as they end."""
        await self._asked(self._manager.delete_old_jobs(KEPT_H, include_failed=True, include_cancelled=True))

    # Who visits.

    async def take(self) -> Sequence[Turn]:
        """Wait for a batch."""
        while True:
            self._news.clear()
            if self._worker is not None and (job := await self._next_job(self._worker)) is not None:
                turns = _in(job)
                self._jobs[_number(job)] = set(turns)
                return turns
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), POLL_S)

    async def ended(self, turns: Sequence[Turn]) -> None:
        """Note that turns ended; a job whose turns all have is forgotten."""
        for number, left in list(self._jobs.items()):
            left.difference_update(turns)
            if not left:
                del self._jobs[number]
                self._done.add(number)
        with contextlib.suppress(OperatorFault):  # the next heartbeat tries again
            await self._forget_done()

    async def disowned(self) -> None:
        """Wait until this worker could not say for too long that it lives."""
        await self._is_disowned.wait()
        self._is_disowned.clear()

    async def work(self) -> None:
        """Say again and again that this process lives, until cancelled."""
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while True:
            began = loop.time()
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._beat()
                    heard = began
            except (OperatorFault, TimeoutError):
                log.warning("no sign of life could be given")
            if self._worker is not None and loop.time() - heard > SILENT_S:
                self._worker = None  # what it took is lost, and so is its name
                self._jobs.clear()
                self._done.clear()
                self._is_disowned.set()
            await asyncio.sleep(HEARTBEAT_S)

    async def listen(self) -> None:
        """Wake `take` when something is put, until cancelled."""
        while True:
            with contextlib.suppress(ConnectorException):
                await self._manager.listen_for_jobs(on_notification=self._heard, queues=[QUEUE])
            await asyncio.sleep(POLL_S)

    async def leave(self) -> None:
        """Say that this process takes nothing more: what it has not ended is lost at once."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await self._asked(self._manager.unregister_worker(worker))

    async def _next_job(self, worker: int) -> Job | None:
        """Return a job for a worker; first one that it was given already, if the answer that said so was lost."""
        if self._in_doubt:
            for given in await self._all(Status.DOING, worker):
                if _number(given) not in self._jobs and _number(given) not in self._done:
                    return given
        self._in_doubt = True
        job: Job | None = await self._asked(self._manager.fetch_job([QUEUE], worker))
        self._in_doubt = False
        return job

    async def _beat(self) -> None:
        if self._worker is None:
            self._worker = await self._asked(self._manager.register_worker())
            self._news.set()
        else:
            await self._asked(self._manager.update_heartbeat(self._worker))
        await self._forget_done()

    async def _heard(self, **_: object) -> None:
        self._news.set()

    async def _forget_done(self) -> None:
        for number in tuple(self._done):
            await self._end(number, Status.SUCCEEDED)
            self._done.discard(number)

    async def _end(self, number: int, status: Status) -> None:
        """End a job, unless it ended already."""
        try:
            await self._manager.finish_job_by_id_async(number, status, delete_job=status is Status.SUCCEEDED)
        except ConnectorException as error:
            if getattr(error.__cause__, "sqlstate", None) != RAISED:
                raise _unreachable() from None

    async def _all(self, status: Status, worker: int | None = None) -> Iterable[Job]:
        asked = self._manager.list_jobs_async(queue=QUEUE, status=status.value, worker_id=worker)
        jobs: Iterable[Job] = await self._asked(asked)
        return jobs

    async def _asked(self, answer: Awaitable[T]) -> T:
        """Return the server's answer, which must come; its own words, which may quote, end here."""
        try:
            async with asyncio.timeout(SILENT_S):
                return await answer
        except (ConnectorException, TimeoutError):
            raise _unreachable() from None


@asynccontextmanager
async def opened(address: str, options: dict[str, str], places: int, *, works: bool) -> AsyncIterator[SharedQueue]:
    """
    Open the queue in a database, and make its tables where there are none.

    With `works` this process counts as a worker, until the block ends. Raises
    OperatorFault.
    """
    connector = PsycopgConnector(
        conninfo=address, kwargs=options, min_size=1, max_size=4, max_idle=300.0, timeout=HEARTBEAT_S
    )
    try:
        await connector.open_async()
        await _with_tables(connector)
    except Exception:  # noqa: BLE001 - the pool has errors of its own, and their words name server and user
        await connector.close_async()
        raise _unreachable() from None
    queue = SharedQueue(connector, places)
    tasks = [asyncio.create_task(queue.work()), asyncio.create_task(queue.listen())] if works else []
    try:
        yield queue
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OperatorFault, TimeoutError):
            async with asyncio.timeout(1):
                await queue.leave()
        await connector.close_async()


async def _with_tables(connector: PsycopgConnector) -> None:
    manager = JobManager(connector)
    if await manager.check_connection_async():
        return
    try:
        await SchemaManager(connector).apply_schema_async()
    except ConnectorException:
        if not await manager.check_connection_async():  # another process made them in this moment
            raise


def _job(turns: Sequence[Turn]) -> Job:
    named: list[Any] = [[turn.target_id, turn.token] for turn in turns]
    return Job(queue=QUEUE, task_name=QUEUE, lock=None, queueing_lock=None, task_kwargs={"turns": named})


def _in(job: Job) -> tuple[Turn, ...]:
    named: Any = job.task_kwargs["turns"]
    return tuple(Turn(target_id=TargetId(target_id), token=token) for target_id, token in named)


def _number(job: Job) -> int:
    assert job.id is not None  # noqa: S101 - every job that was stored has one
    return job.id


def _unreachable() -> OperatorFault:
    return OperatorFault("The queue in PostgreSQL cannot be reached; check that the server runs.")
