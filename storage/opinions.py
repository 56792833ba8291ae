"""Keep what people say of single hashes and of leads, and the hotline's own hashes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from domain.assessments import Assessment, Verdict
from domain.hashlists import Algorithm, HashEntry, HashMatch, Opinion, OwnEntry, QuotedHash
from domain.ids import LeadId, MediaId
from storage.rows import chunks, columns_of, insert_new, made
from storage.tables import assessments, hash_opinions, lead_posts, media, own_entries


class Opinions:
    """The opinions, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def add(self, name: str, one: QuotedHash, opinion: Opinion, *, lead_id: LeadId, by: str, now: datetime) -> bool:
        """Write an opinion on a hash that a lead matched, for all versions of its list; False if it was said before."""
        row = columns_of(one, hash_opinions, list_name=name, opinion=opinion, actor=by, at=now, lead_id=lead_id)
        return insert_new(self._connection, hash_opinions, row) > 0

    def said_of(self, name: str, lead_id: LeadId, matches: Iterable[HashMatch]) -> list[QuotedHash]:
        """Return the hashes of a list of which something was said about this lead, or about one with such a match."""
        spots = {(match.list_id, match.entry_id) for match in matches}
        named = (hash_opinions.c[name] for name in QuotedHash.__slots__)
        query = select(hash_opinions.c.lead_id, *named).where(hash_opinions.c.list_name == name)
        remembered = query.where(hash_opinions.c.lead_id.is_not(None)).order_by(hash_opinions.c.nr)
        return [
            QuotedHash(list_id=row.list_id, entry_id=row.entry_id, algorithm=row.algorithm, hash=row.hash)
            for row in self._connection.execute(remembered)
            if row.lead_id == lead_id or (row.list_id, row.entry_id) in spots
        ]

    def remove(self, name: str, one: QuotedHash, opinion: Opinion, *, by: str | None = None) -> bool:
        """Take an opinion back, whoever's it was where `by` is None; False when nobody said it."""
        said = delete(hash_opinions).where(
            hash_opinions.c.list_name == name,
            hash_opinions.c.algorithm == one.algorithm,
            hash_opinions.c.hash == one.hash,
            hash_opinions.c.opinion == opinion,
        )
        if by is not None:
            said = said.where(hash_opinions.c.actor == by)
        return self._connection.execute(said).rowcount > 0

    def counts(self, name: str) -> Mapping[Opinion, int]:
        """Return how many hashes of a list have each opinion."""
        hashes = (
            select(hash_opinions.c.opinion, hash_opinions.c.algorithm, hash_opinions.c.hash)
            .where(hash_opinions.c.list_name == name)
            .distinct()
            .subquery()
        )
        counted = select(hashes.c.opinion, func.count().label("hashes")).group_by(hashes.c.opinion)
        return {row.opinion: row.hashes for row in self._connection.execute(counted)}

    def own_add(self, lead_id: LeadId, entries: Sequence[HashEntry], now: datetime) -> None:
        """Put hashes on the hotline's own list, as found with a lead."""
        rows = [columns_of(entry, own_entries, lead_id=lead_id, added_at=now) for entry in entries]
        if rows:
            self._connection.execute(insert(own_entries).inline(), rows)

    def own_of(self, lead_id: LeadId) -> list[OwnEntry]:
        """Return the hashes on the own list that came from a lead."""
        named = [own_entries.c[name] for name in OwnEntry.__slots__ if name in own_entries.c]
        query = select(own_entries.c.nr.label("number"), *named)
        living = query.where(own_entries.c.lead_id == lead_id, own_entries.c.revoked_at.is_(None))
        return [made(OwnEntry, row) for row in self._connection.execute(living.order_by(own_entries.c.nr))]

    def own_revoke(self, lead_id: LeadId, hashes: Collection[tuple[Algorithm, bytes]], now: datetime) -> None:
        """Take hashes off the own list that came from a lead."""
        for algorithm, hash_ in hashes:
            found = (own_entries.c.lead_id == lead_id, own_entries.c.algorithm == algorithm)
            living = (*found, own_entries.c.hash == hash_, own_entries.c.revoked_at.is_(None))
            self._connection.execute(update(own_entries).where(*living).values(revoked_at=now))

    def assess(self, assessment: Assessment) -> None:
        """Write what a person decided on a lead; what they decided on it before is replaced."""
        before = (assessments.c.lead_id == assessment.lead_id, assessments.c.actor == assessment.actor)
        replaced = update(assessments).where(*before, assessments.c.withdrawn_at.is_(None))
        self._connection.execute(replaced.values(withdrawn_at=assessment.at))
        row = {
            "lead_id": assessment.lead_id,
            "actor": assessment.actor,
            "at": assessment.at,
            "verdict": assessment.verdict,
            "basis": assessment.basis,
            "classification": assessment.classification,
            "media": " ".join(sorted(assessment.media)),
        }
        self._connection.execute(insert(assessments), row)

    def held_illegal(self, media_ids: Sequence[MediaId]) -> set[MediaId]:
        """Return which of these media stand in a post of a lead that somebody holds illegal."""
        held = (
            select(media.c.id)
            .join(lead_posts, lead_posts.c.post_id == media.c.post_id)
            .join(assessments, assessments.c.lead_id == lead_posts.c.lead_id)
            .where(assessments.c.verdict == Verdict.ILLEGAL, assessments.c.withdrawn_at.is_(None))
        )
        found: set[MediaId] = set()
        for piece in chunks(media_ids):
            found.update(self._connection.execute(held.where(media.c.id.in_(piece))).scalars())
        return found

    def assessments(self, lead_id: LeadId) -> list[Assessment]:
        """Return what people hold of a lead, the last word of each, oldest first."""
        query = select(*assessments.c).where(assessments.c.lead_id == lead_id, assessments.c.withdrawn_at.is_(None))
        return [
            Assessment(
                lead_id=row.lead_id,
                actor=row.actor,
                at=row.at,
                verdict=row.verdict,
                basis=row.basis,
                classification=row.classification,
                media=frozenset(row.media.split()),
            )
            for row in self._connection.execute(query.order_by(assessments.c.nr))
        ]
