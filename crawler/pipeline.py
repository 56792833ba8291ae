"""Hand each page to the visit that asked for it: the only pipeline there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from crawler.endings import unforeseen
from crawler.items import PageItem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spiders.base import VisitSpider


class HandOver:
    """Ends the way of an item through Scrapy."""

    def __init__(self, crawler: Crawler) -> None:
        """Keep the crawler; its spider knows the visit."""
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HandOver:
        """Let Scrapy build it."""
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        """Pass a page on; a failure ends the visit instead of reaching Scrapy's log with a traceback."""
        visit = cast("VisitSpider", self._crawler.spider).visit
        try:
            visit.hand_over(cast("PageItem", item))
        except Exception as error:  # noqa: BLE001 - Scrapy would log its message
            visit.end(unforeseen(error))
        return item
