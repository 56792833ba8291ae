"""Signing in by code, by password and by QR, each from a client without a key."""

from __future__ import annotations

import asyncio

import pytest
from telethon import TelegramClient
from telethon.errors import (
    ApiIdInvalidError,
    PasswordHashInvalidError,
    PhoneCodeInvalidError,
    PhoneNumberUnoccupiedError,
    SessionPasswordNeededError,
)
from telethon.sessions import StringSession

from demo.telegram.answers_login import CODE
from demo.telegram.server import TelegramServer

PASSWORD = "green kite"


pytestmark = pytest.mark.usefixtures("trusted_key")


def stranger(server: TelegramServer, api_hash: str = "") -> TelegramClient:
    session = StringSession(server.session_string(signed_in=False))
    return TelegramClient(session, server.platform.api_id, api_hash or server.platform.api_hash)


async def test_a_code_signs_in_and_the_session_lasts(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("one")
    client = stranger(telegram_server)
    await client.connect()
    await client.send_code_request(f"+{account.phone}")
    with pytest.raises(PhoneCodeInvalidError):
        await client.sign_in(account.phone, "11111")
    me = await client.sign_in(account.phone, CODE)
    assert me.id == account.user_id
    kept = client.session.save()
    await client.disconnect()
    async with TelegramClient(StringSession(kept), 1, "any") as again:
        assert (await again.get_me()).id == account.user_id


async def test_a_password_is_asked_for_and_proved(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("guarded", password=PASSWORD)
    client = stranger(telegram_server)
    await client.connect()
    await client.send_code_request(account.phone)
    with pytest.raises(SessionPasswordNeededError):
        await client.sign_in(account.phone, CODE)
    assert not await client.is_user_authorized()
    with pytest.raises(PasswordHashInvalidError):
        await client.sign_in(password="blue kite")
    assert (await client.sign_in(password=PASSWORD)).id == account.user_id
    await client.disconnect()


async def test_a_qr_is_accepted_elsewhere(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("one")
    client = stranger(telegram_server)
    await client.connect()
    shown = await client.qr_login()
    assert shown.url.startswith("tg://login?token=")
    waiting = asyncio.create_task(shown.wait(20))
    await asyncio.sleep(0.1)
    await telegram_server.accept_login("one")
    assert (await waiting).id == account.user_id
    await client.disconnect()


async def test_a_qr_of_a_guarded_account_asks_for_its_password(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("guarded", password=PASSWORD)
    client = stranger(telegram_server)
    await client.connect()
    shown = await client.qr_login()
    await telegram_server.accept_login("guarded")
    with pytest.raises(SessionPasswordNeededError):
        await shown.recreate()
    assert (await client.sign_in(password=PASSWORD)).id == account.user_id
    await client.disconnect()


async def test_strangers_and_other_applications_are_refused(telegram_server: TelegramServer) -> None:
    client = stranger(telegram_server)
    await client.connect()
    with pytest.raises(PhoneNumberUnoccupiedError):
        await client.send_code_request("99966199999")
    await client.disconnect()
    client = stranger(telegram_server, api_hash="of another")
    await client.connect()
    with pytest.raises(ApiIdInvalidError):
        await client.send_code_request(telegram_server.platform.account("one").phone)
    await client.disconnect()


async def test_who_signs_out_is_signed_out(telegram_server: TelegramServer) -> None:
    account = telegram_server.platform.account("one")
    client = stranger(telegram_server)
    await client.connect()
    await client.send_code_request(account.phone)
    await client.sign_in(account.phone, CODE)
    kept = client.session.save()
    assert await client.log_out()
    again = TelegramClient(StringSession(kept), 1, "any")
    await again.connect()
    assert not await again.is_user_authorized()
    await again.disconnect()
