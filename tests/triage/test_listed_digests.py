"""A file whose MD5 the platform itself gives is not asked for where a list has that."""

from __future__ import annotations

import hashlib

from domain.fingerprints import MediaStatus
from domain.hashlists import Algorithm
from tests.fakes import FakeMedia, a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.readings import LISTED

MD5 = hashlib.md5(b"a kite", usedforsecurity=False).hexdigest()


async def test_what_a_list_has_is_a_match_without_a_request(desk: Desk) -> None:
    desk.matcher.wanted, desk.matcher.algorithm = [b"a kite"], Algorithm.MD5
    media = FakeMedia(b"a kite")
    target_id = (await desk.watch()).target.id
    visit = await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", media, md5=MD5))))
    assert (visit.matches, visit.leads_filed, visit.media_hashed) == (1, 1, 0)
    assert (media.reads, desk.fingerprinter.hashed) == (0, [])
    assert media.closed > 0
    ((post,),) = [await desk.posts(target_id)]
    (stored,) = post.media
    assert (stored.status, stored.reason, stored.sha256) == (MediaStatus.UNDECODABLE, LISTED, None)
    again = await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", media, md5=MD5))))
    assert (again.matches, again.leads_filed, media.reads) == (0, 0, 0)


async def test_what_no_list_has_is_read_as_ever(desk: Desk) -> None:
    desk.matcher.wanted = [b"a rake"]
    media = FakeMedia(b"a kite")
    target_id = (await desk.watch()).target.id
    visit = await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", media, md5=MD5))))
    assert (visit.matches, desk.fingerprinter.hashed) == (0, [b"a kite"])


async def test_what_a_platform_says_falsely_hides_nothing(desk: Desk) -> None:
    desk.matcher.wanted = [b"a kite"]
    target_id = (await desk.watch()).target.id
    visit = await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", FakeMedia(b"a kite"), md5="0" * 32))))
    assert (visit.matches, visit.leads_filed) == (1, 1)
