"""Say what books hand out that is theirs alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.filing import PostKey
from domain.fingerprints import MediaStatus
from domain.ids import MediaId, PostId
from domain.telegram import AccountId


class Division(StrEnum):
    """What figures may be divided by: kinds and times, and never a place or a person."""

    PLATFORM = "platform"
    OUTCOME = "outcome"


Divided = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """
    What waits, in all and of no place.

    `due_since` is when the target was due that has waited longest; None where
    none is due.
    """

    leads: int
    due: int
    due_since: datetime | None
    hosts_resting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    """A media item of a stored post, for listing."""

    status: MediaStatus
    reason: str
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPost:
    """The latest revision of a stored post, for listing: no text, no link, no author; `deleted` on its platform."""

    id: PostId
    key: PostKey
    seq: int
    posted_at: datetime | None
    seen_at: datetime
    deleted: bool
    media: tuple[StoredMedia, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMedia:
    """A media item to try again; `retry` is its URL, encrypted with the host's key."""

    id: MediaId
    identity: str = field(repr=False)
    key: PostKey
    posted_at: datetime | None
    attempts: int
    retry: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedPost:
    """A post whose words a lead waits for, because the lead was filed after it was seen."""

    id: PostId
    key: PostKey


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """
    A Telegram account as it is stored.

    `session` is encrypted with the host's key; None for the account of the
    environment, of which no more is stored than that it is parked.
    """

    id: AccountId
    label: str
    session: bytes | None = field(default=None, repr=False)
    created_at: datetime
    parked: str = ""
    parked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChannel:
    """What an account was told of a locator: id and access hash, encrypted with the host's key."""

    account_id: AccountId
    locator_digest: str = field(repr=False)
    channel: bytes = field(repr=False)
    pinned: bool
    resolved_at: datetime
