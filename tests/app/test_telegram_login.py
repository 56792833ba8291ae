"""`kapear telegram login`, typed by a person at a terminal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from app import config
from app.instance import open_instance
from app.telegram_login import sign_in
from demo.telegram.server import TelegramServer
from domain.errors import KapearError
from tests.desk import LOCAL
from tests.telegram_server import TelegramProcess, fresh_configuration, telegram_server, trusted_key  # noqa: F401 - fixtures

CODE, PHONE = "22222", "9996610001"


@pytest.fixture(scope="module")
def telegram() -> Iterator[TelegramProcess]:
    with TelegramProcess() as process:
        yield process
        log = process.do("log")
        assert log["failures"] == []
        assert log["forbidden"] == []


class Terminal:
    """A person who types commands, and answers what they ask."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self.environment = {"KAPEAR_DATA_DIR": str(data_dir), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", **environment}

    def type(self, *words: str, answers: str = "") -> Result:
        return CliRunner().invoke(cli.app, list(words), input=answers, env=self.environment)

    def done(self, *words: str, answers: str = "") -> Result:
        result = self.type(*words, answers=answers)
        assert result.exit_code == 0, (result.output, result.exception)
        return result

    def refused(self, *words: str, answers: str = "") -> str:
        """Return the one line of a refusal, as `cli.main` would say it."""
        error = self.type(*words, answers=answers).exception
        assert isinstance(error, KapearError), error
        assert "\n" not in str(error)
        return str(error)


@pytest.fixture
def terminal(
    tmp_path: Path,
    telegram: TelegramProcess,
    trusted_key: None,  # noqa: F811, ARG001 - the fixture of that name
    logging_as_it_was: None,  # noqa: ARG001 - put back afterwards
) -> Terminal:
    person = Terminal(tmp_path / "data", telegram.environment)
    person.done("init")
    return person


def test_somebody_signs_in_and_the_session_is_kept_encrypted(terminal: Terminal, telegram: TelegramProcess) -> None:
    result = terminal.done("telegram", "login", "--label", "kites", "--json", answers=f"{PHONE}\n{CODE}\n")
    account = json.loads(result.stdout.splitlines()[-1])  # what is typed shows above it
    assert (account["label"], account["state"], account["channels"]) == ("kites", "in_use", 0)
    assert CODE not in result.output, "the code is not echoed"
    assert [one["id"] for one in json.loads(terminal.done("telegram", "status", "--json").stdout)][1:] == [
        account["id"]
    ]
    with closing(sqlite3.connect(Path(terminal.environment["KAPEAR_DATA_DIR"]) / "kapear.db")) as database:
        (event,) = database.execute(
            "SELECT details FROM audit_events WHERE action = 'telegram.account_added'"
        ).fetchall()
        rows = database.execute("SELECT * FROM telegram_accounts").fetchall()
    assert PHONE not in str(rows) + str(event)

    # The environment's session is not needed any more: the stored one reads channels.
    channel = telegram.do("channel", username="login_kites", title="Tin kites")["id"]
    telegram.do("post", channel=channel, text="A red kite")
    terminal.environment["KAPEAR_TELEGRAM_SESSION"] = ""
    added = terminal.done(
        "watch",
        "add",
        "@login_kites",
        "--report",
        "R-1",
        "--authorised-by",
        "duty desk",
        "--basis",
        "reported",
        "--json",
    )
    assert json.loads(added.stdout)["platform"] == "telegram"
    terminal.done("telegram", "remove", account["id"])
    assert json.loads(terminal.done("telegram", "status", "--json").stdout) == []


def test_a_wrong_code_is_asked_for_again_and_then_refused(terminal: Terminal) -> None:
    terminal.done("telegram", "login", "--label", "kites", answers=f"{PHONE}\n11111\n{CODE}\n")
    line = terminal.refused("telegram", "login", "--label", "kites", answers=f"{PHONE}\n1\n2\n3\n")
    assert line == "That was not the code; begin again."


def test_the_name_of_the_account_is_asked_for_where_none_was_given(terminal: Terminal) -> None:
    result = terminal.done("telegram", "login", answers=f"{PHONE}\n{CODE}\nLantern desk\n")
    assert "Lantern desk" in result.stdout


def test_without_an_api_id_nobody_is_asked_anything(terminal: Terminal) -> None:
    terminal.environment |= dict.fromkeys(
        ("KAPEAR_TELEGRAM_SESSION", "KAPEAR_TELEGRAM_API_ID", "KAPEAR_TELEGRAM_API_HASH"), ""
    )
    assert "KAPEAR_TELEGRAM_API_ID" in terminal.refused("telegram", "login")


def test_off_enrolment_nobody_signs_in_at_telegram_itself(terminal: Terminal, telegram: TelegramProcess) -> None:
    terminal.environment["KAPEAR_TELEGRAM_SESSION"] = ""
    before = len(telegram.do("log")["calls"])
    line = terminal.refused("telegram", "login", "--label", "kites", answers=f"{PHONE}\n{CODE}\n")
    assert "only an enrolled instance goes there" in line
    assert len(telegram.do("log")["calls"]) == before


def test_channels_are_adopted_by_an_account_that_is_in_use(terminal: Terminal) -> None:
    session = terminal.environment["KAPEAR_TELEGRAM_SESSION"]
    terminal.environment |= {"KAPEAR_TELEGRAM_WEB_BASE": "http://127.0.0.1:9", "KAPEAR_TELEGRAM_SESSION": ""}
    decision = ("--report", "R-1", "--authorised-by", "x", "--basis", "reported", "--json")
    added = json.loads(terminal.done("watch", "add", "@paper_kites", *decision).stdout)
    assert added["platform"] == "telegram_web"
    assert "kapear telegram login" in terminal.refused("telegram", "adopt")
    terminal.environment["KAPEAR_TELEGRAM_SESSION"] = session
    terminal.done("telegram", "login", "--label", "kites", answers=f"{PHONE}\n{CODE}\n")
    terminal.environment["KAPEAR_TELEGRAM_SESSION"] = ""
    assert "watched already" in terminal.refused("watch", "add", "t.me/paper_kites", *decision)
    adopted = json.loads(terminal.done("telegram", "adopt", "--json").stdout)
    assert adopted == [{"id": added["id"], "platform": "telegram"}]
    assert [one["platform"] for one in json.loads(terminal.done("watch", "list", "--json").stdout)] == ["telegram"]


def test_who_previews_channels_is_told_how_to_read_them_by_the_account(terminal: Terminal) -> None:
    terminal.environment["KAPEAR_TELEGRAM_WEB_BASE"] = "http://127.0.0.1:9"
    terminal.done(
        "watch", "add", "https://t.me/s/tin_kites", "--report", "R-1", "--authorised-by", "x", "--basis", "reported"
    )
    result = terminal.done("telegram", "login", "--label", "kites", answers=f"{PHONE}\n{CODE}\n")
    assert "kapear telegram adopt" in result.stderr


async def test_a_qr_code_is_drawn_for_the_phone(
    tmp_path: Path,
    telegram_server: TelegramServer,  # noqa: F811 - the fixture of that name
    trusted_key: None,  # noqa: F811, ARG001 - same
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = config.load(
        {
            "KAPEAR_DATA_DIR": str(tmp_path / "data"),
            "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8",
            "KAPEAR_TELEGRAM_API_ID": str(telegram_server.platform.api_id),
            "KAPEAR_TELEGRAM_API_HASH": telegram_server.platform.api_hash,
            "KAPEAR_TELEGRAM_SESSION": telegram_server.session_string("one"),
        }
    )
    async with open_instance(settings, create=True) as instance:
        signing = asyncio.create_task(sign_in(instance, LOCAL, label="kites", qr=True))
        shown = ""
        async with asyncio.timeout(60):
            while "▀" not in shown and not signing.done():
                await asyncio.sleep(0.05)
                shown += capsys.readouterr().err
        await telegram_server.accept_login("two")
        state = await signing
        assert (state.label, state.standing) == ("kites", "in_use")
        assert [one.label for one in await instance.office.telegram.accounts()] == ["environment", "kites"]
