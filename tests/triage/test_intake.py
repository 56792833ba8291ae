"""The way of one page of posts, against a real SQLite store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import EgressRefused, MediaUnavailable
from domain.fingerprints import Covers, MediaStatus
from domain.hashlists import Algorithm
from domain.ids import TargetId
from domain.leads import Closing, LeadKind, LeadStatus
from domain.observations import MediaKind
from domain.outcomes import Outcome
from domain.planning import MAX_ATTEMPTS
from tests.desk import LOCAL
from tests.fakes import FakeMedia, a_page, a_sight, picture
from tests.triage.deskhands import Desk

SELLING = "Blue kites, 12 USD each, by PayPal"
KITE = b"kite"
NO_WAIT = timedelta(milliseconds=20)  # a deadline that nothing but a hanging reading reaches


async def test_a_page_is_committed_before_the_next_is_asked_for(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    stored: list[tuple[list[str], str | None]] = []

    async def look(page: int) -> None:
        assert desk.source.pages_asked == page
        posts = [post.key.post for post in await desk.posts(target_id)]
        stored.append((posts, (await desk.target(target_id)).cursor))

    desk.source.before_page = look
    pages = [a_page(a_sight(str(number), SELLING, picture(f"p{number}"))) for number in (1, 2, 3)]
    visit = await desk.visit(target_id, *pages)
    assert stored == [([], None), (["1"], "1"), (["1", "2"], "2")]
    assert (await desk.target(target_id)).cursor == "3"
    assert (visit.outcome, visit.new_observations, visit.media_hashed) == (Outcome.NEW, 3, 3)
    assert desk.source.posts_asked == ["1", "2", "3"]  # what stands around each lead was not on its page
    assert (visit.requests, visit.bytes) == (6, 3_000)
    assert desk.source.closed == 1


async def test_a_visit_begins_where_the_last_one_committed(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1")), a_page(a_sight("2"), cursor="two"))
    await desk.visit(target_id)
    assert [asked.cursor for asked in desk.source.asked] == [None, "two"]
    assert desk.source.asked[0].locator == "https://t.me/s/tin_lanterns"
    assert desk.source.asked[0].backfill == 200


async def test_seeing_a_page_again_writes_nothing_and_reads_no_picture_again(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    page = [a_sight("1", SELLING, picture("kite")), a_sight("2", "", picture("plain"))]
    first = await desk.visit(target_id, a_page(*page))
    again = [picture("kite"), picture("plain")]
    second = await desk.visit(target_id, a_page(a_sight("1", SELLING, again[0]), a_sight("2", "", again[1])))
    assert (first.outcome, first.matches, first.leads_filed) == (Outcome.NEW, 1, 1)
    assert (second.outcome, second.new_observations, second.media_hashed, second.leads_filed) == (
        Outcome.UNCHANGED, 0, 0, 0,
    )  # fmt: skip
    assert sorted(desk.fingerprinter.hashed) == [KITE, b"plain"]
    for media in again:
        assert isinstance(media.source, FakeMedia)
        assert (media.source.reads, media.source.closed) == (0, 1)
    assert [post.seq for post in await desk.posts(target_id)] == [1, 1]


async def test_an_edit_is_a_revision_and_joins_the_lead(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1", SELLING)))
    visit = await desk.visit(target_id, a_page(a_sight("1", "Blue kites. Gone!")))
    assert (visit.outcome, visit.new_observations, visit.leads_filed) == (Outcome.NEW, 1, 0)
    (lead,) = await desk.leads()
    opener = desk.opened.unlock(None)
    shown = await desk.opened.office.queue.reveal(LOCAL, lead.id, reason="a test", opener=opener)
    assert [row.content.text for row in shown if row.content] == [SELLING, "Blue kites. Gone!"]


async def test_every_media_source_is_let_go_whatever_came_of_it(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    media = [
        FakeMedia(b"flat"),
        FakeMedia(b"broken"),
        FakeMedia(fault=MediaUnavailable("timeout")),
        FakeMedia(fault=EgressRefused("private_address")),
        FakeMedia(hangs=True),
        FakeMedia(KITE),
    ]
    desk.limits = replace(desk.limits, page_deadline=NO_WAIT, media_at_once=len(media))
    pictures = [picture(f"p{number}", item) for number, item in enumerate(media)]
    await desk.visit(target_id, a_page(a_sight("1", "", *pictures)))
    assert all(item.closed for item in media)
    (post,) = await desk.posts(target_id)
    assert {(item.status, item.reason) for item in post.media} == {
        (MediaStatus.LOW_QUALITY, ""),
        (MediaStatus.UNDECODABLE, ""),
        (MediaStatus.PENDING, "timeout"),
        (MediaStatus.REJECTED, "private_address"),
        (MediaStatus.PENDING, "deadline"),
        (MediaStatus.HASHED, ""),
    }
    assert {item.sha256 is None for item in post.media if item.status is MediaStatus.UNDECODABLE} == {False}


async def test_what_is_not_read_by_the_deadline_is_pending_and_holds_nothing_up(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.limits = replace(desk.limits, page_deadline=NO_WAIT, media_at_once=1, retries_a_visit=0)
    slow, queued = FakeMedia(hangs=True), FakeMedia(KITE)
    page = a_page(a_sight("1", SELLING, picture("slow", slow), picture("queued", queued)))
    visit = await desk.visit(target_id, page, a_page(a_sight("2")))
    assert (visit.outcome, visit.new_observations) == (Outcome.NEW, 2)
    assert (await desk.target(target_id)).cursor == "2"
    assert queued.reads == 0
    waiting = await desk.opened.store.read(lambda tx: tx.targets.pending_media(TargetId(target_id), 9))
    # Only a reading that was begun counts as one.
    assert [item.attempts for item in waiting] == [0, 1]


async def test_pending_media_are_tried_again_and_matched(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    failing = FakeMedia(fault=MediaUnavailable("timeout"))
    await desk.visit(target_id, a_page(a_sight("1", "Kites", picture("kite", failing))))
    desk.source.shelf = {"http://127.0.0.1:9/media/kite": FakeMedia(KITE)}
    visit = await desk.visit(target_id)
    assert desk.source.media_asked == ["http://127.0.0.1:9/media/kite"]
    assert (visit.media_hashed, visit.matches, visit.leads_filed, visit.new_observations) == (1, 1, 1, 0)
    (lead,) = await desk.leads()
    assert (lead.kind, lead.posts) == (LeadKind.HASH, 1)
    opener = desk.opened.unlock(None)
    (shown,) = await desk.opened.office.queue.reveal(LOCAL, lead.id, reason="a test", opener=opener)
    assert shown.content is not None
    assert shown.content.url == "https://t.me/tin_lanterns/1"
    await desk.visit(target_id)
    assert len(desk.source.media_asked) == 1


async def test_a_match_says_that_it_was_of_a_thumbnail_only_when_read_at_once_and_when_read_later(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    failing = FakeMedia(fault=MediaUnavailable("timeout"))
    small, later = (
        picture(name, media, kind=MediaKind.THUMBNAIL) for name, media in (("now", FakeMedia(KITE)), ("kite", failing))
    )
    await desk.visit(target_id, a_page(a_sight("1", "", small), a_sight("2", "", later)))
    desk.source.shelf = {"http://127.0.0.1:9/media/kite": FakeMedia(KITE)}
    await desk.visit(target_id, a_page(a_sight("3", "", picture("whole", FakeMedia(KITE)))))
    covered = [found.match.covers for lead in await desk.leads() for found in lead.matches]
    assert sorted(str(each) for each in covered) == [Covers.THUMBNAIL, Covers.THUMBNAIL, Covers.WHOLE]


async def test_media_that_never_come_are_given_up_and_no_longer_asked_for(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    failing = FakeMedia(fault=MediaUnavailable("http_503"))
    desk.source.shelf = {"http://127.0.0.1:9/media/kite": failing}
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", failing))))
    for _ in range(MAX_ATTEMPTS + 2):
        await desk.visit(target_id)
    (post,) = await desk.posts(target_id)
    assert [(item.status, item.reason) for item in post.media] == [(MediaStatus.UNREACHABLE, "http_503")]
    assert failing.reads == MAX_ATTEMPTS
    assert await desk.opened.store.read(lambda tx: tx.targets.pending_media(TargetId(target_id), 9)) == []


async def test_a_failed_picture_is_not_tried_twice_in_one_visit(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    failing = FakeMedia(fault=MediaUnavailable("timeout"))
    desk.source.shelf = {"http://127.0.0.1:9/media/kite": failing}
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", failing))))
    assert (failing.reads, desk.source.media_asked) == (1, [])


async def test_a_picture_inside_the_page_is_tried_again_only_when_the_page_shows_it(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    failing = picture("kite", FakeMedia(fault=MediaUnavailable("timeout")), url=None)
    await desk.visit(target_id, a_page(a_sight("1", "", failing)))
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", url=None))))
    assert desk.source.media_asked == []
    (post,) = await desk.posts(target_id)
    assert [item.status for item in post.media] == [MediaStatus.HASHED]


async def test_one_picture_shown_twice_is_read_once(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    first, second = FakeMedia(KITE), FakeMedia(KITE)
    visit = await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", first), picture("kite", second))))
    assert (first.reads, second.reads, second.closed) == (1, 0, 1)
    assert (visit.media_hashed, visit.leads_filed) == (1, 1)


async def test_the_pictures_of_an_album_are_one_lead_also_when_one_comes_late(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [b"one", b"two"]
    late = FakeMedia(fault=MediaUnavailable("timeout"))
    await desk.visit(
        target_id,
        a_page(a_sight("1", "", picture("one"), group="album"), a_sight("2", "", picture("two", late), group="album")),
    )
    desk.source.shelf = {"http://127.0.0.1:9/media/two": FakeMedia(b"two")}
    visit = await desk.visit(target_id)
    assert (visit.matches, visit.leads_filed) == (1, 0)
    (lead,) = await desk.leads()
    assert (lead.posts, len(lead.matches)) == (2, 2)


async def test_pictures_of_an_album_that_all_come_late_are_one_lead(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [b"one", b"two"]
    late = [picture(name, FakeMedia(fault=MediaUnavailable("timeout"))) for name in ("one", "two")]
    await desk.visit(target_id, a_page(a_sight("1", "", late[0], group="a"), a_sight("2", "", late[1], group="a")))
    desk.source.shelf = {f"http://127.0.0.1:9/media/{name}": FakeMedia(name.encode()) for name in ("one", "two")}
    assert (await desk.visit(target_id)).leads_filed == 1
    assert len(await desk.leads()) == 1


async def test_a_late_unmatched_picture_adds_to_the_lead_of_its_selling_text(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    late = FakeMedia(fault=MediaUnavailable("timeout"))
    await desk.visit(target_id, a_page(a_sight("1", SELLING, picture("kite", late))))
    (before,) = await desk.leads()
    desk.source.shelf = {"http://127.0.0.1:9/media/kite": FakeMedia(KITE)}
    await desk.visit(target_id)
    (after,) = await desk.leads()
    assert after.value == before.value + 25


@pytest.mark.parametrize("algorithm", [Algorithm.PHASH, Algorithm.PHASH256])
async def test_supporting_evidence_alone_files_nothing(desk: Desk, algorithm: Algorithm) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted, desk.matcher.algorithm = [KITE], algorithm
    await desk.visit(target_id, a_page(a_sight("1", "Kites", picture("kite"))))
    assert await desk.leads() == []


async def test_what_was_gone_and_is_seen_again_is_back_in_the_queue_with_an_event(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1", SELLING)))
    (lead,) = await desk.leads()
    queue = desk.opened.office.queue
    await queue.claim(LOCAL, lead.id)
    await queue.close(LOCAL, lead.id, Closing.REMOVED)
    await desk.visit(target_id, a_page(a_sight("2", SELLING)))
    again = await queue.show(LOCAL, lead.id)
    assert (again.status, again.closed_as, again.claimed_by, again.posts) == (LeadStatus.NEW, None, None, 2)
    assert [event.subject for event in await desk.events() if event.action == "lead.reopened"] == [lead.id]


async def test_every_lead_filed_has_its_event_without_words(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1", SELLING)))
    (lead,) = await desk.leads()
    (event,) = [event for event in await desk.events() if event.action == "lead.filed"]
    assert (event.actor, event.subject, dict(event.details)) == (
        "kapear",
        lead.id,
        {"kind": "text", "target": target_id, "after_s": 0},
    )


async def test_scores_are_the_sums_of_what_is_stored(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", SELLING + " @kites", picture("kite")), a_sight("2", SELLING)))
    for lead in await desk.leads():
        assert lead.urgency == sum(reason.points for reason in lead.reasons if reason.score == "urgency")
        assert lead.value == sum(reason.points for reason in lead.reasons if reason.score == "value")
        assert lead.value > 0


async def test_a_page_s_posts_are_stored_by_digest_where_their_names_are_locators(desk: Desk) -> None:
    target = await desk.watch("http://127.0.0.1:9/kites")
    sight = replace(a_sight("http://127.0.0.1:9/kites", SELLING), container="http://127.0.0.1:9")
    await desk.visit(target.target.id, a_page(sight, cursor="c"))
    (post,) = await desk.posts(target.target.id)
    assert "127.0.0.1" not in post.key.post + post.key.container
    assert len(post.key.post) == 64
    assert [name for name, _ in await desk.watchlist.posts(LOCAL, target.target.id)] == ["http://127.0.0.1:9/kites"]


async def test_a_cancelled_visit_keeps_what_was_committed_and_writes_no_half_page(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    reached = asyncio.Event()

    async def stay() -> None:
        reached.set()
        await asyncio.Event().wait()

    desk.source.script = (a_page(a_sight("1")), stay, a_page(a_sight("2")))
    visit = asyncio.create_task(desk.intake.visit(await desk.claim(target_id), 0.5))
    await reached.wait()
    visit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visit
    assert [post.key.post for post in await desk.posts(target_id)] == ["1"]
    assert (await desk.target(target_id)).cursor == "1"
    assert desk.source.closed == 1
