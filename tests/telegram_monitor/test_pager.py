from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telethon.tl import types

from demo.telegram.channel import Channel
from demo.telegram.server import TelegramServer
from telegram_monitor.cursor import Cursor
from telegram_monitor.pager import Limits
from tests.telegram_monitor.reading import LATER, NAME, Reader, deleted, numbers, reading, today

HISTORY, DIFFERENCE, BY_ID = "messages.getHistory", "updates.getChannelDifference", "channels.getMessages"


ONE_ANSWER = Limits(page=100, reread_after_much=1000)


@pytest.fixture
def channel(telegram_server: TelegramServer) -> Channel:
    return telegram_server.platform.channel(NAME)


@pytest.fixture
async def reader(telegram_server: TelegramServer) -> AsyncIterator[Reader]:
    async with reading(telegram_server, ONE_ANSWER) as reader:
        yield reader


def write(channel: Channel, count: int) -> list[int]:
    return [channel.post(f"lantern number {channel.top + 1}") for _ in range(count)]


# ------------------------------------------------------------------ a first visit


@pytest.mark.parametrize(("posts", "backfill", "first"), [(250, 200, 51), (250, 5, 246), (30, 200, 1), (250, None, 1)])
async def test_a_first_visit_begins_so_many_ids_below_the_newest(
    channel: Channel, reader: Reader, posts: int, backfill: int | None, first: int
) -> None:
    write(channel, posts)
    pages = await reader.visit(backfill=backfill)
    assert numbers(pages) == list(range(first, posts + 1))
    cursor = Cursor.parsed(str(reader.cursor))
    assert (cursor.position, cursor.floor, cursor.pts) == (posts, first - 1, channel.pts)
    assert cursor.paged_at == int(LATER.timestamp())


async def test_a_short_history_costs_one_request(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit()
    assert reader.asked() == [HISTORY]


@pytest.mark.parametrize("day", [1, 2, 5, 30])
async def test_a_first_visit_from_a_day_begins_with_its_first_post(channel: Channel, reader: Reader, day: int) -> None:
    write(channel, 3000)  # 144 a day
    pages = await reader.visit(since=today(day))
    expected = [number for number in range(1, 3001) if channel.messages[number].date.date() >= today(day)]
    assert numbers(pages) == expected
    assert len(reader.asked()) < 12 + len(expected) / 100


async def test_a_day_is_found_among_empty_messages(channel: Channel, reader: Reader) -> None:
    write(channel, 1200)
    channel.hollow(range(300, 900))
    day = channel.messages[1001].date.date()
    expected = [number for number in range(900, 1201) if channel.messages[number].date.date() >= day]
    assert numbers(await reader.visit(since=day)) == expected


async def test_an_empty_channel_is_a_page_without_posts(channel: Channel, reader: Reader) -> None:
    pages = await reader.visit(backfill=200)
    assert [page.posts for page in pages] == [()]
    write(channel, 3)
    assert numbers(await reader.visit(backfill=200)) == [1, 2, 3]


async def test_a_channel_that_hides_everything_is_restricted(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 3)
    channel.delete(1, 2, 3)
    telegram_server.faults.add(HISTORY, "alter", "miscounted", times=None)
    assert await reader.ending() == "restricted: no_messages"


# ------------------------------------------------------------------ walking


async def test_pages_never_overlap_and_cursors_only_grow_over_holes(channel: Channel, reader: Reader) -> None:
    for number in range(1, 700):
        if number % 7 and not 120 < number < 300:
            channel.post(f"lantern {number}", id=number)
    pages = await reader.visit()
    assert numbers(pages) == channel.ids
    positions = [Cursor.parsed(str(page.cursor)).position for page in pages]
    assert positions == sorted(set(positions))


async def test_pages_of_nothing_but_empty_messages_do_not_end_the_walk(channel: Channel, reader: Reader) -> None:
    write(channel, 600)
    channel.hollow(range(101, 401))
    pages = await reader.visit()
    assert numbers(pages) == [*range(1, 101), *range(401, 601)]
    assert deleted(pages) == list(range(101, 401))


async def test_service_messages_are_no_posts_and_do_not_end_the_walk(channel: Channel, reader: Reader) -> None:
    write(channel, 50)
    for _ in range(250):
        channel.service()
    write(channel, 50)
    pages = await reader.visit()
    assert numbers(pages) == [*range(1, 51), *range(301, 351)]


async def test_a_server_that_fills_its_pages_shows_nothing_twice(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    telegram_server.platform.fills_pages = True
    write(channel, 250)
    assert numbers(await reader.visit()) == list(range(1, 251))
    write(channel, 3)
    assert numbers(await reader.visit()) == [251, 252, 253]


async def test_a_killed_visit_goes_on_where_it_was_committed(channel: Channel, reader: Reader) -> None:
    write(channel, 450)
    seen = numbers((await reader.visit(commits=1))[:1])
    while Cursor.parsed(str(reader.cursor)).paged_at == 0:
        seen += numbers((await reader.visit(commits=1))[:1])
    assert seen == list(range(1, 451))
    assert await reader.visit() == []


async def test_a_long_history_is_left_for_the_next_visit(telegram_server: TelegramServer, channel: Channel) -> None:
    write(channel, 1000)
    async with reading(telegram_server, Limits(requests=4, page=100)) as reader:
        assert numbers(await reader.visit()) == list(range(1, 301))
        channel.edit(7, message="a red lantern")
        seen = numbers(await reader.visit()) + numbers(await reader.visit())
        assert seen[:600] == list(range(301, 901))
        seen += numbers(await reader.visit())
        assert [number for number in seen if number > 300] == list(range(301, 1001))
        assert 7 in seen + numbers(await reader.visit())  # what changed meanwhile is not lost


async def test_texts_come_ten_answers_a_page_and_pictures_fewer(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    write(channel, 1500)
    for _ in range(10):
        channel.post(media=picture(telegram_server))
    write(channel, 390)
    async with reading(telegram_server) as reader:
        pages = await reader.visit()
    assert numbers(pages) == list(range(1, 1901))
    assert [len(page.posts) for page in pages] == [1000, 600, 300]


async def test_long_texts_make_short_pages(telegram_server: TelegramServer, channel: Channel) -> None:
    for _ in range(300):
        channel.post("a blue kite " * 300)
    async with reading(telegram_server) as reader:
        pages = await reader.visit()
    assert [len(page.posts) for page in pages] == [100, 100, 100]


async def test_what_was_read_before_the_account_had_to_rest_is_a_page(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    write(channel, 900)
    telegram_server.faults.add(HISTORY, "error", "CHANNEL_PRIVATE", after=5)
    async with reading(telegram_server) as reader:
        assert (await reader.ending()).startswith("error: ")
        assert Cursor.parsed(str(reader.cursor)).position == 400
        assert numbers(await reader.visit()) == list(range(401, 901))


async def test_a_cursor_of_the_preview_goes_on(channel: Channel, reader: Reader) -> None:
    write(channel, 300)
    reader.cursor = "150:40"
    assert numbers(await reader.visit()) == list(range(151, 301))
    cursor = Cursor.parsed(str(reader.cursor))
    assert (cursor.position, cursor.floor, cursor.pts) == (300, 40, channel.pts)


async def test_a_cursor_above_the_newest_stays(channel: Channel, reader: Reader) -> None:
    write(channel, 3)
    reader.cursor = "9"
    assert numbers(await reader.visit()) == []
    assert Cursor.parsed(str(reader.cursor)).position == 9


async def test_a_cursor_nobody_wrote(channel: Channel, reader: Reader) -> None:
    reader.cursor = "tin"
    assert await reader.ending() == "error: bad_cursor"
    assert reader.asked() == []
    assert channel.pts == 1


# ------------------------------------------------------------------ a quiet channel, and one that is not


async def test_a_quiet_visit_is_one_request_and_no_page(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit()
    before = reader.cursor
    for _ in range(3):
        assert await reader.visit() == []
        assert reader.asked() == [DIFFERENCE]
    assert reader.cursor == before


async def test_new_posts_come_out_of_history(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit()
    write(channel, 5)
    assert numbers(await reader.visit()) == list(range(31, 36))
    assert reader.asked() == [DIFFERENCE, HISTORY]
    assert await reader.visit() == []


async def test_an_edit_is_seen_again_and_a_deletion_is_told(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit()
    channel.edit(7, message="a red lantern")
    channel.delete(9, 12)
    pages = await reader.visit()
    assert [(post.post, post.text) for page in pages for post in page.posts] == [("7", "a red lantern")]
    assert deleted(pages) == [9, 12]
    assert reader.asked() == [DIFFERENCE]
    assert await reader.visit() == []


async def test_an_edit_of_a_post_that_is_new_is_not_told_before_the_post(channel: Channel, reader: Reader) -> None:
    write(channel, 3)
    await reader.visit()
    write(channel, 3)
    channel.edit(5, message="a red lantern")
    channel.edit(2, message="an old lantern")
    pages = await reader.visit()
    assert [(post.post, post.text) for page in pages for post in page.posts] == [
        ("4", "lantern number 4"),
        ("5", "a red lantern"),
        ("6", "lantern number 6"),
        ("2", "an old lantern"),
    ]


async def test_what_lies_below_the_floor_is_nobodys_business(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit(backfill=10)
    channel.edit(20, message="below")
    channel.edit(21, message="above")
    channel.delete(5, 22)
    pages = await reader.visit()
    assert numbers(pages) == [21]
    assert deleted(pages) == [22]


async def test_many_changes_come_in_several_differences(channel: Channel, reader: Reader) -> None:
    write(channel, 400)
    await reader.visit()
    for number in range(1, 351):
        channel.edit(number, message=f"repainted {number}")
    pages = await reader.visit()
    assert numbers(pages) == list(range(1, 351))
    assert reader.asked() == [DIFFERENCE] * 4
    assert await reader.visit() == []


async def test_a_kill_between_history_and_difference_loses_nothing(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit()
    write(channel, 150)
    channel.edit(7, message="a red lantern")
    channel.delete(8)
    for commits in (0, 1, 1):
        await reader.visit(commits=commits)
    pages = await reader.visit()
    assert deleted(pages) == [8]
    assert 7 in numbers(pages)
    assert Cursor.parsed(str(reader.cursor)).position == 180
    assert await reader.visit() == []


async def test_what_is_too_long_to_tell_is_read_again(channel: Channel, reader: Reader) -> None:
    write(channel, 1500)
    await reader.visit(backfill=1200)
    channel.edit(1400, message="a red lantern")
    channel.delete(1300, 1500)
    write(channel, 2)
    channel.trim()
    pages = await reader.visit()
    assert numbers(pages) == [number for number in range(501, 1503) if number not in {1300, 1500}]
    assert deleted(pages) == [1300, 1500]
    assert await reader.visit() == []
    assert reader.asked() == [DIFFERENCE]


async def test_a_kill_while_history_is_read_again_loses_nothing(channel: Channel, reader: Reader) -> None:
    write(channel, 900)
    await reader.visit()
    channel.edit(850, message="a red lantern")
    channel.delete(600, 900)
    channel.trim()
    first = (await reader.visit(commits=2))[:2]
    pages = [*first, *await reader.visit()]
    assert [post.text for page in pages for post in page.posts if post.post == "850"] == ["a red lantern"]
    assert sorted(set(deleted(pages))) == [600, 900]


async def test_a_count_of_changes_that_the_server_never_gave_is_read_anew(channel: Channel, reader: Reader) -> None:
    write(channel, 30)
    await reader.visit()
    cursor = Cursor.parsed(str(reader.cursor))
    reader.cursor = f"30:0:{cursor.pts + 500}:{cursor.paged_at}:0:0"
    channel.edit(7, message="a red lantern")
    pages = await reader.visit()
    assert [post.text for page in pages for post in page.posts if post.post == "7"] == ["a red lantern"]
    assert await reader.visit() == []


async def test_history_is_read_every_six_hours_all_the_same(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 300)
    await reader.visit()
    channel.edit(250, message="a red lantern")
    channel.delete(240, 299, 300)
    cursor = Cursor.parsed(str(reader.cursor))
    reader.cursor = f"300:0:{channel.pts}:{cursor.paged_at}:0:0"  # as if the difference had kept silent
    assert await reader.visit() == []
    reader.clock.now += timedelta(hours=6)
    pages = await reader.visit()
    assert [post.text for page in pages for post in page.posts if post.post == "250"] == ["a red lantern"]
    assert deleted(pages) == [240, 299, 300]
    assert reader.asked() == [DIFFERENCE, HISTORY, BY_ID]
    assert await reader.visit() == []
    assert telegram_server.log.methods()[DIFFERENCE] == 1


# ------------------------------------------------------------------ albums


def picture(server: TelegramServer) -> types.MessageMediaPhoto:
    return types.MessageMediaPhoto(photo=server.platform.files.photo({"x": b"kite"}))


async def test_an_album_that_straddles_pages_comes_whole(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 95)
    channel.album([picture(telegram_server) for _ in range(10)], "ten kites")
    write(channel, 50)
    pages = await reader.visit()
    assert numbers(pages) == list(range(1, 156))
    assert len({page.cursor for page in pages for post in page.posts if post.group}) == 1


async def test_the_newest_album_is_held_for_one_visit_while_it_may_grow(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 3)
    parts = channel.album([picture(telegram_server) for _ in range(3)], "kites", at=LATER)
    assert numbers(await reader.visit()) == [1, 2, 3]
    late = channel.post(media=picture(telegram_server), grouped_id=channel.messages[parts[0]].grouped_id, at=LATER)
    pages = await reader.visit()
    assert numbers(pages) == [*parts, late]
    assert len({post.group for page in pages for post in page.posts}) == 1
    assert await reader.visit() == []


async def test_a_held_album_comes_with_the_next_visit_though_nothing_else_does(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    parts = channel.album([picture(telegram_server) for _ in range(3)], at=LATER)
    assert numbers(await reader.visit()) == []
    assert numbers(await reader.visit()) == parts
    assert await reader.visit() == []
    assert reader.asked() == [DIFFERENCE]


async def test_an_announced_album_is_held_too_and_an_old_one_is_not(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 3)
    await reader.visit()
    old = channel.album([picture(telegram_server) for _ in range(2)])
    assert numbers(await reader.visit()) == old
    new = channel.album([picture(telegram_server) for _ in range(2)], at=LATER)
    assert numbers(await reader.visit()) == []
    assert numbers(await reader.visit()) == new


# ------------------------------------------------------------------ gaps and lies


async def test_what_is_announced_and_not_in_history_is_asked_for_once(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 3)
    await reader.visit()
    write(channel, 3)
    telegram_server.faults.add(HISTORY, "alter", "emptied")
    pages = await reader.visit()
    assert numbers(pages) == []
    assert deleted(pages) == [4, 5, 6]
    reader.cursor = None
    assert numbers(await reader.visit()) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("lie", ["shuffled", "doubled", "miscounted", "no_chats", "many"])
async def test_a_lie_that_changes_nothing(
    telegram_server: TelegramServer, channel: Channel, reader: Reader, lie: str
) -> None:
    write(channel, 250)
    telegram_server.faults.add(HISTORY, "alter", lie, times=None)
    telegram_server.faults.add(DIFFERENCE, "alter", lie, times=None)
    assert numbers(await reader.visit()) == list(range(1, 251))
    write(channel, 5)
    assert numbers(await reader.visit()) == list(range(251, 256))


@pytest.mark.parametrize(
    ("lie", "ending"),
    [
        *(("other_channel", "error: bad_answer"), ("not_modified", "error: bad_answer")),
        *(("plain", "error: bad_answer"), ("stuck", "error: history_skips")),
    ],
)
async def test_a_lie_about_history_ends_the_visit(
    telegram_server: TelegramServer, channel: Channel, reader: Reader, lie: str, ending: str
) -> None:
    write(channel, 650)
    telegram_server.faults.add(HISTORY, "alter", lie, times=None)
    assert await reader.ending() == ending
    assert reader.cursor is None
    telegram_server.faults.lift()
    assert numbers(await reader.visit()) == list(range(1, 651))


async def test_an_endless_history_is_left_after_so_many_requests(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    write(channel, 250)
    telegram_server.faults.add(HISTORY, "alter", "endless", times=None)
    async with reading(telegram_server, Limits(requests=12, page=100)) as reader:
        for _ in range(3):
            await reader.visit()
            assert len(reader.asked()) <= 13


async def test_a_difference_that_does_not_move_ends_the_visit(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    write(channel, 30)
    await reader.visit()
    channel.edit(7, message="a red lantern")
    telegram_server.faults.add(DIFFERENCE, "alter", "no_progress", times=None)
    assert await reader.ending() == "error: difference_stuck"
    telegram_server.faults.lift()
    assert numbers(await reader.visit()) == [7]


@pytest.mark.parametrize("lie", ["other_channel", "negative", "future"])
async def test_a_difference_about_somebody_else_changes_nothing(
    telegram_server: TelegramServer, channel: Channel, reader: Reader, lie: str
) -> None:
    write(channel, 30)
    await reader.visit()
    write(channel, 2)
    telegram_server.faults.add(DIFFERENCE, "alter", lie)
    await reader.visit()
    reader.clock.now += timedelta(hours=6)
    assert {31, 32} <= set(numbers(await reader.visit())) | set(range(31, Cursor.parsed(str(reader.cursor)).position))
