"""Whatever a post, a list or a report says, a page shows it and obeys none of it."""

from __future__ import annotations

import sys
import unicodedata
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from console.rendering import Pages
from tests.console.visitor import Desk
from tests.desk import LOCAL, SELLING, post

PAGES = Pages(ZoneInfo("Asia/Phnom_Penh"))
STEERS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
HOSTILE = (
    "<script>alert(1)</script><img src=http://127.0.0.1:9/x>\u202eevil\u2066\x1b[2J\u200b\u2028{{7*7}}{% raw %}\"'"
)


def steers(page: str) -> set[str]:
    return {hex(ord(character)) for character in set(page) - {"\n", "\t"} if unicodedata.category(character) in STEERS}


def error_page(line: str) -> str:
    shared: dict[str, object] = {"actor": None, "csrf": "", "path": "/", "here": "/", "now": None, "may": {}}
    shared["warnings"] = (line,)
    shared["standstill"], shared["paused"] = [line], f"because {line}"
    return PAGES.render("error.html", "en", shared | {"title": line, "line": line, "translated": False})


def test_no_code_point_of_all_reaches_a_page_unless_it_is_meant_to_be_seen() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    page = error_page(everything)
    assert steers(page) == set()
    page.encode()


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_any_text_is_escaped_whole(text: str) -> None:
    page = error_page(text)
    empty = error_page("")
    assert steers(page) == set()
    assert page.count("<") == empty.count("<")


async def test_hostile_posts_lists_reports_and_targets_are_shown_as_text(desk: Desk) -> None:
    await desk.opened.add_list(b"tin lantern", name=HOSTILE[:60])
    view = await desk.opened.add_target()
    hostile = post(1, SELLING + HOSTILE, b"tin lantern", author=HOSTILE, links=(HOSTILE,))
    await desk.opened.visit(view.target.id, hostile)
    visitor = await desk.sign_in()
    await visitor.send("/reports", reference="R-5", received="2026-03-01", via="web", alleged=HOSTILE)
    target = {"locator": "http://127.0.0.1:9/a?<b>", "report": "R-5", "authorised_by": HOSTILE, "basis": HOSTILE}
    await visitor.send("/targets", **target, days="5", backfill="0")
    added = (await desk.office.watchlist.all(LOCAL))[0].target.id
    lead_id = (await desk.office.queue.all(LOCAL))[0].id
    revealed = await visitor.send(f"/leads/{lead_id}/reveal", reason=HOSTILE)
    await visitor.send(f"/leads/{lead_id}/notes", text=HOSTILE)
    pages = [await visitor.get(path) for path in ("/", "/lists", "/reports", "/targets", f"/targets/{added}")]
    pages += [revealed, await visitor.get(f"/leads/{lead_id}")]
    for page in pages:
        assert page.status == 200
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert steers(page.text) == set()
    assert "{{7*7}}" in revealed.words
    assert "alert(1)" in revealed.words
