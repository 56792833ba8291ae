"""An interface may say in an answer's body why it has no other: only where the question wants to be told."""

from __future__ import annotations

import pytest
from aiohttp import web

from crawler.asking import ask
from crawler.question import JSON, Question, Recall
from crawler.visit import Equipment, Visit
from domain.errors import VisitEnded
from domain.observations import Traffic
from net.governor import HostGovernor
from net.session import guarded_session
from tests.crawler.visiting import FIRST_HOUR, QUICK, page_at
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, serving


async def missing(_: web.Request) -> web.Response:
    return web.Response(status=404, text="<p>no kite here", content_type="text/html")


async def answered(told: frozenset[int]) -> tuple[int, bytes, Recall | None]:
    async with serving(missing) as server, guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
        equipment = Equipment(
            session=session,
            governor=HostGovernor(per_host=8, delay=0),
            telegram_web_base="",
            bluesky_base="",
            robots=None,
            tool="kapear tests",
            now=lambda: FIRST_HOUR,
            limits=QUICK,
        )
        question = Question(url=f"{server.base}/kites", accepts=JSON, told=told)
        answer = await ask(Visit(equipment, page_at(question.url), Traffic()), question)
        assert answer.capture is not None
        assert answer.capture.status == answer.status
        return answer.status, answer.body, answer.recall


async def test_what_is_told_is_an_answer_of_whatever_type_and_recalled_by_none() -> None:
    assert await answered(frozenset({404})) == (404, b"<p>no kite here", None)


async def test_what_is_not_told_is_an_ending() -> None:
    with pytest.raises(VisitEnded, match="gone: http_404"):
        await answered(frozenset({400, 410}))
