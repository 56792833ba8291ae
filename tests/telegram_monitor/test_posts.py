from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from demo.telegram.channel import FIRST_POST
from domain.observations import MAX_PARTICULAR, ObservedMedia, ObservedPost
from net.media import InlineMedia
from telegram_monitor.carriers import Carrier
from telegram_monitor.posts import observed_post, usernames_of
from telegram_monitor.rich import rich_words

PEER = types.PeerChannel(1000555)
RUN = "QUJD" * 200  # what a picture looks like inside a text


def offered(message: int, carrier: Carrier) -> ObservedMedia:
    return ObservedMedia(identity=f"{message}/{carrier.identity}", kind=carrier.kind, source=InlineMedia(b""))


def seen(text: str = "", *, names: dict[int, str] | None = None, **more: Any) -> ObservedPost:
    message = types.Message(17, PEER, FIRST_POST, text, **more)
    return observed_post(message, container="1000555", address="https://t.me/tin", names=names or {}, offer=offered)


def told(post: ObservedPost) -> dict[str, str]:
    return dict(post.particulars)


def test_a_plain_post() -> None:
    edited = FIRST_POST + timedelta(hours=1)
    post = seen(" a blue kite \n", edit_date=edited, post_author="desk", grouped_id=99)
    assert (post.container, post.post, post.url) == ("1000555", "17", "https://t.me/tin/17")
    assert (post.posted_at, post.edited_at, post.author, post.group) == (FIRST_POST, edited, "desk", "99")
    assert (post.text, post.links, post.media) == ("a blue kite", (), ())
    assert told(post) == {
        "message_id": "17",
        "post_author": "desk",
        "edit_date": edited.isoformat(),
        "grouped_id": "99",
    }


@pytest.mark.parametrize(
    ("from_id", "author"),
    [(None, None), (types.PeerUser(5), "user:5"), (types.PeerChannel(6), "channel:6"), (types.PeerChat(7), "chat:7")],
)
def test_in_a_group_who_wrote_is_a_number(from_id: Any, author: str | None) -> None:
    post = seen("kite", from_id=from_id)
    assert post.author == author
    assert told(post).get("from_id") == author


def test_links_stand_in_the_order_in_which_a_reader_sees_them() -> None:
    forward = types.MessageFwdHeader(FIRST_POST, from_id=types.PeerChannel(77), channel_post=8, from_name="Kite desk")
    text = "see kites.example/a and https://b.example, ask @kite_desk or her"
    entities = [
        types.MessageEntityUrl(4, 15),
        types.MessageEntityUrl(24, 17),
        types.MessageEntityMention(47, 10),
        types.MessageEntityMentionName(61, 3, 4711),
        types.MessageEntityTextUrl(0, 3, "tg://join?invite=abc"),
        types.MessageEntityBold(0, 3),
    ]
    markup = types.ReplyInlineMarkup([
        types.KeyboardInlineButtonRow([
            types.KeyboardInlineButton("buy", types.InlineButtonTypeUrl("https://button.example")),
            types.KeyboardInlineButton("ask", types.InlineButtonTypeCallback(b"x")),
        ])
    ])  # fmt: skip
    media = types.MessageMediaWebPage(types.WebPage(1, "https://preview.example", "preview.example", 0))
    replies = types.MessageReplies(0, 0, channel_id=78)
    post = seen(
        text,
        names={77: "kite_origin", 78: "kite_talk"},
        fwd_from=forward,
        entities=entities,
        reply_markup=markup,
        media=media,
        replies=replies,
    )
    assert post.links == (
        "https://t.me/kite_origin/8",
        "http://kites.example/a",
        "https://b.example",
        "https://t.me/kite_desk",
        "tg://user?id=4711",
        "tg://join?invite=abc",
        "https://preview.example",
        "https://button.example",
        "https://t.me/kite_talk",
    )


def test_a_forward_from_nobody_public_is_told_and_no_link() -> None:
    forward = types.MessageFwdHeader(
        FIRST_POST,
        from_id=types.PeerChannel(77),
        channel_post=8,
        from_name=RUN,
        post_author="maker",
        saved_from_peer=types.PeerUser(3),
        saved_from_msg_id=4,
    )
    post = seen("kite", fwd_from=forward, via_bot_id=12, replies=types.MessageReplies(0, 0, channel_id=78))
    assert post.links == ()
    pairs = told(post)
    assert RUN not in pairs.pop("forwarded_name")
    assert pairs == {
        "message_id": "17",
        "via_bot_id": "12",
        "forwarded_from": "channel:77",
        "forwarded_post": "8",
        "forwarded_author": "maker",
        "forwarded_date": FIRST_POST.isoformat(),
        "forwarded_saved_from": "user:3",
        "forwarded_saved_post": "4",
        "linked_chat_id": "78",
    }


@given(st.text(max_size=60), st.text(alphabet="abc./", min_size=1, max_size=9))
def test_entities_count_in_utf_16(before: str, link: str) -> None:
    begin = len(before.encode("utf-16-le", "surrogatepass")) // 2
    post = seen(before + link, entities=[types.MessageEntityUrl(begin, len(link))])
    assert post.links == (f"http://{link}",)


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1), st.text(max_size=30))
def test_entities_that_lie_anywhere_break_nothing(offset: int, length: int, text: str) -> None:
    seen(text, entities=[types.MessageEntityUrl(offset, length), types.MessageEntityMention(offset, length)])


def test_what_telegram_says_of_files_is_told_bounded_and_without_encoded_runs() -> None:
    attributes = [types.DocumentAttributeFilename(RUN), types.DocumentAttributeVideo(12.5, 640, 360)]
    document = types.Document(5, 6, b"ref", FIRST_POST, "video/mp4", 9000, 4, attributes)
    media = types.MessageMediaDocument(document=document, video_cover=types.Photo(8, 6, b"ref", FIRST_POST, [], 2))
    post = seen(media=media)
    pairs = told(post)
    name = pairs.pop("document_name")
    assert RUN not in name
    assert "sha256" in name
    assert pairs == {
        "message_id": "17",
        "document_id": "5",
        "document_dc_id": "4",
        "document_mime": "video/mp4",
        "document_size": "9000",
        "document_seconds": "12.5",
        "photo_id": "8",
        "photo_dc_id": "2",
    }
    assert all(len(value) <= MAX_PARTICULAR for _, value in seen(post_author="a b " * 9000).particulars)


def test_media_are_offered_by_message_and_identity() -> None:
    photo = types.Photo(8, 6, b"ref", FIRST_POST, [types.PhotoSize("x", 800, 600, 9)], 2)
    assert [item.identity for item in seen(media=types.MessageMediaPhoto(photo=photo)).media] == ["17/photo:8"]


def words(text: str) -> types.TextWithEntities:
    return types.TextWithEntities(text, [])


POLL = types.MessageMediaPoll(
    types.Poll(1, words("which?"), [types.PollAnswer(words("blue"), b"1"), types.PollAnswer(words("red"), b"2")], 0),
    types.PollResults(solution="both"),
)
TODO = types.MessageMediaToDo(
    types.TodoList(words("list"), [types.TodoItem(1, words("a")), types.TodoItem(2, words("b"))])
)
GEO = types.GeoPoint(104.9, 11.5, 1)


@pytest.mark.parametrize(
    ("media", "text"),
    [
        (POLL, "kite\nwhich?\nblue\nred\nboth"),
        (TODO, "kite\nlist\na\nb"),
        (types.MessageMediaContact("+1", "Tin", "Smith", "", 0), "kite\nTin Smith +1"),
        (types.MessageMediaGeo(GEO), "kite\n11.5 104.9"),
        (types.MessageMediaGeo(types.GeoPointEmpty()), "kite"),
        (types.MessageMediaVenue(GEO, "Shop", "Road 1", "", "", ""), "kite\nShop Road 1\n11.5 104.9"),
        (types.MessageMediaInvoice("Kite", "blue", "USD", 500, ""), "kite\nKite\nblue\n500 USD"),
        (types.MessageMediaDice(3, "x"), "kite"),
        (types.MessageMediaUnsupported(), "kite"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_picture_is_words(media: Any, text: str) -> None:
    assert seen("kite", media=media).text == text


def test_a_story_is_named_and_never_fetched() -> None:
    post = seen(media=types.MessageMediaStory(types.PeerChannel(9), 44))
    assert post.media == ()
    assert told(post)["story"] == "channel:9/44"


def test_a_formatted_message_is_read_for_words_and_links() -> None:
    plain = types.TextPlain
    here = types.TextUrl(plain("here"), "https://k.example", 0)
    items = [types.PageListItemText(plain("one")), types.PageListItemText(types.TextMentionName(plain("her"), 5))]
    blocks = [
        types.PageBlockTitle(types.TextBold(plain("Blue kites"))),
        types.PageBlockParagraph(types.TextConcat([plain("price "), here])),
        types.PageBlockList(items),
    ]
    rich = types.RichMessage(blocks, [], [])
    post = seen("kite", rich_message=rich)
    assert post.text == "kite\nBlue kites\nprice here\none\nher"
    assert post.links == ("https://k.example", "tg://user?id=5")


def test_a_tree_without_an_end_is_read_for_so_long() -> None:
    many = [types.PageBlockParagraph(types.TextPlain("kite"))] * 200_000
    text, links = rich_words(many)
    assert len(text) < 500_000
    assert links == []


def test_an_encoded_run_in_a_text_is_replaced() -> None:
    assert RUN not in seen(f"kite {RUN}").text


def test_public_names_are_the_active_ones() -> None:
    def channel(number: int, **more: Any) -> types.Channel:
        return types.Channel(number, "Kites", types.ChatPhotoEmpty(), FIRST_POST, **more)

    several = [types.Username("old", active=False), types.Username("new", active=True)]
    chats = [channel(1, username="one"), channel(2, usernames=several), channel(3), types.ChatEmpty(4)]
    assert usernames_of(chats) == {1: "one", 2: "new"}
