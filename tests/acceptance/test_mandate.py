"""An enrolled hotline: two people decide, and nothing is fetched beyond the mandate; asserted on the server's log."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tests.acceptance.driver import Kapear, Platform

PASSPHRASE = "a passphrase for tests only"


def enrolled(tmp_path: Path, platform: Platform, scope: str) -> tuple[Kapear, Kapear, Kapear]:
    """Return an enrolled installation as nobody in particular, as one analyst, and as another."""
    anybody = Kapear(
        data_dir=tmp_path / "data", environment={**platform.environment(), "KAPEAR_PASSPHRASE": PASSPHRASE}
    )
    anybody.run("init")
    users = anybody.json(
        "enrol", "--organisation", "Kite Desk", "--contact", "desk@example.org", "--authority", "the ministry",
        "--document", "letter 12", "--scope", scope, "--expires", "2999-12-31",
        "--user", "first:analyst", "--user", "second:supervisor",
    )  # fmt: skip
    first, second = (anybody.with_env(KAPEAR_TOKEN=user["token"]) for user in users)
    return anybody, first, second


def request(kapear: Kapear, locator: str) -> str:
    kapear.run("report", "add", "R-1", "--received", "2026-01-31", "--via", "web", "--alleged", "kites for sale")
    target = kapear.json("watch", "add", locator, "--report", "R-1", "--authorised-by", "second", "--basis", "reported")
    assert target["status"] == "awaiting_approval"
    return str(target["id"])


def asked_since(platform: Platform) -> dict[str, int]:
    return {path: count for path, count in platform.log().items() if count}


def test_a_target_is_visited_only_after_a_second_person_approved_it(tmp_path: Path, platform: Platform) -> None:
    anybody, first, second = enrolled(tmp_path, platform, "text")
    shop = next(locator for locator in platform.line["targets"] if locator.endswith("/shop/lanterns"))
    assert "KAPEAR_TOKEN" in anybody.refused(
        "watch", "add", shop, "--report", "R-1", "--authorised-by", "x", "--basis", "y"
    )
    assert "no report" in first.refused("watch", "add", shop, "--report", "R-9", "--authorised-by", "x", "--basis", "y")
    target_id = request(first, shop)
    platform.log(reset=True)
    assert first.json("watch", "check", target_id)["outcome"] == "not_authorised"
    assert asked_since(platform) == {}
    assert "second person" in first.refused("watch", "approve", target_id)
    assert second.json("watch", "approve", target_id)["status"] == "active"
    # The mandate covers text: the page is read, and no picture is asked for.
    assert first.json("watch", "check", target_id)["outcome"] == "new"
    # Its robots file is asked for twice: for its rules, and as the landmark by which the host is known again.
    assert asked_since(platform) == {"/shop/lanterns": 1, "/robots.txt": 2}
    [post] = first.json("watch", "posts", target_id)
    assert {media["status"] for media in post["media"]} == {"not_authorised"}
    assert anybody.json("leads", "list") == [], "no picture was hashed"


def test_an_expired_paused_or_unapproved_target_makes_no_request(tmp_path: Path, platform: Platform) -> None:
    _, first, second = enrolled(tmp_path, platform, "media-hash")
    target_id = request(first, platform.line["targets"][0])
    second.run("watch", "approve", target_id)
    platform.log(reset=True)
    changes = {
        "status = 'paused', next_due = NULL": "target_paused",
        "status = 'active', approved_by = NULL": "not_approved",
        "expires_at = 1": "target_expired",
    }
    for change, code in changes.items():
        with contextlib.closing(sqlite3.connect(first.data_dir / "kapear.db")) as database:
            database.execute(f"UPDATE targets SET {change}")  # noqa: S608 - a constant of this test
            database.commit()
        visit = first.json("watch", "check", target_id)
        assert (visit["outcome"], visit["code"]) == ("not_authorised", code), change
    assert asked_since(platform) == {}


def test_reading_a_lead_takes_the_passphrase_and_leaves_an_event(tmp_path: Path, platform: Platform) -> None:
    anybody, first, second = enrolled(tmp_path, platform, "media-hash")
    second.run("hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "d", "--classification", "k")
    shop = next(locator for locator in platform.line["targets"] if locator.endswith("/shop/lanterns"))
    target_id = request(first, shop)
    second.run("watch", "approve", target_id)
    first.run("watch", "check", target_id)
    [lead] = anybody.json("leads", "list")
    assert "KAPEAR_TOKEN" in anybody.refused("leads", "show", lead["id"], "--reveal", "look")
    wrong = first.with_env(KAPEAR_PASSPHRASE="not the passphrase at all")
    assert "passphrase" in wrong.refused("leads", "show", lead["id"], "--reveal", "look")
    contents = first.json("leads", "show", lead["id"], "--reveal", "look")["contents"]
    assert contents[0]["url"] == shop
    assert contents[0]["capture"]["status"] == 200
    assert contents[0]["capture"]["ip"] == "127.0.0.1"
    assert anybody.json("audit", "verify")["whole"]
