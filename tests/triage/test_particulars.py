"""What cannot be fetched later is sealed with a lead: figures of the post, of its channel, and its neighbours."""

from __future__ import annotations

import json
from dataclasses import replace

from domain.leads import Neighbour, PostContent
from domain.mandate import MandateScope
from domain.observations import MAX_PARTICULAR, MAX_PARTICULARS
from tests.desk import LOCAL
from tests.fakes import RECEIVED, a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.assessing import MAX_NEIGHBOUR
from triage.json_views import lead_json

KITE = b"kite"


async def revealed(desk: Desk) -> list[PostContent]:
    (lead,) = await desk.leads()
    shown = await desk.opened.office.queue.reveal(LOCAL, lead.id, reason="a test", opener=desk.opened.unlock(None))
    return [row.content for row in shown if row.content is not None]


async def test_particulars_of_post_and_channel_are_sealed_with_a_lead_and_nowhere_else(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    forwarded = replace(
        a_sight("1", "", picture("kite")), particulars=(("forwarded_from", "998877"), ("file", "a.png"))
    )
    page = replace(a_page(forwarded), channel=(("username", "tin_lanterns"), ("members", "12")))
    await desk.visit(target_id, page)
    (content,) = await revealed(desk)
    assert content.particulars == forwarded.particulars
    assert content.channel == page.channel
    (lead,) = await desk.leads()
    assert "998877" not in json.dumps(lead_json(lead))


async def test_a_changed_title_stands_in_the_next_content_of_the_lead(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    for text, title in (("one", "Tin lanterns"), ("two", "Paper kites")):
        page = replace(a_page(a_sight("1", text, picture("kite"))), channel=(("title", title),))
        await desk.visit(target_id, page)
    assert [content.channel for content in await revealed(desk)] == [
        (("title", "Tin lanterns"),),
        (("title", "Paper kites"),),
    ]


async def test_five_posts_before_and_after_by_the_same_author_are_sealed_too(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    others = [a_sight(str(number), f"post {number}") for number in range(1, 20)]
    others[8] = a_sight("9", "somebody else's", author="kite maker")
    others[9] = a_sight("10", "the lead's", picture("kite"), group="album")
    others[10] = a_sight("11", "of the same album", group="album")
    await desk.visit(target_id, a_page(*others))
    content = next(content for content in await revealed(desk) if content.text == "the lead's")
    assert [post.text for post in content.before] == [f"post {number}" for number in range(4, 9)]
    assert [post.text for post in content.after] == [f"post {number}" for number in range(12, 17)]
    assert content.before[0] == Neighbour(url="https://t.me/tin_lanterns/4", posted_at=RECEIVED, text="post 4")


async def test_neighbours_are_cut_where_no_post_of_telegram_is_longer(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.matcher.wanted = [KITE]
    await desk.visit(target_id, a_page(a_sight("1", "a " * MAX_NEIGHBOUR), a_sight("2", "", picture("kite"))))
    (content,) = await revealed(desk)
    assert content.before[0].text == f"{'a ' * (MAX_NEIGHBOUR // 2)} […]"


async def test_a_mandate_for_links_seals_no_neighbour(desk: Desk) -> None:
    assert not MandateScope.LINKS_ONLY.covers_text
    page = a_page(a_sight("1", "kites"), a_sight("2", "lanterns"))
    key = desk.intake._assessor.key_of
    target = (await desk.watch()).target
    assessed = desk.intake._assessor.assess(MandateScope.LINKS_ONLY, page, 1, key(target.platform, page.posts[1]), ())
    assert (assessed.content.text, assessed.content.before) == ("", ())


def test_particulars_are_bounded_and_hold_no_encoded_picture() -> None:
    encoded = "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 20
    many = tuple((f"n{number}" * 40, "x " * MAX_PARTICULAR) for number in range(MAX_PARTICULARS + 1))
    post = replace(a_sight("1"), particulars=(("note", encoded), *many))
    assert len(post.particulars) == MAX_PARTICULARS
    assert "iVBOR" not in post.particulars[0][1]
    assert max(len(value) for _, value in post.particulars) == MAX_PARTICULAR
    assert max(len(name) for name, _ in post.particulars) == 64
    page = replace(a_page(), channel=(("about", encoded), *many))
    assert len(page.channel) == MAX_PARTICULARS
    assert "iVBOR" not in page.channel[0][1]
