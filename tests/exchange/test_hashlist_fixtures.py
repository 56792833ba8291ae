"""Each reader, on files written from the public description of its format, good ones and bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.hashlists import HashEntry
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlists import ReadAs
from tests.exchange.list_cases import CASES, FIXTURES, as_json, bytes_of, how_of, read_pieces

NAMES = [f"{case.parent.name}/{case.name}" for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_file_is_read_as_expected(case: Path) -> None:
    assert as_json(*read_pieces([bytes_of(case)], how_of(case))) == json.loads((case / "expected.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@pytest.mark.parametrize("length", [1, 7, 1000])
def test_it_is_no_matter_in_which_pieces_a_file_comes(case: Path, length: int) -> None:
    whole = bytes_of(case)
    pieces = [whole[start : start + length] for start in range(0, len(whole), length)]
    assert read_pieces(pieces, how_of(case)) == read_pieces([whole], how_of(case))


@pytest.mark.parametrize("form", ListFormat)
def test_every_format_has_good_files_bad_rows_and_files_refused_as_a_whole(form: ListFormat) -> None:
    expected = [json.loads(file.read_text()) for file in FIXTURES.glob(f"{form}/*/expected.json")]
    assert any(each["entries"] and not each["refused"] and not each["refusal"] for each in expected)
    assert any(each["entries"] and each["refused"] and not each["refusal"] for each in expected)
    assert any(each["refusal"] for each in expected)


def test_every_case_says_what_is_expected() -> None:
    assert {file.parent for file in FIXTURES.glob("*/*/input.*")} == set(CASES)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_refusal_is_one_short_line(case: Path) -> None:
    _, refusal = read_pieces([bytes_of(case)], how_of(case))
    assert "\n" not in refusal
    assert len(refusal) < 300


WHOLE = {
    ListFormat.CSV: "plain",
    ListFormat.JSON: "array",
    ListFormat.VICS: "1_3_media",
    ListFormat.NCMEC: "answer",
    ListFormat.STOPNCII: "two_pages",
    ListFormat.THREATEXCHANGE: "threat_updates",
    ListFormat.PDQ_TEXT: "with_quality",
}


@pytest.mark.parametrize(("form", "said"), [(form, said) for form in ListFormat for said in ListFormat if form != said])
def test_a_file_of_another_format_is_refused_by_its_name(form: ListFormat, said: ListFormat) -> None:
    categories = {"1": ""} if said is ListFormat.VICS else {}
    rows, refusal = read_pieces([bytes_of(FIXTURES / form / WHOLE[form])], ReadAs(format=said, categories=categories))
    if form is ListFormat.JSON and said.is_json:
        # What makes a file one of the kinds of JSON may stand at its end: it was read to there.
        assert not any(isinstance(row, HashEntry) for row in rows)
        assert refusal.startswith("This is no ")
    else:
        assert rows == []
        assert refusal == f"This looks like {form.called}, not like {said.called}; say --format {form}."
