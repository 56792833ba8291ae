"""Counsel's stop: a running instance asks nobody anything any more, in the middle of what it was doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.driver import Kapear, free_port, until
from tests.acceptance.site import Answer, Site, serving_site
from tests.telegram_server import TelegramProcess

PICTURES = 600
QUIET_S = 3.0  # longer than anything takes to be asked for again


@pytest.fixture
def site() -> Iterator[Site]:
    with serving_site() as site:
        yield site


@pytest.fixture
def telegram() -> Iterator[TelegramProcess]:
    with TelegramProcess() as process:
        yield process


def slow(write: Any) -> None:
    """Answer so slowly that a visit takes minutes."""
    for _ in range(10):
        write(b"\x89PNG not quite")
        time.sleep(0.05)


def fill(site: Site) -> None:
    """Let a site have a page of many pictures."""
    pictures = "".join(f'<img src="/kites/{number}.png">' for number in range(PICTURES))
    site.answers["/kites/0.html"] = Answer(body=f"<html><body>{pictures}</body></html>".encode())
    for number in range(PICTURES):
        site.answers[f"/kites/{number}.png"] = Answer(kind="image/png", body=slow)


def stays(count: Callable[[], int]) -> int:
    """Return a count, which must not grow any more."""
    before = count()
    time.sleep(QUIET_S)
    assert count() == before, "nothing is asked while all is paused"
    return before


def test_nobody_is_asked_anything_after_a_pause_and_it_goes_on_where_it_was(
    tmp_path: Path, site: Site, telegram: TelegramProcess
) -> None:
    fill(site)
    environment = {
        **telegram.environment, "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": f"127.0.0.1:{free_port()}",
    }  # fmt: skip
    kapear = Kapear(data_dir=tmp_path / "data", environment=environment)
    kapear.run("init")
    channel = telegram.do("channel", username="tin_kites", title="Tin kites")["id"]
    telegram.do("post", channel=channel, count=4_000)
    telegram.do("fault", method="messages.getHistory", kind="late", value=2.0, times=None)
    pages, read = kapear.watch(f"{site.base}/kites/0.html"), kapear.watch("@tin_kites")

    def calls() -> int:
        return len(telegram.do("log")["calls"])

    def outcome(target_id: str) -> tuple[str, str]:
        latest = kapear.json("watch", "show", target_id)["visits"][:1]
        return (latest[0]["outcome"], latest[0]["code"]) if latest else ("", "")

    with kapear.running():
        until(lambda: len(site.asked) > 5 and calls() > 2)
        kapear.run("pause", "--all", "counsel asks for it")
        time.sleep(5)
        asked, called = len(site.asked), stays(calls)
        assert len(site.asked) == asked
        assert {outcome(pages), outcome(read)} == {("not_authorised", "all_paused")}
        refused = kapear.json("watch", "check", pages)
        assert refused["outcome"] == "not_authorised"
        assert len(site.asked) == asked
        telegram.do("lift")
        kapear.run("pause", "--all", "")
        until(lambda: len(site.asked) > asked and calls() > called)
        until(lambda: outcome(read)[0] == "new")
