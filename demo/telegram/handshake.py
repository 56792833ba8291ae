"""
Agree on a fresh authorisation key with a client that has none.

The steps and checks are those of core.telegram.org/mtproto/auth_key, from the
server's side; one agreement belongs to one connection.
"""

from __future__ import annotations

import secrets
from hashlib import sha1
from typing import Any

import cryptg
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from demo.telegram.numbers import (
    DH_GENERATOR,
    DH_PRIME,
    PQ,
    RSA_FINGERPRINT,
    RSA_MODULUS,
    RSA_SECRET,
    big_endian,
)
from demo.telegram.wire import KEY_BYTES

_BLOCK = 16
_DIGEST = 20


class NoAgreement(Exception):
    """The client broke the rules of key agreement."""


class Handshake:
    """One agreement in progress; `key` is there once it is over."""

    def __init__(self) -> None:
        """Begin; nothing is known of the client."""
        self.key: bytes | None = None
        self._nonce = 0
        self._server_nonce = secrets.randbits(127)
        self._new_nonce = b""
        self._secret = secrets.randbits(2040)

    def step(self, untrusted_body: bytes, now: int) -> bytes:
        """Return the answer to one message; raises NoAgreement."""
        try:
            request = BinaryReader(untrusted_body).tgread_object()
        except Exception as error:
            raise NoAgreement from error
        if isinstance(request, functions.ReqPqMultiRequest | functions.ReqPqRequest):
            self._nonce = request.nonce
            pq = big_endian(PQ[0] * PQ[1])
            return bytes(types.ResPQ(self._nonce, self._server_nonce, pq, [RSA_FINGERPRINT]))
        if (getattr(request, "nonce", None), getattr(request, "server_nonce", None)) != (
            self._nonce,
            self._server_nonce,
        ):
            raise NoAgreement
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._parameters(request, now)
        if isinstance(request, functions.SetClientDHParamsRequest) and self._new_nonce:
            return self._agreed(request)
        raise NoAgreement

    def _parameters(self, request: Any, now: int) -> bytes:
        number = pow(int.from_bytes(request.encrypted_data, "big"), RSA_SECRET, RSA_MODULUS)
        plain = number.to_bytes(KEY_BYTES, "big")[1:]
        inner = _checked(plain, types.PQInnerData)
        if (inner.p, inner.q) != tuple(map(big_endian, PQ)):
            raise NoAgreement
        self._new_nonce = inner.new_nonce.to_bytes(32, "little", signed=True)
        offer = bytes(
            types.ServerDHInnerData(
                self._nonce,
                self._server_nonce,
                DH_GENERATOR,
                big_endian(DH_PRIME),
                big_endian(pow(DH_GENERATOR, self._secret, DH_PRIME)),
                now,
            )
        )
        hashed = sha1(offer, usedforsecurity=False).digest() + offer
        hashed += bytes(-len(hashed) % _BLOCK)
        return bytes(
            types.ServerDHParamsOk(self._nonce, self._server_nonce, cryptg.encrypt_ige(hashed, *self._passing_key()))
        )

    def _agreed(self, request: Any) -> bytes:
        plain = cryptg.decrypt_ige(request.encrypted_data, *self._passing_key())
        inner = _checked(plain, types.ClientDHInnerData)
        key = big_endian(pow(int.from_bytes(inner.g_b, "big"), self._secret, DH_PRIME))
        short = len(key) < KEY_BYTES
        proof = self._new_nonce + bytes([2 if short else 1]) + sha1(key, usedforsecurity=False).digest()[:8]
        hashed = int.from_bytes(sha1(proof, usedforsecurity=False).digest()[4:20], "little", signed=True)
        if short:  # a key that begins with a zero byte is not taken
            return bytes(types.DhGenRetry(self._nonce, self._server_nonce, hashed))
        self.key = key
        return bytes(types.DhGenOk(self._nonce, self._server_nonce, hashed))

    def _passing_key(self) -> tuple[bytes, bytes]:
        """Return the key and vector that the rest of the agreement is sealed with."""
        ours, new = self._server_nonce.to_bytes(16, "little", signed=True), self._new_nonce
        first, second, third = (
            sha1(each, usedforsecurity=False).digest() for each in (new + ours, ours + new, new + new)
        )
        return first + second[:12], second[12:] + third + new[:4]


def _checked(plain: bytes, kind: type) -> Any:
    """Return the object behind its own digest; raises NoAgreement."""
    reader = BinaryReader(plain[_DIGEST:])
    try:
        found = reader.tgread_object()
    except Exception as error:
        raise NoAgreement from error
    body = plain[_DIGEST : _DIGEST + reader.tell_position()]
    if not isinstance(found, kind) or sha1(body, usedforsecurity=False).digest() != plain[:_DIGEST]:
        raise NoAgreement
    return found
