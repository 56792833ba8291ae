"""
Know platforms and hosts again: remember who answered, and ask where that does not do.

One of it serves every visit of a process.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import aiohttp

from crawler.asking import ask
from crawler.question import HTML, JSON, Question
from crawler.visit import Equipment, Visit
from crawler.witness import READS_ANYTHING, Elsewhere, elsewhere
from domain.errors import VisitEnded
from domain.observations import Platform, Traffic
from domain.ports import Landmarks, SourceTarget
from net.fetch import FORESEEN, FetchFailed, host_of, opened
from net.session import peer_of

RECENTLY = timedelta(minutes=1)
_LANDMARK = "/robots.txt"
_MAX_LANDMARK = 512 * 1024  # bytes of it that count
_PATIENCE = timedelta(hours=1)  # before a host's landmark is thought of again
_SWEPT_AT = 512  # places remembered before those of longer ago are let go
_OK = 200
_NO_ANSWER = frozenset({408, 421, 425, 429})
_SERVER_ERRORS = range(500, 600)


@dataclass(slots=True, kw_only=True)
class Knowing:
    """Which places were seen of late, and how hosts answer that no certificate names."""

    equipment: Equipment
    landmarks: Landmarks | None = None
    _looked: dict[str, datetime] = field(default_factory=dict)
    _seen: dict[tuple[Platform, str], dict[str, datetime]] = field(default_factory=dict)

    async def seen(self, target: SourceTarget, traffic: Traffic) -> None:
        """Take note that a target was read; of a host without a certificate, look at its landmark now and then."""
        if target.platform not in READS_ANYTHING:
            self._note(target, target.locator)
        host = self._plain_host(target)
        now = self.equipment.now()
        if host is None or self.landmarks is None:
            return
        looked = self._looked.get(host)
        if looked is not None and timedelta(0) <= now - looked < _PATIENCE:
            return
        self._looked[host] = now
        if not await self.landmarks.is_stale(host):
            return
        answer = await self._landmark(target, traffic)
        if answer:
            await self.landmarks.seen(host, answer)

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:
        """Return whether the target's platform is known again at another place, within this minute."""
        others = self._seen.get(self._key(target), {})
        now = self.equipment.now()
        if any(name != target.locator and timedelta(0) <= now - at <= RECENTLY for name, at in others.items()):
            return True
        place = elsewhere(target.platform, target.locator)
        if place is not None:
            is_known = await self._answers(target, place, traffic)
        else:
            is_known = await self._is_the_host(target, traffic)
        if is_known:
            self._note(target, "")
        return is_known

    async def _answers(self, target: SourceTarget, place: Elsewhere, traffic: Traffic) -> bool:
        question = Question(url=f"{self._base(target)}{place.path}", accepts=JSON if place.is_json else HTML)
        try:
            # Previews and documented interfaces are made to be asked by programs.
            answer = await ask(Visit(self.equipment, target, traffic, heeds_robots=False), question)
        except VisitEnded:
            return False
        return place.check(answer.body.decode("utf-8", "replace"))

    async def _is_the_host(self, target: SourceTarget, traffic: Traffic) -> bool:
        """Return whether the host is the one that the locator means: over TLS its certificate was verified."""
        host = self._plain_host(target)
        if host is None:
            return True
        answer = await self._landmark(target, traffic) if self.landmarks is not None else ""
        return bool(answer) and self.landmarks is not None and await self.landmarks.is_known(host, answer)

    async def _landmark(self, target: SourceTarget, traffic: Traffic) -> str:
        """Return how a host answers for its robots file, in short; empty where it does not answer."""
        equipment, url = self.equipment, f"{self._base(target)}{_LANDMARK}"
        timeout = equipment.limits.timeout
        try:
            async with equipment.governor.slot(host_of(url)) as turn, asyncio.timeout(timeout):
                headers = {"Accept": "text/plain"}
                answer = opened(
                    equipment.session, url, traffic=traffic, headers=headers, read_timeout=timeout, heard=turn.heard
                )
                async with answer as response:
                    if response.status in _NO_ANSWER or response.status in _SERVER_ERRORS:
                        return ""
                    digest = hashlib.sha256(await _start_of(response))
                    said = [str(response.status), response.headers.get("Location", ""), digest.hexdigest()]
                    # That a file is missing is said alike by many: then it must be said from the same address.
                    return "\n".join([*said, "" if response.status == _OK else peer_of(response).ip])
        except (FetchFailed, VisitEnded):
            return ""
        except FORESEEN:
            return ""

    def _base(self, target: SourceTarget) -> str:
        """Return scheme and host that are asked about a target."""
        parts = urlsplit(target.locator)
        if target.platform is Platform.TELEGRAM_WEB:
            return self.equipment.telegram_web_base
        return f"{parts.scheme}://{parts.netloc}"

    def _plain_host(self, target: SourceTarget) -> str | None:
        """Return the host to be known by its landmark; None where a certificate or an interface tells."""
        parts = urlsplit(target.locator)
        if parts.scheme != "http" or elsewhere(target.platform, target.locator) is not None:
            return None
        return parts.netloc

    def _key(self, target: SourceTarget) -> tuple[Platform, str]:
        return target.platform, self._base(target)

    def _note(self, target: SourceTarget, name: str) -> None:
        """Remember that a place was there now; an empty name stands for what is no target."""
        now = self.equipment.now()
        if len(self._looked) >= _SWEPT_AT:
            self._looked = {host: at for host, at in self._looked.items() if now - at < _PATIENCE}
        if len(self._seen) >= _SWEPT_AT:
            self._seen = {
                key: fresh
                for key, places in self._seen.items()
                if (fresh := {name: at for name, at in places.items() if now - at <= RECENTLY})
            }
        places = self._seen.setdefault(self._key(target), {})
        places[name] = now
        for old in [name for name, at in places.items() if now - at > RECENTLY]:
            del places[old]


async def _start_of(response: aiohttp.ClientResponse) -> bytes:
    """Return as much of a body as counts."""
    body = bytearray()
    async for untrusted_piece in response.content.iter_any():
        body += untrusted_piece
        if len(body) >= _MAX_LANDMARK:
            break
    return bytes(body[:_MAX_LANDMARK])
