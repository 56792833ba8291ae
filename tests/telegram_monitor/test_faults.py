from __future__ import annotations

import asyncio
import struct
import zlib
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from domain.errors import MediaUnavailable, VisitEnded
from domain.outcomes import Outcome
from net.dialling import NotReached
from telegram_monitor.faults import MAX_WAIT, Denied, FileReferenceExpired, Meaning, Verdict, judged

REQUEST = functions.help.GetConfigRequest()


def rpc(message: str, code: int = 400) -> Exception:
    """Return the error that the library makes of Telegram's words."""
    error: Exception = errors.rpc_message_to_error(types.RpcError(code, message), REQUEST)
    return error


@pytest.mark.parametrize(
    ("error", "meaning", "code"),
    [
        (rpc("FLOOD_WAIT_30", 420), Meaning.WAIT, "flood_wait"),
        (rpc("FLOOD_PREMIUM_WAIT_3", 420), Meaning.WAIT, "flood_wait"),
        (rpc("SOMETHING_NEW", 420), Meaning.WAIT, "flood_wait"),
        (errors.InvalidBufferError(struct.pack("<i", -429)), Meaning.WAIT, "flood_wait"),
        (rpc("FROZEN_METHOD_INVALID", 420), Meaning.PARK, "frozen_method_invalid"),
        (rpc("AUTH_KEY_DUPLICATED", 406), Meaning.PARK, "auth_key_duplicated"),
        (rpc("AUTH_KEY_UNREGISTERED", 401), Meaning.PARK, "auth_key_unregistered"),
        (rpc("SESSION_REVOKED", 401), Meaning.PARK, "session_revoked"),
        (rpc("USER_DEACTIVATED", 401), Meaning.PARK, "user_deactivated"),
        (rpc("USER_DEACTIVATED_BAN", 401), Meaning.PARK, "user_deactivated_ban"),
        (rpc("SOMETHING_NEW", 401), Meaning.PARK, "unauthorised"),
        (errors.AuthKeyNotFound(), Meaning.PARK, "auth_key_unknown"),
        (rpc("CHANNEL_INVALID"), Meaning.STALE_CHANNEL, "channel_invalid"),
        (rpc("FILE_REFERENCE_EXPIRED"), Meaning.STALE_FILE, "file_reference"),
        (rpc("FILEREF_UPGRADE_NEEDED", 406), Meaning.STALE_FILE, "file_reference"),
        (rpc("FILE_MIGRATE_4", 303), Meaning.ELSEWHERE, "file_migrate"),
    ],
)
def test_what_concerns_account_channel_or_file(error: Exception, meaning: Meaning, code: str) -> None:
    verdict = judged(error)
    assert (verdict.meaning, verdict.code) == (meaning, code)


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (rpc("CHANNEL_PRIVATE"), Outcome.RESTRICTED, "private"),
        (rpc("CHANNEL_PRIVATE", 406), Outcome.RESTRICTED, "private"),
        (rpc("USERNAME_NOT_OCCUPIED"), Outcome.GONE, "no_such_name"),
        (rpc("USERNAME_INVALID"), Outcome.GONE, "no_such_name"),
        (rpc("API_ID_INVALID"), Outcome.ERROR, "api_id"),
        (rpc("PERSISTENT_TIMESTAMP_INVALID"), Outcome.ERROR, "pts"),
        (rpc("PERSISTENT_TIMESTAMP_OUTDATED", 500), Outcome.UNREACHABLE, "server_error"),
        (rpc("INTERDC_2_CALL_ERROR", 500), Outcome.UNREACHABLE, "server_error"),
        (rpc("No workers running", -500), Outcome.UNREACHABLE, "server_error"),
        (rpc("Timeout", -503), Outcome.UNREACHABLE, "server_error"),
        (rpc("USER_MIGRATE_4", 303), Outcome.ERROR, "rpc_303"),
        (rpc("MSG_ID_INVALID"), Outcome.ERROR, "rpc_msg_id_invalid"),
        (rpc("a kite @red_kites"), Outcome.ERROR, "rpc_400"),
        (rpc("SOMETHING_NEW", 406), Outcome.ERROR, "rpc_406"),
        (TimeoutError(), Outcome.UNREACHABLE, "timeout"),
        (ConnectionResetError(), Outcome.UNREACHABLE, "dropped"),
        (asyncio.IncompleteReadError(b"", 8), Outcome.UNREACHABLE, "dropped"),
        (NotReached("unreachable"), Outcome.UNREACHABLE, "unreachable"),
        (NotReached("timeout"), Outcome.UNREACHABLE, "timeout"),
        (NotReached("proxy"), Outcome.OFFLINE, "proxy"),
        (errors.TypeNotFoundError(5, b"a kite"), Outcome.ERROR, "malformed"),
        (errors.SecurityError("a kite"), Outcome.ERROR, "malformed"),
        (errors.InvalidBufferError(b"oversized"), Outcome.ERROR, "malformed"),
        (struct.error("a kite"), Outcome.ERROR, "malformed"),
        (zlib.error("a kite"), Outcome.ERROR, "malformed"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a kite"), Outcome.ERROR, "malformed"),
        (OverflowError("a kite"), Outcome.ERROR, "malformed"),
        (RuntimeError("Invalid boolean code"), Outcome.ERROR, "malformed"),
        (Exception("a kite"), Outcome.ERROR, "defect_Exception"),
    ],
)
def test_what_ends_a_visit(error: Exception, outcome: Outcome, code: str) -> None:
    verdict = judged(error)
    assert (verdict.meaning, verdict.outcome, verdict.code) == (Meaning.END, outcome, code)


def test_every_error_of_the_layer_has_a_meaning_that_quotes_nothing() -> None:
    kinds: set[Any] = set(errors.rpc_errors_dict.values())
    assert len(kinds) > 400
    for kind in kinds:
        verdict = judged(kind(REQUEST))
        assert isinstance(verdict, Verdict)
        assert verdict.code.replace("_", "").isalnum()
        assert not verdict.code.startswith("defect")


@pytest.mark.parametrize(("asked", "seconds"), [(0, 1), (1, 1), (59, 59), (MAX_WAIT, MAX_WAIT), (10**9, MAX_WAIT)])
def test_waits_are_bounded(asked: int, seconds: int) -> None:
    assert judged(rpc(f"FLOOD_WAIT_{asked}", 420)).seconds == seconds


def test_where_a_file_lives_is_said() -> None:
    assert judged(rpc("FILE_MIGRATE_4", 303)).dc == 4


def test_what_others_catch_it_as() -> None:
    assert isinstance(FileReferenceExpired(), MediaUnavailable)
    assert isinstance(Denied("function"), VisitEnded)
    assert (Denied("function").outcome, Denied("function").code) == (Outcome.ERROR, "denied_function")
