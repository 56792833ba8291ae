"""
Loopback servers that speak the documented shapes of three feeds, and whatever a test makes of them.

All hashes are made of invented words; no picture is behind any.
"""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from domain.feeds import FeedPage
from domain.hashlists import Algorithm, HashEntry
from domain.observations import Traffic
from exchange.clients.pulling import Provider, Puller
from net.session import guarded_session
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, serving

USER, SECRET = "desk@example.org", "seven-blue-kites"
LOGIN = "Basic " + b64encode(f"{USER}:{SECRET}".encode()).decode()
START = 1_700_000_000  # when the first invented entry was written

Spoil = Callable[[web.Request], web.Response | None]


def md5_of(word: str) -> str:
    return hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()


def pdq_of(word: str) -> str:
    return hashlib.sha256(b"pdq" + word.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Item:
    """An entry of a feed as its owner has it; withdrawn ones stay, marked."""

    word: str
    at: int
    gone: bool = False
    member: str = "42"


def items(*words: str, start: int = START) -> list[Item]:
    return [Item(word=word, at=start + 1_000 * place) for place, word in enumerate(words)]


@dataclass
class FeedServer:
    """One feed. `spoil` sees every request first, and may answer it in the feed's stead."""

    items: list[Item]
    page: int = 2
    spoil: Spoil = lambda _request: None
    asked: list[web.Request] = field(default_factory=list)
    base: str = ""

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return self.spoil(request) or self.answer(request)

    def answer(self, request: web.Request) -> web.Response:
        raise NotImplementedError

    def set(self, word: str, at: int, *, gone: bool = False) -> None:
        """Change an entry as its owner would: it stands at a new time."""
        self.items = [each for each in self.items if each.word != word] + [Item(word=word, at=at, gone=gone)]


def _date(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@dataclass
class NcmecServer(FeedServer):
    """Pages by `start`, `size` and `max`, in an order that is not that of time."""

    def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != LOGIN:
            return web.Response(status=401)
        since, until = _moment(request.query["from"]), _moment(request.query["to"])
        found = [each for each in self.items if since <= each.at <= until]
        found.sort(key=lambda each: md5_of(each.word))
        start = int(request.query.get("start", "0"))
        shown, end = found[start : start + self.page], len(found) - 1
        query = f"from={_date(since)}&to={_date(until)}&start={start + self.page}&size={self.page}&max={end}"
        following = f"<paging><next>/v2/entries?{query.replace('&', '&amp;')}</next></paging>"
        return web.Response(
            text='<?xml version="1.0" encoding="UTF-8"?>\n'
            '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
            f'<images count="{len(shown)}" maxTimestamp="{_date(until)}">'
            + "".join(map(self.entry, shown))
            + f"</images>{following if start + self.page <= end else ''}</queryResult>",
            content_type="application/xml",
        )

    def entry(self, each: Item) -> str:
        common = (
            f'<member id="{each.member}">Invented</member><timestamp>{_date(each.at)}</timestamp><id>{each.word}</id>'
        )
        if each.gone:
            return f"<deletedImage>{common}</deletedImage>"
        hashes = f"<md5>{md5_of(each.word)}</md5><pdq>{pdq_of(each.word)}</pdq><pdna>AAECAwQF</pdna>"
        return f"<image>{common}<classification>A1</classification><fingerprints>{hashes}</fingerprints></image>"


@dataclass
class StopNciiServer(FeedServer):
    """Pages by a token, in order of time."""

    def answer(self, request: web.Request) -> web.Response:
        keys = request.headers.get("Ocp-Apim-Subscription-Key"), request.headers.get("x-functions-key")
        if keys != (USER, SECRET):
            return web.Response(status=401)
        since = int(request.query["startTimestamp"])
        found = sorted((each for each in self.items if each.at >= since), key=lambda each: each.at)
        start = int(request.query.get("nextPageToken", "token-0").removeprefix("token-"))
        shown = found[start : start + self.page]
        more = start + self.page < len(found)
        body = {
            "count": len(shown),
            "nextPageToken": f"token-{start + self.page}" if more else None,
            "nextSetTimestamp": shown[-1].at if shown else since,
            "hasMoreRecords": more,
            "hashRecords": [self.record(each) for each in shown],
        }
        return web.json_response(body)

    def record(self, each: Item) -> dict[str, Any]:
        return {
            "lastModtimestamp": each.at,
            "signalType": "ImagePDQ",
            "hashValue": pdq_of(each.word),
            "hashStatus": "Withdrawn" if each.gone else "Active",
            "caseNumbers": [],
            "CSPFeedbacks": [],
        }


@dataclass
class ThreatExchangeServer(FeedServer):
    """Pages by an address that holds the token, in order of time."""

    def answer(self, request: web.Request) -> web.Response:
        if request.query.get("access_token") != SECRET:
            return web.json_response({"error": {"message": "Invalid token", "code": 190}}, status=401)
        since, until = int(request.query["start_time"]), int(request.query["stop_time"])
        found = sorted((each for each in self.items if since <= each.at <= until), key=lambda each: each.at)
        start = int(request.query.get("after", "0"))
        shown = found[start : start + self.page]
        body: dict[str, Any] = {"data": [self.record(each) for each in shown]}
        if start + self.page < len(found):
            following = request.url.update_query(after=str(start + self.page))
            body["paging"] = {"cursors": {"after": str(start + self.page)}, "next": str(following)}
        return web.json_response(body)

    def record(self, each: Item) -> dict[str, Any]:
        record: dict[str, Any] = {
            "id": str(int(md5_of(each.word)[:12], 16)),
            "indicator": md5_of(each.word),
            "type": "HASH_MD5",
            "last_updated": each.at,
            "should_delete": each.gone,
        }
        if not each.gone:
            said = {"id": "1", "owner": {"id": "2"}, "status": "MALICIOUS", "tags": {"data": [{"text": "kite"}]}}
            record["descriptors"] = {"data": [said]}
        return record


@asynccontextmanager
async def served(server: FeedServer) -> AsyncIterator[FeedServer]:
    async with serving(server) as loopback:
        server.base = loopback.base
        yield server


def cut(server: FeedServer, keep: float = 0.5) -> Spoil:
    """Return what breaks an answer off, as if its bytes had been lost on the way to the server's disk."""

    def broken(request: web.Request) -> web.Response:
        body = server.answer(request).body
        assert isinstance(body, bytes)
        return web.Response(body=body[: int(len(body) * keep)], content_type="application/json")

    return broken


def status(code: int, **headers: str) -> Spoil:
    return lambda _request: web.Response(status=code, headers=headers)


def nth(number: int, spoil: Spoil, *, times: int = 2) -> Spoil:
    """Return what spoils the answer to the nth question that is new, and to the same one asked again."""
    seen: list[str] = []
    left = times

    def spoiled(request: web.Request) -> web.Response | None:
        nonlocal left
        if str(request.url) not in seen:
            seen.append(str(request.url))
        if seen.index(str(request.url)) + 1 == number and left:
            left -= 1
            return spoil(request)
        return None

    return spoiled


async def pages_of(
    provider: Provider,
    server: FeedServer,
    checkpoint: str = "",
    *,
    later: float = 0.0,
    stop_after: int = 0,
    into: list[FeedPage] | None = None,
) -> list[FeedPage]:
    """Pull a feed as it would be, to its end or up to a page, seconds later; `into` keeps what came before a fault."""
    found = [] if into is None else into
    async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
        puller = Puller(
            session=session, provider=provider, source=("test", server.base), clock=lambda: time.time() + later
        )
        async with aclosing(puller.pages(checkpoint, Traffic())) as pages:
            async for page in pages:
                found.append(page)
                if len(found) == stop_after:
                    break
    return found


def entries_of(pages: list[FeedPage]) -> list[HashEntry]:
    return [entry for page in pages for change in page.changes for entry in change.entries]


def words_known(pages: list[FeedPage], *words: str) -> set[str]:
    """Return which of the words have a hash among the changes."""
    held = {(entry.algorithm, entry.hash.hex()) for entry in entries_of(pages)}
    return {word for word in words if (Algorithm.MD5, md5_of(word)) in held or (Algorithm.PDQ, pdq_of(word)) in held}


def as_json(body: object) -> web.Response:
    return web.Response(text=json.dumps(body), content_type="application/json")
