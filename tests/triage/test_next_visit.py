"""What `kapear watch show --json` says of the next visit is what the visit before stored."""

from __future__ import annotations

from datetime import timedelta

from tests.desk import LOCAL
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk
from triage.json_views import next_visit_json, watched_json


async def test_the_next_visit_is_shown_with_the_figures_it_was_decided_on(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    first = watched_json(await desk.watchlist.show(LOCAL, target_id))["next_visit"]
    assert first == {"at": "2026-03-02T04:30:00Z", "because": ["It was not visited yet."]}
    await desk.visit(target_id, a_page(a_sight("1"), a_sight("2")))
    view = await desk.watchlist.show(LOCAL, target_id)
    shown = watched_json(view)["next_visit"]
    assert (shown["decided_by"], shown["decided_at"]) == ("learned", "2026-03-02T04:30:00Z")
    assert shown["at"] == watched_json(view)["next_due"] == shown["visits_ahead"][0]
    assert (shown["weight"], shown["failures"], shown["dice"]) == (1.0, 0, 0.5)
    assert len(shown["posts_by_hour"]) == 24
    assert shown["posts_a_day"] > 0
    assert shown["price"] > 0
    desk.opened.clock.forward(timedelta(minutes=1))
    again = watched_json(await desk.watchlist.show(LOCAL, target_id))["next_visit"]
    assert again == shown, "it is told from the books, whenever it is asked"
    await desk.watchlist.pause(LOCAL, target_id)
    assert watched_json(await desk.watchlist.show(LOCAL, target_id))["next_visit"] is None
    assert next_visit_json(None) is None
