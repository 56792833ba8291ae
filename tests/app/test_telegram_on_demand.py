"""The source of channels that an account reads: nothing is imported or connected before it must be."""

from __future__ import annotations

import subprocess
import sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from app.telegram import TelegramOnDemand
from app.telegram_config import TelegramConfig
from domain.errors import VisitEnded
from domain.observations import Platform, Traffic
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from net.guard import EgressPolicy
from tests.desk import OpenOffice, open_office
from tests.triage.test_telegram_accounts import a_session
from triage.telegram import Telegram

ROOT = Path(__file__).parents[2]
TARGET = SourceTarget(platform=Platform.TELEGRAM, locator="https://t.me/s/tin_kites")


def source_of(opened: OpenOffice, session: str, config: TelegramConfig) -> TelegramOnDemand:
    ledger = Telegram(desk=replace(opened.office.desk, telegram_session=session))
    policy = EgressPolicy(enrolled=False, allow_networks=())
    return TelegramOnDemand(config=config, ledger=ledger, policy=policy, tool="kapear/test")


async def ended(source: TelegramOnDemand) -> tuple[Outcome, str]:
    async with aclosing(source):
        with pytest.raises(VisitEnded) as caught:
            await anext(source.pages(TARGET, Traffic()))
    return caught.value.outcome, caught.value.code


async def test_without_an_account_a_visit_ends_and_says_so(tmp_path: Path) -> None:
    async with open_office(tmp_path) as opened:
        assert await ended(source_of(opened, "", TelegramConfig())) == (Outcome.LIMITED, "no_account")
        parked = source_of(opened, a_session(), TelegramConfig(api_id=5, api_hash="0" * 32))
        (account,) = await parked.ledger.accounts()
        await parked.ledger.park(account.id, "session_revoked")
        assert await ended(parked) == (Outcome.LIMITED, "no_account")


async def test_an_account_without_an_api_id_is_not_used(tmp_path: Path) -> None:
    async with open_office(tmp_path) as opened:
        assert await ended(source_of(opened, a_session(), TelegramConfig())) == (Outcome.LIMITED, "no_api_id")


async def test_an_account_outside_loopback_is_refused_off_enrolment(tmp_path: Path) -> None:
    async with open_office(tmp_path) as opened:
        elsewhere = a_session(host=bytes([149, 154, 167, 51]))
        source = source_of(opened, elsewhere, TelegramConfig(api_id=5, api_hash="0" * 32))
        outcome, _ = await ended(source)
        assert outcome is Outcome.REFUSED


def test_nobody_pays_for_telethon_who_watches_no_channel_by_it() -> None:
    script = "import sys, app.visitor, cli, scheduler; print('telethon' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
