"""
Answer one request: note it, meet its fault if one waits, else ask whoever answers for its kind.

What no module answers is refused by name and listed as forbidden.
"""

from __future__ import annotations

import inspect
import struct
import time
from dataclasses import dataclass
from typing import Any

from demo.telegram.answers_channels import CHANNELS
from demo.telegram.answers_files import FILES
from demo.telegram.answers_login import LOGIN
from demo.telegram.answers_start import START
from demo.telegram.asking import Answer, Asked
from demo.telegram.calls import Call, CallLog, arguments_of, channel_of
from demo.telegram.faults import Fault, Faults, code_of
from demo.telegram.lies import MOST_COUNT, lied
from demo.telegram.tl import VECTOR, Refused, boolean, method_name, rpc_error

ANSWERS: dict[type, Answer] = {**START, **LOGIN, **CHANNELS, **FILES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is to be sent: `body`, or nothing; after `delay` seconds; `ending` says how the connection then ends."""

    body: bytes | None
    delay: float = 0.0
    ending: str = ""  # "", "drop" or "cut"


async def reply_to(asked: Asked, around: tuple[Any, ...], log: CallLog, faults: Faults) -> Reply:
    """Return what one request is answered with, and note it."""
    request = asked.request
    method, channel = method_name(request), channel_of(request)
    account = asked.key.account.name if asked.key.account is not None else ""
    fault, hammering = faults.take(method, channel, account, asked.dc)
    call = Call(
        at=time.monotonic(),
        account=account,
        dc=asked.dc,
        method=method,
        channel=channel,
        arguments=arguments_of(request),
        around=tuple(method_name(each) for each in around),
        hammering=hammering,
    )
    log.note(call)
    if fault is not None:
        return await _misbehaved(asked, call, fault, log)
    return Reply(body=await _answered(asked, call, log))


async def _answered(asked: Asked, call: Call, log: CallLog) -> bytes:
    try:
        found = _answer_for(asked, call, log)(asked)
        if inspect.isawaitable(found):
            found = await found
        written = bytes(found)
    except Refused as refused:
        call.outcome = refused.message
        return rpc_error(refused.code, refused.message)
    except Exception as error:  # noqa: BLE001 - told to the test, which would else see a client that tries for ever
        log.failures.append(f"{call.method}: {error!r}")
        return rpc_error(400, "DEMO_SERVER_FAILED")
    call.outcome = "ok"
    return written


def _answer_for(asked: Asked, call: Call, log: CallLog) -> Answer:
    answer = ANSWERS.get(type(asked.request))
    if answer is None:
        log.forbidden.append(call.method)
        raise Refused(400, "METHOD_INVALID")
    return answer


async def _misbehaved(asked: Asked, call: Call, fault: Fault, log: CallLog) -> Reply:
    call.outcome = fault.kind
    if fault.kind in {"error", "flood"}:
        message = fault.value
        if fault.kind == "flood":
            message = f"FLOOD_WAIT_{max(1, round(fault.until[call.account] - time.monotonic()))}"
        call.outcome = message
        return Reply(body=rpc_error(fault.code or code_of(message), message))
    if fault.kind in {"silence", "drop"}:
        return Reply(body=None, ending="drop" if fault.kind == "drop" else "")
    body = await _answered(asked, call, log)
    call.outcome = fault.kind
    if fault.kind == "late":
        return Reply(body=body, delay=float(fault.value))
    if fault.kind == "cut":
        return Reply(body=body, ending="cut")
    try:
        return Reply(body=_spoilt(body, asked, fault))
    except Exception as error:  # noqa: BLE001 - told to the test: a fault that does not fit its method
        log.failures.append(f"{call.method}, {fault.kind} {fault.value}: {error!r}")
        return Reply(body=body)


def _spoilt(body: bytes, asked: Asked, fault: Fault) -> bytes:
    if fault.kind == "alter":
        return lied(body, asked, fault.value)
    if fault.kind == "garbage":
        return b"\xde\xad\xbe\xef" + body[4:]
    if fault.kind == "truncated":
        return body[: len(body) // 2 // 4 * 4]
    if fault.kind == "bytes":
        return bytes.fromhex(fault.value)
    return struct.pack("<Ii", VECTOR, MOST_COUNT) + bytes(boolean(value=True)) * (int(fault.value) // 4)
