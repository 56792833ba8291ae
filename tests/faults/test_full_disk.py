"""The disk fills up while Kapear monitors, and is grown: visits go on, and nothing is lost or half written."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.driver import until
from tests.faults.books import Verdict
from tests.faults.channels import Channels
from tests.faults.house import Runner, furnished
from tests.requirements_for import require

ROOM = 24 << 20
ROOM_AFTER = 256 << 20


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of its own for the length of the block."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)], capture_output=True, check=False
    )
    require("the right to mount a disk", present=not mounted.returncode)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "ballast").open("wb") as ballast, contextlib.suppress(OSError):
        while True:
            os.write(ballast.fileno(), bytes(1 << 16))


def test_visits_go_on_once_the_disk_has_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, Channels(channels=2, posts=40, rate=40) as channels:
        house = furnished(disk, channels)
        with Runner(house.kapear, tmp_path / "log") as runner:
            until(lambda: house.books.stored() >= 80)
            fill(disk)
            until(lambda: "OperatorFault" in (tmp_path / "log").read_text())
            stored, posted = house.books.stored(), sum(channels.counts().values())
            until(lambda: sum(channels.counts().values()) > posted + 100)
            assert house.books.stored() - stored < 100, "while the disk was full nothing could be written"
            subprocess.run(["mount", "-o", f"remount,size={ROOM_AFTER}", str(disk)], check=True)
            house.looks_again(seconds=60)
            channels.pace(0)
            time.sleep(0.5)
            verdict = house.whole(seconds=90)
            runner.stop()
        runner.check_log()
        assert verdict == Verdict(lost=0, doubled=0, leads_lost=0, leads_doubled=0)
        assert house.kapear.json("audit", "verify")["whole"]
