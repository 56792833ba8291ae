"""
Ask a site for its robots file once a day, and heed it.

One book serves every visit of the process; with a memory, it outlives the
process. What the file says is read in `net.robotsrules`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from domain.clock import utc_now
from domain.connectivity import NO_NETWORK
from domain.errors import VisitEnded
from domain.observations import Traffic
from domain.outcomes import Outcome
from domain.ports import HostMemory, RobotsFile
from net.encoding import Decoder, TooLarge
from net.fetch import FORESEEN, MAX_REDIRECTS, REDIRECTS, FetchFailed, code_of, host_of, opened
from net.governor import HostGovernor
from net.robotsrules import RobotsRules, parse_rules

CODE = "robots"
FRESH = timedelta(days=1)
MAX_BYTES = 512 * 1024  # of a file; RFC 9309 asks for 500 KiB, and what follows is not read
TIMEOUT = 20.0

_ORIGINS = 512
_PARSED_ON_THE_LOOP = 16 * 1024  # characters
_OK = range(200, 300)
_ABSENT = range(400, 500)
_TOO_MANY_REQUESTS = 429


@dataclass(slots=True)
class _Origin:
    """One origin's rules, and who is asking for them."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: RobotsRules | None = None
    read_at: datetime | None = None


class Robots:
    """Knows what origins allow."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        governor: HostGovernor,
        memory: HostMemory | None = None,
        now: Callable[[], datetime] = utc_now,
        timeout: float = TIMEOUT,
    ) -> None:
        """Ask through a guarded session (`net.session`), under the governor that everything else is under."""
        self._session = session
        self._governor = governor
        self._memory = memory
        self._now = now
        self._timeout = timeout
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    async def check(self, url: str, traffic: Traffic, headers: Mapping[str, str]) -> float:
        """
        Return the seconds that the site wants between requests, if it allows this one.

        Raises VisitEnded: `refused` where it does not, `unreachable` or
        `limited` while nobody can know.
        """
        host_of(url)
        origin = self._known(str(URL(url).origin()))
        async with origin.turn:
            if origin.rules is None or not self._is_fresh(origin.read_at):
                await self._read(str(URL(url).origin()), origin, traffic, headers)
        assert origin.rules is not None  # noqa: S101 - `_read` sets it or raises
        if not origin.rules.allows(url):
            raise VisitEnded(Outcome.REFUSED, CODE)
        return origin.rules.crawl_delay

    def _known(self, name: str) -> _Origin:
        origin = self._origins.setdefault(name, _Origin())
        self._origins.move_to_end(name)
        if len(self._origins) > _ORIGINS:
            self._origins.popitem(last=False)
        return origin

    def _is_fresh(self, read_at: datetime | None) -> bool:
        return read_at is not None and abs(self._now() - read_at) < FRESH

    async def _read(self, name: str, origin: _Origin, traffic: Traffic, headers: Mapping[str, str]) -> None:
        """Take an origin's file from memory, or ask for it."""
        robots = None if self._memory is None else await self._memory.robots(name)
        if robots is None or not self._is_fresh(robots.read_at):
            robots = await self._asked(name, traffic, headers)
            if self._memory is not None:
                await self._memory.keep_robots(name, robots)
        text = robots.text
        if len(text) > _PARSED_ON_THE_LOOP:
            origin.rules = await asyncio.to_thread(parse_rules, text)
        else:
            origin.rules = parse_rules(text)
        origin.read_at = robots.read_at

    async def _asked(self, origin: str, traffic: Traffic, headers: Mapping[str, str]) -> RobotsFile:
        """Ask for the file, following redirects on the same host; elsewhere nobody was authorised to look."""
        url = f"{origin}/robots.txt"
        host = host_of(url)
        status = 0
        for _ in range(MAX_REDIRECTS + 1):
            try:
                status, text, location = await self._once(url, traffic, headers)
            except FetchFailed as failure:
                raise VisitEnded(Outcome.UNREACHABLE, _code(failure.code)) from None
            except FORESEEN as error:
                raise VisitEnded(Outcome.UNREACHABLE, _code(code_of(error))) from None
            if status not in REDIRECTS:
                return RobotsFile(status=status, text=text, read_at=self._now())
            try:
                url = urljoin(url, location)
                elsewhere = not location or host_of(url) != host
            except (ValueError, FetchFailed):
                elsewhere = True
            if elsewhere:
                break
        return RobotsFile(status=status, text="", read_at=self._now())  # a file that is nowhere forbids nothing

    async def _once(self, url: str, traffic: Traffic, headers: Mapping[str, str]) -> tuple[int, str, str]:
        """Send one question; return status, text and where it points. Raises VisitEnded for a fault of the site."""
        said = {"Accept": "text/plain, */*;q=0.1", **headers}
        async with self._governor.slot(host_of(url)) as turn, asyncio.timeout(self._timeout):
            answer = opened(
                self._session, url, traffic=traffic, headers=said, read_timeout=self._timeout, heard=turn.heard
            )
            async with answer as response:
                status = response.status
                if status in REDIRECTS:
                    return status, "", response.headers.get("Location", "")
                if status == _TOO_MANY_REQUESTS:
                    raise VisitEnded(Outcome.LIMITED, CODE, until=turn.rests_until)
                if status in _ABSENT:
                    return status, "", ""
                if status not in _OK:
                    raise VisitEnded(Outcome.UNREACHABLE, CODE, until=turn.rests_until)
                return status, await _text(response, traffic), ""


def _code(code: str) -> str:
    """Return the code of a file that cannot be had; where this machine is cut off, that is what is to be said."""
    return code if code in NO_NETWORK else CODE


async def _text(response: aiohttp.ClientResponse, traffic: Traffic) -> str:
    """Return the beginning of a file."""
    decoder = Decoder(response.headers.get("Content-Encoding", ""), limit=MAX_BYTES)
    untrusted = bytearray()
    try:
        async for untrusted_piece in response.content.iter_any():
            traffic.bytes += len(untrusted_piece)
            untrusted += decoder.feed(untrusted_piece)
    except TooLarge:
        pass  # what stands before is what counts
    return untrusted.decode("utf-8", "replace")
