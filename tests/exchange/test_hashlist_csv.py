from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.hashlists import Algorithm, BadRow, HashEntry, ListRow
from exchange.formats.hashlist_columns import columns_from
from exchange.formats.hashlist_csv import read_csv

MD5 = "a" * 32


def read(text: str) -> list[ListRow]:
    return list(read_csv([text.encode()]))


def test_a_good_row_keeps_the_lists_own_words() -> None:
    [entry] = read(f"algorithm,hash,classification,id,note\nMD5,{MD5.upper()},kind-a,42,blue kites\n")
    assert entry == HashEntry(
        algorithm=Algorithm.MD5, hash=bytes.fromhex(MD5), classification="kind-a", ref="42", note="blue kites"
    )


def test_columns_may_stand_in_any_order_and_behind_a_byte_order_mark() -> None:
    [entry] = read(f"\N{ZERO WIDTH NO-BREAK SPACE}hash,algorithm\r\n{MD5},md5\r\n")
    assert isinstance(entry, HashEntry)


def test_a_bad_row_is_refused_with_its_line_and_the_rest_is_read() -> None:
    rows = read(f"algorithm,hash\nmd5,{MD5}\nmd5,xyz\n\nwhirlpool,{MD5}\nmd5\nsha256,{'b' * 64}\n")
    assert [row.line for row in rows if isinstance(row, BadRow)] == [3, 5, 6]
    assert len([row for row in rows if isinstance(row, HashEntry)]) == 2


def test_a_file_that_is_no_hash_list_is_refused_as_a_whole() -> None:
    for text in ("", "a,b\n1,2\n", "\x89PNG\r\n"):
        with pytest.raises(BadInput, match="Line 1"):
            read(text)


def test_no_hash_is_quoted_of_a_file_without_a_header() -> None:
    with pytest.raises(BadInput, match=r"It has: \(a hash\), kind-a\.$"):
        read(f"{MD5},kind-a\n{MD5},kind-a\n")


def test_an_open_quote_spoils_its_own_line_only() -> None:
    good = f"md5,{MD5},\n"
    rows = read(f'algorithm,hash,note\nmd5,{MD5},"open\n{good * 100}md5,{MD5},"closed\nlater"\n')
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2]
    assert [row.line for row in rows if isinstance(row, HashEntry)] == list(range(3, 104))
    assert rows[-1] == HashEntry(algorithm=Algorithm.MD5, hash=bytes.fromhex(MD5), note="closed\nlater")


def test_a_quote_amid_a_word_is_a_character_like_others() -> None:
    [first, second] = read(f'md5,note\n{MD5},5" wide\n{MD5},5" high\n')
    assert isinstance(first, HashEntry)
    assert (first.note, second) == ('5" wide', replace(first, note='5" high'))


def test_the_header_says_what_parts_the_cells() -> None:
    [entry] = read(f'"a,b,c,d";hash;algorithm\n"1,2";{MD5};md5\n')
    assert isinstance(entry, HashEntry)


def test_columns_that_are_named_go_before_those_with_a_known_name() -> None:
    whole = f"algorithm,hash,picture\nmd5,{MD5},{MD5[:-1]}b\n".encode()
    assert [
        entry.hash.hex() for entry in read_csv([whole], columns_from("md5=picture")) if isinstance(entry, HashEntry)
    ] == [f"{MD5[:-1]}b"]


def test_algorithms_are_known_in_any_spelling() -> None:
    rows = read(f"algorithm,hash\nMD-5,{MD5}\n mD5 ,{MD5}\nSHA-256,{MD5 * 2}\nsha_1,{MD5}{MD5[:8]}\n")
    assert [row.algorithm for row in rows if isinstance(row, HashEntry)] == ["md5", "md5", "sha256", "sha1"]


cells = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


@given(st.lists(st.tuples(cells, cells), max_size=6), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_a_csv_writer_wrote_comes_back(rows: list[tuple[str, str]], quoting: Literal[0, 1]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator="\n")
    writer.writerow(["md5", "id", "note"])
    writer.writerows([MD5, *row] for row in rows)
    entries = [row for row in read(text.getvalue()) if isinstance(row, HashEntry)]
    assert [(entry.ref, entry.note) for entry in entries] == [(ref.strip(), note.strip()) for ref, note in rows]


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    for row in read(f"algorithm,hash\n{text.encode('utf-8', 'replace').decode()}"):
        assert isinstance(row, HashEntry | BadRow)
