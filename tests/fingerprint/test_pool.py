from __future__ import annotations

import asyncio
import logging
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from domain.errors import MediaUnavailable, OperatorFault
from domain.fingerprints import MediaStatus
from domain.ports import Fingerprinter
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.confine import is_protected
from fingerprint.image import fingerprint_image
from fingerprint.pool import IN_HAND, FingerprintPool
from fingerprint.worker import ChildDied, Heard, Worker
from tests.contracts.fingerprinter import LIMIT, FingerprinterContract
from tests.fakes_fingerprint import BytesSource, FakeFingerprinter
from tests.fingerprint.hostile import CASES, progressive_bomb
from tests.fingerprint.pictures import encoded, photo

MIB = 1 << 20
ROOT = Path(__file__).resolve().parents[2]
GOOD = encoded(photo(120, 90, seed=3), "JPEG")
# A file that a child needs some hundred milliseconds for, without many bytes.
SLOW = encoded(Image.linear_gradient("L").resize((6000, 6000)), "PNG", compress_level=1)


@pytest.fixture
async def pool() -> AsyncIterator[FingerprintPool]:
    async with FingerprintPool(2, timeout=20) as pool:
        yield pool


class TestPool(FingerprinterContract):
    @pytest.fixture
    async def fingerprinter(self) -> AsyncIterator[Fingerprinter]:
        async with FingerprintPool(2, timeout=20, max_bytes=LIMIT) as pool:
            yield pool


class TestFake(FingerprinterContract):
    @pytest.fixture
    def fingerprinter(self) -> Fingerprinter:
        return FakeFingerprinter(max_bytes=LIMIT)


async def test_nothing_is_fetched_far_ahead_of_what_can_be_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    child = asyncio.Event()

    async def slow(*_: object) -> PictureHashes:
        await child.wait()
        return PictureHashes(status=MediaStatus.UNDECODABLE, reason=Reason.EMPTY)

    async with FingerprintPool(1, timeout=20) as pool:
        monkeypatch.setattr(pool, "_done", slow)
        sources = [BytesSource(GOOD) for _ in range(4 * IN_HAND)]
        hashing = [asyncio.create_task(pool.fingerprint(source)) for source in sources]
        for _ in range(200):
            await asyncio.sleep(0)
        assert sum(source.reads > 0 for source in sources) == IN_HAND
        child.set()
        await asyncio.gather(*hashing)
        assert all(source.reads for source in sources)


async def assert_well(pool: FingerprintPool) -> None:
    expected = fingerprint_image(GOOD)
    found = await pool.fingerprint(BytesSource(GOOD))
    assert (found.status, found.pdq, found.phash) == (MediaStatus.HASHED, expected.pdq, expected.phash)


async def until_busy(pid: int) -> None:
    """Wait until a child has used processor time since now."""
    before = cpu_ticks(pid)
    while cpu_ticks(pid) < before + 2:  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.005)


def cpu_ticks(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def is_gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" in status.read_text()


def files_in(directory: Path) -> list[Path]:
    return list(directory.rglob("*"))


async def test_children_decode_every_format_and_are_confined(pool: FingerprintPool) -> None:
    assert pool.formats == {kind.code for kind in Format if kind}
    for pid in pool.pids:
        assert_confined(Path(f"/proc/{pid}"))


def assert_confined(process: Path) -> None:
    rows = (process / "limits").read_text().splitlines()
    limits = {line[:25].strip(): line[25:].split()[:2] for line in rows}
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max address space"] == [str(1024 * MIB)] * 2
    assert len(list((process / "task").iterdir())) == 1
    # What /proc tells of a process that is not dumpable belongs to root, and is closed to all others.
    assert (process / "maps").stat().st_uid == 0
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            next((process / "fd").iterdir())
        return
    assert sorted(fd.name for fd in (process / "fd").iterdir()) == ["0", "1", "2"]
    environment = (process / "environ").read_bytes()
    assert b"OPENBLAS_NUM_THREADS=1" in environment
    assert b"HOME=" not in environment


async def test_a_killed_child_loses_no_job(pool: FingerprintPool) -> None:
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    await assert_well(pool)
    await assert_well(pool)


async def test_a_child_that_dies_at_work_is_replaced_and_the_job_done_once_more() -> None:
    async with FingerprintPool(1, timeout=30) as pool:
        job = asyncio.create_task(pool.fingerprint(BytesSource(SLOW)))
        (first,) = pool.pids
        await until_busy(first)
        os.kill(first, signal.SIGSEGV)
        found = await job
        assert found.status is not MediaStatus.UNDECODABLE
        assert found.sha256 == fingerprint_image(SLOW).sha256
        assert first not in pool.pids
        await assert_well(pool)


async def test_bytes_that_kill_two_children_are_undecodable_and_keep_their_digests() -> None:
    async with FingerprintPool(1, timeout=30) as pool:
        job = asyncio.create_task(pool.fingerprint(BytesSource(SLOW)))
        killed: set[int] = set()
        while len(killed) < 2:
            fresh = pool.pids - killed
            if not fresh:
                await asyncio.sleep(0.005)
                continue
            (pid,) = fresh
            await until_busy(pid)
            os.kill(pid, signal.SIGABRT)
            killed.add(pid)
        found = await job
        assert (found.status, found.reason) == (MediaStatus.UNDECODABLE, "crashed")
        assert found.sha256 == fingerprint_image(SLOW).sha256
        await assert_well(pool)


async def test_a_stopped_child_is_killed_when_its_time_is_up() -> None:
    async with FingerprintPool(1, timeout=0.3) as pool:
        (pid,) = pool.pids
        os.kill(pid, signal.SIGSTOP)
        found = await pool.fingerprint(BytesSource(GOOD.ljust(MIB, b"\0")))
        assert (found.status, found.reason, found.size) == (MediaStatus.UNDECODABLE, "timeout", MIB)
        assert found.sha256 == fingerprint_image(GOOD.ljust(MIB, b"\0")).sha256
        assert not is_alive(pid)


async def test_a_picture_that_takes_too_long_is_given_up() -> None:
    bomb = progressive_bomb()
    async with FingerprintPool(1, timeout=1) as pool:
        found = await pool.fingerprint(BytesSource(bomb))
        assert (found.status, found.reason) == (MediaStatus.UNDECODABLE, "timeout")
        assert found.sha256 is not None
        await assert_well(pool)


async def test_waiting_for_reads_is_not_decoding_time() -> None:
    class Slow(BytesSource):
        async def read(self, offset: int, length: int) -> bytes:
            await asyncio.sleep(0.2)
            return await super().read(offset, length)

    async with FingerprintPool(1, timeout=0.5) as pool:
        found = await pool.fingerprint(Slow(GOOD, piece=len(GOOD) // 6))
        assert found.status is MediaStatus.HASHED


async def test_a_picture_that_needs_too_much_memory_is_undecodable() -> None:
    async with FingerprintPool(1, timeout=20, memory=400 * MIB) as pool:
        (pid,) = pool.pids
        found = await pool.fingerprint(BytesSource(encoded(Image.new("RGBA", (7_000, 7_000)), "PNG", compress_level=1)))
        assert (found.status, found.reason) == (MediaStatus.UNDECODABLE, "out_of_memory")
        assert found.sha256 is not None
        assert pid not in pool.pids
        await assert_well(pool)


async def test_hostile_files_are_contained_and_the_next_picture_is_right() -> None:
    async with FingerprintPool(1) as pool:
        for name, make in CASES.items():
            found = await pool.fingerprint(BytesSource(make()))
            assert found.status is not MediaStatus.REJECTED, name
            assert found.sha256 is not None, name
            # A decoder that asked for a file or a thread would have been killed.
            assert found.reason != "crashed", name
            if found.status is MediaStatus.UNDECODABLE:
                assert found.reason, name
            await assert_well(pool)


async def test_sixty_jobs_under_random_kills_are_all_answered() -> None:
    dice = random.Random(8)  # noqa: S311 - which child dies when
    files = [encoded(photo(500, 100 + number, number % 4), "PNG") for number in range(60)]
    async with FingerprintPool(2, timeout=30) as pool:
        done = asyncio.Event()

        async def kill() -> None:
            for _ in range(30):
                await asyncio.sleep(dice.uniform(0.05, 0.15))
                if pids := sorted(pool.pids):
                    with suppress(ProcessLookupError):  # the last one's end is not yet known here
                        os.kill(dice.choice(pids), dice.choice([signal.SIGKILL, signal.SIGSEGV]))
                if done.is_set():
                    return

        killer = asyncio.create_task(kill())
        found = await asyncio.gather(*(pool.fingerprint(BytesSource(file)) for file in files))
        done.set()
        await killer
        for number, one in enumerate(found):
            assert one.sha256 == fingerprint_image(files[number]).sha256
            assert one.reason == "crashed" or one.height == 100 + number
        assert sum(one.status is MediaStatus.HASHED for one in found) >= 45
        await assert_well(pool)


async def test_a_cancelled_job_leaves_no_answer_for_the_next() -> None:
    async with FingerprintPool(1, timeout=30) as pool:
        (pid,) = pool.pids
        job = asyncio.create_task(pool.fingerprint(BytesSource(SLOW)))
        await until_busy(pid)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert not is_alive(pid)
        await assert_well(pool)


async def test_children_are_replaced_after_their_share_of_jobs() -> None:
    async with FingerprintPool(1, timeout=30, jobs_per_child=3) as pool:
        seen: list[frozenset[int]] = []
        for _ in range(7):
            seen.append(pool.pids)
            await assert_well(pool)
        assert len({pids for pids in seen if pids}) >= 2


async def test_closing_ends_children_at_work_and_says_so_to_their_jobs() -> None:
    pool = FingerprintPool(1, timeout=30)
    await pool.start()
    (pid,) = pool.pids
    source = BytesSource(SLOW)
    job = asyncio.create_task(pool.fingerprint(source))
    await until_busy(pid)
    await pool.close()
    assert not is_alive(pid)
    with pytest.raises(MediaUnavailable, match="fingerprint_pool_closed"):
        await job
    with pytest.raises(MediaUnavailable, match="fingerprint_pool_closed"):
        await pool.fingerprint(BytesSource(GOOD))
    assert source.closed
    await pool.close()


async def test_children_die_with_their_parent() -> None:
    code = (
        "import asyncio, os, signal, sys\n"
        "from fingerprint.pool import FingerprintPool\n"
        "async def main():\n"
        "    pool = FingerprintPool(1)\n"
        "    await pool.start()\n"
        "    print(*pool.pids, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    out, _ = await process.communicate()
    pid = int(out)
    while not is_gone(pid):  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
async def test_a_pool_whose_children_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(sys, "executable", program)
    pool = FingerprintPool(2)
    with pytest.raises(OperatorFault, match="does not start"):
        await pool.start()
    late = FingerprintPool(1)
    with pytest.raises(MediaUnavailable, match="no_fingerprint_child"):
        await late.fingerprint(BytesSource(GOOD))
    await late.close()


async def test_a_copy_elsewhere_finds_itself_and_no_file_of_the_working_directory(tmp_path: Path) -> None:
    for room in ("domain", "fingerprint"):
        shutil.copytree(ROOT / room, tmp_path / "lib" / room, ignore=shutil.ignore_patterns("__pycache__"))
    here = tmp_path / "here"
    here.mkdir()
    for name in ("fingerprint", "PIL", "numpy", "av"):
        (here / f"{name}.py").write_text("raise SystemExit(3)")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'lib')!r})\n"
        "import asyncio\n"
        "from fingerprint.pool import FingerprintPool\n"
        "async def main():\n"
        "    async with FingerprintPool(1) as pool:\n"
        "        print(len(pool.formats))\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", code, stdout=asyncio.subprocess.PIPE, cwd=here, env={"PYTHONPATH": str(here)}
    )
    out, _ = await process.communicate()
    assert int(out) == len(Format) - 1


async def test_a_child_refuses_more_than_it_was_told() -> None:
    worker = await Worker.start(memory=1024 * MIB, max_bytes=1000)
    with memoryview(bytes(1001)) as view, pytest.raises(ChildDied):
        await worker.answer(view, Heard())
    await worker.kill()


async def test_fewer_bytes_than_announced_are_never_digested() -> None:
    class Short(BytesSource):
        @property
        def size(self) -> int | None:
            return len(GOOD) + 1

    async with FingerprintPool(1) as pool:
        with pytest.raises(MediaUnavailable, match="short_read"):
            await pool.fingerprint(Short(GOOD))


async def test_no_byte_reaches_a_log_an_exception_or_a_file(
    pool: FingerprintPool, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    marker = b"canary-of-tin"
    said = ""
    for file in (marker * 1000, b"\xff\xd8\xff" + marker * 1000, b"\x89PNG\r\n\x1a\n" + marker * 1000):
        said += repr(await pool.fingerprint(BytesSource(file)))
        try:
            await pool.fingerprint(BytesSource(file, fails_at=1, piece=500))
        except MediaUnavailable as error:
            said += "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    # Locals of this test and of its source hold the bytes; those of the product must not.
    product = "".join(part for part in said.split("  File ") if "/tests/" not in part)
    assert "fingerprint/pool.py" in product
    assert marker.decode() not in product
    assert marker.decode() not in caplog.text
    assert not files_in(tmp_path)


def test_pools_on_two_loops_do_not_meet() -> None:
    async def once() -> None:
        async with FingerprintPool(1, timeout=30) as pool:
            await assert_well(pool)

    asyncio.run(once())
    asyncio.run(once())


def test_the_parent_can_protect_itself() -> None:
    ours = is_protected()

    async def probe() -> tuple[bytes, int | None]:
        code = (
            "from fingerprint.confine import is_protected, protect_parent\n"
            "before = is_protected(); protect_parent(); print(before, is_protected())"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=ROOT
        )
        out, _ = await process.communicate()
        return out.strip(), process.returncode

    assert asyncio.run(probe()) == (b"False True", 0)
    assert is_protected() is ours
