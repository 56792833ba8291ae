"""
Encrypt with a known key, or seal to a public one; everything else in this room is built on these two.

AES-256-GCM throughout. A box is sealed with a fresh X25519 pair: shared secret,
HKDF-SHA256, one key and nonce for one message. The purpose is bound into the
key and the context into the tag, so that nothing opens in another's place.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
BOX_VERSION = b"\x01"


class DoesNotOpen(Exception):
    """The key, the context or the bytes are not those it was closed with."""


def derive(secret: bytes, purpose: str, *, length: int = KEY_BYTES, salt: bytes | None = None) -> bytes:
    """Return a key for one purpose from a secret of full entropy (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=f"kapear {purpose}".encode()).derive(secret)


def close(key: bytes, plain: bytes, context: bytes) -> bytes:
    """
    Return nonce and ciphertext.

    Nonces are random: good for 2³² messages under one key, far beyond what a
    hotline's machine will ever write.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def reopen(key: bytes, closed: bytes, context: bytes) -> bytes:
    """Return what `close` was given; raises DoesNotOpen."""
    if len(closed) < NONCE_BYTES + TAG_BYTES:
        raise DoesNotOpen
    try:
        return AESGCM(key).decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], context)
    except InvalidTag:
        raise DoesNotOpen from None


def seal_to(public: bytes, plain: bytes, *, purpose: str, context: bytes) -> bytes:
    """Return a box that only the owner of the public key opens; raises DoesNotOpen if it is no public key."""
    ephemeral = X25519PrivateKey.generate()
    shown = ephemeral.public_key().public_bytes_raw()
    key, nonce = _box_key(ephemeral, public, shown + public, purpose)
    return BOX_VERSION + shown + AESGCM(key).encrypt(nonce, plain, BOX_VERSION + context)


def open_box(private: X25519PrivateKey, box: bytes, *, purpose: str, context: bytes) -> bytes:
    """Return what `seal_to` was given; raises DoesNotOpen."""
    shown, ciphertext = box[1 : 1 + KEY_BYTES], box[1 + KEY_BYTES :]
    if box[:1] != BOX_VERSION or len(ciphertext) < TAG_BYTES:
        raise DoesNotOpen
    key, nonce = _box_key(private, shown, shown + private.public_key().public_bytes_raw(), purpose)
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, BOX_VERSION + context)
    except InvalidTag:
        raise DoesNotOpen from None


def _box_key(mine: X25519PrivateKey, theirs: bytes, both: bytes, purpose: str) -> tuple[bytes, bytes]:
    # Both public keys are hashed in: X25519 alone accepts more than one spelling of a point.
    try:
        shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError:
        raise DoesNotOpen from None
    material = derive(shared, purpose, length=KEY_BYTES + NONCE_BYTES, salt=both)
    return material[:KEY_BYTES], material[KEY_BYTES:]
