"""The accounts of the organisation: what is remembered of them, and what people decide about them."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import BadInput, NotAllowed, NotFound, OperatorFault, WrongState
from domain.observations import Platform
from domain.people import Actor, Role
from domain.telegram import AccountId, ResolvedChannel, parse_session
from keys import hotline, keyfile
from keys.vault import HostVault
from tests.desk import LOCAL
from tests.triage.deskhands import Desk
from triage import desk as desks
from triage.json_views import account_json
from triage.telegram import ENVIRONMENT, Telegram, telegram_id
from triage.watchlist import NewTarget, WatchList

LOCATOR = "https://t.me/s/tin_lanterns"


def a_session(number: int = 1, host: bytes = bytes([127, 0, 0, 1])) -> str:
    packed = struct.pack(f">B{len(host)}sH256s", 2, host, 443, bytes([number]) * 256)
    return "1" + base64.urlsafe_b64encode(packed).decode()


def with_session(desk: Desk, session: str = "") -> desks.Desk:
    return replace(desk.opened.office.desk, telegram_session=session or a_session())


async def add_target(own: desks.Desk, locator: str) -> Platform:
    wanted = NewTarget(locator=locator, report="IHC-1", authorised_by="The board", basis="A report")
    return (await WatchList(desk=own).add(LOCAL, wanted)).target.platform


def test_a_session_says_where_its_account_lives() -> None:
    parts = parse_session(a_session())
    assert (parts.dc, parts.host, parts.port, parts.auth_key) == (2, "127.0.0.1", 443, b"\x01" * 256)
    assert parse_session(a_session(host=bytes(15) + b"\x01")).host == "::1"
    assert "auth_key" not in repr(parts)


@pytest.mark.parametrize(
    "text", ["", "1", "kites", "2" + a_session()[1:], a_session()[:-4], a_session() + "AAAA", "1ក" + a_session()[2:]]
)
def test_what_is_no_session_is_told_in_one_line(text: str) -> None:
    with pytest.raises(BadInput, match=r"^is no session: [^\n]+$"):
        parse_session(text)


def test_a_session_that_was_never_signed_in_is_none() -> None:
    with pytest.raises(BadInput, match="never signed in"):
        parse_session(a_session(0))


async def test_a_stored_session_comes_back_and_lies_nowhere_in_the_clear(desk: Desk, tmp_path: Path) -> None:
    telegram = desk.opened.office.telegram
    state = await telegram.add(LOCAL, label="kites", session=a_session())
    (account,) = await telegram.accounts()
    assert (account.id, account.label, account.session, account.parked) == (state.id, "kites", a_session(), "")
    await telegram.resolved(LOCATOR, a_channel(account.id))
    await desk.opened.store.checkpoint()
    stored = in_files(tmp_path)
    for clear in (a_session().encode(), b"\x01" * 32, b"1234567890123", b"tin_lanterns", (1234567890123).to_bytes(8)):
        assert clear not in stored
    (event,) = [event for event in await desk.events() if event.action == "telegram.account_added"]
    assert (event.actor, event.subject) == (LOCAL.name, account.id)


def in_files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("kapear.db*"))


def a_channel(account_id: str, *, pinned: bool = True) -> ResolvedChannel:
    return ResolvedChannel(account_id=AccountId(account_id), channel_id=1234567890123, access_hash=-77, pinned=pinned)


async def test_the_environment_s_account_is_known_by_its_key_and_stored_only_where_it_is_parked(desk: Desk) -> None:
    telegram = Telegram(desk=with_session(desk))
    (account,) = await telegram.accounts()
    assert (account.label, account.session, account.parked) == (ENVIRONMENT, a_session(), "")
    assert account.id == telegram_id(desk.opened.office.desk.vault, a_session())
    assert await desk.opened.store.read(lambda tx: tx.telegram.accounts()) == []
    await telegram.park(account.id, "duplicated")
    await telegram.park(account.id, "frozen")
    assert [one.parked for one in await telegram.accounts()] == ["duplicated"], "the first reason is the one to mend"
    (row,) = await desk.opened.store.read(lambda tx: tx.telegram.accounts())
    assert (row.id, row.session) == (account.id, None)
    assert await desk.opened.office.telegram.accounts() == (), "without its session it is no account"
    (other,) = await Telegram(desk=with_session(desk, a_session(2))).accounts()
    assert (other.parked, other.id != account.id) == ("", True)
    told = [event.details["reason"] for event in await desk.events() if event.action == "telegram.account_parked"]
    assert told == ["duplicated"]


async def test_the_environment_s_account_stands_first_and_once(desk: Desk) -> None:
    telegram = Telegram(desk=with_session(desk))
    for number in (2, 1):
        await telegram.add(LOCAL, label=f"account {number}", session=a_session(number))
        desk.opened.clock.forward(timedelta(seconds=1))
    assert [(one.label, one.session) for one in await telegram.accounts()] == [
        (ENVIRONMENT, a_session(1)),
        ("account 2", a_session(2)),
    ]


async def test_signing_in_again_takes_an_account_from_its_park(desk: Desk) -> None:
    telegram = desk.opened.office.telegram
    state = await telegram.add(LOCAL, label="kites", session=a_session())
    await telegram.park(state.id, "frozen")
    assert [account_json(one)["parked"] for one in await telegram.status(LOCAL)] == ["frozen"]
    await telegram.add(LOCAL, label="kites", session=a_session())
    assert [account_json(one)["parked"] for one in await telegram.status(LOCAL)] == [None]


@pytest.mark.parametrize(("given", "kept"), [("  kites ", "kites"), ("", "account"), ("k i" * 99, ("k i" * 99)[:64])])
async def test_a_label_is_short_and_never_empty(desk: Desk, given: str, kept: str) -> None:
    assert (await desk.opened.office.telegram.add(LOCAL, label=given, session=a_session())).label == kept


async def test_status_tells_what_waits_and_counts_channels(desk: Desk) -> None:
    telegram = desk.opened.office.telegram
    state = await telegram.add(LOCAL, label="kites", session=a_session())
    now = desk.opened.clock()
    await telegram.cool_down(state.id, "contacts.resolveUsername", now + timedelta(hours=1))
    await telegram.cool_down(state.id, "messages.getHistory", now + timedelta(seconds=1))
    desk.opened.clock.forward(timedelta(minutes=1))
    await telegram.resolved(LOCATOR, a_channel(state.id))
    (shown,) = map(account_json, await telegram.status(LOCAL))
    assert shown == {
        "id": state.id,
        "label": "kites",
        "state": "limited",
        "parked": None,
        "cooldowns": [{"method": "contacts.resolveUsername", "until": "2026-03-02T05:30:00Z"}],
        "channels": 1,
    }


async def test_a_channel_is_resolved_once_for_each_account(desk: Desk) -> None:
    telegram = desk.opened.office.telegram
    first, second = a_channel("account-1"), a_channel("account-2", pinned=False)
    await telegram.resolved(LOCATOR, second)
    await telegram.resolved(LOCATOR, first)
    assert await telegram.channels(LOCATOR) == (first, second)
    assert await telegram.channels("https://t.me/s/paper_kites") == ()
    taken = replace(second, pinned=True, access_hash=5)
    await telegram.resolved(LOCATOR, taken)
    assert await telegram.channels(LOCATOR) == (taken, replace(first, pinned=False))


async def test_a_wrong_host_key_or_a_moved_row_is_one_clear_line(desk: Desk, tmp_path: Path) -> None:
    state = await desk.opened.office.telegram.add(LOCAL, label="kites", session=a_session())
    other = keyfile.create_host_keys(tmp_path / "other.key")
    vault = HostVault(other, hotline.hotline_public(desk.opened.hotline_key))
    with pytest.raises(OperatorFault, match="KAPEAR_KEY_FILE") as caught:
        await Telegram(desk=replace(desk.opened.office.desk, vault=vault)).accounts()
    assert "\n" not in str(caught.value)
    (row,) = await desk.opened.store.read(lambda tx: tx.telegram.accounts())
    moved = replace(row, id=AccountId("elsewhere"))
    await desk.opened.store.write(lambda tx: tx.telegram.put(moved))
    with pytest.raises(OperatorFault, match=r"^a value in telegram_accounts\.session was altered or moved"):
        await desk.opened.office.telegram.accounts()
    assert {one.id for one in await desk.opened.office.telegram.states()} == {state.id, moved.id}


async def test_a_removed_account_is_forgotten(desk: Desk) -> None:
    telegram = desk.opened.office.telegram
    state = await telegram.add(LOCAL, label="kites", session=a_session())
    await telegram.remove(LOCAL, state.id)
    assert await telegram.accounts() == ()
    with pytest.raises(NotFound, match="kapear telegram status"):
        await telegram.remove(LOCAL, state.id)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.AUDITOR])
async def test_accounts_are_kept_by_those_whose_role_admits_it(desk: Desk, role: Role) -> None:
    telegram, actor = desk.opened.office.telegram, Actor(name="sok", role=role)
    for refused in (
        telegram.add(actor, label="kites", session=a_session()),
        telegram.remove(actor, "x"),
        telegram.adopt(actor),
    ):
        with pytest.raises(NotAllowed):
            await refused
    assert await telegram.status(actor) == []
    assert await telegram.status(Actor(name="nary", role=Role.ADMIN)) == []


async def test_a_pasted_channel_is_read_through_an_account_that_is_in_use(desk: Desk) -> None:
    own = replace(with_session(desk), hosts={Platform.TELEGRAM_WEB: "127.0.0.1"})
    assert await add_target(own, "@tin_lanterns") is Platform.TELEGRAM
    with pytest.raises(WrongState, match="watched already"):
        await add_target(own, "https://t.me/s/tin_lanterns")
    assert await add_target(own, "https://t.me/s/paper_kites") is Platform.TELEGRAM_WEB
    (account,) = await Telegram(desk=own).accounts()
    await Telegram(desk=own).park(account.id, "banned")
    assert await add_target(own, "@bamboo_fans") is Platform.TELEGRAM_WEB


async def test_off_enrolment_every_account_lives_on_loopback(desk: Desk) -> None:
    elsewhere = with_session(desk, a_session(host=bytes([149, 154, 167, 51])))
    with pytest.raises(NotAllowed, match="not enrolled"):
        await add_target(elsewhere, "@tin_lanterns")
    await Telegram(desk=elsewhere).add(LOCAL, label="kites", session=a_session(2))
    with pytest.raises(NotAllowed, match="not enrolled"):
        await add_target(elsewhere, "@tin_lanterns")


async def test_living_channels_are_adopted_on_the_record(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    with pytest.raises(NotFound, match="kapear telegram login"):
        await desk.opened.office.telegram.adopt(LOCAL)
    telegram = Telegram(desk=with_session(desk))
    assert await telegram.adopt(LOCAL) == [target_id]
    assert (await desk.target(target_id)).platform is Platform.TELEGRAM
    assert [event.subject for event in await desk.events() if event.action == "target.adopted"] == [target_id]
    assert await telegram.adopt(LOCAL) == []
