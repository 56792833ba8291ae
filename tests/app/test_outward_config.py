"""By which name and which way Kapear goes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Config, load
from app.introduction import user_agent
from domain.errors import OperatorFault
from net.dialling import Proxy

ONE, TWO = (Proxy(kind="http", address="127.0.0.1", port=port) for port in (3128, 3129))


def loaded(folder: Path, toml: str = "", **environment: str) -> Config:
    (folder / "kapear.toml").write_text(toml)
    return load({"KAPEAR_DATA_DIR": str(folder), **environment})


def test_a_proxy_is_for_everything_unless_telegram_has_its_own(tmp_path: Path) -> None:
    assert (loaded(tmp_path).proxy, loaded(tmp_path).telegram.proxy) == (None, None)
    both = loaded(tmp_path, 'proxy = "http://127.0.0.1:3128"')
    assert (both.proxy, both.telegram.proxy) == (ONE, ONE)
    apart = loaded(tmp_path, KAPEAR_PROXY="http://127.0.0.1:3128", KAPEAR_TELEGRAM_PROXY="http://127.0.0.1:3129")
    assert (apart.proxy, apart.telegram.proxy) == (ONE, TWO)
    alone = loaded(tmp_path, KAPEAR_TELEGRAM_PROXY="http://127.0.0.1:3129")
    assert (alone.proxy, alone.telegram.proxy) == (None, TWO)


@pytest.mark.parametrize(
    ("toml", "environment", "why"),
    [
        ("", {"KAPEAR_PROXY": "http://kites.example:3128"}, "KAPEAR_PROXY is no proxy"),
        ("", {"KAPEAR_PROXY": "https://127.0.0.1:3128"}, "KAPEAR_PROXY is no proxy"),
        ('proxy = "http://kite:pass@127.0.0.1:3128"', {}, "proxy in kapear.toml holds a password"),
        ("", {"KAPEAR_CONTACT": "the kite desk"}, "KAPEAR_CONTACT is no mailbox"),
        ('contact = "desk@example.org)\\r\\nX-Kite: 1"', {}, "KAPEAR_CONTACT is no mailbox"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, toml: str, environment: dict[str, str], why: str) -> None:
    with pytest.raises(OperatorFault) as fault:
        loaded(tmp_path, toml, **environment)
    assert why in str(fault.value)
    assert "\n" not in str(fault.value)


def test_the_user_agent_names_the_software_and_a_mailbox_and_nothing_else(tmp_path: Path) -> None:
    plain, told = user_agent(loaded(tmp_path)), user_agent(loaded(tmp_path, KAPEAR_CONTACT="desk@example.org"))
    assert plain.startswith("Kapear/")
    assert told == f"{plain} (+mailto:desk@example.org)"
