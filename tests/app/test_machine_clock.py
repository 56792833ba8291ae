"""What the kernel and /run say of how the clock is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.machine_clock import NOT_SYNCHRONISED, keeping
from domain.timekeeping import Keeping


@pytest.mark.parametrize(
    ("service", "answer", "said"),
    [
        ("", 0, Keeping.KEPT),
        ("chrony", 0, Keeping.KEPT),
        ("", NOT_SYNCHRONISED, Keeping.UNKNOWN),
        ("systemd/timesync", NOT_SYNCHRONISED, Keeping.LOST),
        ("chrony", -1, Keeping.UNKNOWN),
    ],
)
def test_a_clock_is_lost_only_where_something_should_keep_it(
    tmp_path: Path, service: str, answer: int, said: Keeping
) -> None:
    if service:
        (tmp_path / service).mkdir(parents=True)
    assert keeping(tmp_path, answer) is said


def test_this_machine_can_be_asked() -> None:
    assert keeping() in set(Keeping)
