"""No visit through a Telegram account hands a byte of the canary to the system except to a fingerprint child."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.driver import Kapear
from tests.acceptance.site import serving_site
from tests.requirements_for import require
from tests.retention.paths import PICTURE, SELLING, TEXT, Walk
from tests.retention.test_canary import left_behind
from tests.telegram_server import TelegramProcess

pytestmark = pytest.mark.strace

WHOLE = base64.b64encode(PICTURE).decode()
HALF = base64.b64encode(PICTURE[: len(PICTURE) // 2]).decode()


@pytest.fixture
def telegram() -> Iterator[TelegramProcess]:
    require("strace", present=shutil.which("strace") is not None)
    with TelegramProcess() as process:
        yield process
        log = process.do("log")
        assert log["failures"] == []
        assert log["forbidden"] == []


@pytest.fixture
def walk(tmp_path: Path, telegram: TelegramProcess) -> Iterator[Walk]:
    environment = {**telegram.environment, "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}
    with serving_site() as site:
        yield Walk.prepare(Kapear(data_dir=tmp_path / "data", environment=environment), site, tmp_path / "traces")


def furnish(telegram: TelegramProcess) -> int:
    """Serve the canary as a photo in two sizes, as files, cut short, with an error, and in every text there is."""
    channel: int = telegram.do("channel", username="tin_kites", title=f"Kites {TEXT[:400]}", about=TEXT[:3_000])["id"]
    telegram.do("post", channel=channel, text=f"{SELLING} {WHOLE}")
    telegram.do("photo", channel=channel, sizes={"x": WHOLE, "y": WHOLE}, text=TEXT)
    telegram.do("photo", channel=channel, sizes={"x": HALF})
    telegram.do("document", channel=channel, data=WHOLE, mime="image/png", name=f"{TEXT[:400]}.png", text=SELLING)
    telegram.do("document", channel=channel, data=HALF, mime="image/png", name="half.png")
    return channel


def test_visits_through_an_account_leave_nothing_of_what_they_saw(
    walk: Walk, telegram: TelegramProcess, tmp_path: Path
) -> None:
    channel = furnish(telegram)
    plain = walk.kapear.with_env(KAPEAR_DEBUG="")
    plain.run("init")
    hashes = tmp_path / "list.csv"
    hashes.write_text(f"algorithm,hash\nsha256,{hashlib.sha256(PICTURE).hexdigest()}\n")
    plain.run("hashlist", "import", str(hashes), "--format", "csv", "--name", "demo", "--classification", "known")
    target = plain.watch("@tin_kites")
    telegram.do("fault", method="upload.getFile", kind="error", value="INTERNAL_SERVER_ERROR", after=1)
    trace, done = walk.command("first", "watch", "check", target, "--json")
    first = json.loads(done.stdout)
    assert (first["outcome"], first["leads_filed"] >= 1) == ("new", True), done
    assert trace.leaks(walk.canary) == []
    assert trace.reached_a_child(walk.canary), "the search sees what it must see"
    assert b"DEBUG" in trace.written("pipe:"), "everybody was heard"

    telegram.do("expire_references")
    telegram.do("edit", channel=channel, id=1, text=f"{SELLING} {TEXT}")
    telegram.do("delete", channel=channel, ids=[2])
    telegram.do("photo", channel=channel, sizes={"x": WHOLE}, text=TEXT)
    telegram.do("fault", method="upload.getFile", kind="flood", value=600, after=1)
    trace, done = walk.command("second", "watch", "check", target, "--json")
    assert done.returncode == 0, done.stderr
    assert trace.leaks(walk.canary) == []

    telegram.do("fault", method="messages.getHistory", kind="error", value=f"CHANNEL_PRIVATE_{TEXT[:40]}", times=None)
    trace, done = walk.command("third", "watch", "check", target, "--json")
    assert done.returncode == 0, done.stderr
    assert trace.leaks(walk.canary) == []

    for lead in plain.json("leads", "list"):
        trace, done = walk.command(f"reveal-{lead['id']}", "leads", "show", lead["id"], "--reveal", "a test", "--json")
        assert json.loads(done.stdout)["contents"]
        assert trace.leaks(walk.canary) == []
    assert left_behind(walk) == []
