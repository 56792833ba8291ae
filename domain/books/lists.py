"""What storage promises of hash lists, of what people hold of hashes, and of what is compared with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.assessments import Assessment
from domain.books.rows import AwaitedPost
from domain.feeds import FeedState
from domain.hashlists import Algorithm, HashEntry, HashList, HashMatch, LiveList, Opinion, OwnEntry, QuotedHash
from domain.ids import LeadId, ListId, MediaId, PostId, TargetId
from domain.ports import LeadKey, RemoteAnswer
from domain.rematching import KnownMatches, RematchPlan, StoredPrint


class ListBook(Protocol):
    """Versions of hash lists, and which are in force; their entries lie in files, and never leave."""

    def latest(self, name: str) -> HashList | None:
        """Return the newest version that was in force of a list by name, retired or not."""

    def all(self) -> list[HashList]:
        """Return all versions that were in force, newest first."""

    def in_force(self) -> list[HashList]:
        """Return the versions that are in force."""

    def live(self) -> list[LiveList]:
        """Return the lists in force, with what of them is disabled, and the entries of the hotline's own."""

    def next_version(self, name: str) -> int:
        """Return the number of a list's next version."""

    def stage(self, hash_list: HashList) -> None:
        """Write a version that is not in force yet; one of the same name that was staged before is dropped."""

    def staged(self) -> list[HashList]:
        """Return the versions whose import is under way, or was broken off."""

    def kept(self) -> list[ListId]:
        """Return the versions whose files are needed: those in force, staged or kept aside."""

    @property
    def shares_entries(self) -> bool:
        """Return whether other machines must build their files from rows of this database."""

    def add_entries(self, list_id: ListId, entries: Sequence[HashEntry]) -> None:
        """Write entries of a staged version as rows, for other machines; raises WrongState when it is not staged."""

    def entries(self, list_id: ListId) -> Iterator[HashEntry]:
        """Yield the entries that stand as rows, in their order; to be read to the end within the transaction."""

    def activate(self, list_id: ListId, *, entries: int, now: datetime) -> int:
        """
        Put a version in force, and return the new generation; raises WrongState.

        The one before is retired, one of the same name that is kept aside is dropped.
        """

    def hold(self, list_id: ListId, *, entries: int, why: str) -> None:
        """Keep a whole import aside until a person decides; raises WrongState when it is not staged."""

    def held(self, name: str) -> tuple[HashList, str] | None:
        """Return the version of a list that is kept aside, and why."""

    def discard(self, list_ids: Collection[ListId]) -> int:
        """Drop versions that were never in force; returns how many there were."""

    def retire(self, list_id: ListId, now: datetime) -> int:
        """Take a list out of matching and return the new generation; raises NotFound or WrongState."""

    def generation(self) -> int:
        """Return the number that counts up with every change of what is in force."""

    def negative_generation(self) -> int:
        """Return the generation since which negative lists say what they say; 0 where there never was one."""

    def changed(self, name: str) -> int:
        """Note that the list of this name says something else now, and return the new generation."""

    def own_changed(self) -> int:
        """Count the hotline's own list anew, as its next version, and return the new generation."""


class OpinionBook(Protocol):
    """What people say of single hashes of lists, and the hotline's own hashes."""

    def add(self, name: str, one: QuotedHash, opinion: Opinion, *, lead_id: LeadId, by: str, now: datetime) -> bool:
        """Write an opinion on a hash that a lead matched, for all versions of its list; False if it was said before."""

    def said_of(self, name: str, lead_id: LeadId, matches: Iterable[HashMatch]) -> list[QuotedHash]:
        """Return the hashes of a list of which something was said about this lead, or about one with such a match."""

    def remove(self, name: str, one: QuotedHash, opinion: Opinion, *, by: str | None = None) -> bool:
        """Take an opinion back, whoever's it was where `by` is None; False when nobody said it."""

    def counts(self, name: str) -> Mapping[Opinion, int]:
        """Return how many hashes of a list have each opinion."""

    def own_add(self, lead_id: LeadId, entries: Sequence[HashEntry], now: datetime) -> None:
        """Put hashes on the hotline's own list, as found with a lead."""

    def own_of(self, lead_id: LeadId) -> list[OwnEntry]:
        """Return the hashes on the own list that came from a lead."""

    def own_revoke(self, lead_id: LeadId, hashes: Collection[tuple[Algorithm, bytes]], now: datetime) -> None:
        """Take hashes off the own list that came from a lead."""

    def assess(self, assessment: Assessment) -> None:
        """Write what a person decided on a lead; what they decided on it before is replaced."""

    def held_illegal(self, media_ids: Sequence[MediaId]) -> set[MediaId]:
        """Return which of these media stand in a post of a lead that somebody holds illegal."""

    def assessments(self, lead_id: LeadId) -> list[Assessment]:
        """Return what people hold of a lead, the last word of each, oldest first."""


class PrintBook(Protocol):
    """Stored fingerprints, and what comparing them again changes."""

    def outdated(self, generation: int, limit: int) -> list[StoredPrint]:
        """Return fingerprints that were last compared with older lists, the longest ago first."""

    def of_lead(self, lead_id: LeadId) -> list[StoredPrint]:
        """Return the fingerprints of a lead's posts, in the order in which they were seen."""

    def recent(self, since: datetime, limit: int) -> list[StoredPrint]:
        """Return fingerprints of what was first seen from a moment on, the newest first."""

    def count(self, since: datetime) -> int:
        """Return how many media items with a fingerprint were first seen from a moment on."""

    def known(self, media_ids: Sequence[MediaId]) -> KnownMatches:
        """Return what is known of these media, and hold the posts that show them until the transaction ends."""

    def record(self, plan: RematchPlan, keys: Mapping[LeadId, LeadKey]) -> None:
        """Write what comparing again changed; `keys` has the key pair of every lead that the plan opens."""

    def awaited(self, target_id: TargetId, since: datetime, limit: int) -> list[AwaitedPost]:
        """Return posts of a target whose words open leads wait for that were filed from a moment on."""

    def gone(self, post_id: PostId) -> list[LeadId]:
        """Note that the words of a post cannot be had any more; returns the leads that waited for them."""


class FeedBook(Protocol):
    """Where feeds of hash lists stand."""

    def all(self) -> list[FeedState]:
        """Return every feed that was ever pulled, by name."""

    def get(self, name: str) -> FeedState:
        """Return how a feed stands; one that was never pulled stands at nothing."""

    def put(self, state: FeedState) -> None:
        """Write how a feed stands."""


class RemoteBook(Protocol):
    """What other organisations' services answered to hashes, kept so that nothing is asked twice."""

    def known(self, service: str, hashes: Sequence[bytes], since: datetime) -> dict[bytes, str]:
        """Return the classifications that were answered since a moment, by hash; empty words where it knew none."""

    def answered(self, service: str, answers: Sequence[RemoteAnswer], now: datetime) -> None:
        """Write answers; a newer one takes the place of the older."""

    def positive(self, service: str) -> dict[bytes, str]:
        """Return what a service knows of all that it was ever asked, by hash, as it last said."""

    def forget(self, service: str, before: datetime) -> int:
        """Delete answers of before a moment that say a hash is unknown; returns how many."""
