from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import TLRequest, functions, types

from telegram_monitor.allowed import RULES, UPKEEP, Permit, Purpose, innermost, method_of, name_of, refusal

CHANNEL, OTHER, FILE = 5_001, 5_002, 9_001
WATCHING = Permit(purpose=Purpose.WATCHING, name="red_kites", channel=CHANNEL, offered={FILE})
LOGIN = Permit(purpose=Purpose.LOGIN)
PEER, INPUT = types.InputPeerChannel(CHANNEL, 77), types.InputChannel(CHANNEL, 77)

# Reviewed by hand, in the layer's own names.
EVER = {"ping", "help.getConfig"}
WATCHED = {
    *EVER, "contacts.resolveUsername", "channels.getChannels", "channels.getFullChannel", "channels.getMessages",
    "messages.getHistory", "updates.getChannelDifference", "upload.getFile", "auth.exportAuthorization",
    "auth.importAuthorization",
}  # fmt: skip
SIGNING_IN = {
    *EVER, "auth.sendCode", "auth.resendCode", "auth.signIn", "auth.checkPassword", "auth.exportLoginToken",
    "auth.importLoginToken", "account.getPassword",
}  # fmt: skip
WRAPPERS = {"invokeWithLayer", "invokeWithoutUpdates", "initConnection"}
NEVER = {
    # They act.
    "channels.joinChannel", "messages.importChatInvite", "messages.checkChatInvite", "messages.sendMessage",
    "messages.sendMedia", "messages.sendReaction", "messages.sendVote", "messages.readHistory", "channels.readHistory",
    "messages.readMessageContents", "channels.readMessageContents", "messages.getMessagesViews", "messages.report",
    "channels.leaveChannel", "messages.startBot", "account.updateStatus", "messages.setTyping", "auth.logOut",
    # They only read, and yet are not for us.
    "channels.getParticipants", "channels.getParticipant", "messages.getMessageReactionsList",
    "messages.getMessagesReactions", "messages.getPollVotes", "messages.getPollResults",
    "messages.getMessageReadParticipants", "messages.search", "messages.searchGlobal", "contacts.search",
    "channels.searchPosts", "messages.getSearchCounters", "channels.getChannelRecommendations",
    "contacts.resolvePhone", "contacts.importContacts", "contacts.getContacts", "contacts.getLocated",
    "users.getFullUser", "users.getUsers", "photos.getUserPhotos", "stories.getPeerStories", "stories.getStoriesByID",
    "messages.getBotCallbackAnswer", "messages.requestWebView", "messages.requestAppWebView",
    "messages.getInlineBotResults", "messages.getWebPage", "messages.getWebPagePreview", "messages.getDialogs",
    "updates.getDifference", "updates.getState", "upload.getWebFile", "upload.getCdnFile",
}  # fmt: skip


def every_function() -> Iterator[type[TLRequest]]:
    """Return every function of the installed layer, wherever the library keeps it."""
    modules = [functions] + [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(functions.__path__, f"{functions.__name__}.")
    ]
    for module in modules:
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, TLRequest) and kind.__module__ == module.__name__:
                yield kind


def dummy(kind: type[TLRequest]) -> Any:
    """Return a request whose arguments are as harmless as can be: about the approved channel."""
    if kind.__init__ is object.__init__:
        return kind()
    made = {"username": "red_kites", "filter": types.ChannelMessagesFilterEmpty(), "hash": 0, "proxy": None}
    return kind(
        **{
            name: made.get(name, _dummy_value(str(parameter.annotation)))
            for name, parameter in inspect.signature(kind.__init__).parameters.items()
            if name != "self" and parameter.default is inspect.Parameter.empty
        }
    )


def _dummy_value(annotation: str) -> Any:
    if "List" in annotation:
        return [INPUT] if "TypeInputChannel" in annotation else []
    for word, value in (
        ("TypeInputPeer", PEER), ("TypeInputChannel", INPUT), ("TypeX", functions.help.GetConfigRequest()),
        ("TypeInputFileLocation", types.InputPhotoFileLocation(FILE, 1, b"r", "x")), ("int", 1), ("str", "kite"),
        ("bytes", b"kite"), ("bool", False), ("datetime", None),
    ):  # fmt: skip
        if word in annotation:
            return value
    return None


ALL = sorted({name_of(kind): kind for kind in every_function()}.items())


def test_the_whole_layer_is_walked() -> None:
    assert len(ALL) > 700
    assert dict(ALL).keys() >= WATCHED | SIGNING_IN | NEVER | WRAPPERS


@pytest.mark.parametrize(
    ("permit", "reviewed"),
    [(WATCHING, WATCHED), (LOGIN, SIGNING_IN), (UPKEEP, EVER)],
    ids=["watching", "login", "upkeep"],
)
def test_what_is_not_on_the_reviewed_list_is_refused(permit: Permit, reviewed: set[str]) -> None:
    refused = {name for name, kind in ALL if refusal(dummy(kind), permit) == "function"}
    assert {name for name, _ in ALL} - refused == reviewed | WRAPPERS
    assert not refused & reviewed
    assert refused >= NEVER


@pytest.mark.parametrize(("purpose", "reviewed"), [(Purpose.WATCHING, WATCHED), (Purpose.LOGIN, SIGNING_IN)])
def test_the_lists_hold_nothing_that_was_not_reviewed(purpose: Purpose, reviewed: set[str]) -> None:
    assert {name_of(kind) for kind in RULES[purpose]} == reviewed


def test_no_wrapper_carries_what_is_refused() -> None:
    for name, kind in [(name, kind) for name, kind in ALL if name not in WRAPPERS]:
        inner = dummy(kind)
        hello = functions.InitConnectionRequest(1, "Kapear", "1", "1", "en", "", "en", inner)
        carried = [
            functions.InvokeWithoutUpdatesRequest(inner),
            functions.InvokeWithLayerRequest(1, functions.InvokeWithoutUpdatesRequest(hello)),
            functions.InvokeWithoutUpdatesRequest(functions.InvokeWithoutUpdatesRequest(inner)),
        ]
        refused = {refusal(wrapped, WATCHING) == "function" for wrapped in carried}
        assert refused == {name not in WATCHED}, name


def history(**changed: Any) -> Any:
    words = {"offset_id": 0, "offset_date": None, "add_offset": -100, "limit": 100, "max_id": 0, "min_id": 0, "hash": 0}
    return functions.messages.GetHistoryRequest(**{"peer": PEER, **words, **changed})


def file(location: Any = None, offset: Any = 0, limit: Any = 4_096, **more: Any) -> Any:
    location = location or types.InputPhotoFileLocation(FILE, 1, b"r", "x")
    return functions.upload.GetFileRequest(location, offset, limit, **more)


def difference(**changed: Any) -> Any:
    words = {"channel": INPUT, "filter": types.ChannelMessagesFilterEmpty(), "pts": 7, "limit": 100}
    return functions.updates.GetChannelDifferenceRequest(**{**words, **changed})


def messages(*ids: Any, channel: Any = INPUT) -> Any:
    return functions.channels.GetMessagesRequest(channel, list(ids))


RANGE = types.ChannelMessagesFilter([types.MessageRange(1, 2)])
GRANTED = [
    functions.contacts.ResolveUsernameRequest("red_kites"),
    functions.channels.GetFullChannelRequest(INPUT),
    functions.channels.GetChannelsRequest([INPUT]),
    history(), history(offset_id=8, add_offset=100, limit=1, offset_date=datetime(2026, 3, 2, tzinfo=UTC)),
    history(peer=types.InputPeerChannel(CHANNEL, -1)),
    messages(types.InputMessageID(1), types.InputMessageID(2)),
    difference(), difference(force=True),
    file(), file(offset=1_044_480, precise=True), file(limit=1 << 20),
    file(types.InputDocumentFileLocation(FILE, 1, b"r", "")),
    functions.auth.ExportAuthorizationRequest(4),
    functions.InvokeWithoutUpdatesRequest(history()),
]  # fmt: skip
REFUSED = [
    functions.contacts.ResolveUsernameRequest("tin_lanterns"),
    functions.contacts.ResolveUsernameRequest("red_kites", referer="kite"),
    functions.contacts.ResolveUsernameRequest(None),
    functions.channels.GetFullChannelRequest(types.InputChannel(OTHER, 77)),
    functions.channels.GetFullChannelRequest("red_kites"),
    functions.channels.GetFullChannelRequest(types.InputChannelFromMessage(PEER, 1, CHANNEL)),
    functions.channels.GetChannelsRequest([INPUT, types.InputChannel(OTHER, 77)]),
    functions.channels.GetChannelsRequest([]),
    history(peer=types.InputPeerSelf()), history(peer=types.InputPeerUser(CHANNEL, 77)),
    history(peer=types.InputPeerChat(CHANNEL)), history(peer=types.InputPeerChannel(OTHER, 77)),
    history(peer="red_kites"), history(peer=CHANNEL), history(peer=None),
    history(limit=0), history(limit=101), history(limit=True), history(limit=None), history(add_offset=-101),
    history(add_offset=101), history(offset_id=-1), history(max_id=1 << 31), history(hash=5), history(offset_date=7),
    messages(), messages(*[types.InputMessageID(number) for number in range(1, 102)]), messages(5),
    messages(types.InputMessagePinned()), messages(types.InputMessageReplyTo(5)),
    messages(types.InputMessageCallbackQuery(5, 6)), messages(types.InputMessageID(0)),
    messages(types.InputMessageID(1), channel=types.InputChannel(OTHER, 77)),
    difference(filter=RANGE), difference(filter=None), difference(limit=101), difference(pts=-1),
    difference(channel=types.InputChannelEmpty()),
    file(types.InputPhotoFileLocation(FILE + 1, 1, b"r", "x")), file(types.InputPhotoFileLocation([], 1, b"r", "x")),
    file(types.InputPeerPhotoFileLocation(PEER, FILE)), file(types.InputTakeoutFileLocation()),
    file(types.InputStickerSetThumb(types.InputStickerSetEmpty(), 1)), file(types.InputSecureFileLocation(FILE, 1)),
    file(types.InputEncryptedFileLocation(FILE, 1)), file(types.InputGroupCallStream(types.InputGroupCall(1, 1), 1, 1)),
    file(offset=-4_096), file(offset=100), file(limit=0), file(limit=1_000), file(limit=(1 << 20) + 4_096),
    file(offset=4_096, limit=1 << 20), file(cdn_supported=True),
    functions.auth.ExportAuthorizationRequest(0), functions.auth.ExportAuthorizationRequest(None),
    functions.InitConnectionRequest(
        1, "Kapear", "1", "1", "en", "", "en", history(), proxy=types.InputClientProxy("127.0.0.1", 9)
    ),
    functions.InvokeWithoutUpdatesRequest(history(limit=5_000)),
]  # fmt: skip


@pytest.mark.parametrize("request_", GRANTED, ids=method_of)
def test_a_read_of_the_approved_channel_is_allowed(request_: Any) -> None:
    assert refusal(request_, WATCHING) is None
    bytes(innermost(request_))  # and the layer can write it


@pytest.mark.parametrize("request_", REFUSED, ids=method_of)
def test_other_arguments_are_refused(request_: Any) -> None:
    assert refusal(request_, WATCHING) == "arguments"


@pytest.mark.parametrize(
    "request_", [one for one in GRANTED if method_of(one) != "contacts.resolveUsername"], ids=method_of
)
def test_without_a_channel_nothing_of_it_is_read(request_: Any) -> None:
    assert refusal(request_, Permit(purpose=Purpose.WATCHING, name="red_kites")) == "arguments"
    assert refusal(request_, UPKEEP) == refusal(request_, LOGIN) == "function"


def test_only_the_offered_files_are_read() -> None:
    assert refusal(file(), Permit(purpose=Purpose.WATCHING, channel=CHANNEL)) == "arguments"


def test_signing_in_asks_for_nothing_else() -> None:
    def code(**more: Any) -> Any:
        return functions.auth.SendCodeRequest("999661", 1, "hash", types.CodeSettings(**more))

    assert refusal(code(), LOGIN) is None
    assert refusal(code(allow_flashcall=True), LOGIN) == "arguments"
    email = types.EmailVerificationCode("1")
    assert refusal(functions.auth.SignInRequest("999661", "hash", "1"), LOGIN) is None
    assert refusal(functions.auth.SignInRequest("999661", "hash", "1", email_verification=email), LOGIN) == "arguments"


@pytest.mark.parametrize("thing", [None, 5, "messages.getHistory", [history()], types.InputPeerSelf()])
def test_what_is_no_request_is_refused(thing: object) -> None:
    assert refusal(thing, WATCHING) == "function"


def test_a_likeness_is_not_the_thing() -> None:
    class GetHistoryRequest(functions.messages.GetHistoryRequest):  # type: ignore[misc]  # the library has no types
        pass

    disguised = GetHistoryRequest(
        **{name: value for name, value in vars(history()).items() if name in history().to_dict()}
    )
    assert refusal(disguised, WATCHING) == "function"
