"""Whatever an answer holds, reading it ends with a page, and with a next question that can be asked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from exchange.clients.checkpoint import Stretch
from exchange.clients.ncmec import Ncmec
from exchange.clients.page import ReadPage
from exchange.clients.pulling import Provider
from exchange.clients.stopncii import StopNcii
from exchange.clients.threatexchange import ThreatExchange
from tests.exchange.feed_servers import START, Item, NcmecServer, StopNciiServer, ThreatExchangeServer, md5_of

BASE = URL("http://127.0.0.1:9")
KITE = Item(word="kite", at=START)
STRETCH = Stretch(since=0, until=START + 1_000)
NEXT = "/v2/entries?start=2&amp;size=2&amp;max=9"

NCMEC = (
    Ncmec(url=BASE, user="u", secret="s"),
    f"<queryResult><images>{NcmecServer([]).entry(KITE)}</images>"
    f"<paging><next>{NEXT}</next></paging></queryResult>".encode(),
)
STOPNCII = (
    StopNcii(url=BASE, user="u", secret="s"),
    json.dumps(
        {
            "nextPageToken": "token", "hasMoreRecords": True, "nextSetTimestamp": START,
            "hashRecords": [StopNciiServer([]).record(KITE)],
        }
    ).encode(),
)  # fmt: skip
THREATEXCHANGE = (
    ThreatExchange(url=BASE, group="1", secret="s"),
    json.dumps(
        {"data": [ThreatExchangeServer([]).record(KITE)], "paging": {"next": "http://127.0.0.1:9/x?after=1"}}
    ).encode(),
)
FEEDS = pytest.mark.parametrize(("provider", "whole"), [NCMEC, STOPNCII, THREATEXCHANGE])


def read(provider: Provider, body: bytes, stretch: Stretch = STRETCH) -> ReadPage:
    page = provider.read(body, 1, stretch)
    ahead = Stretch(since=0, until=9, cursor=page.cursor)
    assert provider.question(ahead).url.host == "127.0.0.1", "nobody is led elsewhere"
    return page


@FEEDS
def test_a_whole_page_is_whole(provider: Provider, whole: bytes) -> None:
    page = read(provider, whole)
    assert (page.problem, len(page.changes), bool(page.cursor)) == ("", 1, True)


@FEEDS
@settings(deadline=None)
@given(st.data())
def test_a_damaged_page_is_read_to_its_end_or_to_its_fault(
    provider: Provider, whole: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    other = data.draw(
        st.binary(max_size=40) | st.sampled_from([b"\\ud800", b"9" * 5_000, b"null", b"[]", b"{}", b"\x00"])
    )
    read(provider, whole[:start] + other + whole[end:])


@FEEDS
@pytest.mark.parametrize("following", ["?a=ផ្លែ", "?a=" + "b" * 3_000, "\\ud800"])
def test_a_next_page_that_cannot_be_asked_for_is_told(provider: Provider, whole: bytes, following: str) -> None:
    plain = following.replace("\\ud800", "ផ្លែ?ផ") if provider is NCMEC[0] else following
    named = {NCMEC[0]: NEXT, STOPNCII[0]: "token", THREATEXCHANGE[0]: "http://127.0.0.1:9/x?after=1"}[provider]
    body = whole.replace(f'"{named}"'.encode(), f'"{plain}"'.encode()).replace(
        f">{named}<".encode(), f">{plain}<".encode()
    )
    assert body != whole
    page = read(provider, body)
    assert page.problem
    assert page.cursor == ""
    assert len(page.changes) == 1


def test_threatexchange_without_a_next_page_is_at_its_end() -> None:
    provider, whole = THREATEXCHANGE
    assert md5_of("kite").encode() in whole
    value = json.loads(whole)
    ends: tuple[object, ...] = ({}, {"next": None}, {"cursors": {}}, [], None)
    for paging in ends:
        page = read(provider, json.dumps({**value, "paging": paging}).encode())
        assert (page.problem, page.cursor) == ("", "")
