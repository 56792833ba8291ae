"""Let Scrapy log that something happened, never where or what."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class SilentLogFormatter(LogFormatter):
    """
    Drops the two messages of daily business, and keeps failures to their type.

    Spiders and the pipeline turn failures into a visit's ending themselves;
    the messages here are for what they did not foresee.
    """

    def crawled(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Say nothing: the default names the URL."""
        return None  # type: ignore[return-value]  # documented by Scrapy as "omit the message", missing in its annotation

    def scraped(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Say nothing: the default prints the item."""
        return None  # type: ignore[return-value]  # same

    def dropped(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Say nothing: the default prints the item."""
        return None  # type: ignore[return-value]  # same

    def item_error(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Say that a page could not be handed over."""
        return _bare("A page could not be handed over")

    def spider_error(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Say that a spider failed."""
        return _bare("A spider failed")

    def download_error(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Say that a download failed."""
        return _bare("A download failed")


def _bare(message: str) -> LogFormatterResult:
    return {"level": logging.ERROR, "msg": message, "args": {}}
