"""Arachnid Shield's look-up, from a loopback server that speaks its shape: hashes leave, and nothing else."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from domain.errors import AskFailed, EgressRefused
from domain.ports import RemoteAnswer
from exchange.clients.arachnid import BATCH, ArachnidShield
from net.guard import EgressPolicy
from net.session import guarded_session
from tests.exchange.feed_servers import LOGIN, SECRET, USER
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, serving

KITE, LANTERN, DRUM = (bytes([number]) * 32 for number in (1, 2, 3))
KNOWN = {KITE: "harmful-abusive-material", LANTERN: "no-known-match"}


class Shield:
    """Knows one hash; `wrong` makes something else of its answer."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []
        self.wrong: Callable[[dict[str, Any]], web.Response] | None = None

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append((request.method, request.path_qs, dict(request.headers), body))
        if request.headers.get("Authorization") != LOGIN:
            return web.json_response({"detail": "who are you"}, status=401)
        said = {
            word: {
                "classification": KNOWN.get(b64decode(word)),
                "match_type": "near" if b64decode(word) == KITE else None,
                "near_match_details": None,
            }
            for word in body["hashes"]
        }
        answer = {"scanned_hashes": said}
        return web.json_response(answer) if self.wrong is None else self.wrong(answer)


@asynccontextmanager
async def shielded(policy: EgressPolicy = LOOPBACK_ONLY) -> AsyncIterator[tuple[Shield, ArachnidShield]]:
    shield = Shield()
    async with serving(shield) as server, guarded_session(policy, user_agent=USER_AGENT) as session:
        yield shield, ArachnidShield(session=session, url=URL(server.base), user=USER, secret=SECRET)


async def test_every_hash_has_its_answer() -> None:
    async with shielded() as (_, client):
        assert await client.ask([KITE, LANTERN, DRUM]) == [
            RemoteAnswer(hash=KITE, classification="harmful-abusive-material"),
            RemoteAnswer(hash=LANTERN, classification=""),
            RemoteAnswer(hash=DRUM, classification=""),
        ]
        assert SECRET not in repr(client)


async def test_nothing_but_hashes_leaves() -> None:
    async with shielded() as (shield, client):
        await client.ask([KITE, LANTERN])
        [(method, path, headers, body)] = shield.seen
        assert (method, path) == ("POST", "/v1/pdq/")
        assert body == {"hashes": [b64encode(KITE).decode(), b64encode(LANTERN).decode()]}
        assert set(headers) <= {
            "Host", "User-Agent", "Authorization", "Accept", "Accept-Encoding", "Content-Type", "Content-Length",
        }  # fmt: skip
        assert headers["User-Agent"] == USER_AGENT


@pytest.mark.parametrize("hashes", [[b"\x01" * 20], [b"\x01" * 33], [KITE] * (BATCH + 1), [b"a picture"]])
async def test_what_is_no_pdq_hash_stays_here(hashes: list[bytes]) -> None:
    async with shielded() as (shield, client):
        with pytest.raises(AskFailed, match="no_pdq"):
            await client.ask(hashes)
        assert shield.seen == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda _: web.Response(text="<html>sign in</html>"), "garbage"),
        (lambda _: web.json_response([]), "garbage"),
        (lambda _: web.json_response({"scanned_hashes": []}), "garbage"),
        (lambda _: web.json_response({"scanned_hashes": {}}), "garbage"),
        (lambda said: web.json_response(json.loads(json.dumps(said).replace("no-known-match", "A B"))), "garbage"),
        (lambda _: web.Response(text="[" * 100_000), "garbage"),
        (lambda _: web.Response(status=503), "http_503"),
        (lambda _: web.Response(status=401), "credentials"),
        (lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}), "redirect"),
        (lambda _: web.Response(body=b" " * (17 << 20)), "too_large"),
    ],
)
async def test_a_wrong_answer_is_a_code(wrong: Callable[[Any], web.Response], code: str) -> None:
    async with shielded() as (shield, client):
        shield.wrong = wrong
        with pytest.raises(AskFailed, match=code):
            await client.ask([KITE, LANTERN])


async def test_who_asks_to_wait_is_heard() -> None:
    async with shielded() as (shield, client):
        shield.wrong = lambda _: web.Response(status=429, headers={"Retry-After": "90"})
        with pytest.raises(AskFailed, match="wait") as caught:
            await client.ask([KITE])
        assert caught.value.wait == 90


async def test_the_guard_stands_before_it() -> None:
    async with shielded(EgressPolicy(enrolled=False)) as (shield, client):
        with pytest.raises(EgressRefused):
            await client.ask([KITE])
        assert shield.seen == []
