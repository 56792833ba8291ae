"""A place on a platform that cannot be asked yet is refused with what it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import WrongState
from domain.observations import Platform
from tests.triage.deskhands import Desk
from tests.triage.test_watchlist import WANTED, with_report
from triage.watchlist import WatchList


async def test_where_a_token_is_missing_the_refusal_says_which(enrolled: Desk) -> None:
    bopha = await with_report(enrolled)
    wanted = replace(WANTED, locator="https://vk.com/club55")
    office = enrolled.opened.office.desk
    waiting = WatchList(desk=replace(office, lacking={Platform.VK: "VK needs a token."}))
    with pytest.raises(WrongState, match="VK needs a token"):
        await waiting.add(bopha, wanted)
    ready = WatchList(desk=replace(office, lacking={}))
    assert (await ready.add(bopha, wanted)).target.platform is Platform.VK
