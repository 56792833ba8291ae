"""Each unsafe default of the installed Scrapy, seen off in the crawler that really runs."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import NotSupported
from scrapy.settings import Settings, default_settings

from crawler.handler import GuardedDownloadHandler
from crawler.logformatter import SilentLogFormatter
from crawler.settings import MAX_PAGE_BYTES, SETTINGS
from crawler.source import ScrapySource
from crawler.spiders.page import PageSpider
from domain.observations import Traffic
from tests.crawler.visiting import html, page_at, source_for
from tests.net.loopback import serving


def effective() -> Settings:
    return Crawler(PageSpider, SETTINGS).settings


@pytest.mark.parametrize(
    "name",
    [
        *("REMOTE_CONTROL_ENABLED", "TELNETCONSOLE_ENABLED", "COOKIES_ENABLED", "REFERER_ENABLED", "RETRY_ENABLED"),
        *("REDIRECT_ENABLED", "METAREFRESH_ENABLED", "HTTPPROXY_ENABLED", "COMPRESSION_ENABLED", "STATS_DUMP"),
        *("LOG_ENABLED", "LOG_INSTALL_ROOT_HANDLER", "MEMUSAGE_ENABLED", "TWISTED_REACTOR_ENABLED"),
    ],
)
def test_what_scrapy_turns_on_is_off(name: str) -> None:
    assert Settings().getbool(name), "Scrapy no longer turns this on: look again at what it does instead"
    assert effective().getbool(name) is False


def test_certificates_are_verified() -> None:
    assert default_settings.DOWNLOAD_VERIFY_CERTIFICATES is False
    assert effective().getbool("DOWNLOAD_VERIFY_CERTIFICATES") is True


@pytest.mark.parametrize(
    "name", ["HTTPCACHE_ENABLED", "JOBDIR", "FEEDS", "FILES_STORE", "IMAGES_STORE", "MEMDEBUG_ENABLED"]
)
def test_nothing_is_kept_on_disk(name: str) -> None:
    assert not effective().get(name)


@pytest.mark.parametrize(
    ("name", "most"), [("DOWNLOAD_MAXSIZE", MAX_PAGE_BYTES), ("DOWNLOAD_TIMEOUT", 20), ("DEPTH_LIMIT", 1)]
)
def test_limits_are_small(name: str, most: int) -> None:
    assert 0 < effective().getfloat(name) <= most
    assert not 0 < Settings().getfloat(name) <= most


async def running() -> tuple[ScrapySource, Crawler]:
    """Return the crawler of a visit that has fetched a page, and is still open."""
    crawlers: list[Crawler] = []

    class Watching(AsyncCrawlerRunner):
        def create_crawler(self, crawler_or_spidercls: Any) -> Crawler:
            crawlers.append(super().create_crawler(crawler_or_spidercls))
            return crawlers[-1]

    async def hello(_: Any) -> Any:
        return html("<p>kites")

    async with serving(hello) as server, source_for(server.base) as source:
        source._runner = Watching(SETTINGS)
        pages = source.pages(page_at(f"{server.base}/"), Traffic())
        await anext(pages)
        crawler = crawlers[0]
        downloader: Downloader = crawler.engine.downloader
        for scheme in ("file", "data", "s3", "ftp", "gopher"):
            with pytest.raises(NotSupported):
                await downloader.handlers.download_request_async(Request(f"{scheme}://kites.example/etc/hostname"))
        for scheme in ("http", "https"):
            assert isinstance(downloader.handlers._get_handler(scheme), GuardedDownloadHandler)
        await pages.aclose()
    return source, crawler


async def test_the_running_crawler_has_our_components_and_no_others() -> None:
    _, crawler = await running()
    assert crawler.extensions.middlewares == ()
    assert isinstance(crawler.logformatter, SilentLogFormatter)
    assert set(default_settings.EXTENSIONS_BASE), "the control: Scrapy has extensions to turn off"
    for family in ("EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES"):
        assert dict(crawler.settings.getwithbase(family)) == {}
    assert dict(crawler.settings.getwithbase("ITEM_PIPELINES")) == {"crawler.pipeline.HandOver": 1}


def test_every_name_is_one_that_scrapy_knows() -> None:
    known = set(dir(default_settings))
    assert {name for name in SETTINGS if name not in known} == set()
