"""
Pull a feed page by page: past pages that cannot be read, and on from wherever it was left.

A page that cannot be read is asked for once more, then left in quarantine:
what of it can be read counts, the stretch that it stood in is noted as
missing and tried again by later pulls. If nothing of a feed can be read, it is
the feed that is broken, and nothing is noted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import aiohttp

from domain.errors import AskFailed
from domain.feeds import FeedPage
from domain.observations import Traffic
from exchange.clients.asking import Question, asked
from exchange.clients.checkpoint import MAX_MISSING, Checkpoint, Stretch, checkpoint_from
from exchange.clients.page import ReadPage

IN_A_ROW = 24  # pages that cannot be read, one behind the other, before the feed counts as broken
MAX_PAGES = 100_000  # of one pull
LAG = 5  # seconds before now: what happens while it is asked for belongs to the next pull
ITSELF = "it names itself as its next page"


class Provider(Protocol):
    """
    What is a service's own: how a page is asked for, and how it is read.

    `ordered`: its pages are in order of time. `overlap` is how many seconds
    are read twice, `forgets` after how many it no longer tells what it withdrew.
    """

    @property
    def ordered(self) -> bool: ...  # noqa: D102 - told above

    @property
    def overlap(self) -> int: ...  # noqa: D102 - told above

    @property
    def forgets(self) -> int | None: ...  # noqa: D102 - told above

    def question(self, stretch: Stretch) -> Question:
        """Return how the stretch's next page is asked for."""

    def read(self, untrusted_body: bytes, number: int, stretch: Stretch) -> ReadPage:
        """Return what a page holds; never raises for what it holds."""


@dataclass(slots=True, kw_only=True)
class Puller:
    """A feed's client; `source` is what makes it this feed and no other (kind, address, group)."""

    session: aiohttp.ClientSession
    provider: Provider
    source: tuple[str, ...]
    clock: Callable[[], float] = time.time

    async def pages(self, checkpoint: str, traffic: Traffic) -> AsyncGenerator[FeedPage, None]:
        """Yield what is new since a checkpoint; see `FeedClient`."""
        state, anew = self._begin(checkpoint)
        held: list[FeedPage] = []
        readable, in_a_row = False, 0
        for number in range(1, MAX_PAGES + 1):
            if not state.reading:
                break
            page = await self._page(state.reading[0], number, traffic)
            now, ordered = int(self.clock()), self.provider.ordered
            if page.problem:
                state = state.passed_by(page, ordered=ordered, now=now, in_a_row=in_a_row)
                in_a_row += 1
            else:
                state = state.read(page, ordered=ordered, now=now)
                readable, in_a_row = True, 0
            if in_a_row > IN_A_ROW or len(state.missing) > MAX_MISSING:
                raise AskFailed("garbage")
            held.append(_told(page, state, number, anew=anew and number == 1))
            # Pages that could not be read are told of with the next that could: perhaps there is none.
            if not page.problem or (readable and not state.reading):
                for each in held:
                    yield each
                held = []
        else:
            raise AskFailed("endless")
        if held:
            raise AskFailed("garbage")

    def _begin(self, checkpoint: str) -> tuple[Checkpoint, bool]:
        """Return where to begin, and whether that is at nothing."""
        source = sha256("\n".join(self.source).encode()).hexdigest()[:16]
        now = int(self.clock())
        state = checkpoint_from(checkpoint, source)
        forgets = self.provider.forgets
        if state is not None and forgets is not None and now - state.read_at > forgets:
            state = None
        known = state or Checkpoint(source=source)
        return known.begun(until=now - LAG, now=now, overlap=self.provider.overlap), state is None

    async def _page(self, stretch: Stretch, number: int, traffic: Traffic) -> ReadPage:
        """Return a page, asked for again if it cannot be read."""
        question = self.provider.question(stretch)
        page = ReadPage()
        for _ in range(2):
            untrusted_body = await asked(self.session, question, traffic)
            page = await asyncio.to_thread(self.provider.read, untrusted_body, number, stretch)
            if page.cursor and page.cursor == stretch.cursor:
                page = ReadPage(changes=page.changes, problem=ITSELF)
            if not page.problem:
                break
        return page


def _told(page: ReadPage, state: Checkpoint, number: int, *, anew: bool) -> FeedPage:
    return FeedPage(
        number=number,
        checkpoint=state.text,
        begins_anew=anew,
        changes=page.changes,
        refused=page.refused,
        passed_over=page.passed_over,
        problem=page.problem,
        missing=len(state.missing),
        awaited=len(state.awaited),
    )
