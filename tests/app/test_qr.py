"""A QR code for a terminal: what is drawn can be read back, and errs in no byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.qr import CORRECTION, DATA, LONGEST, SIDE, Modules, correction_of, drawn, product, qr_modules
from domain.errors import BadInput

FINDER = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]


def fixed(x: int, y: int) -> bool:
    """Return whether a module holds no data, told by the standard's regions."""
    corner = (x < 9 and y < 9) or (x > SIDE - 9 and y < 9) or (x < 9 and y > SIDE - 9)
    return corner or 6 in (x, y) or (28 <= x <= 32 and 28 <= y <= 32)


def read(modules: Modules) -> bytes:
    """Read the codewords as a phone does: unmasked, from the lower right corner, in pairs of columns."""
    bits, upward = "", True
    right = SIDE - 1
    while right > 0:
        if right == 6:
            right = 5
        rows = range(SIDE - 1, -1, -1) if upward else range(SIDE)
        for y in rows:
            for x in (right, right - 1):
                if not fixed(x, y):
                    bits += str(int(modules[y][x] != ((x + y) % 2 == 0)))
        right, upward = right - 2, not upward
    return bytes(int(bits[at : at + 8], 2) for at in range(0, (DATA + CORRECTION) * 8, 8))


@given(st.text(max_size=LONGEST // 4))
def test_what_is_drawn_can_be_read_back(text: str) -> None:
    codewords = read(qr_modules(text))
    bits = "".join(f"{byte:08b}" for byte in codewords[:DATA])
    length = int(bits[4:12], 2)
    assert bits[:4] == "0100"
    assert bytes(int(bits[12 + 8 * at : 20 + 8 * at], 2) for at in range(length)).decode() == text
    root = 1
    for _ in range(CORRECTION):
        syndrome = 0
        for byte in codewords:
            syndrome = product(syndrome, root) ^ byte
        assert syndrome == 0
        root = product(root, 2)


def test_corrections_are_those_of_the_standard_s_own_example() -> None:
    data = bytes.fromhex("10200c566180" + "ec11" * 5)
    assert correction_of(data, 10).hex() == "a524d4c1ed36c7872c55"


def test_the_patterns_stand_where_phones_look_for_them() -> None:
    modules = qr_modules("tg://login?token=kites")

    def part(left: int, top: int, side: int) -> list[str]:
        return ["".join(".#"[dark] for dark in row[left : left + side]) for row in modules[top : top + side]]

    assert part(0, 0, 7) == part(SIDE - 7, 0, 7) == part(0, SIDE - 7, 7) == FINDER
    assert part(28, 28, 5) == ["#####", "#...#", "#.#.#", "#...#", "#####"]
    assert [modules[6][x] for x in range(8, SIDE - 8)] == [x % 2 == 0 for x in range(8, SIDE - 8)]
    assert [modules[y][6] for y in range(8, SIDE - 8)] == [y % 2 == 0 for y in range(8, SIDE - 8)]
    # Level L with mask 0, beside the corners, the highest bit first.
    level = [bool(int(bit)) for bit in "111011111000100"]
    assert [modules[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [modules[y][8] for y in (7, 5, 4, 3, 2, 1, 0)] == level
    below = [modules[y][8] for y in range(SIDE - 1, SIDE - 8, -1)]
    assert below + [modules[8][x] for x in range(SIDE - 8, SIDE)] == level
    assert modules[SIDE - 8][8]


def test_lines_fit_a_terminal_with_light_around() -> None:
    lines = drawn("tg://login?token=kites").splitlines()
    assert len(lines) == 23
    assert {len(line) - len("\033[30;107m\033[0m") for line in lines} == {45}
    assert set(lines[0][len("\033[30;107m") : -len("\033[0m")]) == {" "}


def test_what_is_too_long_is_refused() -> None:
    assert qr_modules("k" * LONGEST)
    with pytest.raises(BadInput, match="without --qr"):
        qr_modules("k" * (LONGEST + 1))
