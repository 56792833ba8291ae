"""The demo's closed channel, as an account sees it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from telethon.tl import types

from demo.building import EDIT_AT, KITES, build_world
from demo.gallery import Gallery
from demo.telegram.server import TelegramServer
from demo.telegram.stage import Stage
from demo.world import World
from tests.telegram_server import plain_client

ANCHOR = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


def few(*, live: bool) -> World:
    """Return a world whose closed channel has not so many pictures to draw."""
    world = build_world(1, ANCHOR, live=live)
    return replace(world, closed=replace(world.closed, messages=world.closed.messages[:18]))


@pytest.fixture(scope="module")
def world() -> World:
    return few(live=False)


@pytest.fixture(scope="module")
def gallery(world: World) -> Gallery:
    return Gallery(1, world.pictures)


async def test_an_account_reads_every_kind_of_message(world: World, gallery: Gallery) -> None:
    stage = Stage(world, gallery, b"noise")
    stage.fill(math.inf)
    closed = world.closed
    async with TelegramServer(stage.platform) as server, plain_client(server) as client:
        read = {message.id: message async for message in client.iter_messages(closed.name, wait_time=0)}
        texts = {each.id: each.text for each in closed.messages if not each.service}
        assert {number: read[number].message for number in texts} == texts
        for each in closed.messages:
            message = read[each.id]
            if each.service:
                assert message.action is not None
            if each.is_album:
                assert {read[each.id + place].grouped_id for place in range(3)} == {message.grouped_id}
            if each.video:
                assert message.video.mime_type == "video/mp4"
                assert await client.download_media(message, bytes, thumb="m")
            if each.preview:
                assert message.web_preview.photo is not None
            if each.forward:
                assert message.fwd_from.from_id == types.PeerChannel(world.channels[KITES].id)
            assert (message.edit_date is not None) is each.edited
        [as_file] = [each for each in closed.messages if each.as_file]
        whole = await client.download_media(read[as_file.id], bytes)
        photo = next(each for each in closed.messages if len(each.photos) == 1 and not each.as_file)
        shown = await client.download_media(read[photo.id], bytes, thumb="x")
    assert hashlib.sha256(whole).digest() == hashlib.sha256(gallery.body(as_file.photos[0])).digest()
    assert shown == gallery.body(photo.photos[0])
    assert server.log.failures == []


async def test_a_living_channel_grows_and_is_edited(gallery: Gallery) -> None:
    world = few(live=True)
    [edited] = [each for each in world.closed.messages if each.edit is not None]
    released = replace(world.closed.messages[-1], release=EDIT_AT - 1)
    world = replace(world, closed=replace(world.closed, messages=(*world.closed.messages[:-1], released)))
    stage = Stage(world, gallery, b"noise")
    stage.fill(0)
    before, pts = len(stage.channel.ids), stage.channel.pts
    stage.fill(EDIT_AT)
    after, later = len(stage.channel.ids), stage.channel.pts
    stage.fill(EDIT_AT + 1)
    assert after == before + max(1, len(released.photos))
    assert later == stage.channel.pts == pts + (after - before) + 1
    assert stage.channel.messages[edited.id].message == f"Seen again. {edited.text}"
