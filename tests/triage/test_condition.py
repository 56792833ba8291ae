"""Any process can tell whether monitoring goes on, and the one that visits says so every few seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.condition import BEAT_EVERY, SILENT, Standstill
from domain.errors import OperatorFault
from tests.desk import LOCAL
from tests.triage.deskhands import Desk
from triage.condition import Condition, Pulse

SECOND = timedelta(seconds=1)


class Watch:
    """Counts seconds with the desk's clock."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.began = desk, desk.opened.clock()

    def __call__(self) -> float:
        return (self.desk.opened.clock() - self.began).total_seconds()


async def test_who_visits_says_so_and_when_ticks_end_everybody_knows_within_a_minute(desk: Desk) -> None:
    office, clock = desk.opened.office, desk.opened.clock
    assert await office.condition.reasons() == (Standstill.NO_TICK,)
    pulse = Pulse(desk=office.desk, decodes=lambda: True, clock=Watch(desk))
    for _ in range(20):
        pulse.ticked()
        await pulse.beat()
        assert await office.condition.reasons() == ()
        clock.forward(BEAT_EVERY)
    stopped = clock()
    while await office.condition.reasons() == ():
        await pulse.beat()  # this process lives, but nothing is looked for any more
        clock.forward(SECOND)
    assert await office.condition.reasons() == (Standstill.NO_TICK,)
    assert SILENT - BEAT_EVERY <= clock() - stopped <= SILENT + 2 * SECOND


async def test_children_that_do_not_start_are_told_in_any_process(desk: Desk) -> None:
    await Pulse(desk=desk.opened.office.desk, decodes=lambda: False).beat()
    assert await desk.opened.office.condition.reasons() == (Standstill.DECODING_FAILS,)


async def test_a_pause_and_an_outage_are_told(desk: Desk) -> None:
    office = desk.opened.office
    await Pulse(desk=office.desk, decodes=lambda: True).beat()
    await office.watchlist.pause_all(LOCAL, "line repair")
    await desk.opened.store.write(lambda tx: tx.outages.begin(desk.opened.clock()))
    assert await office.condition.reasons() == (Standstill.PAUSED, Standstill.NETWORK_AWAY)


async def test_a_database_that_is_away_is_a_reason_and_no_error(desk: Desk) -> None:
    class Away:
        async def read(self, work: object) -> None:
            raise OperatorFault(f"the database does not answer {type(work).__name__}")

    away = replace(desk.opened.office.desk, store=Away())  # type: ignore[arg-type]  # of a store only what is asked of it
    assert await Condition(desk=away).reasons() == (Standstill.DATABASE_AWAY,)
