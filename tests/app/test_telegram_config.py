"""What can be set of Telegram, and one line for each mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import config
from app.checkup import State
from app.telegram_checkup import judge
from app.telegram_config import TelegramConfig
from domain.errors import OperatorFault
from domain.telegram import AccountId, AccountState
from tests.triage.test_telegram_accounts import a_session

HASH = "0123456789abcdef0123456789ABCDEF"
WHOLE = {"KAPEAR_TELEGRAM_API_ID": "123456", "KAPEAR_TELEGRAM_API_HASH": HASH, "KAPEAR_TELEGRAM_SESSION": a_session()}


def loaded(tmp_path: Path, toml: str = "", **environment: str) -> TelegramConfig:
    (tmp_path / "kapear.toml").write_text(toml)
    return config.load({"KAPEAR_DATA_DIR": str(tmp_path), **environment}).telegram


def fault_of(tmp_path: Path, toml: str = "", **environment: str) -> str:
    with pytest.raises(OperatorFault) as caught:
        loaded(tmp_path, toml, **environment)
    assert "\n" not in str(caught.value)
    assert HASH not in str(caught.value)
    return str(caught.value)


def test_nothing_is_set_by_default(tmp_path: Path) -> None:
    telegram = loaded(tmp_path)
    assert (telegram.has_api, telegram.session, telegram.proxy) == (False, "", None)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    toml = f'telegram_api_id = 5\ntelegram_api_hash = "{HASH}"\ntelegram_proxy = "socks5://127.0.0.1:9"\n'
    filed = loaded(tmp_path, toml)
    assert (filed.api_id, filed.api_hash, filed.session) == (5, HASH.lower(), "")
    assert filed.proxy is not None
    assert filed.proxy.port == 9
    telegram = loaded(tmp_path, toml, **WHOLE, KAPEAR_TELEGRAM_PROXY="socks5://kite:pass@127.0.0.1:10")
    assert (telegram.api_id, telegram.session) == (123456, a_session())
    assert telegram.proxy is not None
    assert (telegram.proxy.port, telegram.proxy.password) == (10, "pass")
    for secret in (a_session(), HASH.lower(), "pass"):
        assert secret not in repr(telegram)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("API_ID", "kites", "KAPEAR_TELEGRAM_API_ID is no number"),
        ("API_ID", "-5", "KAPEAR_TELEGRAM_API_ID is no number"),
        ("API_ID", "99999999999", "KAPEAR_TELEGRAM_API_ID is no number"),
        ("API_ID", "១២៣", "KAPEAR_TELEGRAM_API_ID is no number"),
        ("API_ID", "", "KAPEAR_TELEGRAM_API_ID is missing"),
        ("API_HASH", "abc", "KAPEAR_TELEGRAM_API_HASH is no hash"),
        ("API_HASH", "g" * 32, "KAPEAR_TELEGRAM_API_HASH is no hash"),
        ("API_HASH", "", "KAPEAR_TELEGRAM_API_HASH is missing"),
        ("SESSION", "1kites", "KAPEAR_TELEGRAM_SESSION is no session"),
        ("SESSION", a_session(0), "KAPEAR_TELEGRAM_SESSION is a session that was never signed in"),
        ("PROXY", "kites", "KAPEAR_TELEGRAM_PROXY is no proxy"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, name: str, value: str, told: str) -> None:
    assert told in fault_of(tmp_path, **{**WHOLE, f"KAPEAR_TELEGRAM_{name}": value})


def test_a_session_needs_the_api_id_and_its_hash(tmp_path: Path) -> None:
    assert "KAPEAR_TELEGRAM_SESSION needs" in fault_of(tmp_path, KAPEAR_TELEGRAM_SESSION=a_session())


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('telegram_session = "x"', "sets telegram_session, which Kapear does not know"),
        ('telegram_proxy = "socks5://kite:pass@127.0.0.1:9"', "telegram_proxy in kapear.toml holds a password"),
        ("telegram_api_id = true", "KAPEAR_TELEGRAM_API_ID is no number"),
        ("telegram_api_id = 1.5", "KAPEAR_TELEGRAM_API_ID is no number"),
    ],
)
def test_secrets_stand_in_the_environment_alone(tmp_path: Path, toml: str, told: str) -> None:
    assert told in fault_of(tmp_path, toml + "\n")


def an_account(*, parked: str = "", waits: bool = False) -> AccountState:
    until = datetime(2026, 3, 2, tzinfo=UTC)
    cooldowns = (("messages.getHistory", until),) if waits else ()
    return AccountState(id=AccountId("a"), label="kites", parked=parked, cooldowns=cooldowns, channels=3)


@pytest.mark.parametrize(
    ("accounts", "state", "finding"),
    [
        ([], State.OK, "no account: channels are read through the public preview"),
        ([an_account(), an_account(waits=True)], State.OK, "1 in use, 1 asked to wait"),
        (
            [an_account(), an_account(parked="user_deactivated_ban")],
            State.WARNING,
            "1 in use, 0 asked to wait, 1 parked: Telegram banned the account",
        ),
        ([an_account(parked="kites")], State.WARNING, "0 in use, 0 asked to wait, 1 parked: kites"),
    ],
)
def test_the_doctor_names_what_is_wrong_with_accounts(accounts: list[AccountState], state: State, finding: str) -> None:
    check = judge(accounts, has_api=True)
    assert (check.state, check.finding) == (state, finding)
    assert bool(check.mend) is (state is not State.OK)


def test_accounts_without_an_api_id_are_told_of() -> None:
    check = judge([an_account()], has_api=False)
    assert check.state is State.WARNING
    assert "KAPEAR_TELEGRAM_API_ID" in check.mend
