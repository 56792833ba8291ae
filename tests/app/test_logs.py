"""Whatever is logged, and by whomever, a line says who spoke and what is on the list, and nothing else."""

from __future__ import annotations

import io
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
    line = stream.getvalue()
    assert "visit ended target=t-1 outcome=new" in line
    assert PLACE not in line


def test_arguments_and_odd_characters_are_no_way_around_the_list(stream: io.StringIO) -> None:
    logging.getLogger("kapear.test").info("reading %s", PLACE)
    logging.getLogger("kapear.test").info("visit ended", extra={"code": "a\nb\x1b[31m"})
    text = stream.getvalue()
    assert PLACE not in text
    assert "code=a?b??31m" in text
    assert len(text.splitlines()) == 2


def test_other_libraries_are_heard_without_their_words(stream: io.StringIO) -> None:
    logging.getLogger("scrapy.core").debug("Crawled %s", PLACE)
    logging.getLogger("aiohttp").error(SAID)
    text = stream.getvalue()
    assert "DEBUG scrapy.core (message withheld)" in text
    assert "ERROR aiohttp (message withheld)" in text
    assert PLACE not in text
    assert HANDLE not in text


def test_telethon_would_be_heard_without_its_words_if_somebody_let_it_speak(stream: io.StringIO) -> None:
    logger = logging.getLogger("telethon.network.mtprotosender")
    logger.setLevel(logging.DEBUG)
    try:
        logger.debug("Handling container with %s", SAID)
    finally:
        logger.setLevel(logging.NOTSET)
    assert stream.getvalue().endswith(" DEBUG telethon.network.mtprotosender (message withheld)\n")


def test_an_exception_is_named_and_never_quoted(stream: io.StringIO) -> None:
    for logger in ("kapear.test", "asyncio"):
        try:
            int(PLACE)
        except ValueError:
            logging.getLogger(logger).exception("broken")
    assert stream.getvalue().count("exception=ValueError") == 2
    assert PLACE not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()


def test_a_warning_is_withheld_too(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(PLACE, stacklevel=1)
    assert PLACE not in stream.getvalue()
    assert "py.warnings (message withheld)" in stream.getvalue()
