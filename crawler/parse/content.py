"""Read the HTML inside of a post the way a page is read."""

from __future__ import annotations

from crawler.parse.page import SeenPage, TooComplex, read_page


def read_content(html: str, *, page_url: str) -> SeenPage:
    """
    Return what a piece of HTML holds.

    What is nested beyond reason is kept as its own source, whose words can
    still be read: one such post must not hide those around it.
    """
    if "<" not in html and "&" not in html:
        return SeenPage(text=html.strip(), links=(), media=())
    try:
        return read_page(html, page_url=page_url)
    except TooComplex:
        return SeenPage(text=html, links=(), media=())
