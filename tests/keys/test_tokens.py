"""Tokens: long, safe in a URL, and stored as digests only."""

from __future__ import annotations

import hashlib
import re

from keys.tokens import new_token, token_digest


def test_tokens_are_long_different_and_safe_in_a_url() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_a_digest_is_the_tokens_sha256() -> None:
    token = new_token()
    assert token_digest(token) == hashlib.sha256(token.encode()).hexdigest()
    assert token_digest("\ud800") != token_digest("?")
