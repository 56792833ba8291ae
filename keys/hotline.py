"""
Keep the hotline's private key: the only one that opens what belongs to a lead.

On an instance that is not enrolled it lies plain beside the data. Enrolment
wraps it under a passphrase (Argon2id, then AES-256-GCM), so that a stolen or
seized machine holds no readable lead; the public half stays readable, so that
monitoring goes on while nobody has signed in.
"""

from __future__ import annotations

import base64
import unicodedata
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain.errors import BadInput, OperatorFault, Refused, WrongState
from domain.ports import Place
from keys import files
from keys.envelopes import DoesNotOpen, open_box
from keys.hotlinefile import MEND, WHAT, HotlineFile, PlainKey, WrappedKey
from keys.vault import LEAD_KEY, LEAD_TEXT

MIN_PASSPHRASE = 12  # code points; whoever copied the file may guess without limit


class HotlineOpener:
    """The `Opener` port: the hotline's private key, unlocked, for as long as this object lives."""

    def __init__(self, private: X25519PrivateKey) -> None:
        """Keep the key in memory only."""
        self._private = private

    def __repr__(self) -> str:
        return "HotlineOpener(…)"

    def open(self, wrapped: bytes, lead_id: str, ciphertext: bytes, place: Place) -> str:
        """Return the sealed text; raises OperatorFault if key or place differ."""
        try:
            raw = open_box(self._private, wrapped, purpose=LEAD_KEY, context=lead_id.encode())
            lead_private = X25519PrivateKey.from_private_bytes(raw)
            plain = open_box(lead_private, ciphertext, purpose=LEAD_TEXT, context=place.encoded())
        except DoesNotOpen:
            raise OperatorFault(
                f"a sealed value in {place.table}.{place.column} does not open: it was altered, moved, "
                "or sealed to another hotline key"
            ) from None
        return plain.decode("utf-8", "surrogatepass")


def create_hotline_key(path: Path, passphrase: str | None) -> bytes:
    """Write a new key file, mode 0600, and return the public key; plain where the passphrase is None."""
    private = X25519PrivateKey.generate()
    file = HotlineFile.plain(private)
    if passphrase is not None:
        file = HotlineFile.wrapped(private, _normal(passphrase))
    files.write_new(path, file.encoded(), WHAT)
    return file.public


def hotline_public(path: Path) -> bytes:
    """Return the public key; needs no passphrase."""
    return _read(path).public


def is_protected(path: Path) -> bool:
    """Return whether the private key is under a passphrase."""
    return isinstance(_read(path).private, WrappedKey)


def unlock(path: Path, passphrase: str | None) -> HotlineOpener:
    """
    Open the private key; raises Refused if the passphrase is missing or wrong.

    Takes 64 MiB and some tenths of a second for a wrapped key: call it in a thread.
    """
    file = _read(path)
    if isinstance(file.private, PlainKey):
        if passphrase is not None:
            raise WrongState("the hotline key is not under a passphrase yet: run kapear enrol")
        return HotlineOpener(_checked(file.private.key, file, path))
    if passphrase is None:
        raise Refused("the hotline key is under a passphrase: sign in with it")
    try:
        return HotlineOpener(_checked(file.private.opened(_fold(passphrase), file.public), file, path))
    except DoesNotOpen:
        raise Refused("this is not the hotline's passphrase") from None


def protect(path: Path, passphrase: str) -> None:
    """Put a plain key under a passphrase, in one step; raises WrongState if it already is under one."""
    secret = _normal(passphrase)
    file = _read(path)
    if isinstance(file.private, WrappedKey):
        raise WrongState("the hotline key is under a passphrase already")
    private = _checked(file.private.key, file, path)
    files.replace(path, HotlineFile.wrapped(private, secret).encoded(), WHAT)


def fingerprint(public: bytes) -> str:
    """Return the short name of a hotline key, for people to compare."""
    return base64.b32encode(public)[:16].decode().lower()


def _read(path: Path) -> HotlineFile:
    content = files.read_private(path, WHAT, mend=MEND)
    try:
        return HotlineFile.parsed(content)
    except ValueError:
        raise OperatorFault(f"the {WHAT} {path} is damaged: restore it from your backup") from None


def _checked(raw: bytes, file: HotlineFile, path: Path) -> X25519PrivateKey:
    private = X25519PrivateKey.from_private_bytes(raw)
    if private.public_key().public_bytes_raw() != file.public:
        raise OperatorFault(f"the halves of the {WHAT} {path} differ: restore it from your backup")
    return private


def _normal(passphrase: str) -> bytes:
    if len(passphrase) < MIN_PASSPHRASE:
        raise BadInput(f"a passphrase needs at least {MIN_PASSPHRASE} characters")
    return _fold(passphrase)


def _fold(passphrase: str) -> bytes:
    # Keyboards compose Khmer vowels and accents differently; the same words must open the key.
    return unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
