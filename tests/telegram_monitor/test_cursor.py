from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VisitEnded
from telegram_monitor.cursor import MAX_ID, Cursor

IDS = st.integers(min_value=0, max_value=MAX_ID)


CURSORS = st.builds(
    Cursor,
    position=IDS,
    floor=IDS,
    pts=IDS,
    paged_at=st.integers(0, 1 << 40),
    held=st.integers(0, (1 << 64) - 1),
    recheck=IDS,
)


@given(CURSORS)
def test_what_is_written_is_read_back(cursor: Cursor) -> None:
    assert Cursor.parsed(str(cursor)) == cursor


@pytest.mark.parametrize(
    ("text", "cursor"),
    [("17", Cursor(position=17)), ("17:5", Cursor(position=17, floor=5)), ("0", Cursor(position=0))],
)
def test_a_cursor_of_the_preview_is_a_beginning(text: str, cursor: Cursor) -> None:
    assert Cursor.parsed(text) == cursor


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "17:", "tin", "-5", "1.5", "٣", "1:2:3", "1:2:3:4:5:6:7", " 1", "1:2:3:4:5:", "+1"),
        *(str(MAX_ID + 1), f"1:2:{MAX_ID + 1}:4:5:6", f"1:2:3:4:{1 << 64}:6", f"1:2:3:{(1 << 40) + 1}:5:6", "9" * 5000),
    ],
)
def test_a_cursor_nobody_wrote(text: str) -> None:
    with pytest.raises(VisitEnded, match=r"^error: bad_cursor$"):
        Cursor.parsed(text)


def test_a_rewound_cursor_stays_above_its_floor_and_knows_how_far_history_was_read() -> None:
    cursor = Cursor(position=1000, floor=40, pts=7, paged_at=9, held=3)
    assert cursor.rewound(100) == Cursor(position=900, floor=40, pts=7, held=3, recheck=1000)
    assert cursor.rewound(5000) == Cursor(position=40, floor=40, pts=7, held=3, recheck=1000)
    assert cursor.rewound(100).rewound(100) == Cursor(position=800, floor=40, pts=7, held=3, recheck=1000)
