"""How late leads are is told in all and of one target, and each delay comes to the log once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from domain.latency import HALF, MOST, Latency, Timing
from domain.observations import ObservedPage
from domain.people import Actor, Role
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk
from triage.json_views import latency_json
from triage.latency import Latencies

SELLING = "Blue kites, 12 USD each, by PayPal."
MINUTE = timedelta(minutes=1)
OTHER = Actor(name="os:other", role=Role.ADMIN, local=True)


def latencies(desk: Desk) -> Latencies:
    return desk.opened.office.latency


def sold(name: str, posted_at: datetime | None) -> ObservedPage:
    """A page with one selling post of an author of its own."""
    return a_page(replace(a_sight(name, SELLING), posted_at=posted_at, author=f"kite maker {name}"))


async def test_a_target_s_delays_count_from_its_approval(enrolled: Desk) -> None:
    clock = enrolled.opened.clock
    asked = clock()
    target_id = await enrolled.approved()
    clock.forward(30 * MINUTE)
    await enrolled.visit(target_id, sold("1", asked - MINUTE), sold("2", asked + 10 * MINUTE), sold("3", None))
    bopha = await enrolled.opened.user("bopha")
    latency = await latencies(enrolled).recent(bopha)
    assert latency.leads == {Timing.EARLIER: 1, Timing.WATCHED: 1, Timing.UNDATED: 1}
    assert (latency.to_seen.over, latency.to_lead.over) == ((1_200,), (1_200,))
    assert len(latency.to_person.lasting) == 3


async def test_a_person_s_first_claim_is_told_beside_it(desk: Desk) -> None:
    clock = desk.opened.clock
    target_id = (await desk.watch()).target.id
    clock.forward(10 * MINUTE)
    await desk.visit(target_id, sold("1", clock() - 4 * MINUTE), sold("2", clock() - 2 * MINUTE))
    one, other = await desk.leads()
    clock.forward(25 * MINUTE)
    queue = desk.opened.office.queue
    await queue.claim(LOCAL, one.id)
    await queue.release(LOCAL, one.id)
    clock.forward(25 * MINUTE)
    await queue.claim(OTHER, one.id)
    latency = await latencies(desk).recent(LOCAL)
    assert (latency.to_lead.within(HALF), latency.to_lead.within(MOST)) == (120, 240)
    assert (latency.to_person.over, latency.to_person.lasting) == ((1_500,), (3_000,))
    assert latency_json(latency) == {
        "post_to_seen": {"leads": 2, "p50_s": 120, "p95_s": 240},
        "post_to_lead": {"leads": 2, "p50_s": 120, "p95_s": 240},
        "lead_to_person": {"leads": 1, "p50_s": 1_500, "p95_s": None, "waiting": 1, "longest_waiting_s": 3_000},
        "not_counted": {"undated": 0, "earlier": 0, "lists": 0},
    }
    assert other.first_claimed_at is None


async def test_a_target_has_figures_of_its_own_and_old_ones_are_over(desk: Desk) -> None:
    clock = desk.opened.clock
    first = (await desk.watch()).target.id
    second = (await desk.watch("@paper_kites")).target.id
    clock.forward(10 * MINUTE)
    await desk.visit(first, sold("1", clock() - MINUTE))
    clock.forward(timedelta(days=31))
    await desk.visit(second, sold("2", clock() - 3 * MINUTE))
    assert (await latencies(desk).recent(LOCAL)).to_lead.over == (180,)
    assert (await latencies(desk).recent(LOCAL, first)).to_lead.over == ()
    assert (await latencies(desk).recent(LOCAL, second)).to_lead.over == (180,)
    assert (await latencies(desk).between(LOCAL, None, None)).to_lead.over == (60, 180)
    day = clock().date()
    assert (await latencies(desk).between(LOCAL, day, day)).to_lead.over == (180,)
    assert (await latencies(desk).between(LOCAL, None, day - timedelta(days=1))).to_lead.over == (60,)
    assert await latencies(desk).between(LOCAL, day + timedelta(days=1), None) == Latency()


async def test_the_log_s_delays_are_counted_once(desk: Desk) -> None:
    clock = desk.opened.clock
    target_id = (await desk.watch()).target.id
    began = await latencies(desk).latest_event()
    clock.forward(10 * MINUTE)
    await desk.visit(target_id, sold("1", clock() - MINUTE), sold("2", None))
    queue = desk.opened.office.queue
    clock.forward(MINUTE)
    for lead in await desk.leads():
        await queue.claim(LOCAL, lead.id)
        await queue.release(LOCAL, lead.id)
        await queue.claim(OTHER, lead.id)
    tally = await latencies(desk).tally(began)
    assert (tally.to_lead, tally.to_person) == ((60,), (60, 60))
    again = await latencies(desk).tally(tally.event)
    assert (again.event, again.to_lead, again.to_person) == (tally.event, (), ())
