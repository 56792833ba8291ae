"""What a platform deletes stays as it was seen, and the desk is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.observations import ObservedPage
from domain.outcomes import Outcome
from tests.desk import LOCAL
from tests.fakes import CHANNEL, a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.json_views import lead_json, post_json

KITE = b"kite"


def gone(*posts: str) -> ObservedPage:
    """Return a page that shows nothing, and says that these are gone."""
    return replace(a_page(cursor="3"), deleted=tuple((CHANNEL, post) for post in posts))


async def test_a_deletion_marks_the_post_and_is_an_event_of_its_lead(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite")), a_sight("2")))
    desk.opened.clock.forward(timedelta(hours=2))
    later = desk.opened.clock()
    visit = await desk.visit(target_id, gone("1", "2", "77"))
    # A deletion is no revision of a post: nothing new was observed.
    assert (visit.outcome, visit.new_observations, visit.leads_filed) == (Outcome.UNCHANGED, 0, 0)
    assert (await desk.target(target_id)).cursor == "3"
    assert [post_json(post.key.post, post)["deleted"] for post in await desk.posts(target_id)] == [True, True]
    (lead,) = await desk.leads()
    assert lead_json(lead)["deleted_posts"] == [later.isoformat(timespec="seconds").replace("+00:00", "Z")]
    (event,) = [event for event in await desk.events() if event.action == "lead.post_deleted"]
    assert (event.subject, event.actor, event.details["target"]) == (lead.id, "kapear", target_id)
    (shown,) = await desk.opened.office.queue.reveal(LOCAL, lead.id, reason="a test", opener=desk.opened.unlock(None))
    assert shown.deleted_at == later


async def test_a_deletion_is_told_once(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite"))))
    for _ in range(2):
        await desk.visit(target_id, gone("1", "1"))
    assert [event.action for event in await desk.events()].count("lead.post_deleted") == 1


async def test_a_post_that_is_seen_again_has_returned(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    page = a_page(a_sight("1", "", picture("kite")))
    await desk.visit(target_id, page)
    await desk.visit(target_id, gone("1"))
    visit = await desk.visit(target_id, page)
    assert (visit.outcome, visit.new_observations) == (Outcome.UNCHANGED, 0)
    assert [post.deleted for post in await desk.posts(target_id)] == [False]
    (lead,) = await desk.leads()
    assert lead_json(lead)["deleted_posts"] == []
    told = [event.action for event in await desk.events() if event.subject == lead.id]
    assert told == ["lead.filed", "lead.post_deleted", "lead.post_returned"]
