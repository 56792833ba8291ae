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


@pytest.fixture(scope="module")
def served() -> Iterator[TelegramProcess]:
    with TelegramProcess() as process:
        yield process


@pytest.fixture
def telegram(served: TelegramProcess) -> Iterator[TelegramProcess]:
    """Return the server as if it were new, but for channels that other tests made."""
    served.do("lift")
    served.do("clear_log")
    yield served
    log = served.do("log")
    assert log["failures"] == []
    assert log["forbidden"] == [], "nothing outside the allow-list reached the wire"


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


def asked(telegram: TelegramProcess) -> int:
    """Return how often the server was asked anything so far."""
    return len(telegram.do("log")["calls"])


def methods(telegram: TelegramProcess, since: int = 0) -> list[str]:
    return [call["method"] for call in telegram.do("log", since=since)["calls"]]


def test_a_channel_is_watched_through_an_account(kapear: Kapear, telegram: TelegramProcess, tmp_path: Path) -> None:
    channel = telegram.do("channel", username="tin_kites", title="Tin kites", about="Kites of tin")["id"]
    import_list(kapear, tmp_path, jpeg(1, 1280))
    plain = telegram.do("post", channel=channel, text="A red kite")["ids"][0]
    for seed in (1, 2):
        sizes = {"x": in_base64(jpeg(seed, 800)), "y": in_base64(jpeg(seed, 1280))}
        telegram.do("photo", channel=channel, sizes=sizes)
    links = ["https://t.me/paper_kites/7", "https://t.me/tin_kites/1", "https://t.me/+AbCdEf"]
    sold = telegram.do("post", channel=channel, text=SELLING, links=links)["ids"][0]

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

    before = asked(telegram)
    quiet = checked(kapear, target["id"])
    assert (quiet["outcome"], quiet["new_observations"], quiet["requests"]) == ("unchanged", 0, 1), quiet
    assert "contacts.resolveUsername" not in methods(telegram, before), "a name is resolved once ever"
    status = kapear.json("telegram", "status")
    assert [(one["label"], one["state"], one["channels"]) for one in status] == [("environment", "in_use", 1)]
    assert "tin_kites" not in json.dumps(status)

    telegram.do("edit", channel=channel, id=plain, text="A blue kite")
    telegram.do("delete", channel=channel, ids=[sold])
    changed = checked(kapear, target["id"])
    assert (changed["outcome"], changed["new_observations"], changed["leads_filed"]) == ("new", 1, 0), changed
    posts = {post["post"]: (post["revision"], post["deleted"]) for post in kapear.json("watch", "posts", target["id"])}
    assert posts == {str(plain): (2, False), "2": (1, False), "3": (1, False), str(sold): (1, True)}
    lead = next(lead for lead in kapear.json("leads", "list") if not lead["matches"])
    opened = kapear.json("leads", "show", lead["id"], "--reveal", "a test")
    (content,) = opened["contents"]
    assert len(content["capture"]["body_sha256"]) == 64
    place = {"platform": "telegram", "canonical": "https://t.me/s/paper_kites", "post": "https://t.me/tin_kites/4"}
    assert opened["suggestions"] == [place]
    assert [note["link"] for note in opened["referral_notes"]] == ["https://t.me/+AbCdEf"]
    assert "suggestions" not in kapear.json("leads", "show", lead["id"])
    assert (content["text"], [content["deleted_at"]]) == (SELLING, lead["deleted_posts"])
    assert {"name": "message_id", "value": str(sold)} in content["particulars"]
    assert {"name": "title", "value": "Tin kites"} in content["channel"]
    assert [post["text"] for post in content["before"]] == ["A red kite", "", ""]
    in_words = kapear.run("leads", "show", lead["id"], "--reveal", "a test").stdout
    add = "kapear watch add https://t.me/s/paper_kites --report REFERENCE --authorised-by NAME --basis TEXT"
    for words in ("Tin kites", "A red kite", "deleted_at", add, "https://t.me/+AbCdEf"):
        assert words in in_words
    clear = ("tin_kites", "Tin kites", "Kites of tin", "A red kite", SELLING, "kites@example.org")
    secrets = (telegram.told["session"], telegram.told["session"][60:200], telegram.told["api_hash"])
    files = {path.name: path.read_bytes() for path in kapear.data_dir.rglob("*") if path.is_file()}
    assert b"lead.post_deleted" in b"".join(files.values()), "the scan reads the real database"
    for word in (*clear, *secrets):
        assert [name for name, content in files.items() if word.encode() in content] == [], word


def test_after_a_flood_wait_nothing_is_asked_until_it_is_over(kapear: Kapear, telegram: TelegramProcess) -> None:
    channel = telegram.do("channel", username="flood_kites", title="Tin kites")["id"]
    telegram.do("post", channel=channel, text=SELLING)
    target_id = kapear.watch("@flood_kites")
    telegram.do("fault", method="messages.getHistory", kind="flood", value=600)
    for _ in range(2):
        outcome = checked(kapear, target_id)
        assert (outcome["outcome"], outcome["code"]) == ("limited", "flood_wait")
    assert methods(telegram).count("messages.getHistory") == 1
    status = kapear.run("telegram", "status").stdout
    assert "limited" in status
    assert "messages.getHistory until" in status


def test_a_parked_account_is_told_and_used_no_more(kapear: Kapear, telegram: TelegramProcess) -> None:
    channel = telegram.do("channel", username="parked_kites", title="Tin kites")["id"]
    telegram.do("post", channel=channel, text=SELLING)
    target_id = kapear.watch("@parked_kites")
    through = kapear.with_env(KAPEAR_TELEGRAM_PROXY="socks5://127.0.0.1:9")
    assert checked(through, target_id)["outcome"] in {"offline", "unreachable"}
    assert methods(telegram) == [], "a proxy that does not answer is never gone around"

    telegram.do("fault", method="*", kind="error", value="AUTH_KEY_DUPLICATED", times=None)
    assert checked(kapear, target_id)["outcome"] == "limited"
    before = asked(telegram)
    outcome = checked(kapear, target_id)
    assert (outcome["outcome"], outcome["code"]) == ("limited", "no_account")
    assert methods(telegram, before) == []
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
