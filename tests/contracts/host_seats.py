"""What seats at hosts promise; subclass it and give it `seats`, and `others` that share them (of another process)."""

from __future__ import annotations

import asyncio

import pytest

from domain.ports import HostSeats

HOST = "kites.example"


class HostSeatsContract:
    """The suite; a subclass brings the fixtures `seats` and `others`."""

    async def test_no_more_than_the_limit_sit_at_once_whoever_they_are(
        self, seats: HostSeats, others: HostSeats
    ) -> None:
        inside = peak = total = 0

        async def guest(held: HostSeats) -> None:
            nonlocal inside, peak, total
            async with held.seat(HOST, limit=2, delay=0):
                inside, total = inside + 1, total + 1
                peak = max(peak, inside)
                await asyncio.sleep(0.01)
                inside -= 1

        await asyncio.gather(*(guest(held) for _ in range(6) for held in (seats, others)))
        assert (peak, total) == (2, 12)

    async def test_hosts_do_not_wait_for_each_other(self, seats: HostSeats, others: HostSeats) -> None:
        async with (
            asyncio.timeout(20),
            seats.seat(HOST, limit=1, delay=600),
            others.seat("rakes.example", limit=1, delay=600),
        ):
            pass

    async def test_starts_keep_their_distance(self, seats: HostSeats, others: HostSeats) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for held in (seats, others, seats, others):
            async with held.seat(HOST, limit=2, delay=0.05):
                pass
        assert loop.time() - began > 0.14

    async def test_who_waits_for_a_seat_gets_it_when_it_is_free(self, seats: HostSeats, others: HostSeats) -> None:
        sat = asyncio.Event()

        async def guest() -> None:
            async with others.seat(HOST, limit=1, delay=0):
                sat.set()

        async with seats.seat(HOST, limit=1, delay=0):
            waiting = asyncio.create_task(guest())
            await asyncio.sleep(0.05)
            assert not sat.is_set()
        async with asyncio.timeout(20):
            await waiting

    async def test_who_is_cancelled_gives_seat_and_turn_away(self, seats: HostSeats, others: HostSeats) -> None:
        async def guest(delay: float) -> None:
            async with seats.seat(HOST, limit=1, delay=delay):
                await asyncio.Event().wait()

        async with others.seat(HOST, limit=1, delay=0):
            waiting = asyncio.create_task(guest(0))  # for the seat
            await asyncio.sleep(0.05)
            waiting.cancel()
        for delay in (600, 0):  # for its start; inside
            task = asyncio.create_task(guest(delay))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with asyncio.timeout(20), others.seat(HOST, limit=1, delay=0.05):
            pass

    async def test_what_fails_inside_gives_its_seat_back(self, seats: HostSeats, others: HostSeats) -> None:
        for _ in range(2):
            with pytest.raises(LookupError):
                async with seats.seat(HOST, limit=1, delay=0):
                    raise LookupError
        async with asyncio.timeout(20), others.seat(HOST, limit=1, delay=0):
            pass
