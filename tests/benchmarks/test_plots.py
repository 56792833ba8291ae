"""A chart is well-formed, says what it was given, and puts points where they belong."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from benchmarks.plots import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Series, line_chart

# ruff: noqa: S314 - the document is our own
SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> list[list[tuple[float, float]]]:
    """Return the points of each line, without those of the legend and the axes."""
    paths = [path.get("d", "") for path in ET.fromstring(svg).iter(f"{SVG}path") if path.get("class") == "line"]
    return [[(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)] for path in paths if "L" in path]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_points_lie_where_the_axes_say() -> None:
    svg = line_chart([Series("a", [(0, 0), (5, 50), (10, 100)])], title="t", x="day", y="hours")
    (line,) = drawn(svg)
    first, middle, last = line
    assert first == pytest.approx((LEFT, HEIGHT - BOTTOM))
    assert last[0] == WIDTH - RIGHT
    assert middle == pytest.approx(((first[0] + last[0]) / 2, (first[1] + last[1]) / 2), abs=0.1)
    assert {"0", "2", "10", "100", "day", "hours", "t", "a"} <= set(texts(svg))


def test_a_logarithm_gives_each_power_the_same_room() -> None:
    svg = line_chart([Series("a", [(1, 1), (10, 10), (100, 100)])], title="t", x="x", y="y", log_x=True, log_y=True)
    (line,) = drawn(svg)
    first, middle, last = line
    assert middle == pytest.approx(((first[0] + last[0]) / 2, (first[1] + last[1]) / 2), abs=0.1)
    with pytest.raises(ValueError, match="logarithmic"):
        line_chart([Series("a", [(0, 1)])], title="t", x="x", y="y", log_x=True)


def test_two_of_many_series_look_alike_in_nothing() -> None:
    series = [Series(f"line {number}", [(0, number), (1, number + 1)]) for number in range(12)]
    svg = line_chart(series, title="t", x="x", y="y")
    looks = re.findall(r'class="line" (stroke="[^"]+" stroke-dasharray="[^"]+") d="M[\d. ]+L', svg)
    assert len(set(looks)) == len(looks) == len(series)


def test_words_stay_words_and_a_flat_line_is_drawn() -> None:
    svg = line_chart([Series("<b>", [(3, 7), (3, 7)])], title="a < b & c", x="x", y="y", from_zero=False, marks=[3])
    assert {"<b>", "a < b & c"} <= set(texts(svg))
    assert 'class="mark"' in svg
    with pytest.raises(ValueError, match="point"):
        line_chart([Series("a", [])], title="t", x="x", y="y")


def test_single_points_are_dots() -> None:
    svg = line_chart([Series("a", [(0, 1), (1, 2), (2, 3)], is_dotted=True)], title="t", x="x", y="y")
    assert len(list(ET.fromstring(svg).iter(f"{SVG}circle"))) == 3 + 1, "and one in the legend"
