"""
Encrypt a long file piece by piece, so that none can be changed, moved or left out, at the end either.

AES-256-GCM over pieces of 64 KiB, under a key of this file alone. A piece's
nonce is its number and whether it is the last one, so pieces open in their
order only, and a file that was cut off between two has no last one (the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

from __future__ import annotations

import io
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import OperatorFault
from keys.backupkey import BackupKey
from keys.envelopes import KEY_BYTES, NONCE_BYTES, TAG_BYTES, derive
from keys.keyfile import ID_BYTES

MAGIC = b"kapear backup\n"
VERSION = 1
PIECE = 65_536
_HEADER = len(MAGIC) + 1 + ID_BYTES + KEY_BYTES
_DAMAGED = "The backup is damaged: it breaks off, or was changed. Nothing was restored; take another copy of it."


class SealedWriter(io.RawIOBase):
    """Encrypts what is written to it; whole only once it was closed with `finish`."""

    def __init__(self, out: BinaryIO, key: BackupKey) -> None:
        """Write the header: what this is, which key opens it, and the salt of its own key."""
        super().__init__()
        salt = secrets.token_bytes(KEY_BYTES)
        self._header = MAGIC + bytes([VERSION]) + bytes.fromhex(key.id) + salt
        self._cipher = _cipher(key, salt)
        self._out = out
        self._held = bytearray()
        self._pieces = 0
        out.write(self._header)

    def writable(self) -> bool:
        """Return that it takes bytes."""
        return True

    def write(self, data: object, /) -> int:
        """Take bytes; the last piece is held back, for it will say that it is the last."""
        assert isinstance(data, bytes | bytearray | memoryview)  # noqa: S101 - io's own signature says less
        taken = memoryview(data).cast("B")
        self._held += taken
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(taken)

    def finish(self) -> None:
        """Write the last piece."""
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._pieces, last=last), piece, self._header))
        self._pieces += 1


class SealedReader(io.RawIOBase):
    """Gives back what was written; raises OperatorFault for a wrong key and for a file that is not whole."""

    def __init__(self, source: BinaryIO, key: BackupKey) -> None:
        """Read the header."""
        super().__init__()
        self._header = source.read(_HEADER)
        _require(self._header, key)
        self._cipher = _cipher(key, self._header[-KEY_BYTES:])
        self._source = source
        self._next = source.read(PIECE + TAG_BYTES)
        self._open = b""
        self._pieces = 0
        self._ended = False

    def readable(self) -> bool:
        """Return that it gives bytes."""
        return True

    def readinto(self, buffer: object, /) -> int:
        """Fill the buffer with what opens next; 0 once the last piece was opened."""
        room = memoryview(buffer).cast("B")  # type: ignore[arg-type] # io's own signature says less
        while not self._open and not self._ended:
            self._advance()
        given = self._open[: len(room)]
        room[: len(given)] = given
        self._open = self._open[len(given) :]
        return len(given)

    def _advance(self) -> None:
        closed, self._next = self._next, self._source.read(PIECE + TAG_BYTES)
        self._ended = not self._next
        try:
            self._open = self._cipher.decrypt(_nonce(self._pieces, last=self._ended), closed, self._header)
        except InvalidTag:
            raise OperatorFault(_DAMAGED) from None
        self._pieces += 1


def _require(header: bytes, key: BackupKey) -> None:
    """Raise OperatorFault unless a file that begins so can be opened with the key."""
    if len(header) < _HEADER or not header.startswith(MAGIC):
        raise OperatorFault("This is no backup of Kapear's; name the file that `kapear backup` wrote.")
    if header[len(MAGIC)] != VERSION:
        raise OperatorFault("The backup was made by a newer version of this program; install that version.")
    written_with = header[len(MAGIC) + 1 :][:ID_BYTES].hex()
    if written_with != key.id:
        raise OperatorFault(
            f"The backup was made with backup key {written_with}, but the key file holds {key.id}: "
            "name the right file with --key."
        )


def _cipher(key: BackupKey, salt: bytes) -> AESGCM:
    return AESGCM(derive(key.master, "backup file", salt=salt))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])
