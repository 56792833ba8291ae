"""The world: the same for one seed, ordinary posts ordinary, planted ones planted."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.building import BELLS, CLERK, CLOSED, EDIT_AT, KITES, LANTERNS, LIVE_SECONDS, build_world
from demo.shop import KITE_PAGE, LANTERN_PAGE, REPLACE_AT, WINDOW
from demo.words import likeness, turns_of
from demo.world import PAGE_SIZE, Message, World, page_of

ANCHOR = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
COMMERCE = re.compile(
    r"\d|@|[$€£៛]|\b(price|pay|paid|cash|transfer|usd|riel|sell|sold|sale|buy|order|cheap|offer|cost|deal|"
    r"contact|message|call|phone|write|inbox|dm|telegram|whatsapp)\w*",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(1, ANCHOR, live=False)


def ordinary_texts(world: World) -> list[str]:
    texts = [
        message.text
        for channel in world.channels.values()
        for message in channel.messages
        if message.text and not message.service and message.author != CLERK
    ]
    texts += [" ".join(page.paragraphs) for page in world.pages.values()]
    return texts


def test_a_seed_gives_one_world(world: World) -> None:
    assert build_world(1, ANCHOR, live=False) == world
    assert build_world(2, ANCHOR, live=False) != world


def test_channels_are_large_enough_to_page(world: World) -> None:
    assert set(world.channels) == {LANTERNS, KITES, BELLS}
    assert 70 <= len(world.channels[LANTERNS].posts) <= 150
    assert all(len(channel.posts) > PAGE_SIZE for channel in world.channels.values())


def test_every_kind_of_message_is_there(world: World) -> None:
    messages = world.channels[LANTERNS].messages
    for seen in (
        [each for each in messages if each.is_album],
        [each for each in messages if each.video],
        [each for each in messages if each.preview],
        [each for each in messages if each.forward],
        [each for each in messages if each.service],
        [each for each in messages if each.unsupported],
        [each for each in messages if each.edited],
        [each for each in messages if each.author and each.author != CLERK],
        [each for each in messages if each.photos and not each.text],
    ):
        assert seen


def test_ids_rise_have_holes_and_leave_room_for_albums(world: World) -> None:
    for channel in world.channels.values():
        for one, following in zip(channel.messages, channel.messages[1:], strict=False):
            assert following.id >= one.id + max(1, len(one.photos))
            assert following.at > one.at
        assert channel.messages[-1].at < ANCHOR
    biggest = world.channels[LANTERNS].messages
    assert biggest[-1].id > sum(max(1, len(message.photos)) for message in biggest)


@pytest.mark.parametrize("seed", range(1, 6))
def test_ordinary_texts_sell_nothing(seed: int) -> None:
    texts = ordinary_texts(build_world(seed, ANCHOR, live=True))
    assert len(texts) > 150
    assert [text for text in texts if COMMERCE.search(text.replace("#", ""))] == []


def test_ordinary_texts_are_unlike_each_other(world: World) -> None:
    turns = [turns_of(text) for text in ordinary_texts(world)]
    assert max(likeness(one, other) for one, other in combinations(turns, 2)) < 0.5


def test_the_clerks_posts_are_by_one_author_in_one_channel_and_one_has_a_picture(world: World) -> None:
    planted = {each.post for each in world.planted if each.kind == "text"}
    theirs = [each for each in world.channels[LANTERNS].messages if each.author == CLERK]
    assert {str(each.id) for each in theirs} == planted
    assert len(planted) >= 2
    assert [len(message.photos) for message in theirs] == [1, 0, 0]
    for message in theirs:
        assert (message.video, message.preview, message.forward) == ("", "", None)
        assert re.search(r"Price \d+ USD", message.text)
        assert "@lantern_clerk" in message.text
    elsewhere = [each for name in (KITES, BELLS) for each in world.channels[name].messages if each.author == CLERK]
    assert elsewhere == []


def test_planted_things_stand_where_the_world_says(world: World) -> None:
    places = {(each.kind, each.place) for each in world.planted}
    assert places == {
        ("exact", LANTERNS),
        ("near", KITES),
        ("text", LANTERNS),
        ("exact", LANTERN_PAGE),
        ("exact", KITE_PAGE),
        ("exact", CLOSED),
        ("near", CLOSED),
    }
    channels = {**world.channels, CLOSED: world.closed}
    for each in world.planted:
        if each.place in channels and each.picture:
            message = next(post for post in channels[each.place].messages if str(post.id) == each.post)
            assert message.photos == (each.picture,)
            assert message.as_file is (each.kind == "exact" and each.place == CLOSED)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("seed", range(1, 6))
def test_one_picture_is_posted_again_in_another_channel(seed: int, live: bool) -> None:  # noqa: FBT001 - a parameter
    world = build_world(seed, ANCHOR, live=live)
    again = world.repost
    assert (again.first_place, again.place) == (LANTERNS, BELLS)
    (first,) = [each for each in world.channels[LANTERNS].visible(0) if str(each.id) == again.first_post]
    (later,) = [each for each in world.channels[BELLS].visible(0) if str(each.id) == again.post]
    assert (first.author, later.photos) == (CLERK, (again.picture,))
    drawn, redrawn = world.pictures[first.photos[0]], world.pictures[again.picture]
    assert redrawn.drawn_as == first.photos[0]
    assert (redrawn.width, redrawn.quality) < (drawn.width, drawn.quality)
    assert {again.picture, first.photos[0]}.isdisjoint(each.picture for each in world.planted)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_closed_channel_has_every_kind_of_message(seed: int) -> None:
    closed = build_world(seed, ANCHOR, live=False).closed
    assert 30 <= len(closed.posts) <= 40
    for seen in (
        [each for each in closed.messages if each.is_album],
        [each for each in closed.messages if each.video],
        [each for each in closed.messages if each.preview],
        [each for each in closed.messages if each.forward],
        [each for each in closed.messages if each.edited],
        [each for each in closed.messages if each.service],
    ):
        assert seen


def test_a_living_closed_channel_is_edited_while_it_grows() -> None:
    closed = build_world(1, ANCHOR, live=True).closed
    [edited] = [each for each in closed.messages if each.edit is not None]
    assert edited.as_of(EDIT_AT).text == f"Seen again. {edited.text}"
    assert 0 < len(closed.visible(0)) < len(closed.visible(math.inf)) == len(closed.messages)


def test_pictures_are_large_enough_and_named_once(world: World) -> None:
    assert all(min(picture.width, picture.height) >= 480 for picture in world.pictures.values())
    assert all(max(picture.width, picture.height) >= 512 for picture in world.pictures.values())
    shown = [name for channel in world.channels.values() for each in channel.messages for name in each.photos]
    assert len(shown) == len(set(shown))
    assert set(shown) <= set(world.pictures)


def test_a_still_world_never_changes(world: World) -> None:
    assert not world.changes
    for channel in world.channels.values():
        assert channel.visible(0.0) == channel.visible(math.inf) == list(channel.messages)


def test_a_live_world_grows_to_its_last_post() -> None:
    world = build_world(1, ANCHOR, live=True)
    for channel in world.channels.values():
        seen = [len(channel.visible(second)) for second in range(int(LIVE_SECONDS) + 1)]
        assert seen == sorted(seen)
        assert seen[0] == len(channel.messages) * 2 // 3
        assert seen[-1] == len(channel.messages)
        assert [each.at for each in channel.messages] == sorted(each.at for each in channel.messages)
    late = [each for each in world.channels[LANTERNS].messages if each.author == CLERK and each.release > 0]
    early = [each for each in world.channels[LANTERNS].messages if each.author == CLERK and each.release == 0]
    assert late
    assert len(early) >= 2
    assert all(
        message.release == 0
        for name in (LANTERNS, KITES)
        for message in world.channels[name].messages
        if any(each.picture in message.photos for each in world.planted)
    )


def test_a_live_world_edits_one_post_and_replaces_one_picture() -> None:
    world = build_world(1, ANCHOR, live=True)
    changed = [
        (before, after)
        for channel in world.channels.values()
        for before in channel.visible(0.0)
        for after in channel.visible(math.inf)
        if before.id == after.id and before != after
    ]
    assert len(changed) == 1
    before, after = changed[0]
    assert after.edited
    assert not before.edited
    assert likeness(turns_of(before.text), turns_of(after.text)) < 0.5
    assert list(world.changes) == [WINDOW]
    assert world.changes[WINDOW][0] == REPLACE_AT


ids = st.lists(st.integers(1, 400), unique=True, max_size=120).map(sorted)


def messages_of(numbers: list[int]) -> list[Message]:
    return [Message(id=number, at=ANCHOR + timedelta(minutes=number)) for number in numbers]


@given(ids)
def test_paging_backwards_meets_every_message_once(numbers: list[int]) -> None:
    messages, met, before, older = messages_of(numbers), list[int](), None, True
    while older:
        page, older, newer = page_of(messages, before, None)
        assert len(page) <= PAGE_SIZE
        assert newer == (before is not None)
        met = [message.id for message in page] + met
        before = page[0].id if page else None
    assert met == numbers


@given(ids)
def test_paging_forwards_meets_every_message_once(numbers: list[int]) -> None:
    messages, met, after, newer = messages_of(numbers), list[int](), 0, True
    while newer:
        page, older, newer = page_of(messages, None, after)
        assert older == (after > 0)
        met += [message.id for message in page]
        after = page[-1].id if page else 0
    assert met == numbers
