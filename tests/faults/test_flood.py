"""A storm of waits from Telegram: each is kept, and every channel is read all the same."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.driver import Kapear, free_port, until
from tests.faults.books import books_of
from tests.faults.house import Runner
from tests.telegram_server import TelegramProcess

CHANNELS = 3
POSTS = 30
RESOLVE, HISTORY, DIFFERENCE = "contacts.resolveUsername", "messages.getHistory", "updates.getChannelDifference"
STORM = {RESOLVE: 2, HISTORY: 3, DIFFERENCE: 3}  # the wait in seconds


def test_no_channel_starves_and_no_wait_is_cut_short(tmp_path: Path) -> None:
    with TelegramProcess() as telegram:
        channels = [telegram.do("channel", username=f"kites_{number}")["id"] for number in range(CHANNELS)]
        for channel in channels:
            telegram.do("post", channel=channel, count=POSTS)
        environment = {
            **telegram.environment,
            "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8",
            "KAPEAR_BIND": f"127.0.0.1:{free_port()}",
        }
        kapear = Kapear(data_dir=tmp_path / "data", environment=environment)
        kapear.run("init")
        (kapear.data_dir / "kapear.toml").write_text("visit_interval_s = 2\n")
        for number in range(CHANNELS):
            kapear.watch(f"@kites_{number}")
        for method, seconds in STORM.items():
            telegram.do("fault", method=method, kind="flood", value=str(seconds), times=2)
        books = books_of(kapear)
        with Runner(kapear, tmp_path / "log") as runner:
            until(lambda: books.stored() == CHANNELS * POSTS, seconds=150)
            for channel in channels:
                telegram.do("post", channel=channel, count=1)
            until(lambda: books.stored() == CHANNELS * (POSTS + 1), seconds=150)
            runner.stop()
        runner.check_log()
        log = telegram.do("log")
    assert [call for call in log["calls"] if call["hammering"]] == []
    told = {call["method"] for call in log["calls"] if call["outcome"].startswith("FLOOD_WAIT")}
    assert told, "the storm came"
