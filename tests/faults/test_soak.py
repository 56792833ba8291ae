"""A short soak on both databases: a fault every few seconds, in every way, and nothing lost or doubled at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.soak import RECOVERY_S, quarters, soaking

SECONDS = 25.0
EVERY_S = 2.5
HELD_S = 1.0


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_short_soak(tmp_path: Path, database: str) -> None:
    with soaking(
        tmp_path, seconds=SECONDS, every=EVERY_S, held=HELD_S, database=database, channels=2, interval_s=1
    ) as soak:
        soak.run()
    assert soak.verdict.is_whole, soak.verdict
    assert soak.events
    assert all(event.recovered_s <= RECOVERY_S for event in soak.events), soak.events


def test_memory_is_compared_between_the_second_and_the_last_quarter() -> None:
    flat = [(float(second), 100.0) for second in range(100)]
    assert quarters(flat, 100) == (100.0, 100.0)
    grown = [(second, 100.0 + (second if second > 75 else 0)) for second, _ in flat]
    assert quarters(grown, 100)[1] > 180
