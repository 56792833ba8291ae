"""No bytes break a reader, and no file makes it hold more than a piece and a record."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, pairwise, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.hashlists import Algorithm, BadRow, HashEntry, PassedOver
from exchange.formats.hashlist_columns import Columns, columns_from
from exchange.formats.hashlist_csv import read_csv
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlist_json import read_json
from exchange.formats.hashlist_ncmec import MAX_DEPTH, read_ncmec
from exchange.formats.hashlist_pdq_text import read_pdq_text
from exchange.formats.hashlist_text import MAX_LINE, MAX_WORDS
from exchange.formats.hashlist_vics import read_vics
from exchange.formats.hashlist_withdrawals import Withdrawals
from exchange.formats.hashlists import ReadAs, read_list
from tests.exchange.list_cases import CASES, bytes_of, how_of, read_pieces

MIB = 1 << 20
HOWS = [
    ReadAs(format=form, categories={"1": "kind-a"} if form is ListFormat.VICS else {})
    for form in ListFormat
]  # fmt: skip

cuts = st.lists(st.integers(0, 400), max_size=8)


def cut(whole: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
    return [whole[start:end] for start, end in pairwise(ends)]


def check(whole: bytes, how: ReadAs, places: list[int]) -> None:
    """Only BadInput is raised, what is read can be stored, and the pieces make no difference."""
    rows, refusal = read_pieces([whole], how)
    for row in rows:
        assert isinstance(row, HashEntry | BadRow | PassedOver)
        if isinstance(row, HashEntry):
            assert len(row.hash) * 2 == row.algorithm.hex_length
            for words in (row.classification, row.ref, row.note):
                assert len(words) <= MAX_WORDS
                assert "\0" not in words
                assert words.encode() or not words
    assert read_pieces(cut(whole, places), how) == (rows, refusal)


@given(st.binary(max_size=400), st.sampled_from(HOWS), cuts)
def test_no_bytes_break_a_reader(whole: bytes, how: ReadAs, places: list[int]) -> None:
    check(whole, how, places)


@given(st.sampled_from(CASES), st.data(), cuts)
def test_no_damage_breaks_a_reader(case: object, data: st.DataObject, places: list[int]) -> None:
    whole = bytearray(bytes_of(case))  # type: ignore[arg-type]  # a path
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b'"', b"<", b">", b"&", b"{", b"]", b"\\", b",", b"\n", b"\0", b"\xff", b"9", b"1e9"])
        )
    check(bytes(whole), how_of(case), places)  # type: ignore[arg-type]  # a path


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["value", "Media", "MD5", "Category", "data", "hashRecords", "type", "tags", "hash", "md5", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from(HOWS), cuts, st.booleans())
def test_no_shape_of_json_breaks_a_reader(value: object, how: ReadAs, places: list[int], plain: bool) -> None:  # noqa: FBT001
    check(json.dumps(value, ensure_ascii=plain, allow_nan=True).encode("utf-8", "surrogatepass"), how, places)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"value":[' * 20_000, '{"a":' * 100_000, "9" * 100_000, '[{"md5":' + "9" * 100_000 + "}]"],
    ids=["arrays", "holders", "objects", "digits", "a number"],
)
@pytest.mark.parametrize("how", [how for how in HOWS if how.format.is_json], ids=lambda how: how.format.value)
def test_depth_and_long_numbers_are_refused(text: str, how: ReadAs) -> None:
    assert read_pieces([text.encode()], how)[1]


def test_elements_deep_in_one_another_are_refused() -> None:
    whole = b"<queryResult>" + b"<a>" * MAX_DEPTH
    with pytest.raises(BadInput, match="deep"):
        list(read_ncmec([whole], Withdrawals()))


# Files that are far longer than what may be held of them.

LONG = 36  # MiB
HELD = 26 * MIB  # bytes, above all one record of 4 Mi characters, twice over while it is decoded
FILLING = b'"' + b"k" * 1022 + b'",'


def longer(head: bytes, filling: bytes, tail: bytes = b"") -> Iterator[bytes]:
    piece = filling * (MIB // len(filling))
    return chain([head], repeat(piece, LONG), [tail])


def peak(read: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


FILES: dict[str, tuple[bytes, bytes, bytes, ReadAs]] = {
    "a line without end": (b"md5\n", b"a", b"", HOWS[0]),
    "a quote without end": (b'md5\n"', b"a" * 1023 + b"\n", b"", HOWS[0]),
    "a text without end": (b'[{"md5":"', b"a", b"", HOWS[1]),
    "a member that nobody asked for": (b'{"x":[', FILLING, b'0],"hashes":[{"md5":"' + b"0f" * 16 + b'"}]}', HOWS[1]),
    "a record that is too long": (b'[{"x":[', FILLING, b'0]},{"md5":"' + b"0f" * 16 + b'"}]', HOWS[1]),
    "a name without end": (b'{"hashes":[{"md5":"' + b"0f" * 16 + b'"}],"', b"k", b"", HOWS[1]),
    "a tag without end": (b"<queryResult ", b"a", b"", HOWS[3]),
    "a text inside a tag": (b"<queryResult><images><image><id>", b"a", b"", HOWS[3]),
    "a line of PDQ without end": (b"", b"a", b"", HOWS[6]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_long_file_is_not_held(name: str) -> None:
    head, filling, tail, how = FILES[name]
    assert peak(lambda: read_pieces_of(lambda: longer(head, filling, tail), how)) < HELD


def read_pieces_of(opener: Callable[[], Iterator[bytes]], how: ReadAs) -> tuple[int, str]:
    """Return how many rows there were, and the refusal; rows are not kept."""
    rows = 0
    try:
        for _ in read_list(opener, how):
            rows += 1
    except BadInput as fault:
        return rows, str(fault)
    return rows, ""


@pytest.mark.parametrize("name", ["a member that nobody asked for", "a record that is too long"])
def test_what_stands_behind_a_long_value_is_read(name: str) -> None:
    head, filling, tail, how = FILES[name]
    rows = list(read_list(lambda: longer(head, filling, tail), how))
    assert [row.algorithm for row in rows if isinstance(row, HashEntry)] == [Algorithm.MD5]
    assert [row.problem for row in rows if isinstance(row, BadRow)] == (
        ["the record is no JSON object, or over 4 MiB"] if "too long" in name else []
    )


def test_a_case_longer_than_a_record_may_be_is_read_record_by_record() -> None:
    record = {"MediaID": 1, "Category": 1, "MD5": "0f" * 16, "MediaFiles": [{"FileName": "k" * 1000}]}
    one = json.dumps(record).encode() + b","
    head = b'{"@odata.context":"x/DataModels/2.0.xml/US/$metadata#Cases","value":[{"CaseID":"c","Media":['
    pieces = [head, *repeat(one * 1000, 6), json.dumps(record).encode(), b"]}]}"]
    rows = list(read_vics(pieces, {"1": "kind-a"}))
    assert len(rows) == 6001
    assert {(row.algorithm, row.classification) for row in rows if isinstance(row, HashEntry)} == {
        (Algorithm.MD5, "kind-a")
    }
    assert rows[-1] == HashEntry(algorithm=Algorithm.MD5, hash=b"\x0f" * 16, classification="kind-a", ref="1")
    assert isinstance(rows[-1], HashEntry)
    assert rows[-1].line == 6001


# What a reader takes for its own words.


def test_columns_are_read_as_an_option_gives_them() -> None:
    assert columns_from('md5 = Image MD5 ,"id=Ref, old"') == Columns(names={"md5": "Image MD5", "id": "Ref, old"})
    assert columns_from("") == Columns()


@pytest.mark.parametrize("text", ["md5", "md5=", "=x", "size=Bytes", "md5=a,,id=b"])
def test_columns_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="OURS=THEIRS"):
        columns_from(text)


def test_options_of_another_format_are_refused() -> None:
    with pytest.raises(BadInput, match="--columns"):
        ReadAs(format=ListFormat.NCMEC, columns=columns_from("md5=x"))
    with pytest.raises(BadInput, match="--category"):
        ReadAs(format=ListFormat.CSV, categories={"1": ""})


@pytest.mark.parametrize("read", [read_csv, read_pdq_text])
def test_a_line_that_is_too_long_is_refused_and_the_next_is_read(read: Callable[..., Iterator[object]]) -> None:
    digits = "0f" * 32
    whole = f"pdq\n{digits}\n{'f' * (MAX_LINE + 1)}\n{digits}\n".encode()
    rows = [row for row in read([whole]) if not (isinstance(row, BadRow) and row.line == 1)]
    assert [type(row) for row in rows] == [HashEntry, BadRow, HashEntry]


def test_words_are_cut_and_freed_of_what_cannot_be_stored() -> None:
    record = {"md5": "0f" * 16, "note": "\ud800" + "k" * 600, "id": 10**30, "classification": True}
    [entry] = read_json([json.dumps([record]).encode()])
    assert isinstance(entry, HashEntry)
    assert (entry.note, entry.ref, entry.classification) == ("\N{REPLACEMENT CHARACTER}" + "k" * 499, "", "")


def test_withdrawals_are_bounded_and_the_latest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    withdrawals = Withdrawals()
    withdrawals.note("lamp", 200)
    withdrawals.note("lamp", 100)
    assert [withdrawals.cover("lamp", at) for at in (200, 201, None)] == [True, False, True]
    assert not withdrawals.cover("kite", None)
    withdrawals.note("kite", None)
    assert withdrawals.cover("kite", 10**10)
    monkeypatch.setattr("exchange.formats.hashlist_withdrawals.MAX_WITHDRAWN", 2)
    with pytest.raises(BadInput, match="whole list"):
        withdrawals.note("boat", 1)
