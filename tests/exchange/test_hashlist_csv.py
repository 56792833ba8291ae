from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.hashlists import Algorithm, BadRow, HashEntry
from exchange.formats.hashlist_csv import read_csv

MD5 = "a" * 32


def read(text: str) -> list[HashEntry | BadRow]:
    return list(read_csv(text.splitlines(keepends=True)))


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


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    for row in read(f"algorithm,hash\n{text}"):
        assert isinstance(row, HashEntry | BadRow)
