"""
Run Scrapy with what is needed and nothing else.

Scrapy's defaults suit a developer's terminal: a local server that executes
Python, a telnet console, handlers for files and buckets, unverified
certificates, pages of a gigabyte, URLs and items in the log. Each family of
components is therefore emptied, so that what a later version adds stays off
too, and each unsafe switch is turned off by name as well.
"""

from __future__ import annotations

from typing import Any

MAX_PAGE_BYTES = 2 * 1024 * 1024
TIMEOUT = 20.0

SETTINGS: dict[str, Any] = {
    "BOT_NAME": "kapear",
    # One loop, Kapear's own: no reactor, no signal handlers, no log handlers.
    "TWISTED_REACTOR_ENABLED": False,
    "LOG_ENABLED": False,
    "LOG_INSTALL_ROOT_HANDLER": False,
    "LOG_FORMATTER": "crawler.logformatter.SilentLogFormatter",
    "STATS_DUMP": False,
    # Doors into the process.
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "EXTENSIONS_BASE": {},
    "EXTENSIONS": {},
    "ADDONS": {},
    # The only way out: http and https through the egress guard.
    "DOWNLOAD_HANDLERS_BASE": {},
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.handler.GuardedDownloadHandler",
        "https": "crawler.handler.GuardedDownloadHandler",
        "data": None,
        "file": None,
        "ftp": None,
        "s3": None,
    },
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "DOWNLOADER_MIDDLEWARES": {},
    "SPIDER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES": {},
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "HTTPPROXY_ENABLED": False,
    # Every request is ours to decide: redirects, repeats, encodings, headers.
    "REDIRECT_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "RETRY_ENABLED": False,
    "COMPRESSION_ENABLED": False,
    "COOKIES_ENABLED": False,
    "REFERER_ENABLED": False,
    "ROBOTSTXT_OBEY": False,  # `crawler.asking` heeds it, once a day for all visits; Scrapy would ask in each
    # Limits. The handler holds the first two; Scrapy's own agree with it.
    "DOWNLOAD_MAXSIZE": MAX_PAGE_BYTES,
    "DOWNLOAD_WARNSIZE": 0,
    "DOWNLOAD_TIMEOUT": TIMEOUT,
    "DOWNLOAD_DELAY": 0,  # the governor spaces requests, for all visits together
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "CONCURRENT_ITEMS": 1,
    "DEPTH_LIMIT": 1,
    "URLLENGTH_LIMIT": 2083,
    # Nothing on disk.
    "HTTPCACHE_ENABLED": False,
    "JOBDIR": None,
    "FEEDS": {},
    "FILES_STORE": None,
    "IMAGES_STORE": None,
    "ITEM_PIPELINES_BASE": {},
    "ITEM_PIPELINES": {"crawler.pipeline.HandOver": 1},
    "MEMDEBUG_ENABLED": False,
    "MEMUSAGE_ENABLED": False,
    "SPIDER_MODULES": [],
}
