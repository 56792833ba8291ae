"""
Tell by its first bytes that a file is neither picture nor video, so that the rest need not be read.

Only what is known to be something else: documents, archives, programs, sound.
A picture in a format that is not decoded has a digest that a list may know, so
whatever is not recognised here is read on.
"""

from __future__ import annotations

_BEGINNINGS = (
    b"%PDF-",
    b"%!PS",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",  # older office documents
    b"{\\rtf",
    b"\x7fELF",
    b"MZ",
    b"ID3",
    b"fLaC",
    b"wOFF",
    b"wOF2",
)
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml", b"<svg", b"<!--")


def is_no_media(head: bytes) -> bool:
    """Return whether a file that begins so is certainly neither picture nor video."""
    words = head[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(_BEGINNINGS) or words.startswith(_MARKUP)
