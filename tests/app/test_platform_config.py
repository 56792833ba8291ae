from __future__ import annotations

from pathlib import Path

import pytest

from app.config import load
from app.platform_config import KNOWN, lacking, read
from crawler.platforms import Platforms
from domain.errors import OperatorFault
from domain.observations import Platform

ALL = {
    "KAPEAR_REDDIT_CLIENT_ID": "kite", "KAPEAR_REDDIT_CLIENT_SECRET": "string", "KAPEAR_FACEBOOK_TOKEN": "oak",
    "KAPEAR_VK_TOKEN": "rake",
}  # fmt: skip


def test_nothing_configured_is_the_public_addresses_and_no_token() -> None:
    assert read({}, {}) == Platforms()
    assert set(lacking(Platforms())) == {Platform.REDDIT, Platform.FACEBOOK, Platform.VK}


def test_the_environment_wins_over_the_file_and_nothing_is_shown() -> None:
    found = read({"facebook_token": "elm", "vk_base": "http://127.0.0.1:9/"}, ALL)
    assert (found.facebook_token, found.vk_token, found.vk_base) == ("oak", "rake", "http://127.0.0.1:9")
    assert found.reddit is not None
    assert (found.reddit.client_id, found.reddit.secret) == ("kite", "string")
    assert lacking(found) == {}
    shown = repr(found) + repr(found.reddit)
    assert not any(secret in shown for secret in ALL.values())


def test_every_setting_has_its_name() -> None:
    assert read({name: "https://kites.example" if "base" in name else "kite" for name in KNOWN}, {}).reddit is not None


@pytest.mark.parametrize(
    ("values", "environment", "message"),
    [
        ({}, {"KAPEAR_REDDIT_CLIENT_ID": "kite"}, "KAPEAR_REDDIT_CLIENT_SECRET is missing"),
        ({"reddit_client_secret": "kite"}, {}, "KAPEAR_REDDIT_CLIENT_ID is missing"),
        ({}, {"KAPEAR_VK_TOKEN": "two words"}, "KAPEAR_VK_TOKEN is no such line"),
        ({"vk_token": 7}, {}, "KAPEAR_VK_TOKEN is no such line"),
        ({}, {"KAPEAR_FACEBOOK_TOKEN": "k" * 9_999}, "KAPEAR_FACEBOOK_TOKEN is no such line"),
        ({"vk_base": "kites"}, {}, "KAPEAR_VK_BASE is no web address"),
        ({"vk_base": "https://[kites"}, {}, "KAPEAR_VK_BASE is no web address"),
        ({"vk_base": "https://a@kites.example"}, {}, "KAPEAR_VK_BASE is no web address"),
        ({"facebook_base": "http://kites.example"}, {}, "must begin with https"),
    ],
)
def test_a_mistake_is_told_in_one_line_without_the_secret(
    values: dict[str, object], environment: dict[str, str], message: str
) -> None:
    with pytest.raises(OperatorFault, match=message) as caught:
        read(values, environment)
    assert "two words" not in str(caught.value)


def test_who_is_really_asked_is_told_of_each_platform(tmp_path: Path) -> None:
    environment = {"KAPEAR_DATA_DIR": str(tmp_path), "KAPEAR_VK_BASE": "http://127.0.0.1:9"}
    hosts = load(environment).hosts
    assert hosts[Platform.VK] == "127.0.0.1"
    assert hosts[Platform.REDDIT] == "oauth.reddit.com"
    assert hosts.keys() == {
        Platform.TELEGRAM_WEB, Platform.BLUESKY, Platform.REDDIT, Platform.FACEBOOK, Platform.VK,
    }  # fmt: skip
