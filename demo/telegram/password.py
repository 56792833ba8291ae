"""
Check a second factor without ever being told it (core.telegram.org/api/srp), from the server's side.
"""

from __future__ import annotations

import hashlib
import random
from typing import Any

from telethon.tl import types

from demo.telegram.numbers import DH_GENERATOR, DH_PRIME, big_endian

_WIDTH = 256  # bytes of every number that is hashed
_ROUNDS = 100_000


class Lock:
    """One question about a password; `number` names it, `offer` is the server's half of it."""

    def __init__(self, password: str, dice: random.Random) -> None:
        """Ask about that password."""
        self.number = dice.getrandbits(62)
        self.algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
            salt1=dice.randbytes(8), salt2=dice.randbytes(16), g=DH_GENERATOR, p=big_endian(DH_PRIME)
        )
        self._verifier = pow(DH_GENERATOR, self._hashed(password), DH_PRIME)
        self._secret = dice.getrandbits(2040)
        multiplier = _number(big_endian(DH_PRIME), _wide(DH_GENERATOR))
        offer = (multiplier * self._verifier + pow(DH_GENERATOR, self._secret, DH_PRIME)) % DH_PRIME
        self.offer = _wide(offer)

    def opens(self, untrusted_proof: Any) -> bool:
        """Return whether the proof, an InputCheckPasswordSRP, is that of who knows the password."""
        if not isinstance(untrusted_proof, types.InputCheckPasswordSRP) or untrusted_proof.srp_id != self.number:
            return False
        theirs = int.from_bytes(untrusted_proof.A, "big")
        if not 1 < theirs < DH_PRIME - 1:
            return False
        scrambler = _number(_wide(theirs), self.offer)
        shared = pow(theirs * pow(self._verifier, scrambler, DH_PRIME), self._secret, DH_PRIME)
        prime, generator = _sha(big_endian(DH_PRIME)), _sha(_wide(DH_GENERATOR))
        expected = _sha(
            bytes(one ^ other for one, other in zip(prime, generator, strict=True)),
            _sha(self.algorithm.salt1),
            _sha(self.algorithm.salt2),
            _wide(theirs),
            self.offer,
            _sha(_wide(shared)),
        )
        return bool(expected == untrusted_proof.M1)

    def _hashed(self, password: str) -> int:
        first, second = self.algorithm.salt1, self.algorithm.salt2
        inner = _sha(second, _sha(first, password.encode(), first), second)
        stretched = hashlib.pbkdf2_hmac("sha512", inner, first, _ROUNDS)
        return _number(second, stretched, second)


def _wide(number: int) -> bytes:
    return number.to_bytes(_WIDTH, "big")


def _sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _number(*parts: bytes) -> int:
    return int.from_bytes(_sha(*parts), "big")
