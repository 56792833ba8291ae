"""One clear line for each mistake, nothing lost, and the other targets go on."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any

from tests.acceptance.driver import Kapear, Platform, free_port, until
from tests.acceptance.site import Answer, serving_site

ADD = ("--report", "R-1", "--authorised-by", "duty desk", "--basis", "reported")


NOT_WATCHED = {
    "": "empty",
    "kites": "no web address",
    "ftp://example.org/kites": "http",
    "https://t.me/+AbCdEf123": "referral note for the police",
    "https://t.me/joinchat/AbCdEf123": "referral note for the police",
    "https://t.me/c/123/4": "private",
    "@kite_bot": "bot",
    "https://user:secret@example.org/": "user name or password",
    "https://example.org/kites": "not enrolled",
}


def test_locators_that_cannot_be_watched(kapear: Kapear) -> None:
    for locator, says in NOT_WATCHED.items():
        assert says in kapear.refused("watch", "add", locator, *ADD), locator
    assert kapear.json("watch", "list") == []


def test_a_refused_invite_prints_a_referral_note(kapear: Kapear) -> None:
    done = kapear.run("watch", "add", "tg://join?invite=AbCdEf123", *ADD, expect=1)
    assert "Referral note" in done.stdout
    assert "AbCdEf123" not in done.stdout + done.stderr


def test_figures_and_names_that_make_no_sense(kapear: Kapear, platform: Platform) -> None:
    target = platform.line["targets"][0]
    assert "90 days" in kapear.refused("watch", "add", target, *ADD, "--days", "91")
    assert "--backfill" in kapear.refused("watch", "add", target, *ADD, "--backfill", "soon")
    assert "reference" in kapear.refused("watch", "add", target, "--report", "no spaces", *ADD[2:])
    assert "no such target" in kapear.refused("watch", "show", "nothing")
    assert "no such lead" in kapear.refused("leads", "show", "nothing").lower()
    assert "future" in kapear.refused(
        "report", "add", "R-2", "--received", "2999-01-01", "--via", "web", "--alleged", "x"
    )
    kapear.run("frobnicate", expect=2)


def test_wrong_settings(kapear: Kapear, tmp_path: Path) -> None:
    for name, value, says in (
        ("KAPEAR_DATABASE_URL", "oracle://nowhere", "KAPEAR_DATABASE_URL"),
        ("KAPEAR_DATABASE_URL", "postgresql://kapear@127.0.0.1:1/kapear", "PostgreSQL"),
        ("KAPEAR_ALLOW_NETWORKS", "everything", "KAPEAR_ALLOW_NETWORKS"),
        ("KAPEAR_BIND", "0.0.0.0:8470", "loopback"),
        ("KAPEAR_BIND", "nonsense", "KAPEAR_BIND"),
        ("KAPEAR_TELEGRAM_WEB_BASE", "gopher://kites", "KAPEAR_TELEGRAM_WEB_BASE"),
        ("KAPEAR_BLUESKY_BASE", "kites.example", "KAPEAR_BLUESKY_BASE"),
        ("KAPEAR_DATA_DIR", str(tmp_path / "nowhere"), "kapear init"),
    ):
        assert says in kapear.with_env(**{name: value}).refused("leads", "list")


def test_a_port_in_use(kapear: Kapear) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        last = kapear.with_env(KAPEAR_BIND=f"127.0.0.1:{port}").run("run", expect=1).stderr.splitlines()[-1]
    assert f"Port {port} is in use" in last


def test_a_hash_list_with_bad_rows(kapear: Kapear, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"algorithm,hash\nmd5,{'a' * 32}\nmd5,short\nsha256,{'b' * 64}\n")
    options = ("--format", "csv", "--name", "n", "--classification", "c")
    done = kapear.run("hashlist", "import", str(file), *options)
    assert "Line 3 refused" in done.stderr
    [listed] = kapear.json("hashlist", "list")
    assert (listed["entries"], listed["version"]) == (2, 1)
    file.write_text("no,header\n")
    assert "Line 1" in kapear.refused("hashlist", "import", str(file), *options)
    assert "cannot be read" in kapear.refused("hashlist", "import", str(tmp_path / "absent.csv"), *options)
    assert kapear.json("hashlist", "list") == [listed]


def outcome_of(kapear: Kapear, target_id: str) -> Any:
    """Wait for the running instance's first visit and return its outcome."""
    return until(lambda: kapear.json("watch", "show", target_id)["last_outcome"])


def huge(write: Any) -> None:
    with contextlib.suppress(OSError):
        for _ in range(1024):
            write(b"\xff\xd8\xff" + b"\0" * (1 << 20))


def test_unruly_servers_end_in_an_outcome_and_stop_nothing(kapear: Kapear) -> None:
    with serving_site() as site:
        site.answers["/odd-pictures"] = Answer(
            body=b"<p>kites</p><img src=/absent.png><img src=/html.png><img src=/huge.jpg><img src=/endless.jpg>"
        )
        site.answers["/html.png"] = Answer(kind="image/png", body=b"<html>no picture</html>")
        site.answers["/huge.jpg"] = Answer(kind="image/jpeg", body=huge, headers={"Content-Length": str(1 << 30)})
        site.answers["/endless.jpg"] = Answer(kind="image/jpeg", body=huge)
        site.answers["/broken"] = Answer(status=500)
        site.answers["/moved"] = Answer(status=302, headers={"Location": "http://127.0.0.2/elsewhere"})
        site.answers["/loop"] = Answer(status=302, headers={"Location": "/loop"})
        outcomes = {
            "/odd-pictures": "new",
            "/absent": "unreachable",  # said once: not gone before it is said again
            "/broken": "unreachable",
            "/moved": "moved",
            "/loop": "error",
        }
        ids = {path: kapear.watch(f"{site.base}{path}") for path in outcomes}
        nobody = kapear.watch(f"http://127.0.0.1:{free_port()}/kites")
        with kapear.running():
            for path, outcome in outcomes.items():
                assert outcome_of(kapear, ids[path]) == outcome, path
            assert outcome_of(kapear, nobody) == "unreachable"
        [post] = kapear.json("watch", "posts", ids["/odd-pictures"])
        statuses = sorted(media["status"] for media in post["media"])
        assert statuses == ["pending", "rejected", "rejected", "undecodable"]
        assert all(media["sha256"] is None for media in post["media"] if media["status"] == "rejected")


def test_a_redirect_that_the_guard_forbids_is_refused_without_a_request(kapear: Kapear) -> None:
    with serving_site() as site:
        site.answers["/page"] = Answer(
            body=b"<p>kites</p><img src='http://10.1.2.3/kite.png'><img src='http://[::1]:1/'>"
        )
        target_id = kapear.watch(f"{site.base}/page")
        assert kapear.json("watch", "check", target_id)["outcome"] == "new"
        [post] = kapear.json("watch", "posts", target_id)
        assert {media["status"] for media in post["media"]} == {"rejected"}
        narrow = kapear.with_env(KAPEAR_ALLOW_NETWORKS="127.0.0.9/32")
        asked = len(site.asked)
        assert narrow.json("watch", "check", target_id)["outcome"] == "refused"
        assert len(site.asked) == asked


def test_a_stop_under_a_hostile_page_is_clean(kapear: Kapear) -> None:
    with serving_site() as site:
        deep = b"<div><a href=/x>" * 120_000
        site.answers["/deep"] = Answer(body=deep[: 2 * 1024 * 1024 - 10])
        target_id = kapear.watch(f"{site.base}/deep")
        with kapear.running() as process:
            until(lambda: "/deep" in site.asked)
            process.terminate()
            assert process.wait(30) == 0
        assert kapear.json("watch", "show", target_id)["status"] == "active"
        assert kapear.json("audit", "verify")["whole"]
