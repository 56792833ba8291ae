"""
Make the tokens by which people and programs sign in.

A token is 256 random bits, so a plain digest of it gives nothing away and
needs no slow hash; only digests are stored.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Return a fresh token of 256 bits, safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """Return what is stored in the token's place: SHA-256, 64 hex digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
