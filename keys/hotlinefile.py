"""Say how the hotline's key stands in its file, and refuse a file that differs by one byte."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keys.envelopes import KEY_BYTES, close, reopen

KIND = "hotline-key"
VERSION = 1
WHAT = "hotline key file"
MEND = "run kapear init for a new instance, or restore the file from your backup"

# RFC 9106's choice for machines short of memory: a hotline has 4 GB in all.
MEMORY_KIB = 65_536
PASSES = 3
LANES = 4
SALT_BYTES = 16
# A file may ask for more than is written today, but not for the whole machine.
MOST_MEMORY_KIB = 1_048_576
MOST_PASSES = 32
MOST_LANES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKey:
    """The private key as it is: for an instance that is not enrolled."""

    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """The private key under a passphrase, with what it takes to derive the wrapping key again."""

    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    closed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Bound what a damaged or planted file can make this process do."""
        bounded = 0 < self.passes <= MOST_PASSES and 0 < self.lanes <= MOST_LANES
        if not (bounded and 8 * self.lanes <= self.memory_kib <= MOST_MEMORY_KIB and len(self.salt) >= SALT_BYTES):
            raise ValueError("parameters out of bounds")

    def opened(self, passphrase: bytes, public: bytes) -> bytes:
        """Return the private key; raises DoesNotOpen if the passphrase is wrong."""
        return reopen(self._wrapping_key(passphrase), self.closed, public)

    @classmethod
    def around(cls, private: bytes, passphrase: bytes, public: bytes) -> Self:
        """Wrap the private key under today's parameters and a fresh salt."""
        empty = cls(memory_kib=MEMORY_KIB, passes=PASSES, lanes=LANES, salt=secrets.token_bytes(SALT_BYTES), closed=b"")
        closed = close(empty._wrapping_key(passphrase), private, public)
        return cls(memory_kib=MEMORY_KIB, passes=PASSES, lanes=LANES, salt=empty.salt, closed=closed)

    def _wrapping_key(self, passphrase: bytes) -> bytes:
        argon = Argon2id(
            salt=self.salt,
            length=KEY_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return argon.derive(passphrase)


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlineFile:
    """What the file says: the public key, and the private one plain or wrapped."""

    public: bytes
    private: PlainKey | WrappedKey

    @classmethod
    def plain(cls, private: X25519PrivateKey) -> Self:
        """Return the file of a key without passphrase."""
        return cls(public=private.public_key().public_bytes_raw(), private=PlainKey(key=private.private_bytes_raw()))

    @classmethod
    def wrapped(cls, private: X25519PrivateKey, passphrase: bytes) -> Self:
        """Return the file of a key under a passphrase."""
        public = private.public_key().public_bytes_raw()
        return cls(public=public, private=WrappedKey.around(private.private_bytes_raw(), passphrase, public))

    def encoded(self) -> bytes:
        """Return the file's bytes: one line of JSON, for a person to recognise."""
        content = {"kapear": KIND, "version": VERSION, "public": _base64(self.public), **self._private_half()}
        return (json.dumps({**content, "check": _check(content)}) + "\n").encode()

    def _private_half(self) -> dict[str, Any]:
        if isinstance(self.private, PlainKey):
            return {"private": _base64(self.private.key)}
        argon = {"memory_kib": self.private.memory_kib, "passes": self.private.passes, "lanes": self.private.lanes}
        return {"argon2id": {**argon, "salt": _base64(self.private.salt)}, "wrapped": _base64(self.private.closed)}

    @classmethod
    def parsed(cls, content: bytes) -> Self:
        """
        Read the file's bytes; raises ValueError if anything in them is wrong.

        The public half is under the checksum too: leads sealed to a damaged
        one could never be opened by anybody.
        """
        try:
            text: dict[str, Any] = json.loads(content)
            check = text.pop("check")
            if text["kapear"] != KIND or text["version"] != VERSION or check != _check(text):
                raise ValueError("kind, version or checksum")
            if "private" in text:
                return cls(public=_key(text["public"]), private=PlainKey(key=_key(text["private"])))
            argon = text["argon2id"]
            return cls(
                public=_key(text["public"]),
                private=WrappedKey(
                    memory_kib=int(argon["memory_kib"]),
                    passes=int(argon["passes"]),
                    lanes=int(argon["lanes"]),
                    salt=_bytes(argon["salt"]),
                    closed=_bytes(text["wrapped"]),
                ),
            )
        except (KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise ValueError("not a hotline key file") from None


def _check(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _key(text: str) -> bytes:
    raw = _bytes(text)
    if len(raw) != KEY_BYTES:
        raise ValueError("key of another length")
    return raw


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
