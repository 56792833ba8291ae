"""When the network is away nothing is held against any target, and what was missed is said and caught up."""

from __future__ import annotations

from datetime import timedelta

from domain.connectivity import PROBES
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.targets import WatchTarget
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk
from triage.outages import Line

MINUTE = timedelta(minutes=1)
AWAY = VisitEnded(Outcome.UNREACHABLE, "no_resolver")
SILENT = VisitEnded(Outcome.UNREACHABLE, "timeout")
PLACES = ("@tin_lanterns", "http://127.0.0.1:9/kites", "http://127.0.0.1:8/boats", "http://127.0.0.1:7/rakes")


async def watched(desk: Desk) -> list[str]:
    return [(await desk.watch(place)).target.id for place in PLACES]


async def standing(desk: Desk, ids: list[str]) -> list[WatchTarget]:
    return [await desk.target(target_id) for target_id in ids]


async def pass_time(desk: Desk, span: timedelta, *script: VisitEnded) -> int:
    """Let turns be taken every half minute, with this to be met; returns how many visits there were."""
    visits, until = 0, desk.opened.clock() + span
    desk.source.script = script or (a_page(a_sight("1")),)
    while desk.opened.clock() < until:
        for claim in await desk.turns().take(4, is_idle=True):
            await desk.intake.visit(claim, 0.5)
            visits += 1
        desk.opened.clock.forward(MINUTE / 2)
    return visits


async def test_nine_hours_without_a_network_cost_no_target_anything(desk: Desk) -> None:
    ids = await watched(desk)
    await pass_time(desk, 20 * MINUTE)
    before = await standing(desk, ids)
    began = desk.opened.clock()
    probes = await pass_time(desk, 9 * 60 * MINUTE, AWAY)
    assert 0 < probes <= 9 * 60 * MINUTE / PROBES + 4
    during = await standing(desk, ids)
    assert [(one.failures, one.last_outcome, one.last_visit_at) for one in during] == [
        (0, one.last_outcome, one.last_visit_at) for one in before
    ]
    assert not {visit.outcome for one in ids for visit in await desk.visits(one)} & {
        Outcome.GONE, Outcome.MOVED, Outcome.RESTRICTED,
    }  # fmt: skip
    (outage,) = await desk.outages()
    assert outage.ended_at is None
    assert timedelta(0) <= outage.started_at - began < 20 * MINUTE
    ended = desk.opened.clock()
    visits = await pass_time(desk, 2 * MINUTE)
    assert visits == len(ids)
    after = await standing(desk, ids)
    assert all(one.last_visit_at is not None and one.last_visit_at >= ended for one in after)
    assert [one.failures for one in after] == [0] * len(ids)
    (outage,) = await desk.outages()
    assert outage.ended_at is not None
    assert outage.ended_at >= ended


async def test_silence_of_all_hosts_is_the_network_s_and_the_first_is_forgiven(desk: Desk) -> None:
    ids = await watched(desk)
    await pass_time(desk, 20 * MINUTE)
    await pass_time(desk, 9 * 60 * MINUTE, SILENT)
    assert [one.failures for one in await standing(desk, ids)] == [0] * len(ids)
    assert {one.last_outcome for one in await standing(desk, ids)} <= {Outcome.NEW, Outcome.UNCHANGED}


async def test_without_telling_the_network_apart_every_target_would_pay(desk: Desk) -> None:
    """Control: a line that forgets everything between visits blames the hosts."""
    ids = await watched(desk)
    for _ in range(3):
        for target_id in ids:
            desk.line = Line()
            await desk.visit(target_id, SILENT)
    assert [one.failures for one in await standing(desk, ids)] == [3] * len(ids)


async def test_one_silent_host_among_others_pays_for_itself(desk: Desk) -> None:
    ids = await watched(desk)
    for _ in range(3):
        await desk.visit(ids[1], a_page(a_sight("1")))
        assert (await desk.visit(ids[0], AWAY)).outcome is Outcome.UNREACHABLE
    assert (await desk.target(ids[0])).failures == 3
    assert await desk.outages() == []


async def test_what_is_caught_up_first_is_what_was_due_first(desk: Desk) -> None:
    ids = await watched(desk)
    for place, target_id in enumerate(ids):
        await desk.visit(target_id, a_page(a_sight(str(place))))
        desk.opened.clock.forward(MINUTE)
    desk.opened.clock.forward(60 * MINUTE)
    desk.line.resume(desk.opened.clock())
    turns = desk.turns()
    (probe,) = await turns.take(4, is_idle=True)
    assert probe.target.id == ids[0]
    assert await turns.take(4, is_idle=False) == []
    desk.source.script = (a_page(a_sight("9")),)
    await desk.intake.visit(probe, 0.5)
    assert [claim.target.id for claim in await turns.take(4, is_idle=True)] == ids[1:]


async def test_who_asks_for_a_visit_while_the_network_is_away_gets_an_answer(desk: Desk) -> None:
    (target_id, *_) = await watched(desk)
    await desk.visit(target_id, AWAY)
    request = await desk.watchlist.request_visit(LOCAL, target_id)
    await pass_time(desk, MINUTE, AWAY)
    assert (await desk.watchlist.answer(request)).outcome is Outcome.OFFLINE
