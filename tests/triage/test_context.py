"""What stands around a lead's post is looked for once, and for no other post."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import EgressRefused, VisitEnded
from domain.leads import PostContent
from domain.mandate import MandateScope
from domain.observations import ObservedPage, ObservedPost
from domain.outcomes import Outcome
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight, picture
from tests.triage.deskhands import Desk

SELLING = "a set for 12 USD, PayPal"
KITE = b"kite"


def posts(first: int, last: int) -> list[ObservedPost]:
    return [a_sight(str(number), f"post {number}") for number in range(first, last + 1)]


def page_with(lead: ObservedPost, *, before: int, after: int) -> ObservedPage:
    """Return a page of a lead's post and plain ones by the same author, so many on either side."""
    number = int(lead.post)
    return a_page(*posts(number - before, number - 1), lead, *posts(number + 1, number + after))


async def contents(desk: Desk) -> list[PostContent]:
    return [
        row.content
        for lead in await desk.leads()
        for row in await desk.opened.office.queue.reveal(
            LOCAL, lead.id, reason="a test", opener=desk.opened.unlock(None)
        )
        if row.content is not None
    ]


def numbers(content: PostContent) -> tuple[list[int], list[int]]:
    before, after = ([int(post.url.rpartition("/")[2]) for post in side] for side in (content.before, content.after))
    return before, after


async def test_what_the_page_lacks_is_looked_for_once_and_sealed(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    lead = a_sight("50", "the lead's", picture("kite"))
    desk.source.single = {"50": page_with(lead, before=20, after=20)}
    visit = await desk.visit(target_id, page_with(lead, before=2, after=0))
    assert desk.source.posts_asked == ["50"]
    (content,) = await contents(desk)
    assert numbers(content) == ([45, 46, 47, 48, 49], [51, 52, 53, 54, 55])
    # What was seen around it is no observation.
    assert [post.key.post for post in await desk.posts(target_id)] == ["48", "49", "50"]
    assert (visit.new_observations, visit.requests) == (3, 2)
    assert (await desk.target(target_id)).cursor == "50"


async def test_a_page_that_shows_enough_is_enough(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    lead = a_sight("50", "", picture("kite"))
    await desk.visit(target_id, page_with(lead, before=5, after=5))
    newest = replace(page_with(a_sight("90", "", picture("kite")), before=5, after=0), is_newest=True)
    await desk.visit(target_id, newest)
    assert desk.source.posts_asked == []
    assert len(await desk.leads()) == 2


async def test_posts_that_file_nothing_are_never_looked_around(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1", "12 USD"), a_sight("2", "kites", picture("lantern"))))
    assert desk.source.posts_asked == []


async def test_a_text_seen_before_is_not_looked_around_again_unless_it_changed(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1", SELLING)))
    await desk.visit(target_id, a_page(a_sight("1", SELLING)))
    assert desk.source.posts_asked == ["1"]
    await desk.visit(target_id, a_page(a_sight("1", f"{SELLING}, new")))
    assert desk.source.posts_asked == ["1", "1"]


async def test_leads_that_stand_together_share_one_look_and_a_flood_makes_two(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    flood = [a_sight(str(number), SELLING) for number in range(100, 200)]
    desk.source.single = {str(number): a_page(*posts(number - 49, number + 50)) for number in range(100, 200)}
    await desk.visit(target_id, a_page(*flood))
    assert desk.source.posts_asked == ["100", "195"]
    found = {content.url.rpartition("/")[2]: numbers(content) for content in await contents(desk)}
    assert found["103"] == ([98, 99, 100, 101, 102], [104, 105, 106, 107, 108])
    assert found["197"] == ([192, 193, 194, 195, 196], [198, 199, 200, 201, 202])


@pytest.mark.parametrize(
    "fault",
    [VisitEnded(Outcome.LIMITED, "flood_wait"), EgressRefused("loopback"), TimeoutError(), None],
    ids=["limited", "refused", "late", "gone"],
)
async def test_what_cannot_be_had_is_left_out_and_holds_nothing_up(desk: Desk, fault: BaseException | None) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    desk.source.single = {} if fault is None else {"50": fault}
    visit = await desk.visit(target_id, page_with(a_sight("50", "", picture("kite")), before=2, after=1))
    assert (visit.outcome, visit.leads_filed) == (Outcome.NEW, 1)
    (content,) = await contents(desk)
    assert numbers(content) == ([48, 49], [51])


async def test_another_channels_posts_are_no_neighbours(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    others = [replace(post, container="7654321") for post in posts(40, 60)]
    desk.source.single = {"50": a_page(*others)}
    await desk.visit(target_id, page_with(a_sight("50", "", picture("kite")), before=2, after=1))
    (content,) = await contents(desk)
    assert numbers(content) == ([48, 49], [51])


async def test_a_mandate_for_links_looks_around_nothing(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await enrolled.renew(MandateScope.LINKS_ONLY)
    await enrolled.visit(target_id, a_page(a_sight("1", SELLING)))
    assert enrolled.source.posts_asked == []


async def test_a_web_page_has_no_neighbours(desk: Desk) -> None:
    target_id = (await desk.watch("http://127.0.0.1:9/kites")).target.id
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("http://127.0.0.1:9/kites", SELLING, picture("kite"))))
    assert desk.source.posts_asked == []
    assert len(await desk.leads()) == 1
