from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from domain.plaintext import NO_WIDTH, REPLACED, printable

BIDI = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
WITHOUT_WIDTH = [0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD]
STEERS = {"Cc", "Cf", "Cs", "Zl", "Zp"}

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=100)


def test_every_code_point_comes_out_as_itself_or_visible() -> None:
    for code_point in range(sys.maxunicode + 1):
        character = chr(code_point)
        shown = printable(character)
        assert len(shown) == 1
        assert unicodedata.category(shown) not in STEERS, hex(code_point)
        if unicodedata.category(character) not in STEERS and code_point != 0x034F:
            assert shown == character, hex(code_point)


def test_every_code_point_between_letters_is_treated_the_same() -> None:
    everything = "".join(f"a{chr(code_point)}" for code_point in range(sys.maxunicode + 1))
    assert {unicodedata.category(character) for character in set(printable(everything))}.isdisjoint(STEERS)


def test_direction_marks_become_replacement_characters() -> None:
    assert printable("".join(map(chr, BIDI))) == REPLACED * len(BIDI)


def test_characters_without_width_become_dots_so_that_khmer_stays_readable() -> None:
    assert printable("".join(map(chr, WITHOUT_WIDTH))) == NO_WIDTH * len(WITHOUT_WIDTH)
    assert printable("ខ្ញុំ\u200bលក់") == "ខ្ញុំ·លក់"


def test_line_feeds_and_tabs_stay_only_where_asked() -> None:
    assert printable("a\nb\tc") == f"a{REPLACED}b{REPLACED}c"
    assert printable("a\nb\tc", keep="\n\t") == "a\nb\tc"
    assert printable("a\r\nb\rc", keep="\n") == f"a\nb{REPLACED}c"


def test_a_terminal_sequence_is_disarmed() -> None:
    assert "\x1b" not in printable("\x1b[2Jtin lanterns\x9b31m", keep="\n\t")


@given(anything)
def test_showing_twice_is_showing_once_and_always_encodes(text: str) -> None:
    shown = printable(text, keep="\n\t")
    assert printable(shown, keep="\n\t") == shown
    shown.encode()  # raises where a lone surrogate is left
