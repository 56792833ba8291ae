"""
Answer signing in: by code, by password, by QR, and by a key carried over to another DC.

The code of every account is the same, its phone number ends in its number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from telethon.tl import functions, types

from demo.telegram.asking import Answer, Asked
from demo.telegram.password import Lock
from demo.telegram.state import Account
from demo.telegram.telling import shown_self
from demo.telegram.tl import Refused

CODE = "22222"
_TOKEN_SECONDS = 30


def export(asked: Asked) -> Any:
    """Return a ticket by which the account signs in on another DC."""
    ask = asked.request
    if ask.dc_id == asked.dc or ask.dc_id not in asked.ports:
        raise Refused(400, "DC_ID_INVALID")
    ticket = asked.platform.dice.randbytes(32)
    asked.platform.signing.tickets[ticket] = (asked.account, ask.dc_id)
    return types.auth.ExportedAuthorization(asked.account.user_id, ticket)


def take_over(asked: Asked) -> Any:
    """Sign in with a ticket, which is then used up."""
    account, dc = asked.platform.signing.tickets.pop(asked.request.bytes, (None, 0))
    if account is None or dc != asked.dc or asked.request.id != account.user_id:
        raise Refused(400, "AUTH_BYTES_INVALID")
    return _signed_in(asked, account)


def send_code(asked: Asked) -> Any:
    """Send the code, to an app nobody has."""
    ask = asked.request
    _checked_application(asked)
    account = _by_phone(asked, ask.phone_number)
    code_hash = asked.platform.dice.randbytes(9).hex()
    asked.platform.signing.codes[code_hash] = account
    return types.auth.SentCode(type=types.auth.SentCodeTypeApp(len(CODE)), phone_code_hash=code_hash)


def sign_in(asked: Asked) -> Any:
    """Sign in with the code; an account with a password must still give that."""
    ask = asked.request
    account = asked.platform.signing.codes.get(ask.phone_code_hash)
    if account is None or account is not _by_phone(asked, ask.phone_number):
        raise Refused(400, "PHONE_CODE_EXPIRED")
    if not ask.phone_code:
        raise Refused(400, "PHONE_CODE_EMPTY")
    if ask.phone_code != CODE:
        raise Refused(400, "PHONE_CODE_INVALID")
    del asked.platform.signing.codes[ask.phone_code_hash]
    return _signed_in_unless_locked(asked, account)


def password(asked: Asked) -> Any:
    """Return what the client proves its knowledge of the password against."""
    account = asked.platform.signing.half_way.get(asked.key.data) or asked.account
    if not account.password:
        return types.account.Password(
            new_algo=types.PasswordKdfAlgoUnknown(),
            new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
            secure_random=b"",
        )
    lock = Lock(account.password, asked.platform.dice)
    asked.platform.signing.locks[asked.key.data] = lock
    return types.account.Password(
        new_algo=lock.algorithm,
        new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
        secure_random=b"",
        has_password=True,
        current_algo=lock.algorithm,
        srp_B=lock.offer,
        srp_id=lock.number,
        hint="colour of the kite",
    )


def check_password(asked: Asked) -> Any:
    """Sign in by the password's proof."""
    lock = asked.platform.signing.locks.pop(asked.key.data, None)
    account = asked.platform.signing.half_way.get(asked.key.data)
    if lock is None or account is None:
        raise Refused(400, "SRP_ID_INVALID")
    if not lock.opens(asked.request.password):
        raise Refused(400, "PASSWORD_HASH_INVALID")
    del asked.platform.signing.half_way[asked.key.data]
    return _signed_in(asked, account)


def login_token(asked: Asked) -> Any:
    """Return a token to be shown as a QR; once it was accepted, sign in."""
    _checked_application(asked)
    signing = asked.platform.signing
    accepted = signing.accepted.get(asked.key.data)
    if accepted is not None:
        authorization = _signed_in_unless_locked(asked, accepted)
        del signing.accepted[asked.key.data]
        return types.auth.LoginTokenSuccess(authorization)
    token = asked.platform.dice.randbytes(32)
    signing.tokens[token] = asked.key.data
    return types.auth.LoginToken(asked.platform.date() + timedelta(seconds=_TOKEN_SECONDS), token)


def log_out(asked: Asked) -> Any:
    """Forget who signed in with this key."""
    _ = asked.account
    asked.key.account = None
    return types.auth.LoggedOut()


def _checked_application(asked: Asked) -> None:
    if (asked.request.api_id, asked.request.api_hash) != (asked.platform.api_id, asked.platform.api_hash):
        raise Refused(400, "API_ID_INVALID")


def _by_phone(asked: Asked, untrusted_number: str) -> Account:
    digits = "".join(sign for sign in untrusted_number if sign.isdigit())
    for account in asked.platform.accounts.values():
        if account.phone == digits:
            return account
    raise Refused(400, "PHONE_NUMBER_UNOCCUPIED" if digits else "PHONE_NUMBER_INVALID")


def _signed_in_unless_locked(asked: Asked, account: Account) -> Any:
    if account.password:
        asked.platform.signing.half_way[asked.key.data] = account
        raise Refused(401, "SESSION_PASSWORD_NEEDED")
    return _signed_in(asked, account)


def _signed_in(asked: Asked, account: Account) -> Any:
    asked.key.account = account
    return types.auth.Authorization(user=shown_self(account))


LOGIN: dict[type, Answer] = {
    functions.auth.ExportAuthorizationRequest: export,
    functions.auth.ImportAuthorizationRequest: take_over,
    functions.auth.SendCodeRequest: send_code,
    functions.auth.SignInRequest: sign_in,
    functions.auth.CheckPasswordRequest: check_password,
    functions.auth.ExportLoginTokenRequest: login_token,
    functions.auth.LogOutRequest: log_out,
    functions.account.GetPasswordRequest: password,
}
