"""What a broken-off pull leaves on the disk: whole pages, whatever happened to the last one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import WrongState
from domain.feeds import Change, FeedPage
from domain.hashlists import Algorithm, BadRow, HashEntry
from exchange.clients.spool import DiskSpools

ENTRY = HashEntry(algorithm=Algorithm.PDQ, hash=bytes(range(32)), classification="A1", ref="42 kite", note="ផ្លែឈើ")
PAGES = [
    FeedPage(
        number=number,
        checkpoint=f'{{"reached": {number}}}',
        begins_anew=number == 1,
        changes=(Change(key="42 kite", at=number, entries=(ENTRY,)), Change(key="42 drum")),
        refused=(BadRow(line=number, unit="Page", problem="no hash"),),
        passed_over={"PhotoDNA hashes": 2},
        problem="it breaks off" if number == 2 else "",
        missing=number,
        awaited=number - 1,
    )
    for number in (1, 2, 3)
]


def fill(folder: Path, base: str = "") -> Path:
    with DiskSpools(folder).opened("kites", base) as spool:
        for page in PAGES:
            spool.add(page)
    [file] = folder.iterdir()
    return file


def held(folder: Path, base: str = "") -> list[FeedPage]:
    with DiskSpools(folder).opened("kites", base) as spool:
        return list(spool.pages())


def test_pages_come_back_as_they_were(tmp_path: Path) -> None:
    file = fill(tmp_path)
    assert held(tmp_path) == PAGES
    assert file.stat().st_mode & 0o777 == 0o600


def test_feeds_do_not_meet(tmp_path: Path) -> None:
    fill(tmp_path)
    with DiskSpools(tmp_path).opened("../lanterns", "") as spool:
        assert list(spool.pages()) == []
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_cut_anywhere_keeps_its_whole_pages_and_goes_on(tmp_path: Path) -> None:
    file = fill(tmp_path)
    whole = file.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        left = held(tmp_path)
        assert left == PAGES[: max(0, sum(end <= length for end in ends) - 1)]
        with DiskSpools(tmp_path).opened("kites", "") as spool:
            spool.add(PAGES[2])
        assert held(tmp_path) == [*left, PAGES[2]]


def test_a_damaged_page_ends_the_spool_before_it(tmp_path: Path) -> None:
    file = fill(tmp_path)
    whole = bytearray(file.read_bytes())
    second = [place for place, byte in enumerate(whole) if byte == ord("\n")][1]
    whole[second + 40] ^= 1
    file.write_bytes(whole)
    assert held(tmp_path) == PAGES[:1]


def test_pages_that_began_elsewhere_do_not_count(tmp_path: Path) -> None:
    fill(tmp_path, base="one")
    assert held(tmp_path, base="two") == []
    fill(tmp_path, base="two")
    assert held(tmp_path, base="two") == PAGES


def test_one_pull_of_a_feed_at_a_time(tmp_path: Path) -> None:
    spools = DiskSpools(tmp_path)
    with (
        spools.opened("kites", ""),
        spools.opened("lanterns", ""),
        pytest.raises(WrongState, match="kites is being pulled already"),
        spools.opened("kites", ""),
    ):
        raise AssertionError
    assert held(tmp_path) == []


def test_a_killed_process_gives_the_feed_back(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom exchange.clients.spool import DiskSpools\n"
        "from tests.exchange.test_feed_spool import PAGES\n"
        "with DiskSpools(Path(sys.argv[1])).opened('kites', '') as spool:\n"
        "    spool.add(PAGES[0])\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(WrongState), DiskSpools(tmp_path).opened("kites", ""):
        raise AssertionError
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert held(tmp_path) == PAGES[:1]
