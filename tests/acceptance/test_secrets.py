"""What a thief, a log reader or an auditor finds: no locator, no text, no handle, no picture."""

from __future__ import annotations

import base64
import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.driver import ROOT, Kapear, Platform
from tests.acceptance.site import Answer, Site, serving_site
from tests.fingerprint.pictures import encoded, photo
from tests.postgres import PostgresServer

WINDOW = 24
WORDS = "blue kites beside the old harbour wall"


def reveal_all(kapear: Kapear, leads: slice = slice(None)) -> list[str]:
    """Return every locator, text and handle that the leads hold, or some of them."""
    words: list[str] = []
    for lead in kapear.json("leads", "list")[leads]:
        contents = kapear.json("leads", "show", lead["id"], "--reveal", "test")["contents"]
        for content in (content for content in contents if content["kind"] == "post"):
            words += [content["url"], content["text"], content["author"] or "", *content["links"]]
            words += [content["capture"]["final_url"]]
    return [word for word in words if len(word) >= 6]


def files_below(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def found_in(files: dict[Path, bytes], needles: list[bytes]) -> list[str]:
    return [path.name for path, content in files.items() if any(needle in content for needle in needles)]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_stolen_disk_shows_no_word_of_a_lead(
    database: str, tmp_path: Path, platform: Platform, request: pytest.FixtureRequest
) -> None:
    environment = platform.environment()
    folders = [tmp_path / "data"]
    server: PostgresServer | None = None
    if database == "postgresql":
        environment["KAPEAR_DATABASE_URL"] = request.getfixturevalue("empty_postgres_url")
        server = request.getfixturevalue("postgres")
        folders.append(server.folder / "data")
    kapear = Kapear(data_dir=tmp_path / "data", environment=environment)
    kapear.run("init")
    kapear.run(
        "hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "demo", "--classification", "known"
    )
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "kapear.db")) as reader:
        if database == "sqlite":
            # An old reader keeps everything that follows in the write-ahead log, to be scanned as well.
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM posts").fetchone()
        for locator in platform.line["targets"][:1] + platform.line["targets"][-1:]:
            kapear.json("watch", "check", kapear.watch(locator))
        lead = kapear.json("leads", "list")[0]
        kapear.run("leads", "note", lead["id"], WORDS)
        if server is not None:
            server.sql("CHECKPOINT")
        words = reveal_all(kapear)
        assert len(words) > 5
        needles = [word.encode() for word in (*words, WORDS, *platform.line["targets"], "lantern_shop")]
        files = files_below(*folders)
    assert any(b"lead.filed" in content for content in files.values()), "the scan reads the real database"
    assert database != "sqlite" or any(path.name.endswith("-wal") and content for path, content in files.items())
    assert found_in(files, needles) == []


def test_tampering_with_the_audit_log_is_found_and_named(kapear: Kapear) -> None:
    for number in range(3):
        kapear.run("report", "add", f"R-{number}", "--received", "2026-01-31", "--via", "web", "--alleged", "kites")
    kept = kapear.json("audit", "checkpoint")["checkpoint"]
    assert kapear.json("audit", "verify", "--checkpoint", kept)["whole"]
    assert "64 hexadecimal digits" in kapear.refused("audit", "verify", "--checkpoint", "last week")
    database = sqlite3.connect(kapear.data_dir / "kapear.db")
    try:
        database.execute("UPDATE audit_events SET actor = 'somebody' WHERE seq = 3")
        database.commit()
    finally:
        database.close()
    assert "event 3 was altered" in kapear.run("audit", "verify", expect=1).stderr


def test_a_log_that_was_cut_together_with_its_head_is_found_by_a_checkpoint(kapear: Kapear) -> None:
    for number in range(3):
        kapear.run("report", "add", f"R-{number}", "--received", "2026-01-31", "--via", "web", "--alleged", "kites")
    kept = kapear.json("audit", "checkpoint")
    database = sqlite3.connect(kapear.data_dir / "kapear.db")
    try:
        database.execute("DELETE FROM audit_events WHERE seq = ?", (kept["events"],))
        database.execute("UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_events ORDER BY seq DESC)")
        database.commit()
    finally:
        database.close()
    assert kapear.json("audit", "verify")["whole"]
    broken = kapear.run("audit", "verify", "--checkpoint", kept["checkpoint"], expect=1)
    assert f"the chain was cut after event {kept['events'] - 1}" in broken.stderr


# ------------------------------------------------------------------ the canary


def canary_site(site: Site, picture: bytes) -> None:
    """Serve one picture as a file, as a data URI and as base64 in the text; another page breaks off."""
    text = base64.b64encode(picture).decode()
    page = f"""<html><head><meta property="og:image" content="/canary-file.png"></head><body>
    <p>{WORDS}</p><p>{text}</p><img src="data:image/png;base64,{text}">
    <a href="{site.base}/canary-link">more</a></body></html>"""
    site.answers["/canary-page"] = Answer(body=page.encode())
    site.answers["/canary-file.png"] = Answer(kind="image/png", body=picture)
    # Fails after the picture has begun to arrive: the length is a lie.
    broken = f"<html><body><p>{WORDS} {text}</p><img src='/canary-half.png'></body></html>"
    site.answers["/canary-broken"] = Answer(body=broken.encode())
    site.answers["/canary-half.png"] = Answer(
        kind="image/png", body=lambda write: write(picture[: len(picture) // 2]), headers={"Content-Length": "9999999"}
    )
    site.answers["/canary-error"] = Answer(status=500, body=page.encode())


def windows(picture: bytes) -> list[bytes]:
    """Return pieces of the picture, raw and in every base64 alignment, as a leak would show them."""
    pieces = [picture[start : start + WINDOW] for start in range(64, len(picture) - WINDOW, 509)]
    encodings = [base64.b64encode(picture[shift:])[4:-4] for shift in range(3)]
    return pieces + [text[start : start + 32] for text in encodings for start in range(0, len(text) - 32, 701)]


def visit_canaries(kapear: Kapear, site: Site, tmp_path: Path, command: list[str]) -> str:
    """Visit every canary page at DEBUG; returns all that was logged."""
    logged = ""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    for page in ("/canary-page", "/canary-broken", "/canary-error"):
        target_id = kapear.watch(f"{site.base}{page}")
        done = subprocess.run(
            [sys.executable, *command, "watch", "check", target_id],
            env={**kapear.env, "KAPEAR_DEBUG": "1", "TMPDIR": str(scratch)},
            cwd=scratch,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        logged += done.stdout + done.stderr
    assert "/canary-file.png" in site.asked
    assert "/canary-half.png" in site.asked
    return logged


def leaks(logged: str, tmp_path: Path, picture: bytes, site: Site) -> list[str]:
    """Return where a marker or the locator shows."""
    needles = [*windows(picture), WORDS.encode(), b"/canary-", site.base.encode()]
    everything: dict[Path, bytes] = {Path("log"): logged.encode(), **files_below(tmp_path)}
    return found_in(everything, needles)


def test_a_canary_leaves_no_trace_at_debug_level_even_when_visits_fail(tmp_path: Path, kapear: Kapear) -> None:
    picture = encoded(photo(640, 480, 5), "PNG")
    with serving_site() as site:
        canary_site(site, picture)
        logged = visit_canaries(kapear, site, tmp_path, ["-m", "cli"])
        assert "DEBUG" in logged
        assert leaks(logged, tmp_path, picture, site) == []


@pytest.mark.parametrize("leak", ["log", "file", "database"])
def test_a_leaky_control_is_caught(tmp_path: Path, kapear: Kapear, leak: str) -> None:
    picture = encoded(photo(640, 480, 5), "PNG")
    with serving_site() as site:
        canary_site(site, picture)
        control = str(ROOT / "tests" / "acceptance" / "leaky.py")
        logged = visit_canaries(kapear, site, tmp_path, [control, leak])
        assert leaks(logged, tmp_path, picture, site)


def test_the_command_has_no_way_to_show_a_traceback(kapear: Kapear) -> None:
    (kapear.data_dir / "kapear.db").write_bytes(b"not a database, " * 500)
    assert "Traceback" not in kapear.run("leads", "list", expect=1).stderr
