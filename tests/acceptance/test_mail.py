"""A running instance tells its people by mail how the watch stands, and no content is in it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.driver import Kapear, free_port, until
from tests.net.smtp_server import MailHost, mail_host


@contextmanager
def answering(host: MailHost) -> Iterator[MailHost]:
    """Let a mail server answer in a thread of its own."""
    ready, done = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with mail_host(host):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield host
    finally:
        loops[0].call_soon_threadsafe(done.set)
        thread.join(10)


@pytest.fixture
def host() -> Iterator[MailHost]:
    with answering(MailHost()) as host:
        yield host


def letters(host: MailHost) -> list[EmailMessage]:
    return [email.message_from_bytes(one, policy=email.policy.default) for one in tuple(host.letters)]


def configured(folder: Path, host: MailHost) -> Kapear:
    kapear = Kapear(
        data_dir=folder / "data",
        environment={"KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": f"127.0.0.1:{free_port()}"},
    )
    kapear.run("init")
    settings = f'[mail]\nhost = "127.0.0.1"\nport = {host.port}\ntls = "none"\n'
    people = 'from = "kapear@example.org"\nto = "desk@example.org"\ndaily_at = 0\n'
    (kapear.data_dir / "kapear.toml").write_text(settings + people)
    return kapear


def health(kapear: Kapear) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{kapear.environment['KAPEAR_BIND']}/healthz") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_a_test_message_arrives_or_says_why_not(tmp_path: Path, host: MailHost) -> None:
    kapear = configured(tmp_path, host)
    assert "took the message" in kapear.run("doctor", "--mail").stderr
    (letter,) = letters(host)
    assert letter["Subject"] == "Kapear: a test"
    assert kapear.environment["KAPEAR_BIND"] in letter.get_content()
    host.answers = {"mail": "451 the server's own words"}
    refused = kapear.refused("doctor", "--mail")
    assert "smtp_451" in refused
    assert "own words" not in refused
    (kapear.data_dir / "kapear.toml").unlink()
    assert "[mail]" in kapear.refused("doctor", "--mail")


def test_a_running_instance_says_that_it_watches_and_that_it_does_not(tmp_path: Path, host: MailHost) -> None:
    kapear = configured(tmp_path, host)
    kapear.watch("http://127.0.0.1:9/tin-lanterns.html")
    with kapear.running():
        until(lambda: health(kapear)[0] == 200)
        kapear.run("pause", "--all", "counsel asks for it")
        status, body = health(kapear)
        assert (status, '"paused"' in body) == (503, True)
        until(lambda: any("paused" in letter.get_content() for letter in letters(host)), seconds=120)
        host.answers = {"mail": "451 later"}
        kapear.run("pause", "--all", "")
        until(lambda: "smtp_451" in health(kapear)[1], seconds=120)
        assert health(kapear)[0] == 200, "monitoring goes on without mail"
    checks = {check["name"]: check for check in kapear.json("doctor")["checks"]}
    assert "smtp_451" in checks["mail"]["finding"]
    for letter in letters(host):
        assert "lanterns" not in letter.get_content()
        assert "counsel" not in letter.get_content()
