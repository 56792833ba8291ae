"""
Say what is asked of a site, what came, and what to remember of it.

Values only: `crawler.asking` sends and judges.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

from domain.observations import CaptureRecord

NOT_MODIFIED = 304
MAX_VALIDATOR = 256  # characters; a longer one is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts:
    """What a spider reads: the Accept header it sends, and the content types that it takes."""

    header: str
    types: frozenset[str]


HTML = Accepts(
    header="text/html,application/xhtml+xml;q=0.9",
    types=frozenset({"", "text/html", "application/xhtml+xml", "text/plain"}),
)
JSON = Accepts(
    header="application/json",
    types=frozenset({"", "application/json", "application/activity+json", "application/feed+json", "text/json"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    One GET: where, what is accepted, and what more to say (a token, say; never stored or logged).

    `secret` is what must stand in the address that is asked, and in none that
    is kept. `told` are statuses beside 200 whose body is an answer, too, of
    whatever type: an interface says there why it has no other.
    """

    url: str = field(repr=False)
    accepts: Accepts = HTML
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secret: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    told: frozenset[int] = frozenset()

    @property
    def address(self) -> str:
        """Return where it is sent, secrets and all."""
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(self.secret)}" if self.secret else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What an earlier answer to a question said of itself, and the digest of its body."""

    url_digest: str
    etag: str = field(default="", repr=False)
    modified: str = ""
    body: str = ""

    def dumped(self) -> str:
        """Return it as text, to be kept encrypted."""
        return json.dumps([self.url_digest, self.etag, self.modified, self.body])

    @classmethod
    def loaded(cls, text: str | None) -> Recall | None:
        """Return what `dumped` wrote; None for anything else."""
        try:
            url_digest, etag, modified, body = json.loads(text or "null")
        except (TypeError, ValueError):
            return None
        return cls(url_digest=str(url_digest), etag=str(etag), modified=str(modified), body=str(body))

    def headers(self, question: Question) -> dict[str, str]:
        """Return the headers that make a question conditional; none for another question than the one before."""
        if self.url_digest != digest_of(question.url):
            return {}
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came: a page with its capture record, or where it said to look instead (`location`)."""

    status: int
    content_type: str = ""
    location: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    capture: CaptureRecord | None = field(default=None, repr=False)
    recall: Recall | None = field(default=None, repr=False)

    @property
    def is_unchanged(self) -> bool:
        """Return whether it says, or shows, that nothing is new."""
        return self.status == NOT_MODIFIED


def digest_of(url: str) -> str:
    """Return by what a question's address is recognised."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def kept(validator: str) -> str:
    """Return a validator if it is short and plain enough to be sent back, or nothing."""
    plain = len(validator) <= MAX_VALIDATOR and validator.isascii() and validator.isprintable()
    return validator if plain else ""
