from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from demo.telegram.answers_login import CODE
from demo.telegram.server import TelegramServer
from demo.telegram.state import HOME_DC
from domain.errors import BadInput, KapearError, NotAllowed, OperatorFault, Refused
from domain.telegram import AccountId, TelegramAccount, parse_session
from net.dialling import Dialler
from net.guard import EgressPolicy
from telegram_monitor.accounts import ApiCredentials
from telegram_monitor.login import Server, SignedIn, log_in
from tests.fakes import FakeLedger
from tests.telegram_monitor.dialled import LOOPBACK, credentials_of, history_of, reading, visited

pytestmark = pytest.mark.usefixtures("trusted_key")
PASSWORD = "green kite"
ASKED_BEFORE = {"help.getConfig", "auth.sendCode", "auth.signIn"}


@dataclass
class Person:
    """Answers what a login asks, each time with the next of its answers."""

    number: str = ""
    codes: list[str] = field(default_factory=lambda: [CODE])
    passwords: list[str] = field(default_factory=list)
    server: TelegramServer | None = None  # whose QR codes are scanned, by a phone of `scans`
    scans: str = ""
    after: int = 1
    shown: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    async def label(self) -> str:
        return " the hotline's phone "

    async def phone(self) -> str:
        return self.number

    async def code(self) -> str:
        return self.codes.pop(0)

    async def password(self, hint: str) -> str:
        self.hints.append(hint)
        return self.passwords.pop(0)

    async def show_qr(self, url: str) -> None:
        self.shown.append(url)
        if self.server is not None and len(self.shown) >= self.after:
            await self.server.accept_login(self.scans)


async def signed_in(server: TelegramServer, person: Person, *, by_qr: bool = False) -> SignedIn:
    place = Server(dc=HOME_DC, address="127.0.0.1", port=server.ports[HOME_DC])
    return await log_in(person, api=credentials_of(server), dial=LOOPBACK, by_qr=by_qr, server=place)


async def refused(server: TelegramServer, person: Person, *, by_qr: bool = False) -> KapearError:
    with pytest.raises(KapearError) as refusal:
        await signed_in(server, person, by_qr=by_qr)
    assert "\n" not in str(refusal.value)
    assert not person.number or person.number not in str(refusal.value)
    return refusal.value


async def reads(server: TelegramServer, session: str) -> str:
    """Return the name of the account that a session reads as."""
    server.platform.channel("red_kites").post("a kite")
    ledger = FakeLedger([TelegramAccount(id=AccountId("new"), label="new", session=session)])
    async with reading(server, ledger) as accounts:
        channel = await visited(accounts)
        await channel.ask(history_of(channel))
    return server.log.of("messages.getHistory")[-1].account


async def test_a_code_signs_in_and_the_session_reads(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("two")
    kept = await signed_in(telegram_server, Person(f"+{account.phone}"))
    assert set(telegram_server.log.methods()) == ASKED_BEFORE
    assert kept.label == "the hotline's phone"
    assert account.phone not in kept.label + kept.session
    assert kept.session not in repr(kept)
    assert parse_session(kept.session).port == telegram_server.ports[HOME_DC]
    assert await reads(telegram_server, kept.session) == "two"


async def test_wrong_codes_and_passwords_are_asked_for_again(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("guarded", password=PASSWORD)
    person = Person(account.phone, codes=["1", "", CODE], passwords=["red kite", "blue kite", PASSWORD])
    kept = await signed_in(telegram_server, person)
    assert person.hints == ["colour of the kite"] * 3
    assert await reads(telegram_server, kept.session) == "guarded"


async def test_the_password_is_never_sent(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("guarded", password=PASSWORD)
    await signed_in(telegram_server, Person(account.phone, passwords=[PASSWORD]))
    assert PASSWORD not in repr(telegram_server.log.calls)


@pytest.mark.parametrize("guarded", [False, True])
async def test_a_qr_code_signs_in(telegram_server: TelegramServer, *, guarded: bool) -> None:
    telegram_server.platform.account("three", password=PASSWORD if guarded else "")
    person = Person(server=telegram_server, scans="three", passwords=[PASSWORD])
    kept = await signed_in(telegram_server, person, by_qr=True)
    (shown,) = person.shown
    assert shown.startswith("tg://login?token=")
    assert await reads(telegram_server, kept.session) == "three"


async def test_qr_codes_are_shown_anew_until_one_is_scanned(
    telegram_server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telegram_monitor.login.QR_SECONDS", 0.05)
    telegram_server.platform.account("two")
    person = Person(server=telegram_server, scans="two", after=3)
    await signed_in(telegram_server, person, by_qr=True)
    assert len(set(person.shown)) == 3
    assert "Nobody scanned" in str(await refused(telegram_server, Person(), by_qr=True))


async def test_a_login_follows_the_account_to_where_it_lives(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("two")
    telegram_server.faults.add("auth.sendCode", "error", "PHONE_MIGRATE_4")
    kept = await signed_in(telegram_server, Person(account.phone))
    assert parse_session(kept.session).dc == 4
    assert [call.dc for call in telegram_server.log.of("auth.signIn")] == [4]
    telegram_server.faults.add("auth.sendCode", "error", "PHONE_MIGRATE_4", times=None)
    assert isinstance(await refused(telegram_server, Person(account.phone)), OperatorFault)


@pytest.mark.parametrize(
    ("person", "kind", "words"),
    [
        (Person("9996610001", codes=["1", "2", "3"]), BadInput, "not the code"),
        (Person("9996619999"), BadInput, "no Telegram account"),
    ],
)
async def test_what_a_person_got_wrong_is_one_line(
    telegram_server: TelegramServer, person: Person, kind: type[KapearError], words: str
) -> None:
    refusal = await refused(telegram_server, person)
    assert isinstance(refusal, kind)
    assert words in str(refusal)


@pytest.mark.parametrize(
    ("method", "error", "kind", "words"),
    [
        ("auth.sendCode", "PHONE_NUMBER_INVALID", BadInput, "country code"),
        ("auth.sendCode", "PHONE_NUMBER_BANNED", BadInput, "banned"),
        ("auth.sendCode", "API_ID_INVALID", BadInput, "KAPEAR_TELEGRAM_API_ID"),
        ("auth.sendCode", "FLOOD_WAIT_3600", Refused, "3600 seconds"),
        ("auth.signIn", "PHONE_CODE_EXPIRED", BadInput, "expired"),
        ("auth.signIn", "INTERNAL", OperatorFault, "server_error"),
    ],
)
async def test_what_telegram_refuses_is_one_line(
    telegram_server: TelegramServer, method: str, error: str, kind: type[KapearError], words: str
) -> None:
    account = telegram_server.platform.account("one")
    telegram_server.faults.add(method, "error", error)
    refusal = await refused(telegram_server, Person(account.phone))
    assert type(refusal) is kind
    assert words in str(refusal)


async def test_an_instance_that_is_not_enrolled_signs_in_nowhere(telegram_server: TelegramServer) -> None:
    dial = Dialler(policy=EgressPolicy(enrolled=False))
    with pytest.raises(NotAllowed, match="enrolled"):
        await log_in(Person("1"), api=ApiCredentials(id=1, hash="kite"), dial=dial)
    assert not telegram_server.log.calls
