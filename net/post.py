"""
Hand letters to the hotline's own mail server, over a socket that the egress guard has agreed to.

The standard library speaks SMTP in a thread, on a connection that was dialled
here. Whatever the server does, a letter takes half a minute at most, and
nothing that the server says is repeated: only codes come back.
"""

from __future__ import annotations

import asyncio
import email.policy
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum

from domain.errors import EgressRefused, NotSent, OperatorFault
from domain.messages import Letter
from net.dialling import Dialler, NotReached

STEP_S = 10.0  # what one answer may take
LETTER_S = 30.0  # what a letter may take in all
MAIL_PORTS = frozenset({25, 465, 587})


class Tls(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"  # to loopback only


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes letters, who sends them, and who gets them; addresses were checked where they were read."""

    host: str
    port: int
    tls: Tls
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: Callable[[], str] = field(default=str, repr=False)
    trusting: Callable[[], ssl.SSLContext] = ssl.create_default_context


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpPostman:
    """The `Postman` of a configured server."""

    server: MailServer
    dialler: Dialler
    now: Callable[[], datetime]
    seconds: float = LETTER_S

    async def send(self, letter: Letter) -> int:
        """
        Hand a letter over; returns how many recipients the server refused, of several.

        Raises NotSent with a code where nobody gets it, as far as is known.
        """
        content = self._written(letter)
        try:
            async with asyncio.timeout(self.seconds):
                stream = await self._dialled()
                with stream.dup() as line:  # TLS takes the first one for its own
                    try:
                        return await asyncio.to_thread(self._hand_over, stream, content)
                    finally:
                        with suppress(OSError):
                            line.shutdown(socket.SHUT_RDWR)  # a thread that still waits for an answer ends now
        except TimeoutError:
            raise NotSent("timeout") from None
        except EgressRefused as refusal:
            raise NotSent(f"egress_{refusal.code}") from None
        except NotReached as fault:
            raise NotSent(fault.code) from None

    def _written(self, letter: Letter) -> bytes:
        """Return the letter as it is sent; a header that holds a line's end is refused by the library."""
        domain = self.server.sender.rpartition("@")[2]
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = self.server.sender
        message["To"] = ", ".join(self.server.recipients)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(self.now())
        message["Message-ID"] = make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body, cte="base64")  # no line of it is ever read as a command
        return message.as_bytes()

    async def _dialled(self) -> socket.socket:
        """Return a connection to the first of the server's addresses that can be reached."""
        if not self.dialler.policy.enrolled and self.server.host == "localhost":
            addresses = ["127.0.0.1"]
        else:
            addresses = await self._resolved()
        fault: Exception = NotReached("dns")
        for address in addresses:
            try:
                stream = await self.dialler.dial(address, self.server.port, seconds=STEP_S)
            except (NotReached, EgressRefused) as refused:
                fault = refused
                continue
            stream.settimeout(STEP_S)
            return stream
        raise fault

    async def _resolved(self) -> list[str]:
        """Return the addresses of the server's name; an instance that is not enrolled asks nobody about names."""
        flags = 0 if self.dialler.policy.enrolled else socket.AI_NUMERICHOST
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self.server.host, self.server.port, type=socket.SOCK_STREAM, flags=flags)
        except OSError:
            raise NotReached("dns" if self.dialler.policy.enrolled else "not_enrolled") from None
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def _hand_over(self, stream: socket.socket, content: bytes) -> int:
        """Speak SMTP on a connection, to its end; returns how many recipients were refused. Raises NotSent."""
        try:
            return self._spoken(stream, content)
        except (OSError, ValueError, OperatorFault) as fault:
            raise NotSent(_code_of(fault, self.server.tls)) from None
        finally:
            stream.close()

    def _spoken(self, stream: socket.socket, content: bytes) -> int:
        server = self.server
        password = server.password() if server.user else ""
        if server.tls is Tls.IMPLICIT:
            stream = server.trusting().wrap_socket(stream, server_hostname=server.host)
        with _Speaker(stream, server) as speaker:
            if server.tls is Tls.STARTTLS:
                speaker.starttls(context=server.trusting())
            if server.user:
                speaker.login(server.user, password)
            return len(speaker.sendmail(server.sender, list(server.recipients), content))


# The first that fits; whatever else goes wrong is a connection that broke.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (OperatorFault, "no_password"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (smtplib.SMTPAuthenticationError, "credentials"),
    (smtplib.SMTPRecipientsRefused, "recipient"),
)


def _code_of(fault: Exception, tls: Tls) -> str:
    """Return the code of what went wrong; never a word of the server's."""
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return "no_starttls" if tls is Tls.STARTTLS else "no_login"
    if isinstance(fault.__context__, TimeoutError):  # the library calls that a connection that was closed
        return "timeout"
    code = next((code for kind, code in _CODES if isinstance(fault, kind)), "dropped")
    if code == "dropped" and isinstance(fault, smtplib.SMTPResponseException):
        return f"smtp_{fault.smtp_code}" if fault.smtp_code in range(400, 600) else "garbage"
    return code


class _Speaker(smtplib.SMTP):
    """The library's client, on a connection that was dialled already."""

    def __init__(self, stream: socket.socket, server: MailServer) -> None:
        """Take the connection, and wait for the greeting; this machine's own name is not told."""
        self._given = stream
        name = server.sender.rpartition("@")[2]
        super().__init__(server.host, server.port, local_hostname=name, timeout=STEP_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - the library's
        return self._given
