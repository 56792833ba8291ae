"""
Ask Arachnid Shield about PDQ hashes, and send it nothing else.

Written from the public client of that interface: `POST v1/pdq/` with
`{"hashes": [base64, …]}` under Basic authentication answers
`{"scanned_hashes": {base64: {"classification": …}}}`. Its interfaces that take
pictures or addresses are not spoken here.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from domain.errors import AskFailed
from domain.observations import Traffic
from domain.ports import RemoteAnswer
from exchange.clients.asking import Question, asked
from exchange.formats.hashlist_cells import NO_MATCH

BATCH = 100  # hashes a question
PDQ_BYTES = 32

_CLASSIFICATION = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArachnidShield:
    """Arachnid Shield's hash-only look-up at one address."""

    session: aiohttp.ClientSession = field(repr=False)
    url: URL
    user: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def batch(self) -> int:
        """Return how many hashes may be asked for at once."""
        return BATCH

    async def ask(self, hashes: Sequence[bytes]) -> Sequence[RemoteAnswer]:
        """Return an answer for each PDQ hash; see `RemoteLookup`."""
        if len(hashes) > BATCH or any(len(digest) != PDQ_BYTES for digest in hashes):
            raise AskFailed("no_pdq")  # whatever it is, it stays here
        words = {b64encode(digest).decode(): digest for digest in hashes}
        login = b64encode(f"{self.user}:{self.secret}".encode()).decode()
        question = Question(
            url=self.url / "v1" / "pdq" / "",
            headers={"Authorization": f"Basic {login}", "Accept": "application/json"},
            body={"hashes": list(words)},
        )
        untrusted_body = await asked(self.session, question, Traffic())
        said = _scanned(untrusted_body)
        return [RemoteAnswer(hash=digest, classification=_classification(said, word)) for word, digest in words.items()]


def _scanned(untrusted_body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(untrusted_body)
        said = value["scanned_hashes"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise AskFailed("garbage") from None
    if not isinstance(said, dict):
        raise AskFailed("garbage")
    return said


def _classification(said: dict[str, Any], word: str) -> str:
    """Return what is said of a hash, empty where it is not known; a hash without an answer is a broken answer."""
    if word not in said:
        raise AskFailed("garbage")
    answer = said[word]
    found = answer.get("classification") if isinstance(answer, dict) else answer
    if found is None or found == NO_MATCH:
        return ""
    if not isinstance(found, str) or not _CLASSIFICATION.fullmatch(found):
        raise AskFailed("garbage")
    return found
