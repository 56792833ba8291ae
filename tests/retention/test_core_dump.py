"""A process that holds media leaves no core dump when it is aborted; one that was not protected does."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.acceptance.driver import COMMAND, Kapear, until
from tests.acceptance.site import Answer, serving_site
from tests.requirements_for import require
from tests.retention.paths import PICTURE
from tests.retention.search import canary_of

UNPROTECTED = """
import sys
from fingerprint import confine
confine.protect_parent = lambda: None
import cli
cli.main()
"""


def abort_while_reading(folder: Path, program: tuple[str, ...]) -> tuple[int, list[Path]]:
    """Abort a visit while half a picture is in its hands; returns how it ended and what it left beside its data."""
    held, go = threading.Event(), threading.Event()

    def half(write: Callable[[bytes], Any]) -> None:
        write(PICTURE[: len(PICTURE) // 2])
        held.set()
        go.wait(60)

    working = folder / "working"
    working.mkdir()
    kapear = Kapear(data_dir=folder / "data", environment={"KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"})
    with serving_site() as site:
        site.answers["/page"] = Answer(body=b"<html><body><img src='/half.png'></body></html>")
        site.answers["/half.png"] = Answer(kind="image/png", body=half, headers={"Content-Length": "9999999"})
        kapear.run("init")
        target = kapear.watch(f"{site.base}/page")
        process = subprocess.Popen(
            [*program, "watch", "check", target],
            env=kapear.env,
            cwd=working,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # As much as the system allows: what the program forbids itself is then its own doing.
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (hard_limit(), hard_limit()))
            assert held.wait(60)
            until(lambda: unread_bytes(int(site.base.rpartition(":")[2])) == 0)
            os.kill(process.pid, signal.SIGABRT)
            _, status = os.waitpid(process.pid, 0)
            process.returncode = 0  # it was waited for here, where the whole status is seen
        finally:
            go.set()
    return status, [path for path in working.iterdir() if path.is_file()]


def unread_bytes(port: int) -> int:
    """Return how much of what a server on this port sent still waits in the kernel for its reader."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if int(row[2].partition(":")[2], 16) == port)


def hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_CORE)[1]


def test_an_aborted_visit_leaves_no_core_dump(tmp_path: Path) -> None:
    status, left = abort_while_reading(tmp_path, COMMAND)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)
    assert left == []


def test_without_its_protection_it_would_leave_one(tmp_path: Path) -> None:
    require("a system that allows core dumps", present=hard_limit() != 0)
    status, left = abort_while_reading(tmp_path, (sys.executable, "-c", UNPROTECTED))
    assert os.WCOREDUMP(status)
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() in {"core", "core.%p"}:
        canary = canary_of(PICTURE)
        assert [canary.met_in(path.read_bytes(), depth=0) for path in left] == ["raw"]
    for path in left:
        path.unlink()  # a hundred MiB that nobody wants to keep
