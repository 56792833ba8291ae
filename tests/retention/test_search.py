"""The search finds the canary however it was written, and finds nothing where it is not."""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import random
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable

import pytest

from tests.fingerprint.pictures import encoded, photo
from tests.retention.search import WINDOW, Canary, canary_of

PICTURE = encoded(photo(120, 90, seed=11), "PNG")
CANARY = canary_of(PICTURE)
PIECE = PICTURE[500 : 500 + 2 * WINDOW]


def hexdump(data: bytes) -> str:
    """As `hexdump -C` does, 16 bytes a line: shorter than a window."""
    lines = (data[at : at + 16] for at in range(0, len(data), 16))
    return "".join(
        f"{at * 16:08x}  {line[:8].hex(' ')}  {line[8:].hex(' ')}  |................|\n"
        for at, line in enumerate(lines)
    )


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("piece", data)
    return file.getvalue()


WRITTEN: dict[str, Callable[[bytes], bytes | str]] = {
    "as it is": bytes,
    "one window": lambda piece: piece[7 : 7 + WINDOW],
    "Python's repr": repr,
    "JSON of Latin-1": lambda piece: json.dumps(piece.decode("latin-1")),
    "escaped twice": lambda piece: repr(repr(piece)),
    "Latin-1 as UTF-8": lambda piece: piece.decode("latin-1"),
    "UTF-16": lambda piece: piece.decode("latin-1").encode("utf-16-le"),
    "percent": urllib.parse.quote_from_bytes,
    "entities": lambda piece: "".join(f"&#{byte};" for byte in piece),
    "HTML of repr": lambda piece: html.escape(repr(piece)),
    "base64": base64.b64encode,
    "base64 for addresses, glued": lambda piece: b"id=" + b"k" * 3 + base64.urlsafe_b64encode(piece),
    "base64 in lines": base64.encodebytes,
    "base64 in lines in JSON": lambda piece: json.dumps(base64.encodebytes(piece).decode()),
    "hex": bytes.hex,
    "hex at an odd place": lambda piece: "f" + piece.hex(),
    "hex with colons": lambda piece: piece.hex(":"),
    "hex dump": hexdump,
    "a list of numbers": lambda piece: str(list(piece)),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "base64 of gzip": lambda piece: base64.b64encode(gzip.compress(piece)),
    "gzip of hex": lambda piece: gzip.compress(piece.hex().encode()),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_piece_is_found_however_it_was_written(way: str) -> None:
    written = WRITTEN[way](PIECE)
    data = written.encode() if isinstance(written, str) else written
    noise = random.Random(5).randbytes(3_001)  # noqa: S311 - repeatable noise
    assert CANARY.met_in(noise + b"\n" + data + b"\n" + noise)


@pytest.mark.parametrize("layout", ["RGB", "BGR", "RGBA", "L"])
def test_decoded_pixels_are_found(layout: str) -> None:
    pixels = CANARY.parts[layout]
    assert any(CANARY.met_in(b"kite" + pixels[at : at + WINDOW]) for at in range(4_000, 4_400, 40))


def test_every_window_of_the_file_is_found() -> None:
    missed = [at for at in range(100, 400) if not CANARY.longest_run(b"\0" * (at % 9) + PICTURE[at : at + WINDOW])]
    assert missed == []


def test_what_is_shorter_than_a_window_or_something_else_is_not_found() -> None:
    other = encoded(photo(120, 90, seed=12), "PNG")
    assert CANARY.met_in(PICTURE[300 : 300 + WINDOW - 1]) == ""
    assert CANARY.met_in(other) == ""
    assert CANARY.met_in(base64.b64encode(other) + repr(other).encode() + other.hex().encode()) == ""
    assert CANARY.met_in(b"") == ""


def test_blank_areas_belong_to_nobody() -> None:
    assert Canary({"file": bytes(4_096)}).met_in(bytes(100_000)) == ""
