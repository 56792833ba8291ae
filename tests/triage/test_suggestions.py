"""Where a lead's posts lead: shown to whoever opens the lead, and kept nowhere."""

from __future__ import annotations

from dataclasses import replace

from domain.leads import PostContent
from domain.locators import recognise
from domain.observations import Platform
from domain.referral_kinds import ReferralKind
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.suggestions import MOST, Suggestions, sorted_out

KITE = b"kite"
LINKS = (
    "https://t.me/paper_kites/12",
    "https://t.me/tin_lanterns/3",
    "https://t.me/+AbCdEf",
    "http://127.0.0.1:9/order",
    "https://t.me/Paper_Kites",
    "https://t.me/kites_bot",
    "tg://user?id=12",
    "https://t.me/blue_kites",
)


async def linked(desk: Desk) -> Suggestions:
    (lead,) = await desk.leads()
    queue = desk.opened.office.queue
    shown = await queue.reveal(LOCAL, lead.id, reason="a test", opener=desk.opened.unlock(None))
    return await desk.opened.office.linked.of(LOCAL, shown)


async def test_places_stand_in_the_order_of_the_text_without_what_is_watched(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.watch("@blue_kites")
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite"), links=LINKS)))
    found = await linked(desk)
    assert [(one.place.platform.value, one.place.canonical) for one in found.places] == [
        ("telegram_web", "https://t.me/s/paper_kites"),
        ("page", "http://127.0.0.1:9/order"),
    ]
    assert [note.link for note in found.referrals] == [
        "https://t.me/+AbCdEf",
        "https://t.me/kites_bot",
        "tg://user?id=12",
    ]
    assert all(note.why for note in found.referrals)


async def test_nothing_is_stored_or_fetched_for_it_and_what_is_watched_leaves(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite"), links=LINKS)))
    before = (await desk.events(), desk.source.asked, desk.source.posts_asked, desk.source.media_asked)
    assert len((await linked(desk)).places) == 3
    (look,) = (event for event in await desk.events() if event not in before[0])
    assert look.action == "lead.revealed"
    assert "kites" not in repr(look)
    assert (desk.source.asked, desk.source.posts_asked, desk.source.media_asked) == before[1:]
    await desk.watch("@paper_kites")
    assert "https://t.me/s/paper_kites" not in {one.place.canonical for one in (await linked(desk)).places}


async def test_a_target_that_is_over_may_be_asked_for_anew(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    other = (await desk.watch("@blue_kites")).target.id
    await desk.watchlist.retire(LOCAL, other)
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite"), links=("https://t.me/blue_kites",))))
    assert [one.place.canonical for one in (await linked(desk)).places] == ["https://t.me/s/blue_kites"]


def test_a_page_of_links_shows_its_first() -> None:
    links = tuple(f"https://lanterns.example/{number}" for number in range(MOST * 2))
    found = sorted_out([PostContent(url="https://lanterns.example/", links=links)])
    assert [one.place.canonical for one in found.places] == list(links[:MOST])


def test_each_place_is_named_once_over_all_posts() -> None:
    content = PostContent(url="https://t.me/tin_lanterns/1", links=LINKS)
    assert sorted_out([content, replace(content, links=LINKS[::-1])]) == sorted_out([content])
    assert "kites" not in repr(sorted_out([content]))


def test_each_says_which_post_named_it_first_the_oldest_first() -> None:
    older = PostContent(
        url="https://t.me/tin_lanterns/1", links=("https://t.me/paper_kites/4", "https://mega.nz/folder/AbC")
    )
    later = PostContent(
        url="https://t.me/tin_lanterns/2",
        links=("https://x.com/kites", "https://boats.example/order", "http://www.boats.example/order?fbclid=x",
               "https://t.me/paper_kites", "https://mega.nz/folder/AbC", "https://bit.ly/AbC"),
    )  # fmt: skip
    found = sorted_out([older, later])
    assert [(one.place.canonical, one.post) for one in found.places] == [
        ("https://t.me/s/paper_kites", older.url),
        ("https://boats.example/order", later.url),
    ]
    assert [(note.link, note.kind, note.post) for note in found.referrals] == [
        ("https://x.com/kites", ReferralKind.SERVICE, later.url),
        ("https://bit.ly/AbC", ReferralKind.SHORT_LINK, later.url),
    ]
    assert [(note.link, note.post) for note in found.files] == [("https://mega.nz/folder/AbC", older.url)]
    assert "AbC" not in repr(found)


def test_a_platform_is_said_where_the_address_alone_does_not_tell_it() -> None:
    links = ("https://lemmy.example/c/kites@boats.example", "https://social.example/@kites/12", "https://t.me/tin_kites",
             "https://boats.example/order")  # fmt: skip
    found = sorted_out([PostContent(url="https://t.me/tin_lanterns/1", links=links)]).places
    assert [(one.place.canonical, one.platform_to_say) for one in found] == [
        ("https://boats.example/c/kites", "lemmy"),
        ("https://social.example/@kites", "mastodon"),
        ("https://t.me/s/tin_kites", ""),
        ("https://boats.example/order", ""),
    ]
    for one in found:
        said = Platform(one.platform_to_say) if one.platform_to_say else None
        assert recognise(one.place.canonical, platform=said) == one.place
