"""
Simulate many workers on one PostgreSQL: how many visits they make, how late these are, and where it ends.

    python -m benchmarks.scaling [--targets 1000000] [--interval 900] [--hosts 100000] [--cores 8] [--together]

A discrete-event simulation without a database: visits queue for the server's
cores, for the one loop and the one writer of their worker, and for a seat at
their host. What each step takes is measured elsewhere (see `Costs`); nothing
here is fitted. For each number of workers it prints, as a JSON line: the
visits a second that they can make while everything is due (`capacity`), which
part of them one worker times their number would be (`share`), how busy server
and workers are then, and how late visits are, in seconds, with the targets and
the interval that were asked for. The knee is where a further worker adds less
than half of what the first makes.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path

from benchmarks.plots import Series, line_chart

WORKERS = (1, 2, 4, 8, 16, 24, 32, 48, 64)
WARM_S, MEASURED_S = 5.0, 15.0
ADDS_LITTLE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """
    What a visit takes, in seconds.

    `look` and `end` are of the server: what a visit asks before it begins, its
    share of a claim included, and what it writes in the end. They make the 0.72
    ms of `benchmarks.database_cost`; `seat` is two more such statements
    (docs/architecture.md). `work` is of the worker's loop: 3.4 ms
    (`benchmarks.quiet_visits`) times what PostgreSQL's driver takes more than
    SQLite does (`database_cost`). `news` in 100 visits bring a page of
    twenty posts: `page` is what that takes of the server (`database_cost`),
    `reading` of the worker (the same, and 2.4 ms of `benchmarks.spider`).
    Assumed, not measured: `flush`, which a commit waits for its disk, and
    `answer`, which a host takes over the Internet.
    """

    look: float = 0.0003
    end: float = 0.00042
    seat: float = 0.00006
    work: float = 0.0043
    flush: float = 0.002
    answer: float = 0.3
    news: float = 10.0
    page: float = 0.0018
    reading: float = 0.0092


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who is to be visited, and by what."""

    targets: int
    interval: float  # seconds between two visits of a target
    hosts: int
    host_delay: float = 1.0  # seconds between two requests to one host, as configured
    cores: int = 8  # of the server
    together: bool = False  # the workers on the server's own machine
    at_once: int = 64  # visits of a worker
    costs: Costs = field(default_factory=Costs)


@dataclass(slots=True)
class Clock:
    """Runs what is planned in the order of its time."""

    now: float = 0.0
    _planned: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        heapq.heappush(self._planned, (self.now + seconds, next(self._numbers), then))

    def run(self, until: float) -> None:
        while self._planned and self._planned[0][0] <= until:
            self.now, _, then = heapq.heappop(self._planned)
            then()


@dataclass(slots=True)
class Station:
    """Serves so many at once, the others in their order; `busy` sums the seconds of service."""

    clock: Clock
    servers: int = 1
    busy: float = 0.0
    _taken: int = 0
    _queue: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque)

    def serve(self, seconds: float, then: Callable[[], None]) -> None:
        if self._taken == self.servers:
            self._queue.append((seconds, then))
            return
        self._taken += 1
        self.busy += seconds
        self.clock.after(seconds, lambda: self._end(then))

    def _end(self, then: Callable[[], None]) -> None:
        self._taken -= 1
        if self._queue:
            self.serve(*self._queue.popleft())
        then()


@dataclass(slots=True)
class Lane:
    """What a worker has one of: it brings one piece of work at a time to a station, and rests after each."""

    station: Station
    rest: float = 0.0
    _is_taken: bool = False
    _queue: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque)

    def serve(self, seconds: float, then: Callable[[], None]) -> None:
        if self._is_taken:
            self._queue.append((seconds, then))
            return
        self._is_taken = True
        self.station.serve(seconds, lambda: self.station.clock.after(self.rest, lambda: self._end(then)))

    def _end(self, then: Callable[[], None]) -> None:
        self._is_taken = False
        if self._queue:
            self.serve(*self._queue.popleft())
        then()


@dataclass(slots=True)
class World:
    """All workers and their database, at work."""

    scene: Scene
    workers: int
    dice: random.Random
    clock: Clock = field(default_factory=Clock)
    lags: list[float] = field(default_factory=list)
    ended: int = 0
    server: Station = field(init=False)
    loops: list[Station] = field(init=False)
    _due: list[tuple[float, int]] = field(init=False)
    _free: list[float] = field(init=False)  # when each host may be asked again

    def __post_init__(self) -> None:
        """Let targets be due all over the interval, and every worker take as many as it may."""
        scene = self.scene
        self.server = Station(self.clock, scene.cores)
        self.loops = [self.server if scene.together else Station(self.clock) for _ in range(self.workers)]
        self._due = [(self.dice.uniform(0, scene.interval), target) for target in range(scene.targets)]
        heapq.heapify(self._due)
        self._free = [0.0] * scene.hosts
        for station in self.loops:
            loop, writer = Lane(station), Lane(self.server, scene.costs.flush)
            for _ in range(scene.at_once):
                self._take(loop, writer)

    def _take(self, loop: Lane, writer: Lane) -> None:
        """Let a free place of a worker have what is due next."""
        due, target = heapq.heappop(self._due)
        wait = max(0.0, due - self.clock.now)
        self.clock.after(wait, lambda: self._visit(loop, writer, due, target))

    def _visit(self, loop: Lane, writer: Lane, due: float, target: int) -> None:
        costs, clock = self.scene.costs, self.clock
        self.lags.append(clock.now - due)
        brings = self.dice.random() * 100 < costs.news

        def looked() -> None:
            host = target % self.scene.hosts
            start = max(clock.now, self._free[host])
            self._free[host] = start + self.scene.host_delay
            clock.after(start - clock.now + costs.answer, answered)

        def answered() -> None:
            loop.serve(costs.work + brings * costs.reading, read)

        def read() -> None:
            writer.serve(costs.end + brings * costs.page, ended)

        def ended() -> None:
            self.ended += 1
            heapq.heappush(self._due, (clock.now + self.scene.interval, target))
            self._take(loop, writer)

        self.server.serve(costs.look + costs.seat, looked)

    def measure(self) -> dict[str, float]:
        """Run until all is under way, then count."""
        self.clock.run(WARM_S)
        self.lags.clear()
        ended, server, loops = self.ended, self.server.busy, sum(loop.busy for loop in self.loops)
        self.clock.run(WARM_S + MEASURED_S)
        late = sorted(self.lags) or [0.0]
        return {
            "visits_s": round((self.ended - ended) / MEASURED_S, 1),
            "late_p50": round(late[len(late) // 2], 2),
            "late_p95": round(late[len(late) * 95 // 100], 2),
            "server_busy": round((self.server.busy - server) / MEASURED_S / self.scene.cores, 2),
            "loops_busy": round((sum(loop.busy for loop in self.loops) - loops) / MEASURED_S / self.workers, 2),
        }


def measured(scene: Scene, workers: int) -> dict[str, float]:
    """Return what so many workers do in a scene; the same each time."""
    return World(scene, workers, random.Random(workers)).measure()  # noqa: S311 - repeatable


def knee(capacities: dict[int, float]) -> int | None:
    """Return after how many workers a further one adds less than half of what the first makes; None if never."""
    points = sorted(capacities)
    first = capacities[points[0]] / points[0]
    for fewer, more in pairwise(points):
        if (capacities[more] - capacities[fewer]) / (more - fewer) < ADDS_LITTLE * first:
            return fewer
    return None


def capacity(scene: Scene, workers: int) -> dict[str, float]:
    """Return what so many workers do while everything is due, at hosts that hold nobody up."""
    plenty = workers * scene.at_once * 20
    return measured(replace(scene, targets=plenty, interval=0.0, hosts=plenty, host_delay=0.0), workers)


def main() -> None:
    """Print a line for each number of workers, and where the knee is."""
    parser = argparse.ArgumentParser(description="Simulate workers on one PostgreSQL.")
    parser.add_argument("--targets", type=int, default=1_000_000)
    parser.add_argument("--interval", type=float, default=900.0, help="seconds")
    parser.add_argument("--hosts", type=int, default=100_000)
    parser.add_argument("--cores", type=int, default=8, help="of the database's machine")
    parser.add_argument("--together", action="store_true", help="the workers are on that machine too")
    parser.add_argument("--answer", type=float, default=Costs().answer, help="seconds that a host takes")
    parser.add_argument("--news", type=float, default=Costs().news, help="of 100 visits so many bring a page")
    parser.add_argument("--at-once", type=int, default=64, help="visits of a worker")
    parser.add_argument("--plot", type=Path, help="draw capacities into this SVG")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    asked = parser.parse_args()
    scene = Scene(
        targets=asked.targets,
        interval=asked.interval,
        hosts=asked.hosts,
        cores=asked.cores,
        together=asked.together,
        at_once=asked.at_once,
        costs=Costs(answer=asked.answer, news=asked.news),
    )
    capacities: dict[int, float] = {}
    for workers in asked.workers:
        full, wanted = capacity(scene, workers), measured(scene, workers)
        capacities[workers] = full["visits_s"]
        fewest = min(capacities)
        line = {
            "workers": workers,
            "capacity": full["visits_s"],
            "share": round(full["visits_s"] * fewest / (workers * capacities[fewest]), 2),
            "server_busy": full["server_busy"],
            "loops_busy": None if asked.together else full["loops_busy"],  # they are one station with the server
            "wanted": round(asked.targets / asked.interval, 1),
            "made": wanted["visits_s"],
            "late_p50": wanted["late_p50"],
            "late_p95": wanted["late_p95"],
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps({"figure": "workers at the knee", "value": knee(capacities)}) + "\n")
    if asked.plot is not None:
        asked.plot.write_text(drawn(capacities, asked.cores))


def drawn(capacities: dict[int, float], cores: int) -> str:
    """Return capacities as an SVG, beside what so many workers would do if nothing were shared."""
    first = min(capacities)
    reach = max(capacities.values()) * 1.2
    alone = [(float(n), n * capacities[first] / first) for n in sorted(capacities)]
    lines = [
        Series("simulated", [(float(n), made) for n, made in sorted(capacities.items())]),
        Series("one worker, times their number", [point for point in alone if point[1] <= reach]),
    ]
    return line_chart(
        lines, title=f"Visits a second by workers, one PostgreSQL of {cores} cores", x="workers", y="visits/s"
    )


if __name__ == "__main__":
    main()
