"""Each deliberate leak is caught by the same watch and the same search that find nothing in Kapear."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.driver import Kapear
from tests.requirements_for import require
from tests.retention.leaky import CONTROLS
from tests.retention.paths import LEAKY, PICTURE
from tests.retention.search import canary_of
from tests.retention.trace import traced
from tests.retention.watchable import PROGRAM

pytestmark = pytest.mark.strace

# Leaks that show elsewhere than in the folder that each was given.
ELSEWHERE = {
    "memory_file": "/memfd:kites: raw",
    "shared_memory": "/shm/kites-",
    "mapped_file": "mapped for writing: ",
    "file_name": "the arguments of openat: base64",
    "other_program": "pipe:",
    "moved_unseen": "splice: ",
    "audit_details": "/kapear.db",
}


def test_every_deliberate_leak_is_caught(tmp_path: Path) -> None:
    require("strace", present=shutil.which("strace") is not None)
    (tmp_path / "picture.png").write_bytes(PICTURE)
    (tmp_path / "leaks").mkdir()
    env = Kapear(data_dir=tmp_path / "data").env
    trace, done = traced(tmp_path / "trace", [*LEAKY, "hash", "picture.png"], env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2_000:]
    leaks = trace.leaks(canary_of(PICTURE))
    places = {leak: ELSEWHERE.get(leak, f"/leaks/{leak}/") for leak in CONTROLS}
    assert len(places) >= 12
    assert [leak for leak, place in places.items() if not any(place in each for each in leaks)] == [], leaks


def test_the_same_command_without_a_leak_is_clean(tmp_path: Path) -> None:
    require("strace", present=shutil.which("strace") is not None)
    (tmp_path / "picture.png").write_bytes(PICTURE)
    env = Kapear(data_dir=tmp_path / "data").env
    trace, done = traced(tmp_path / "trace", [*PROGRAM, "hash", "picture.png"], env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert trace.reached_a_child(canary_of(PICTURE))
    assert trace.leaks(canary_of(PICTURE)) == []
