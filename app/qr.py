"""
Draw a QR code in a terminal: one size of it, made for a login address.

Version 5 of ISO/IEC 18004 at level L, mask 0: 37 modules a side, one block of
108 data bytes with 26 for correction, read by every phone. Modules are drawn
two a character, dark on light, whatever colours the terminal has.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from domain.errors import BadInput

SIDE = 37
DATA, CORRECTION = 108, 26
LONGEST = DATA - 2  # bytes of text: mode and length take 12 bits
QUIET = 4  # light modules around
_FORMAT = 0b111011111000100  # level L and mask 0, with their own correction
_ALIGNMENT = 30  # centre of the one alignment pattern, in both directions
_BLACK_ON_WHITE, _PLAIN = "\033[30;107m", "\033[0m"

Modules = list[list[bool]]


class Put(Protocol):
    """Makes a module dark or light for good."""

    def __call__(self, x: int, y: int, *, dark: bool) -> None:
        """Set it; what lies outside the code is left out."""


def drawn(text: str) -> str:
    """Return lines to print; raises BadInput where the text is longer than LONGEST bytes."""
    modules = qr_modules(text)
    light = [False] * (SIDE + 2 * QUIET)
    rows = [light] * QUIET + [[False] * QUIET + row + [False] * QUIET for row in modules] + [light] * (QUIET + 1)
    pairs = zip(rows[::2], rows[1::2], strict=False)
    lines = ("".join(" ▀▄█"[upper + 2 * lower] for upper, lower in zip(*pair, strict=True)) for pair in pairs)
    return "\n".join(f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines)


def qr_modules(text: str) -> Modules:
    """Return the code's rows, dark modules as True."""
    modules, fixed = _patterns()
    codewords = _data(text.encode())
    codewords += correction_of(codewords)
    bits = ((byte >> shift) & 1 for byte in codewords for shift in range(7, -1, -1))
    for x, y in path(fixed):
        modules[y][x] = bool(next(bits, 0)) ^ ((x + y) % 2 == 0)
    return modules


def path(fixed: Modules) -> Iterator[tuple[int, int]]:
    """Yield where data stands, as (x, y): up and down in pairs of columns from the right, past what is fixed."""
    for right in (*range(SIDE - 1, 6, -2), *range(5, 0, -2)):  # the timing pattern's column is no part of a pair
        upward = (right + 1) & 2 == 0
        for step in range(SIDE):
            y = SIDE - 1 - step if upward else step
            yield from ((x, y) for x in (right, right - 1) if not fixed[y][x])


def correction_of(data: bytes, count: int = CORRECTION) -> bytes:
    """Return so many Reed-Solomon bytes of a block, over GF(256) with the polynomial 0x11D."""
    divisor = _generator(count)
    rest = [0] * count
    for byte in data:
        factor = byte ^ rest[0]
        rest = [high ^ product(term, factor) for high, term in zip([*rest[1:], 0], divisor, strict=True)]
    return bytes(rest)


def product(one: int, other: int) -> int:
    """Return the product of two elements of the field."""
    result = 0
    for shift in range(7, -1, -1):
        result = (result << 1) ^ ((result >> 7) * 0x11D)
        result ^= ((other >> shift) & 1) * one
    return result


def _generator(degree: int) -> list[int]:
    """Return the divisor's terms below the highest: the product of (x - 2^i)."""
    terms, root = [0] * (degree - 1) + [1], 1
    for _ in range(degree):
        terms = [product(term, root) ^ lower for term, lower in zip(terms, [*terms[1:], 0], strict=True)]
        root = product(root, 2)
    return terms


def _data(content: bytes) -> bytes:
    """Return the data bytes: mode, length, content, and padding."""
    if len(content) > LONGEST:
        raise BadInput(f"A QR code here holds {LONGEST} bytes; sign in without --qr.")
    bits = f"0100{len(content):08b}{''.join(f'{byte:08b}' for byte in content)}0000"
    whole = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return whole + bytes(islice((0xEC, 0x11) * DATA, DATA - len(whole)))


def _patterns() -> tuple[Modules, Modules]:
    """Return the modules that are the same in every code, and which they are."""
    modules = [[False] * SIDE for _ in range(SIDE)]
    fixed = [[False] * SIDE for _ in range(SIDE)]

    def put(x: int, y: int, *, dark: bool) -> None:
        if 0 <= x < SIDE and 0 <= y < SIDE:
            modules[y][x], fixed[y][x] = dark, True

    for at in range(SIDE):
        put(6, at, dark=at % 2 == 0)
        put(at, 6, dark=at % 2 == 0)
    for left, top in ((3, 3), (SIDE - 4, 3), (3, SIDE - 4)):
        _rings(put, left, top, reach=4, dark={0, 1, 3})
    _rings(put, _ALIGNMENT, _ALIGNMENT, reach=2, dark={0, 2})
    for number, (x, y) in enumerate(_format_places()):
        put(x, y, dark=bool(_FORMAT >> (number % 15) & 1))
    put(8, SIDE - 8, dark=True)
    return modules, fixed


def _rings(put: Put, centre_x: int, centre_y: int, *, reach: int, dark: set[int]) -> None:
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            put(centre_x + across, centre_y + down, dark=max(abs(across), abs(down)) in dark)


def _format_places() -> Iterator[tuple[int, int]]:
    """Yield where the fifteen bits of the format stand, the lowest first, and then where they stand again."""
    yield from ((8, y) for y in (0, 1, 2, 3, 4, 5, 7, 8))
    yield from ((x, 8) for x in (7, 5, 4, 3, 2, 1, 0))
    yield from ((SIDE - 1 - step, 8) for step in range(8))
    yield from ((8, SIDE - 7 + step) for step in range(7))
