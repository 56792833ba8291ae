"""The process: quick to start, writes one file, and never outlives its owner."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from demo.process import DemoPlatform, Served
from domain.errors import OperatorFault

ROOT = Path(__file__).parents[2]
ANCHOR = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


async def listens(base: str) -> bool:
    parts = urlsplit(base)
    try:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def silent(base: str) -> None:
    """Wait until nothing listens any more."""
    async with asyncio.timeout(60):
        while await listens(base):  # noqa: ASYNC110 - the end of a stranger's process is no event of ours
            await asyncio.sleep(0.05)


async def bodies(served: Served, paths: list[str]) -> list[str]:
    """Return the pages' texts without the port that differs from start to start."""
    texts = []
    async with aiohttp.ClientSession(served.telegram_web_base) as session:
        for path in paths:
            async with session.get(path) as answer:
                texts.append((await answer.text()).replace(served.telegram_web_base, "http://base"))
    return texts


def files_under(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_two_processes_of_one_seed_serve_the_same(tmp_path: Path) -> None:
    paths = ["/s/lantern_shop", "/s/kite_market?before=30", "/shop/front", "/shop/kites"]
    texts, lists, lines = [], [], []
    for number, seed in enumerate((3, 3, 4)):
        async with DemoPlatform(directory=tmp_path / str(number), seed=seed, anchor=ANCHOR) as served:
            texts.append(await bodies(served, paths))
            lists.append(served.hash_list.read_bytes())
            lines.append(str(served.line["served"]).replace(served.telegram_web_base, ""))
    assert texts[0] == texts[1]
    assert (lists[0], lines[0]) == (lists[1], lines[1])
    assert texts[2] != texts[0]
    assert lists[2] != lists[0]


async def test_nothing_but_the_hash_list_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    async with DemoPlatform(directory=Path(".demo/platform")) as served:
        assert served.hash_list == tmp_path / ".demo/platform/hash-list.csv"
        await bodies(served, ["/shop/front", "/shop/lanterns", "/s/lantern_shop"])
        async with aiohttp.ClientSession(served.telegram_web_base) as session, session.get("/media/counter.jpg") as got:
            assert len(await got.read()) > 1000
    assert files_under(tmp_path) == [served.hash_list]
    assert all(len(line) < 200 for line in served.hash_list.read_text().splitlines())


async def test_it_goes_with_the_block(tmp_path: Path) -> None:
    async with DemoPlatform(directory=tmp_path, live=True) as served:
        assert await listens(served.telegram_web_base)
    assert not await listens(served.telegram_web_base)


async def test_it_goes_when_the_block_fails(tmp_path: Path) -> None:
    bases = []

    async def failing() -> None:
        async with DemoPlatform(directory=tmp_path) as served:
            bases.append(served.telegram_web_base)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert not await listens(bases[0])


async def test_it_goes_when_its_owner_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from demo.process import DemoPlatform
async def main():
    async with DemoPlatform(directory=pathlib.Path({str(tmp_path)!r})) as served:
        print(served.telegram_web_base, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=PIPE)
    assert owner.stdout is not None
    base = (await owner.stdout.readline()).decode().strip()
    assert await listens(base)
    owner.kill()
    assert await owner.wait() == -signal.SIGKILL
    await silent(base)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_it_goes_on_a_signal_in_good_order(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-m", "demo.platform", "--dir", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    served = Served.parsed(await process.stdout.readline())
    assert await listens(served.telegram_web_base)
    process.send_signal(signal.Signals[name])
    assert await process.wait() == 0
    assert await process.stdout.read() == b""
    assert not await listens(served.telegram_web_base)


async def test_a_start_that_fails_is_said_in_one_line(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(OperatorFault, match="did not start"):
        async with DemoPlatform(directory=in_the_way):
            raise AssertionError("it started")


async def test_it_is_told_nothing_of_the_owners_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAPEAR_TOKEN", "blue-kite")
    platform = DemoPlatform(directory=tmp_path)
    async with platform:
        assert platform._process is not None
        assert b"KAPEAR_" not in environment_of(platform._process.pid)
    assert os.environ["KAPEAR_TOKEN"] == "blue-kite"


def test_whoever_starts_it_draws_nothing() -> None:
    code = "import sys, demo.process; sys.exit('PIL' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
