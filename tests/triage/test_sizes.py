"""A picture that comes in two sizes: the full one is read only where the smaller could decide falsely."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import EgressRefused, MediaUnavailable
from domain.fingerprints import MediaStatus
from domain.observations import ObservedMedia
from domain.targets import Visit
from tests.fakes import FakeMedia, a_page, a_sight
from tests.triage.deskhands import Desk

SMALL, FULL = b"small kite", b"kite in full"


def in_two_sizes(small: FakeMedia, full: FakeMedia, name: str = "photo:1") -> ObservedMedia:
    return ObservedMedia(identity=name, url="telegram:7/1/photo:1", source=small, fuller=full)


async def visit(desk: Desk, small: FakeMedia, full: FakeMedia) -> tuple[Visit, MediaStatus]:
    target_id = (await desk.watch()).target.id
    ended = await desk.visit(target_id, a_page(a_sight("1", "", in_two_sizes(small, full))))
    ((post,)) = await desk.posts(target_id)
    return ended, post.media[0].status


async def test_far_from_every_entry_the_small_size_is_enough(desk: Desk) -> None:
    desk.matcher.wanted = [FULL]
    small, full = FakeMedia(SMALL), FakeMedia(FULL)
    ended, _ = await visit(desk, small, full)
    assert (ended.matches, desk.fingerprinter.hashed) == (0, [SMALL])
    assert (small.closed > 0, full.closed > 0, full.reads) == (True, True, 0)


async def test_near_to_an_entry_the_full_size_counts(desk: Desk) -> None:
    desk.matcher.wanted, desk.matcher.near = [FULL], [SMALL]
    small, full = FakeMedia(SMALL), FakeMedia(FULL)
    ended, _ = await visit(desk, small, full)
    assert (ended.matches, ended.leads_filed, desk.fingerprinter.hashed) == (1, 1, [SMALL, FULL])
    assert (small.closed > 0, full.closed > 0) == (True, True)


async def test_a_near_match_that_the_full_size_denies_is_none(desk: Desk) -> None:
    desk.matcher.wanted, desk.matcher.near = [SMALL], [SMALL]
    ended, status = await visit(desk, FakeMedia(SMALL), FakeMedia(FULL))
    assert (ended.matches, status) == (0, MediaStatus.HASHED)


async def test_where_the_full_size_fails_a_match_in_hand_stays(desk: Desk) -> None:
    desk.matcher.wanted, desk.matcher.near = [SMALL], [SMALL]
    ended, status = await visit(desk, FakeMedia(SMALL), FakeMedia(fault=MediaUnavailable("timeout")))
    assert (ended.matches, status) == (1, MediaStatus.HASHED)


async def test_where_the_full_size_fails_and_nothing_matched_it_is_tried_again(desk: Desk) -> None:
    desk.matcher.wanted, desk.matcher.near = [FULL], [SMALL]
    desk.limits = replace(desk.limits, retries_a_visit=0)
    ended, status = await visit(desk, FakeMedia(SMALL), FakeMedia(fault=MediaUnavailable("timeout")))
    assert (ended.matches, status) == (0, MediaStatus.PENDING)


@pytest.mark.parametrize("full", [FakeMedia(b"broken"), FakeMedia(b"flat"), FakeMedia(fault=EgressRefused("x"))])
async def test_a_full_size_that_says_nothing_leaves_the_small_one(desk: Desk, full: FakeMedia) -> None:
    desk.matcher.wanted, desk.matcher.near = [SMALL], [SMALL]
    ended, status = await visit(desk, FakeMedia(SMALL), full)
    assert (ended.matches, status) == (1, MediaStatus.HASHED)


async def test_both_sizes_are_let_go_whatever_came_of_them(desk: Desk) -> None:
    desk.matcher.near = [SMALL]
    desk.limits = replace(desk.limits, page_deadline=timedelta(milliseconds=20), media_at_once=1, retries_a_visit=0)
    target_id = (await desk.watch()).target.id
    pairs = [
        (FakeMedia(SMALL), FakeMedia(hangs=True)),
        (FakeMedia(b"queued"), FakeMedia(FULL)),
        (FakeMedia(b"twice"), FakeMedia(FULL)),
    ]
    names = ["photo:1", "photo:2", "photo:2"]
    media = [in_two_sizes(small, full, name) for (small, full), name in zip(pairs, names, strict=True)]
    await desk.visit(target_id, a_page(a_sight("1", "", *media)))
    assert all(small.closed and full.closed for small, full in pairs)
    assert [full.reads for _, full in pairs] == [1, 0, 0]
