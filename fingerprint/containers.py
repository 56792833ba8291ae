"""
Tell by its first bytes whether a file may hold a video, and in which container.

For parent and child alike, so it looks at bytes and imports no decoder. The
kind found here fixes the demuxer: a playlist, a list of files or anything else
that would send a demuxer elsewhere is none of these kinds.
"""

from __future__ import annotations

from fingerprint.answers import Format

HEAD = 4096  # bytes that are enough to tell

_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"sidx"})
# Families of one picture, or of pictures as Pillow reads them.
_PICTURE_BRANDS = frozenset({b"avif", b"avis", b"mif1", b"miaf", b"heic", b"heix", b"heim", b"heis"})
_PACKETS = ((0, 188), (4, 192), (0, 204))  # where a transport stream's first packet begins, and how far the next is
_PACKETS_SEEN = 4


def sniff_container(untrusted_head: bytes) -> Format:
    """Return the container that the first bytes promise, or NONE."""
    if untrusted_head[4:8] in _BOXES:
        picture = untrusted_head[4:8] == b"ftyp" and untrusted_head[8:12] in _PICTURE_BRANDS
        return Format.NONE if picture else Format.MP4
    if untrusted_head[:4] == b"RIFF" and untrusted_head[8:12] == b"AVI ":
        return Format.AVI
    for start, kind in _MAGIC.items():
        if untrusted_head.startswith(start):
            return kind
    for first, step in _PACKETS:
        if untrusted_head[first : first + step * _PACKETS_SEEN : step] == b"\x47" * _PACKETS_SEEN:
            return Format.MPEG_TS
    return Format.NONE


_MAGIC = {
    b"\x1a\x45\xdf\xa3": Format.MATROSKA,
    b"\x00\x00\x01\xba": Format.MPEG_PS,
    b"FLV\x01": Format.FLV,
    b"OggS": Format.OGG,
}
