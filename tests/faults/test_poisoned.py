"""What always fails harms itself alone: it is looked at ever more rarely, people are told, and all others go on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import config
from app.instance import open_instance
from app.visitor import Visitor, open_visitor
from domain.cadence import JITTER, Cadence
from domain.failing import ADVICE, TOLD_AFTER, failing
from domain.observations import ObservedPage, Platform, Traffic
from domain.outcomes import Outcome
from domain.ports import Source, SourceTarget
from domain.targets import Visit
from scheduler import Monitor
from tests.acceptance.site import Answer, Site, serving_site
from tests.contracts.samples import a_report, a_target
from tests.desk import LOCAL
from tests.fingerprint.hostile import progressive_bomb
from triage.intake import Limits
from triage.json_views import target_json
from triage.watchlist import NewTarget

INTERVAL = timedelta(seconds=0.5)
DEADLINE = timedelta(seconds=8)  # longer than a picture may take that its child is killed for
GOOD = ("/good/1", "/good/2", "/good/3")
POISON = {"/breaks": Outcome.ERROR, "/hangs": Outcome.UNREACHABLE}
KILLS = "/kills"
PATIENCE_S = 120


@dataclass
class Poisoned:
    """A source of pages of which one breaks its parser, and one never comes to an end."""

    source: Source

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncIterator[ObservedPage]:
        if target.locator.endswith("/breaks"):
            raise RecursionError("a parser that met what it was not made for")
        if target.locator.endswith("/hangs"):
            await asyncio.Event().wait()
        async for page in self.source.pages(target, traffic):
            yield page

    def __getattr__(self, name: str) -> object:
        return getattr(self.source, name)


def poison(visitor: Visitor) -> None:
    """Let the visitor meet what breaks, hangs and kills."""
    sources = {**visitor.intake.sources, Platform.PAGE: Poisoned(visitor.intake.sources[Platform.PAGE])}
    visitor.intake = replace(visitor.intake, sources=sources, limits=Limits(visit_deadline=DEADLINE))  # type: ignore[arg-type]  # it stands in for one


def serve(site: Site) -> None:
    for path in (*GOOD, *POISON):
        site.answers[path] = Answer(body=f"<p>kites at {path}</p>".encode())
    site.answers[KILLS] = Answer(body=b'<p>lanterns</p><img src="/picture.jpg" width="800" height="800">')
    site.answers["/picture.jpg"] = Answer(kind="image/jpeg", body=progressive_bomb())


async def watched_until(visitor: Visitor, enough: Callable[[Counter[str]], bool]) -> Counter[str]:
    """Monitor until the visits are enough; returns how many each target had."""
    done: Counter[str] = Counter()
    stop = asyncio.Event()

    def counted(visit: Visit) -> None:
        done[visit.target_id] += 1
        if enough(done):
            stop.set()

    async with asyncio.timeout(PATIENCE_S):
        await Monitor(visitor, counted).run(stop)
    return done


async def test_a_poisoned_target_is_isolated_and_told_of(tmp_path: Path) -> None:
    with serving_site() as site:
        serve(site)
        settings = replace(
            config.load({"KAPEAR_DATA_DIR": str(tmp_path), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}),
            cadence=Cadence(interval=INTERVAL),
        )
        async with open_instance(settings, create=True) as instance, open_visitor(instance) as visitor:
            poison(visitor)
            ids = {}
            for path in (*GOOD, *POISON, KILLS):
                wanted = NewTarget(locator=site.base + path, report="K-1", authorised_by="the director", basis="kites")
                ids[path] = (await instance.office.watchlist.add(LOCAL, wanted)).target.id
            done = await watched_until(
                visitor,
                lambda done: (
                    all(done[ids[path]] >= TOLD_AFTER for path in POISON)
                    and all(done[ids[path]] > 2 * TOLD_AFTER for path in (*GOOD, KILLS))
                ),
            )
            after = {view.target.id: view for view in await instance.office.watchlist.all(LOCAL)}
            for path in (*GOOD, KILLS):
                view = after[ids[path]]
                assert view.target.failures == 0
                assert view.failing is None
            for path, outcome in POISON.items():
                shown = await instance.office.watchlist.show(LOCAL, ids[path])
                target, visits = shown.target, shown.visits
                assert target.last_outcome is outcome
                assert target.failures == done[target.id] == len(visits)
                assert target.next_due is not None
                waits = target.next_due - visits[0].ended_at
                assert waits >= INTERVAL * 2**target.failures * (1 - JITTER)
                assert shown.failing is not None
                assert shown.failing.since == visits[-1].started_at, "its first visit, for none has seen it"
                assert shown.failing.advice == ADVICE[outcome]
                assert after[target.id].failing == shown.failing
                assert target_json(shown)["failing_since"] is not None


@pytest.mark.parametrize("failures", [0, TOLD_AFTER - 1])
async def test_who_fails_now_and_then_is_not_told_of(failures: int) -> None:
    target = a_target(a_report(), failures=failures, last_outcome=Outcome.ERROR)
    assert failing(target) is None
    assert failing(replace(target, failures=TOLD_AFTER)) is not None
