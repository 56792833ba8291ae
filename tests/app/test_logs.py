"""Whatever is logged, and by whomever, a line says who spoke and what is on the list, and nothing else."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from app import logs

HANDLE, PLACE = "@harbour_kites", "http://127.0.0.1:9/blue-kites"
SAID = f"{PLACE} by {HANDLE}"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Return what the configured log writes; everything is put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("kapear")
    before = (root.handlers[:], root.level, ours.level)
    written = io.StringIO()
    logs.configure(debug=True, stream=written)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_our_own_records_carry_listed_fields_only(stream: io.StringIO) -> None:
    logging.getLogger("kapear.test").info("visit ended", extra={"target": "t-1", "outcome": "new", "url": PLACE})
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "kapear.test", "message": "visit ended", "target": "t-1", "outcome": "new",
    }  # fmt: skip


def test_arguments_and_odd_characters_are_no_way_around_the_list(stream: io.StringIO) -> None:
    logging.getLogger("kapear.test").info("reading %s", PLACE)
    logging.getLogger("kapear.test").info("visit ended", extra={"code": "a\nb\x1b[31m"})
    text = stream.getvalue()
    assert PLACE not in text
    assert json.loads(text.splitlines()[1])["code"] == "a?b??31m"
    assert len(text.splitlines()) == 2


def test_other_libraries_are_heard_without_their_words(stream: io.StringIO) -> None:
    logging.getLogger("scrapy.core").debug("Crawled %s", PLACE)
    logging.getLogger("aiohttp").error(SAID)
    text = stream.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["level"], line["logger"], line["message"]) for line in lines] == [
        ("DEBUG", "scrapy.core", "(withheld)"), ("ERROR", "aiohttp", "(withheld)"),
    ]  # fmt: skip
    assert PLACE not in text
    assert HANDLE not in text


def test_telethon_would_be_heard_without_its_words_if_somebody_let_it_speak(stream: io.StringIO) -> None:
    logger = logging.getLogger("telethon.network.mtprotosender")
    logger.setLevel(logging.DEBUG)
    try:
        logger.debug("Handling container with %s", SAID)
    finally:
        logger.setLevel(logging.NOTSET)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["logger"], line["message"]) == ("telethon.network.mtprotosender", "(withheld)")


def test_an_exception_is_named_and_never_quoted(stream: io.StringIO) -> None:
    for logger in ("kapear.test", "asyncio"):
        try:
            int(PLACE)
        except ValueError:
            logging.getLogger(logger).exception("broken")
    assert [json.loads(line)["exception"] for line in stream.getvalue().splitlines()] == ["ValueError"] * 2
    assert PLACE not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()


def test_a_warning_is_withheld_too(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(PLACE, stacklevel=1)
    assert PLACE not in stream.getvalue()
    assert json.loads(stream.getvalue())["logger"] == "py.warnings"
