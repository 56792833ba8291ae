"""The stream agrees with the standard library, whatever the pieces and however little may be held."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.formats.json_stream import JsonStream, Layout, Malformed, TooLong

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
cuts = st.lists(st.integers(0, 300), max_size=8)


def stream(text: str, places: list[int]) -> JsonStream:
    whole = text.encode()
    ends = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
    return JsonStream([whole[start:end] for start, end in pairwise(ends)])


@given(values, cuts, st.sampled_from([None, 1]), st.booleans())
def test_a_value_is_the_library_s(value: object, places: list[int], indent: int | None, plain: bool) -> None:  # noqa: FBT001 - hypothesis gives it by place
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    read = stream(f" {text}\n", places)
    assert read.value() == value
    assert read.next() == ""


@given(values, values, cuts)
def test_stepping_over_a_value_ends_where_the_value_does(first: object, second: object, places: list[int]) -> None:
    read = stream(json.dumps([first, second]), places)
    items = read.items()
    next(items)
    read.step_over()
    next(items)
    assert read.value() == second
    assert next(items, "the end") == "the end"
    assert read.next() == ""


@given(st.dictionaries(st.text(max_size=4), values, max_size=4), cuts)
def test_members_are_walked_in_their_order(value: dict[str, object], places: list[int]) -> None:
    read = stream(json.dumps(value), places)
    assert [(key, read.value()) for key in read.members()] == list(value.items())


RECORD = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9), max_size=2)
HOLDER = st.fixed_dictionaries({"a": st.integers(0, 9), "held": st.lists(RECORD, max_size=6)})


@given(st.lists(RECORD | HOLDER, max_size=6), cuts, st.booleans())
def test_records_are_the_same_however_little_is_held(
    documents: list[dict[str, Any]], places: list[int], in_an_array: bool  # noqa: FBT001 - hypothesis gives it by place
) -> None:  # fmt: skip
    text = json.dumps(documents) if in_an_array else "\n".join(map(json.dumps, documents))

    def read(longest: int) -> tuple[list[Any], list[Any]]:
        met: list[Any] = []
        layout = Layout(
            holds_records=lambda key, _first: key == "held", on_member=lambda key, value: met.append((key, value))
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("exchange.formats.json_stream.MAX_VALUE", longest)
            return list(layout.records(stream(text, places))), met

    expected = [record for each in documents for record in each.get("held", [each])]
    longest = max(8, *(len(json.dumps(record)) for record in expected), 0)  # a name is to be held too
    assert read(4 << 20) == read(longest) == (expected, [("a", each["a"]) for each in documents if "held" in each])


@pytest.mark.parametrize(
    "text", ["{", "[1 2]", '{"a" 1}', "{1:2}", '{"a":}', "[1,]", "nope", "-", "NaN", "Infinity", '"\n"', "]"]
)
def test_what_is_not_json_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        list(Layout(holds_records=lambda _key, _first: False).records(stream(text, [1])))


def test_nothing_at_all_is_no_record_and_no_value() -> None:
    assert list(Layout(holds_records=lambda _key, _first: False).records(stream(" ", []))) == []
    with pytest.raises(Malformed):
        stream("", []).value()


def test_a_value_that_is_too_long_is_still_there() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("exchange.formats.json_stream.MAX_VALUE", 10)
        read = stream('["12345678","123456789"]', [3])
        items = read.items()
        next(items)
        assert read.value() == "12345678"
        next(items)
        with pytest.raises(TooLong):
            read.value()
        read.step_over()
        assert read.next() == "]"
