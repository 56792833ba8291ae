"""
Run for an hour while something is broken every minute, and see whether anything is lost, doubled, or grows.

    python -m tests.faults.soak [--seconds 3600] [--database sqlite|postgresql] [--plot docs/soak-sqlite.svg]

A real `kapear run` watches quick channels, on PostgreSQL with a `kapear worker` beside it; proxies stand between each
of them and the platform, another before PostgreSQL, and their clock is one that can be set. They are killed in the
first quarter only, and once at the end: what they have allocated is compared between the second and the last quarter,
so they have to live through both. Prints a JSON line.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.plots import Series, line_chart
from tests.faults.channels import ROOT, Channels
from tests.faults.clock import DAY, FakeClock
from tests.faults.house import PATIENCE_S, POLL_S, House, Runner, family, furnished
from tests.faults.proxy import Fault, FaultProxy
from tests.postgres import PostgresServer, running_postgres

CHANNELS = 16
RATE = 4.0  # posts a second, over all channels
INTERVAL_S = 5
SAMPLE_S = 5.0
FAULT_EVERY_S = 60.0
HELD_S = 10.0  # how long a fault lasts, where it lasts
RECOVERY_S = 30.0  # promised
FLAT = 0.05
CHILDREN = 2  # that decode, in each process
MIB = 1024


@dataclass(frozen=True, slots=True)
class Event:
    """A fault that was injected: when, which, and how long after its end each process had seen something again."""

    at: float
    fault: str
    recovered_s: float


@dataclass
class Soak:
    """The run, its faults and its samples."""

    house: House
    runners: list[Runner]
    clock: FakeClock
    platforms: list[FaultProxy]
    database: FaultProxy | None
    server: PostgresServer | None
    seconds: float
    every: float
    held: float
    begun: float = 0.0
    events: list[Event] = field(default_factory=list)
    samples: list[tuple[float, float, float]] = field(default_factory=list)  # when, PSS, allocated

    def run(self) -> None:
        """Break something every so often until time is up, then let everything come to rest."""
        turns = itertools.cycle(self._faults())
        with contextlib.ExitStack() as running:
            for runner in self.runners:
                running.enter_context(runner)
            self.begun = time.monotonic()
            for number in itertools.count(1):
                self._sample_until(number * self.every)
                if self._passed() + self.every > self.seconds:
                    break
                is_early = self._passed() < self.seconds / 4
                name, fault = ("killed", self._one_killed) if is_early and number % 2 else next(turns)
                fault()
                self.events.append(Event(self._passed(), name, self._recovered()))
            self._sample_until(self.seconds)
            for runner in self.runners:
                _kill(runner)
            self.house.channels.pace(0)
            self.verdict = self.house.whole(seconds=PATIENCE_S)
            for runner in self.runners:
                runner.stop()
        for runner in self.runners:
            runner.check_log()

    def _faults(self) -> list[tuple[str, Callable[[], None]]]:
        """Return every fault there is, by name."""
        faults: list[tuple[str, Callable[[], None]]] = [
            ("platform resets", lambda: self._proxied(self.platforms, Fault.RESET)),
            ("a fingerprint child is killed", self._child_killed),
            ("platform answers garbage", lambda: self._proxied(self.platforms, Fault.GARBAGE)),
            ("stopped and continued", self._frozen),
            ("platform half-closes", lambda: self._proxied(self.platforms, Fault.HALF_CLOSE)),
            ("clock a day back", self._set_back),
            ("platform stalls", lambda: self._proxied(self.platforms, Fault.STALL)),
            ("clock a day ahead", self._set_ahead),
            ("platform is slow", lambda: self._proxied(self.platforms, Fault.DELAY)),
            ("platform is away", lambda: self._proxied(self.platforms, Fault.REFUSE)),
        ]
        database = self.database
        if database is None:
            return faults
        kinds = (
            Fault.RESET, Fault.CUT_AFTER_COMMIT, Fault.HALF_CLOSE, Fault.DELAY, Fault.GARBAGE,
            Fault.CUT_BEFORE_COMMIT, Fault.STALL,
        )  # fmt: skip
        more: list[tuple[str, Callable[[], None]]] = [
            *((f"database: {kind.value}", lambda kind=kind: self._proxied([database], kind)) for kind in kinds),
            ("database restarts", self._database_restarts),
        ]
        return [each for pair in itertools.zip_longest(more, faults) for each in pair if each is not None]

    def _passed(self) -> float:
        return time.monotonic() - self.begun

    def _sample_until(self, moment: float) -> None:
        while (left := moment - self._passed()) > 0:
            time.sleep(min(SAMPLE_S, left))
            assert all(runner.is_alive for runner in self.runners), "one ended of its own accord"
            each = [(pss(runner.pid), allocated(runner.pid)) for runner in self.runners]
            self.samples.append((self._passed(), sum(whole for whole, _ in each), sum(own for _, own in each)))

    def _recovered(self) -> float:
        """Wait until a visit has seen its target, and every process has had an answer; returns how long that took."""
        begun, before = time.monotonic(), [proxy.answers for proxy in self.platforms]
        self.house.looks_again(seconds=PATIENCE_S)
        while any(proxy.answers == mark for proxy, mark in zip(self.platforms, before, strict=True)):
            assert time.monotonic() - begun < PATIENCE_S, "one of the processes asks for nothing again"
            time.sleep(POLL_S)
        return round(time.monotonic() - begun, 1)

    def _proxied(self, proxies: list[FaultProxy], fault: Fault) -> None:
        with contextlib.ExitStack() as faults:
            for proxy in proxies:
                faults.enter_context(proxy.during(fault))
            time.sleep(self.held)

    def _next_runner(self) -> Runner:
        """Return one after the other."""
        self.runners.append(self.runners.pop(0))
        return self.runners[-1]

    def _one_killed(self) -> None:
        _kill(self._next_runner())

    def _child_killed(self) -> None:
        for child in self._next_runner().children()[:1]:  # one that was killed before may not be back yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _frozen(self) -> None:
        runner = self._next_runner()
        runner.signal(signal.SIGSTOP)
        time.sleep(self.held)
        runner.signal(signal.SIGCONT)

    def _set_back(self) -> None:
        right = self.clock.ahead
        self.clock.set(right - DAY)
        time.sleep(self.held)
        self.clock.set(right)

    def _set_ahead(self) -> None:
        self.clock.set(self.clock.ahead + DAY)
        time.sleep(self.held)

    def _database_restarts(self) -> None:
        assert self.server is not None
        self.server.restart()


def _kill(runner: Runner) -> None:
    runner.kill()
    runner.start()


def pss(pid: int) -> float:
    """Return the memory of a process and its children in MiB: each page counts once, in parts."""
    return sum(_summed_up(member).get("Pss:", 0) for member in family(pid)) / MIB


def allocated(pid: int) -> float:
    """
    Return what a process and its children have allocated, in MiB.

    It grows with what they keep, and with nothing else: a file's page that several programs map counts in parts, so
    PSS goes with what else runs on the machine. Children count as if all were there, for one that was killed comes
    back when it is needed.
    """
    first, *children = (_summed_up(member).get("Pss_Anon:", 0) for member in family(pid))
    return (first + CHILDREN * (statistics.mean(children) if children else 0)) / MIB


def _summed_up(pid: int) -> dict[str, int]:
    """Return the kernel's summary of a process's memory, in KiB; nothing of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def quarters(samples: list[tuple[float, float]], seconds: float) -> tuple[float, float]:
    """Return the median memory of the second and of the last quarter."""
    first, last = (
        statistics.median(value for at, value in samples if begin * seconds <= at < end * seconds)
        for begin, end in ((0.25, 0.5), (0.75, 1.01))
    )
    return first, last


def plot(soak: Soak, database: str) -> str:
    recovered = [(event.at / 60, event.recovered_s) for event in soak.events]
    return line_chart(
        [
            Series("memory of all processes, MiB PSS", [(at / 60, whole) for at, whole, _ in soak.samples]),
            Series("of that allocated, MiB", [(at / 60, own) for at, _, own in soak.samples]),
            Series("seconds from the end of a fault to the next visit that saw its target", recovered, is_dotted=True),
        ],
        title=f"A soak with a fault every {soak.every:.0f} s, {database}",
        x="minutes",
        y="MiB; seconds",
        marks=[event.at / 60 for event in soak.events],
    )


@contextlib.contextmanager
def soaking(
    folder: Path, *, seconds: float, every: float, held: float, database: str, channels: int, interval_s: int
) -> Iterator[Soak]:
    """Set everything up for a soak."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(Channels(channels=channels, posts=20, rate=RATE))
        platforms = [stack.enter_context(FaultProxy(("127.0.0.1", served.port)))]
        server = proxy = None
        url = told = ""
        if database == "postgresql":
            server = stack.enter_context(running_postgres(folder))
            url = server.create()
            proxy = stack.enter_context(FaultProxy(str(server.folder / ".s.PGSQL.5432")))
            told = url.replace("@/", f"@127.0.0.1:{proxy.port}/").partition("?")[0]
        house = furnished(
            folder, served, database_url=url, told_url=told, platform_port=platforms[0].port, interval_s=interval_s
        )
        clock = FakeClock(folder / "clock")
        runners = [Runner(house.kapear, folder / "log", clock.environment)]
        if proxy is not None:
            platforms.append(stack.enter_context(FaultProxy(("127.0.0.1", served.port))))
            runners.append(_worker(house, folder, platforms[1], clock))
            # One visit at once is all that `kapear run` has room for, so most fall to the worker.
            with (house.kapear.data_dir / "kapear.toml").open("a") as settings:
                settings.write("visits_at_once = 1\n")
        yield Soak(house, runners, clock, platforms, proxy, server, seconds, every, held)


def _worker(house: House, folder: Path, platform: FaultProxy, clock: FakeClock) -> Runner:
    machine = house.another_machine(folder / "worker", KAPEAR_TELEGRAM_WEB_BASE=f"http://127.0.0.1:{platform.port}")
    command = ("-m", "cli", "worker")
    return Runner(machine, folder / "worker.log", clock.environment, command, said=b"Working.")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=3600)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options.add_argument("--plot", type=Path)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "soak")
    chosen = options.parse_args()
    folder: Path = chosen.folder / chosen.database
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with soaking(
        folder,
        seconds=chosen.seconds,
        every=FAULT_EVERY_S,
        held=HELD_S,
        database=chosen.database,
        channels=CHANNELS,
        interval_s=INTERVAL_S,
    ) as soak:
        try:
            soak.run()
        finally:
            (folder / "events.json").write_text(json.dumps([asdict(event) for event in soak.events], indent=1))
            (folder / "samples.json").write_text(json.dumps(soak.samples))
        second, last = quarters([(at, own) for at, _, own in soak.samples], chosen.seconds)
        whole = quarters([(at, whole) for at, whole, _ in soak.samples], chosen.seconds)
        line = {
            "figure": f"soak, {chosen.database}",
            "seconds": chosen.seconds,
            "posts": sum(soak.house.channels.counts().values()),
            "visits": soak.house.books.looks(),
            "faults": len(soak.events),
            "slowest recovery, s": max(event.recovered_s for event in soak.events),
            **asdict(soak.verdict),
            "allocated in the second quarter, MiB": round(second, 1),
            "allocated in the last quarter, MiB": round(last, 1),
            "ratio": round(last / second, 3),
            "PSS in both, MiB": [round(value, 1) for value in whole],
        }
    if chosen.plot is not None:
        chosen.plot.parent.mkdir(parents=True, exist_ok=True)
        chosen.plot.write_text(plot(soak, chosen.database))
    print(json.dumps(line))  # noqa: T201 - the figure
    is_well = soak.verdict.is_whole and last / second <= 1 + FLAT and line["slowest recovery, s"] <= RECOVERY_S
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
