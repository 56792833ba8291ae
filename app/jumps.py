"""
Notice when somebody sets the clock.

The ticker plans by the clock on the wall: set back by a day, it would stand
still for a day. What measures durations is not set, so it tells.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.base import BaseScheduler

from domain.clock import utc_now

log = logging.getLogger("kapear.clock")

LOOK_EVERY_S = 1.0
JUMP = timedelta(seconds=5)  # what a time service corrects at once is less


async def follow_clock(
    ticker: BaseScheduler,
    set_back: Callable[[], Awaitable[object]],
    *,
    now: Callable[[], datetime] = utc_now,
    every: float = LOOK_EVERY_S,
) -> None:
    """Let every job of the ticker be due when the clock has jumped, and first do `set_back` where it went backwards."""
    begun, at = now(), time.monotonic()
    while True:
        await asyncio.sleep(every)
        expected = begun + timedelta(seconds=time.monotonic() - at)
        begun, at = now(), time.monotonic()
        jump = begun - expected
        if abs(jump) < JUMP:
            continue
        log.warning("the clock was set", extra={"seconds": round(jump.total_seconds())})
        if jump < timedelta(0):
            await set_back()
        for job in ticker.get_jobs():
            job.modify(next_run_time=begun)
