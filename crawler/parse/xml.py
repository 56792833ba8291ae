"""
Parse XML from strangers: nothing is declared, nothing expanded, nothing fetched.

The document's type goes before a parser sees it, and with it every entity
that could be declared. Names of characters that HTML knows are written out,
since feeds use them undeclared; any other name is dropped, and an ampersand
that names nothing stands for itself.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from html.entities import html5
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no annotations

from crawler.parse.bounds import has_monstrous_tag
from crawler.parse.page import TooComplex

_BOMS = ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_PROLOG = re.compile(r"\s*+(?:<\?.*?\?>\s*+|<!--.*?-->\s*+)*+", re.DOTALL)
_MARKS = re.compile(r"<!--(?:.*?-->|.*)|\"[^\"]*\"?|'[^']*'?|[\[<\]>]", re.DOTALL)
_NAMED = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?:([A-Za-z][A-Za-z0-9._-]{0,63});|(?!#[0-9]{1,8};|#x[0-9A-Fa-f]{1,8};))", re.DOTALL
)
_DOCTYPE = "<!DOCTYPE"
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decoded(untrusted: bytes, content_type: str = "") -> str:
    """
    Return the text of a document: as its first bytes, itself or its header declare, if it can be read so.

    Else as UTF-8, else as Windows-1252, in which everything can be read.
    """
    for bom, encoding in _BOMS:
        if untrusted.startswith(bom):
            return untrusted[len(bom) :].decode(encoding, "replace")
    declared = _DECLARED.match(untrusted.lstrip()[:400])
    named = _CHARSET.search(content_type)
    names = [declared[1].decode("ascii")] if declared else []
    names += [named[1]] if named else []
    for encoding in (*names, "utf-8"):
        try:
            return untrusted.decode(encoding)
        except (LookupError, ValueError):  # no such encoding, none of text, or not what it is written in
            continue
    return untrusted.decode("cp1252", "replace")


def root_of(text: str) -> Any | None:
    """Return a document's outermost element, mended where it is broken, or None; raises TooComplex."""
    text = _NOT_XML.sub("", text)
    start = text.find("<")
    if start < 0:
        return None
    text = _NAMED.sub(_character, _without_doctype(text[start:]))
    if has_monstrous_tag(text):
        raise TooComplex
    parser = hardened()
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise TooComplex
    return root


def hardened() -> Any:
    """Return a parser that on its own, too, expands and fetches nothing."""
    return etree.XMLParser(
        encoding="utf-8",
        recover=True,
        huge_tree=False,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )


def _without_doctype(text: str) -> str:
    """Return a document without the type that it declares; nothing of one whose declaration never ends."""
    start = _after_prolog(text, 0)
    if text[start : start + len(_DOCTYPE)].upper() != _DOCTYPE:
        return text[start:]
    rest = _after_prolog(text, _end_of_doctype(text, start))
    return "" if text[rest : rest + len(_DOCTYPE)].upper() == _DOCTYPE else text[rest:]


def _after_prolog(text: str, place: int) -> int:
    prolog = _PROLOG.match(text, place)
    return prolog.end() if prolog else place


def _end_of_doctype(text: str, start: int) -> int:
    """Return where a type declaration ends, past comments, quotes and what it declares itself."""
    depth = 0
    for mark in _MARKS.finditer(text, start):
        depth += {"[": 1, "<": 1, "]": -1, ">": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return len(text)


def _character(named: re.Match[str]) -> str:
    """Return the character that a name stands for, if it cannot be taken for markup."""
    if named[0] == "&":
        return "&amp;"
    if named[1] is None or named[1] in _OWN:
        return named[0]
    character = html5.get(f"{named[1]};", "")
    return "" if character in {"<", ">", "&", '"', "'"} else character
