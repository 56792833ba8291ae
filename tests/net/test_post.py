"""Letters reach a real server over a connection that is guarded and protected, and a bad server costs little."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from domain.errors import NotSent, OperatorFault
from domain.messages import Letter
from net import post
from net.dialling import Dialler
from net.guard import EgressPolicy
from net.post import MAIL_PORTS, MailServer, SmtpPostman, Tls
from tests.contracts.postman import LETTER, FakePostman, PostmanContract
from tests.net.loopback import LOOPBACK_ONLY
from tests.net.smtp_server import MailHost, mail_host
from tests.net.test_session import authority

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def postman_of(there: MailHost, /, trusting: ssl.SSLContext | None = None, **more: object) -> SmtpPostman:
    tls = Tls.IMPLICIT if there.implicit else Tls.STARTTLS if there.tls else Tls.NONE
    server = MailServer(
        host="127.0.0.1", port=there.port, tls=tls, sender="kapear@example.org", recipients=("desk@example.org",),
        trusting=lambda: trusting or ssl.create_default_context(),
    )  # fmt: skip
    server = replace(server, **more)  # type: ignore[arg-type]  # what a test wants of it
    return SmtpPostman(server=server, dialler=Dialler(policy=LOOPBACK_ONLY), now=lambda: NOON, seconds=5.0)


def read(letter: bytes) -> EmailMessage:
    undotted = letter.replace(b"\r\n..", b"\r\n.")
    return email.message_from_bytes(undotted, policy=email.policy.default)


@dataclass
class HostBox:
    host: MailHost

    @property
    def refuses(self) -> bool:
        return bool(self.host.answers)

    @refuses.setter
    def refuses(self, refuses: bool) -> None:
        self.host.answers = {"mail": "451 later"} if refuses else {}

    def letters(self) -> list[Letter]:
        found = [read(one) for one in self.host.letters]
        return [
            Letter(subject=str(one["Subject"]), body=one.get_content().replace("\r\n", "\n")) for one in found
        ]  # fmt: skip


class TestFake(PostmanContract):
    @pytest.fixture
    def box(self) -> FakePostman:
        return FakePostman()

    @pytest.fixture
    def postman(self, box: FakePostman) -> FakePostman:
        return box


class TestSmtp(PostmanContract):
    @pytest.fixture(params=["none", "starttls", "implicit"])
    async def both(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[MailHost, SmtpPostman]]:
        tls, trusting, _ = authority(tmp_path)
        host = MailHost(tls=None if request.param == "none" else tls, implicit=request.param == "implicit")
        async with mail_host(host):
            yield host, postman_of(host, trusting)
            assert all(one is (request.param != "none") for one in host.secured)

    @pytest.fixture
    def box(self, both: tuple[MailHost, SmtpPostman]) -> HostBox:
        return HostBox(both[0])

    @pytest.fixture
    def postman(self, both: tuple[MailHost, SmtpPostman]) -> SmtpPostman:
        return both[1]


async def code_of(postman: SmtpPostman) -> str:
    with pytest.raises(NotSent) as caught:
        await postman.send(LETTER)
    return caught.value.code


async def test_a_letter_says_who_when_and_that_no_person_wrote_it() -> None:
    async with mail_host(MailHost()) as host:
        await postman_of(host, recipients=("desk@example.org", "boss@example.org")).send(LETTER)
    letter = read(host.letters[0])
    assert sorted(letter.keys()) == [
        "Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-ID",
        "Subject", "To",
    ]  # fmt: skip
    assert (letter["From"], letter["To"]) == ("kapear@example.org", "desk@example.org, boss@example.org")
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter["Date"] == "Wed, 01 Apr 2026 12:00:00 +0000"
    assert host.lines[0] == "ehlo example.org", "this machine's own name is not told"


@pytest.mark.parametrize(
    "hostile", ["watching\r\nBcc: all@example.org", "a\nb\n\n<html>", "x\r\n.\r\nQUIT\r\n", "a\x00b"]
)
async def test_no_subject_makes_a_header_or_a_command(hostile: str) -> None:
    async with mail_host(MailHost()) as host:
        await postman_of(host).send(Letter(subject=hostile, body=f"{hostile}\r\n.\r\nMAIL FROM:<x@example.org>\r\n"))
    (letter,) = map(read, host.letters)
    assert "Bcc" not in letter
    commands = [line.partition(">")[0] for line in host.lines if line.lower().startswith(("rcpt", "mail"))]
    assert commands == ["mail FROM:<kapear@example.org", "rcpt TO:<desk@example.org"]


@pytest.mark.parametrize("at", ["greeting", "ehlo", "mail", "rcpt", "data", "end"])
async def test_a_server_that_hangs_drops_or_babbles_costs_a_code_and_no_more(
    at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "STEP_S", 0.3)
    async with asyncio.timeout(60):
        async with mail_host(MailHost(hangs=at)) as host:
            assert await code_of(postman_of(host)) == "timeout"
        async with mail_host(MailHost(drops=at)) as host:
            assert await code_of(postman_of(host)) == "dropped"
        async with mail_host(MailHost(garbage=at)) as host:
            if at == "ehlo":  # there is an older greeting
                assert await postman_of(host).send(LETTER) == 0
            else:
                assert await code_of(postman_of(host)) == ("recipient" if at == "rcpt" else "garbage")


async def test_a_server_that_trickles_for_ever_is_left_after_a_letter_s_time() -> None:
    async with asyncio.timeout(30), mail_host(MailHost(trickles="ehlo")) as host:
        assert await code_of(replace(postman_of(host), seconds=0.5)) == "timeout"


@pytest.mark.parametrize(
    ("at", "answer", "code"),
    [
        ("mail", "451 later", "smtp_451"),
        ("rcpt", "550 nobody here", "recipient"),
        ("data", "554 no", "smtp_554"),
        ("end", "552 too large", "smtp_552"),
        ("greeting", "421 busy", "smtp_421"),
    ],
)
async def test_a_refusal_is_a_code(at: str, answer: str, code: str) -> None:
    async with mail_host(MailHost(answers={at: answer})) as host:
        assert await code_of(postman_of(host)) == code


async def test_of_several_recipients_those_refused_are_counted() -> None:
    async with mail_host(MailHost()) as host:
        host.refused = {"gone@example.org"}
        postman = postman_of(host, recipients=("desk@example.org", "gone@example.org"))
        assert await postman.send(LETTER) == 1
        assert len(host.letters) == 1


async def test_without_a_trusted_certificate_nothing_is_said(tmp_path: Path) -> None:
    tls, _, _ = authority(tmp_path)
    for implicit in (False, True):
        async with mail_host(MailHost(tls=tls, implicit=implicit)) as host:
            assert await code_of(postman_of(host)) == "tls"
            assert host.letters == []
            assert not [line for line in host.lines if line.lower().startswith(("mail", "auth"))]


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    async with mail_host(MailHost(login=("desk", "kites"))) as host:
        postman = postman_of(host, tls=Tls.STARTTLS, user="desk", password=lambda: "kites")
        assert await code_of(postman) == "no_starttls"
        assert not [line for line in host.lines if "auth" in line.lower()]


async def test_user_and_password_are_sent_within_tls_only(tmp_path: Path) -> None:
    tls, trusting, _ = authority(tmp_path)
    async with mail_host(MailHost(tls=tls, login=("desk", "kites"))) as host:
        await postman_of(host, trusting, user="desk", password=lambda: "kites").send(LETTER)
        assert host.secured == [True]
        assert await code_of(postman_of(host, trusting, user="desk", password=lambda: "boats")) == "credentials"

        def missing() -> str:
            raise OperatorFault("no such variable")

        assert await code_of(postman_of(host, trusting, user="desk", password=missing)) == "no_password"
    async with mail_host(MailHost()) as host:
        assert await code_of(postman_of(host, user="desk", password=lambda: "kites")) == "no_login"


async def test_the_guard_stands_before_the_mail_server() -> None:
    async with mail_host(MailHost()) as host:
        for address, policy, code in (
            ("127.0.0.1", EgressPolicy(enrolled=False), "egress_not_enrolled"),
            ("127.0.0.1", EgressPolicy(enrolled=True, ports=MAIL_PORTS), "egress_loopback"),
            ("10.0.0.5", EgressPolicy(enrolled=True, ports=MAIL_PORTS), "egress_private"),
            ("mail.example.org", LOOPBACK_ONLY, "not_enrolled"),
        ):
            refused = replace(postman_of(host, host=address), dialler=Dialler(policy=policy))
            assert await code_of(refused) == code
        assert host.lines == []
        assert await postman_of(host, host="localhost").send(LETTER) == 0


def test_mail_has_ports_of_its_own() -> None:
    policy = EgressPolicy(enrolled=True, ports=MAIL_PORTS)
    assert policy.verdict("9.9.9.9", 587) is None
    assert policy.verdict("9.9.9.9", 443) == "port"
    assert EgressPolicy(enrolled=True).verdict("9.9.9.9", 587) == "port"


async def test_where_nobody_listens_that_is_told() -> None:
    async with mail_host(MailHost()) as host:
        pass
    assert await code_of(postman_of(host)) == "unreachable"
