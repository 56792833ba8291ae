"""No path, failing ones included, hands a byte of the canary to the system except to a fingerprint child."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.acceptance.driver import Kapear, free_port, until
from tests.acceptance.site import serving_site
from tests.fingerprint.pictures import encoded, photo
from tests.fingerprint.videos import frames_of, laid_out, video
from tests.requirements_for import require
from tests.retention.paths import (
    BACKUP,
    PAGES,
    PICTURE,
    TEXT,
    Walk,
    console_requests,
    furnish,
    kill_a_busy_child,
    python,
    slow_picture,
)
from tests.retention.search import canary_of_video
from tests.retention.watchable import PROGRAM

pytestmark = pytest.mark.strace
MOVED = photo(200, 150, 22)


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    require("strace", present=shutil.which("strace") is not None)
    environment = {"KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": f"127.0.0.1:{free_port()}"}
    with serving_site() as site:
        yield Walk.prepare(Kapear(data_dir=tmp_path / "data", environment=environment), site, tmp_path / "traces")


def left_behind(walk: Walk) -> list[str]:
    """Return which files of the installation hold the canary."""
    files = (path for path in walk.kapear.data_dir.parent.rglob("*") if path.is_file())
    return [path.name for path in files if walk.folder not in path.parents and walk.canary.met_in(path.read_bytes())]


def test_a_running_instance_under_visits_requests_and_kills(walk: Walk) -> None:
    plain = walk.kapear.with_env(KAPEAR_DEBUG="")
    furnish(walk.site)
    plain.run("init")
    token = plain.json("user", "add", "desk", "--role", "analyst")["token"]
    targets = {page: plain.watch(f"{walk.site.base}{page}") for page in PAGES}
    with walk.running("run") as running:
        killed = kill_a_busy_child(running, walk.site)
        statuses = console_requests(running, token)
        until(lambda: running.visits() >= len(PAGES))
        _, leads = running.ask("GET", "/api/v1/leads", headers={"Authorization": f"Bearer {token}"})
    assert running.trace is not None
    assert running.trace.leaks(walk.canary) == []
    assert running.trace.reached_a_child(walk.canary), "the search sees what it must see"
    assert killed
    assert len(running.trace.to_children) >= 3, "the killed child was replaced"
    assert b"DEBUG" in running.trace.written("pipe:"), "everybody was heard"
    assert statuses[0] == 201
    assert all(status >= 300 for status in statuses[1:-1])
    for page in ("/file.png", "/cut.png", "/half.png", "/slow.png", "/error"):
        assert page in walk.site.asked
    media = [each for post in plain.json("watch", "posts", targets["/page"]) for each in post["media"]]
    hashed = {hashlib.sha256(file).hexdigest() for file in (PICTURE, PICTURE[: len(PICTURE) // 2], slow_picture())}
    assert {each["sha256"] for each in media if each["sha256"]} == hashed, "the slow one by another child"
    assert [each["status"] for each in media].count("pending") == 1, "the one that broke off"
    after_the_instance(walk, json.loads(leads)[0]["id"])
    assert left_behind(walk) == []
    on_a_full_disk(walk, targets["/page"])


def after_the_instance(walk: Walk, lead: str) -> None:
    """What is stored is noted to, listed, revealed and copied: it no longer holds the canary, not even sealed."""
    copy = walk.kapear.data_dir.parent / "copy.db"
    commands = {
        "note": ("leads", "note", lead, f"See {TEXT}"),
        "reports": ("report", "list", "--json"),
        "reveal": ("leads", "show", lead, "--reveal", f"Because {TEXT}", "--json"),
    }
    for name, arguments in commands.items():
        trace, done = walk.command(name, *arguments)
        assert trace.leaks(walk.canary) == [], name
        assert done.returncode == 0, done.stderr
        if name == "reveal":
            assert len(json.loads(done.stdout)["contents"]) >= 2
    trace, done = walk.command("backup", str(walk.kapear.data_dir / "kapear.db"), str(copy), program=python(BACKUP))
    assert done.returncode == 0, done.stderr
    assert trace.leaks(walk.canary) == []
    assert b"SQLite format 3" in trace.written("copy.db")


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a disk of 4 MiB where that is allowed."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def on_a_full_disk(walk: Walk, target: str) -> None:
    parent = walk.kapear.data_dir.parent
    with small_disk(parent / "small") as mounted:
        here = parent / "small" / "data"
        shutil.copytree(walk.kapear.data_dir, here)
        full = Walk(
            kapear=Kapear(data_dir=here, environment=walk.kapear.environment),
            site=walk.site,
            folder=walk.folder,
            canary=walk.canary,
        )
        program: tuple[str, ...] = ()
        if mounted:
            with contextlib.suppress(OSError), (parent / "small" / "ballast").open("wb", buffering=0) as ballast:
                while ballast.write(bytes(4096)):
                    pass
        else:
            program = ("prlimit", "--fsize=20000")
        command = ("watch", "check", target, "--json")
        trace, done = full.command("full", *command, program=(*program, *PROGRAM))
        assert done.returncode == 1 or json.loads(done.stdout)["outcome"] == "error", done
        assert b"Traceback" not in done.stderr
        assert trace.leaks(walk.canary) == []
        assert left_behind(full) == []


def test_hashing_files(walk: Walk, tmp_path: Path) -> None:
    pictures = tmp_path.parent / f"{tmp_path.name}-pictures"
    pictures.mkdir()
    (pictures / "whole.png").write_bytes(PICTURE)
    (pictures / "cut.png").write_bytes(PICTURE[:20_000])
    (pictures / "damaged.png").write_bytes(PICTURE[:9_000] + PICTURE[9_500:])
    names = [str(pictures / name) for name in ("whole.png", "cut.png", "damaged.png", "gone.png", ".")]
    trace, done = walk.command("hash", "hash", *names, "-", "--json", stdin=PICTURE[1:])
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 4
    assert trace.leaks(walk.canary) == []
    assert trace.reached_a_child(walk.canary)
    shutil.rmtree(pictures)
    assert left_behind(walk) == []


def test_hashing_videos_whole_and_by_ranges(walk: Walk, tmp_path: Path) -> None:
    films = tmp_path.parent / f"{tmp_path.name}-films"
    films.mkdir()
    film = video(50, key_every=10)
    large = laid_out(film, index_first=False, gap=1 << 20)
    (films / "whole.mp4").write_bytes(film)
    (films / "cut.mp4").write_bytes(film[:20_000])
    (films / "moving.gif").write_bytes(encoded(photo(200, 150, 1), "GIF", save_all=True, append_images=[MOVED]))
    with (films / "large.mp4").open("wb") as file:
        for start, part in large.parts:
            file.seek(start)
            file.write(part)
    names = [str(films / name) for name in ("whole.mp4", "cut.mp4", "large.mp4", "moving.gif")]
    decoded = [Image.fromarray(frame) for frame in list(frames_of(film).values())[::10]]
    canary = canary_of_video(film[film.index(b"mdat") :], [*decoded, MOVED])
    trace, done = walk.command("films", "hash", *names, "--json")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [len(each["frames"]) > 1 for each in found] == [True, False, True, True]
    assert found[2]["reason"] == "sampled"
    assert trace.leaks(canary) == []
    assert trace.reached_a_child(canary)
    shutil.rmtree(films)
