"""A browser without a screen: real requests over loopback, to a console over a real office."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry

from console.metrics import Metrics
from console.server import ConsoleConfig, Serving, make_app, serve
from domain.condition import Beat
from domain.people import Actor
from tests.desk import LOCAL, SELLING, OpenOffice, open_office, post
from triage.office import Office

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The text of a page without its marks."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


@dataclass
class Visitor:
    """One browser with its cookies."""

    url: str
    http: aiohttp.ClientSession
    csrf: str = ""

    async def ask(self, method: str, path: str, **how: Any) -> Answer:
        async with self.http.request(method, self.url + path, allow_redirects=False, **how) as response:
            text = (await response.read()).decode()
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, text, dict(response.cookies))

    async def get(self, path: str, **how: Any) -> Answer:
        answer = await self.ask("GET", path, **how)
        found = _CSRF.search(answer.text)
        if found:
            self.csrf = found[1]
        return answer

    async def send(self, path: str, **fields: str) -> Answer:
        """Send a form as a page of this console would."""
        return await self.ask("POST", path, data={"csrf": self.csrf, **fields}, headers=self.own())

    def own(self) -> dict[str, str]:
        return {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}


@dataclass
class Desk:
    """A console that answers, and the office behind it."""

    opened: OpenOffice
    serving: Serving
    metrics: Metrics
    browsers: list[aiohttp.ClientSession] = field(default_factory=list)

    @property
    def office(self) -> Office:
        return self.opened.office

    def stranger(self) -> Visitor:
        """A browser that has not signed in."""
        # Loopback is an address, and by default aiohttp keeps no cookies for those.
        browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.browsers.append(browser)
        return Visitor(self.serving.url, browser)

    async def sign_in(self, actor: Actor | str = LOCAL) -> Visitor:
        """A browser that came in by a link."""
        who = await self.opened.user(actor) if isinstance(actor, str) else actor
        secret = await self.opened.office.people.link_for(who, who)
        visitor = self.stranger()
        answer = await visitor.send("/sign-in", secret=secret)
        assert answer.status == 303, answer.words
        await visitor.get(answer.headers["location"])
        return visitor

    async def with_leads(self, locator: str = "http://127.0.0.1:9/kites") -> list[str]:
        """File a lead from an exact hash, one from a near hash, one from text alone; returns their ids."""
        await self.opened.add_list(b"tin lantern", near=[b"blue kite"])
        view = await self.opened.add_target(locator=locator)
        await self.opened.visit(
            view.target.id,
            post(1, "A tin lantern", b"tin lantern"),
            post(2, SELLING, b"blue kite", b"green kite"),
            post(3, SELLING, author="kite maker", links=("http://127.0.0.1:9/order",)),
        )
        return [lead.id for lead in await self.opened.office.queue.all(LOCAL)]


@asynccontextmanager
async def open_desk(tmp_path: Path, *, enrolled: bool = False, warnings: tuple[str, ...] = ()) -> AsyncIterator[Desk]:
    async with open_office(tmp_path, enrolled=enrolled) as opened:
        await opened.store.write(lambda tx: tx.standing.beat(Beat(at=opened.clock())))  # somebody monitors
        metrics = Metrics(CollectorRegistry())
        app = make_app(opened.office, ConsoleConfig(warnings=warnings), opened.unlock, metrics)
        serving = await serve(app, "127.0.0.1", 0)
        desk = Desk(opened, serving, metrics)
        try:
            yield desk
        finally:
            for browser in desk.browsers:
                await browser.close()
            await serving.close()
