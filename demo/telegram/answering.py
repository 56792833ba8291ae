"""
Answer one request: note it, meet its fault if one waits, else ask whoever answers for its kind.

What no module answers is refused by name and listed as forbidden.
"""

from __future__ import annotations

import inspect
import math
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
    body, call.outcome = await _answered(asked, log)
    return Reply(body=body)


async def _answered(asked: Asked, log: CallLog) -> tuple[bytes, str]:
    """Return the true answer and "ok", or a refusal and its name."""
    method = method_name(asked.request)
    try:
        found = _answer_for(asked, method, log)(asked)
        if inspect.isawaitable(found):
            found = await found
        return bytes(found), "ok"
    except Refused as refused:
        return rpc_error(refused.code, refused.message), refused.message
    except Exception as error:  # noqa: BLE001 - told to the test, which would else see a client that tries for ever
        log.failures.append(f"{method}: {error!r}")
        return rpc_error(400, "DEMO_SERVER_FAILED"), "DEMO_SERVER_FAILED"


def _answer_for(asked: Asked, method: str, log: CallLog) -> Answer:
    answer = ANSWERS.get(type(asked.request))
    if answer is None:
        log.forbidden.append(method)
        raise Refused(400, "METHOD_INVALID")
    return answer


async def _misbehaved(asked: Asked, call: Call, fault: Fault, log: CallLog) -> Reply:
    call.outcome = fault.kind
    if fault.kind in {"silence", "drop"}:
        return Reply(body=None, ending="drop" if fault.kind == "drop" else "")
    if fault.kind in {"error", "flood"}:
        call.outcome = message = _refusal(call, fault)
        return Reply(body=rpc_error(fault.code or code_of(message), message))
    body, outcome = await _answered(asked, log)
    if outcome != "ok":
        call.outcome = outcome  # a refusal is spoilt no further
    elif fault.kind == "late":
        return Reply(body=body, delay=float(fault.value))
    elif fault.kind == "cut":
        return Reply(body=body, ending="cut")
    else:
        body = _spoilt(body, asked, fault, log)
    return Reply(body=body)


def _refusal(call: Call, fault: Fault) -> str:
    if fault.kind == "error":
        return fault.value
    return f"FLOOD_WAIT_{max(1, math.ceil(fault.until[call.account] - time.monotonic()))}"


def _spoilt(body: bytes, asked: Asked, fault: Fault, log: CallLog) -> bytes:
    match fault.kind:
        case "garbage":
            return b"\xde\xad\xbe\xef" + body[4:]
        case "truncated":
            return body[: len(body) // 2 // 4 * 4]
        case "bytes":
            return bytes.fromhex(fault.value)
        case "huge":
            return struct.pack("<Ii", VECTOR, MOST_COUNT) + bytes(boolean(value=True)) * (int(fault.value) // 4)
    try:
        return lied(body, asked, fault.value)
    except Exception as error:  # noqa: BLE001 - told to the test: a lie that does not fit its method
        log.failures.append(f"{method_name(asked.request)}, {fault.value}: {error!r}")
        return body
