"""
Two processes of one installation, each under another clock, killed again and again: nothing lost, nothing twice.

What the clock that is ahead has written into the audit log tells the other that it stands behind; it makes no visit
then, and goes on as soon as somebody has said which of them is right. Small in the suite; `make crash` asks for 200
kills each and 60,000 posts.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.driver import Kapear
from tests.faults.books import Verdict
from tests.faults.channels import Channels
from tests.faults.clock import DAY, FakeClock
from tests.faults.house import House, Runner, furnished

KILLS = int(os.environ.get("KAPEAR_TEST_CLOCK_KILLS", "4"))
POSTS = int(os.environ.get("KAPEAR_TEST_CLOCK_POSTS", "1600"))
CHANNELS = 2
WHOLE = Verdict(lost=0, doubled=0, leads_lost=0, leads_doubled=0)
STANDSTILL_S = 8
CONTROL_KILLS = 25
STOPPED_KILLS = 20  # where nearly nothing is visited, more show nothing more
DRAIN_S = 1200


def harassed(
    processes: list[Runner], channels: Channels, kills: int, *, within: tuple[float, float] = (0.04, 0.16)
) -> int:
    """Begin them again as often as they end, and kill one of them so often; returns how many were in mid-visit."""
    dice = random.Random()  # noqa: S311 - when a process has got how far is left to chance anyway
    done = in_mid_visit = 0
    while done < kills:
        asked, waited = channels.asked(), time.monotonic()
        while channels.asked() == asked and time.monotonic() - waited < STANDSTILL_S:
            for process in processes:
                if not process.is_alive:
                    process.start(wait=False)
            time.sleep(0.02)
        time.sleep(dice.uniform(*within))  # seconds
        is_visiting = channels.asked() > asked
        if dice.choice(processes).kill():
            done += 1
            in_mid_visit += is_visiting
    for process in processes:
        process.kill()
        process.check_log()
    return in_mid_visit


@pytest.fixture
def channels() -> Iterator[Channels]:
    with Channels(channels=CHANNELS, posts=POSTS // CHANNELS) as served:
        yield served


def runner(kapear: Kapear, folder: Path, name: str, ahead: timedelta, *command: str) -> Runner:
    clock = FakeClock(folder / f"{name}.clock", ahead)
    return Runner(kapear, folder / f"{name}.log", clock.environment, command or ("-m", "cli", "run"))


def run_and_checks(house: House, folder: Path, run_ahead: timedelta) -> list[Runner]:
    """Return `kapear run` so far ahead, and a check of one target as far behind."""
    checking = ("-m", "cli", "watch", "check", house.targets[0])
    run = runner(house.kapear, folder, "run", run_ahead)
    return [run, runner(house.kapear, folder, "check", -run_ahead, *checking)]


def whole_once_the_clocks_agree(house: House, folder: Path) -> Verdict:
    """Let a process with the right clock end the work, once somebody said that its clock is right."""
    ahead = house.kapear.with_env(**FakeClock(folder / "clock", DAY).environment)
    ahead.run("report", "add", "R-2", "--received", "2026-01-01", "--via", "web", "--alleged", "kites")
    held_up = house.kapear.json("watch", "check", house.targets[0])
    assert held_up["outcome"] == "not_authorised", "the log holds a time that is yet to come"
    house.kapear.run("clock", "accept", "the other clock ran a day ahead")
    with Runner(house.kapear, folder / "last.log") as last:
        verdict = house.whole(seconds=DRAIN_S)
        last.stop()
    last.check_log()
    assert house.kapear.json("audit", "verify")["whole"]
    return verdict


@pytest.mark.postgres
def test_two_schedulers_on_postgresql_one_of_them_a_day_ahead(
    channels: Channels, tmp_path: Path, empty_postgres_url: str
) -> None:
    house = furnished(tmp_path, channels, database_url=empty_postgres_url)
    other = house.another_machine(tmp_path / "other")
    pair = [runner(house.kapear, tmp_path, "right", timedelta(0)), runner(other, tmp_path, "ahead", DAY)]
    assert harassed(pair, channels, KILLS) >= KILLS // 4, "many kills must come while a visit is under way"
    assert whole_once_the_clocks_agree(house, tmp_path) == WHOLE


def test_run_a_day_ahead_and_checks_beside_it_a_day_behind_on_sqlite(channels: Channels, tmp_path: Path) -> None:
    house = furnished(tmp_path, channels)
    assert harassed(run_and_checks(house, tmp_path, DAY), channels, KILLS) >= KILLS // 4
    assert whole_once_the_clocks_agree(house, tmp_path) == WHOLE


def test_run_a_day_behind_and_checks_beside_it_a_day_ahead_on_sqlite(channels: Channels, tmp_path: Path) -> None:
    """A check that begins while nobody runs visits; from what it wrote on, who runs behind it visits nothing."""
    house = furnished(tmp_path, channels)
    harassed(run_and_checks(house, tmp_path, -DAY), channels, min(KILLS, STOPPED_KILLS))
    assert whole_once_the_clocks_agree(house, tmp_path) == WHOLE


@pytest.mark.parametrize("kind", ["cursor_first", "cursor_last"])
def test_with_a_promise_broken_it_would_be_seen(channels: Channels, tmp_path: Path, kind: str) -> None:
    """Control."""
    house = furnished(tmp_path, channels)
    broken = Runner(house.kapear, tmp_path / "log", command=("-m", "tests.faults.broken", kind, "run"))
    wrong: dict[str, Callable[[], int]] = {
        "cursor_first": house.books.holes,
        "cursor_last": lambda: house.books.verdict(channels.counts()).doubled,
    }
    for _ in range(CONTROL_KILLS):
        harassed([broken], channels, 1, within=(0.3, 1.2))
        if wrong[kind]():
            return
    pytest.fail("nobody would have seen it")
