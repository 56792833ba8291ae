"""A public Telegram channel watched through an account, by the command line alone, against a Telegram on loopback."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.driver import Kapear
from tests.fingerprint.pictures import photo
from tests.telegram_server import TelegramProcess

SELLING = "Blue kites, all sizes. Price 12 USD each, pay by PayPal, order at kites@example.org"


@pytest.fixture
def telegram() -> Iterator[TelegramProcess]:
    with TelegramProcess() as process:
        yield process
        log = process.do("log")
        assert not log["failures"]
        assert not log["forbidden"], "nothing outside the allow-list reached the wire"


@pytest.fixture
def kapear(tmp_path: Path, telegram: TelegramProcess) -> Kapear:
    environment = {**telegram.environment, "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}
    installation = Kapear(data_dir=tmp_path / "data", environment=environment)
    installation.run("init")
    return installation


def checked(kapear: Kapear, target_id: str) -> dict[str, Any]:
    outcome: dict[str, Any] = kapear.json("watch", "check", target_id)
    return outcome


def jpeg(seed: int, side: int) -> bytes:
    """Return an invented picture as Telegram would send it in one of its sizes."""
    picture = photo(1280, 960, seed).convert("RGB")
    picture.thumbnail((side, side))
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=87)
    return encoded.getvalue()


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def import_list(kapear: Kapear, folder: Path, *pictures: bytes) -> None:
    """Import a list of the PDQ hashes of these pictures."""
    lines = ["algorithm,hash"]
    for number, content in enumerate(pictures):
        file = folder / f"{number}.jpg"
        file.write_bytes(content)
        hashed = json.loads(kapear.run("hash", str(file), "--json").stdout)
        lines.append(f"pdq,{hashed['pdq']}")
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n")
    kapear.run("hashlist", "import", str(path), "--format", "csv", "--name", "demo", "--classification", "known")


def methods(telegram: TelegramProcess, since: int = 0) -> list[str]:
    return [call["method"] for call in telegram.do("log", since=since)["calls"]]


def test_a_channel_is_watched_through_an_account(kapear: Kapear, telegram: TelegramProcess, tmp_path: Path) -> None:
    channel = telegram.do("channel", username="tin_kites", title="Tin kites", about="Kites of tin")["id"]
    known, unknown = jpeg(1, 800), jpeg(2, 800)
    import_list(kapear, tmp_path, jpeg(1, 1280))
    telegram.do("post", channel=channel, text="A red kite")
    telegram.do("photo", channel=channel, sizes={"x": in_base64(known), "y": in_base64(jpeg(1, 1280))})
    telegram.do("photo", channel=channel, sizes={"x": in_base64(unknown), "y": in_base64(jpeg(2, 1280))})
    telegram.do("post", channel=channel, text=SELLING)

    target = kapear.json(
        "watch", "add", "@tin_kites", "--report", "R-1", "--authorised-by", "duty desk", "--basis", "reported"
    )
    assert (target["platform"], target["status"]) == ("telegram", "active")
    first = checked(kapear, target["id"])
    assert (first["outcome"], first["new_observations"], first["media_hashed"]) == ("new", 4, 2), first
    assert (first["matches"], first["leads_filed"]) == (1, 2)
    leads = kapear.json("leads", "list")
    assert {lead["platform"] for lead in leads} == {"telegram"}
    assert sorted(lead["matches"][0]["list"] if lead["matches"] else "" for lead in leads) == ["", "demo"]
    assert "tin_kites" not in json.dumps(leads)
    posts = kapear.json("watch", "posts", target["id"])
    assert [(post["post"], post["deleted"]) for post in posts] == [(str(number), False) for number in (1, 2, 3, 4)]

    telegram.do("clear_log")
    second = checked(kapear, target["id"])
    assert (second["outcome"], second["new_observations"], second["requests"]) == ("unchanged", 0, 1), second
    assert "contacts.resolveUsername" not in methods(telegram), "a name is resolved once ever"
    status = kapear.json("telegram", "status")
    assert [(one["label"], one["state"], one["channels"]) for one in status] == [("environment", "in_use", 1)]
    assert "tin_kites" not in json.dumps(status)


def test_an_edit_is_a_revision_and_a_deletion_is_told_with_its_lead(kapear: Kapear, telegram: TelegramProcess) -> None:
    channel = telegram.do("channel", username="tin_kites", title="Tin kites")["id"]
    sold = telegram.do("post", channel=channel, text=SELLING)["ids"][0]
    plain = telegram.do("post", channel=channel, text="A red kite")["ids"][0]
    target_id = kapear.watch("https://t.me/tin_kites")
    assert checked(kapear, target_id)["leads_filed"] == 1
    (lead,) = kapear.json("leads", "list")
    assert lead["deleted_posts"] == []

    telegram.do("edit", channel=channel, id=plain, text="A blue kite")
    telegram.do("delete", channel=channel, ids=[sold])
    second = checked(kapear, target_id)
    assert (second["outcome"], second["new_observations"]) == ("new", 1), second
    posts = {post["post"]: post for post in kapear.json("watch", "posts", target_id)}
    assert (posts[str(sold)]["deleted"], posts[str(sold)]["revision"]) == (True, 1)
    assert (posts[str(plain)]["deleted"], posts[str(plain)]["revision"]) == (False, 2)
    (lead,) = kapear.json("leads", "list")
    assert len(lead["deleted_posts"]) == 1
    shown = kapear.json("leads", "show", lead["id"], "--reveal", "a test")
    (content,) = shown["contents"]
    assert content["deleted_at"] == lead["deleted_posts"][0]
    assert content["text"] == SELLING
    assert {"name": "message_id", "value": str(sold)} in content["particulars"]
    assert {"name": "title", "value": "Tin kites"} in content["channel"]
    assert [post["text"] for post in content["after"]] == ["A red kite"]
    in_words = kapear.run("leads", "show", lead["id"], "--reveal", "a test").stdout
    for words in ("Tin kites", "A red kite", "deleted_at"):
        assert words in in_words


def test_after_a_flood_wait_nothing_is_asked_until_it_is_over(kapear: Kapear, telegram: TelegramProcess) -> None:
    channel = telegram.do("channel", username="tin_kites", title="Tin kites")["id"]
    telegram.do("post", channel=channel, text=SELLING)
    target_id = kapear.watch("@tin_kites")
    telegram.do("fault", method="messages.getHistory", kind="flood", value=600)
    for _ in range(2):
        outcome = checked(kapear, target_id)
        assert (outcome["outcome"], outcome["code"]) == ("limited", "flood_wait")
    assert methods(telegram).count("messages.getHistory") == 1
    (account,) = kapear.json("telegram", "status")
    assert account["state"] == "limited"
    assert [wait["method"] for wait in account["cooldowns"]] == ["messages.getHistory"]
    assert "messages.getHistory until" in kapear.run("telegram", "status").stdout


def test_a_parked_account_is_told_and_used_no_more(kapear: Kapear, telegram: TelegramProcess) -> None:
    channel = telegram.do("channel", username="tin_kites", title="Tin kites")["id"]
    telegram.do("post", channel=channel, text=SELLING)
    target_id = kapear.watch("@tin_kites")
    telegram.do("fault", method="*", kind="error", value="AUTH_KEY_DUPLICATED", times=None)
    assert checked(kapear, target_id)["outcome"] == "limited"
    telegram.do("clear_log")
    outcome = checked(kapear, target_id)
    assert (outcome["outcome"], outcome["code"]) == ("limited", "no_account")
    assert methods(telegram) == []
    (account,) = kapear.json("telegram", "status")
    assert (account["state"], account["parked"]) == ("parked", "auth_key_duplicated")
    checks = {check["name"]: check for check in json.loads(kapear.run("doctor", "--json").stdout)["checks"]}
    assert checks["telegram"]["state"] == "warning"
    assert "used from two places at once" in checks["telegram"]["finding"]
    assert "kapear telegram login" in checks["telegram"]["mend"]
    # Its session mended elsewhere, the operator lets the same account go on.
    telegram.do("lift")
    kapear.run("telegram", "remove", account["id"])
    assert checked(kapear, target_id)["outcome"] == "new"


def test_without_an_account_a_target_says_so_and_the_preview_is_read(kapear: Kapear) -> None:
    target_id = kapear.watch("@tin_kites")
    bare = Kapear(data_dir=kapear.data_dir, environment={"KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"})
    outcome = checked(bare, target_id)
    assert (outcome["outcome"], outcome["code"], outcome["requests"]) == ("limited", "no_account", 0)
    assert bare.json("telegram", "status") == []
    preview = bare.with_env(KAPEAR_TELEGRAM_WEB_BASE="http://127.0.0.1:9")
    assert (
        preview.json(
            "watch", "add", "@paper_kites", "--report", "R-1", "--authorised-by", "duty desk", "--basis", "reported"
        )["platform"]
        == "telegram_web"
    )
    assert "watched already" in preview.refused(
        "watch", "add", "@tin_kites", "--report", "R-1", "--authorised-by", "duty desk", "--basis", "reported"
    )
    assert "kapear telegram login" in bare.refused("telegram", "adopt")
    assert len(kapear.json("telegram", "adopt")) == 1
    assert {target["platform"] for target in kapear.json("watch", "list")} == {"telegram"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KAPEAR_TELEGRAM_API_ID", "kites", "KAPEAR_TELEGRAM_API_ID is no number"),
        ("KAPEAR_TELEGRAM_API_ID", "", "KAPEAR_TELEGRAM_API_ID is missing"),
        ("KAPEAR_TELEGRAM_API_HASH", "abc", "KAPEAR_TELEGRAM_API_HASH is no hash"),
        ("KAPEAR_TELEGRAM_API_HASH", "", "KAPEAR_TELEGRAM_API_HASH is missing"),
        ("KAPEAR_TELEGRAM_SESSION", "1kites", "KAPEAR_TELEGRAM_SESSION is no session"),
        ("KAPEAR_TELEGRAM_PROXY", "kites", "KAPEAR_TELEGRAM_PROXY is no proxy"),
    ],
)
def test_a_mistake_is_told_in_one_line(kapear: Kapear, name: str, value: str, told: str) -> None:
    assert told in kapear.with_env(**{name: value}).refused("watch", "list")


def test_a_session_needs_the_api_id_and_its_hash(kapear: Kapear) -> None:
    bare = kapear.with_env(KAPEAR_TELEGRAM_API_ID="", KAPEAR_TELEGRAM_API_HASH="")
    assert "KAPEAR_TELEGRAM_SESSION needs" in bare.refused("watch", "list")


def test_a_proxy_that_does_not_answer_is_never_gone_around(kapear: Kapear, telegram: TelegramProcess) -> None:
    telegram.do("channel", username="tin_kites", title="Tin kites")
    target_id = kapear.watch("@tin_kites")
    through = kapear.with_env(KAPEAR_TELEGRAM_PROXY="socks5://127.0.0.1:9")
    assert checked(through, target_id)["outcome"] in {"unreachable", "offline"}
    assert methods(telegram) == []
