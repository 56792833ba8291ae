"""Write what speaks for leads, and what does not speak for them any more; pages and comparisons do both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from domain.ids import LeadId, PostId
from domain.leads import Capture, SealedContent
from domain.pages import KnownLead, LeadEvidence
from domain.ports import LeadKey
from storage.leads import CLAIM, Leads
from storage.rows import chunks, columns_of, insert_new
from storage.tables import hash_matches, lead_contents, lead_posts, lead_reasons, lead_text_hits, leads


class EvidenceBook:
    """The evidence of leads, in one transaction that writes."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def known(self, post_ids: Sequence[PostId], groups: Sequence[str]) -> dict[str, KnownLead]:
        """Return by its group every lead of these posts or groups, in a writer's hand until the transaction ends."""
        book = Leads(self._connection, writes=True)
        found = book.in_groups(list(dict.fromkeys([*groups, *book.groups_of(post_ids)])))
        members: dict[LeadId, set[PostId]] = defaultdict(set)
        awaited: dict[LeadId, set[PostId]] = defaultdict(set)
        for piece in chunks([lead.id for lead in found]):
            for row in self._connection.execute(select(*lead_posts.c).where(lead_posts.c.lead_id.in_(piece))):
                members[row.lead_id].add(row.post_id)
                if row.capture is Capture.AWAITED:
                    awaited[row.lead_id].add(row.post_id)
        return {
            lead.group: KnownLead(lead=lead, post_ids=frozenset(members[lead.id]), awaited=frozenset(awaited[lead.id]))
            for lead in found
        }

    def write(
        self, found: Sequence[LeadEvidence], keys: Mapping[LeadId, LeadKey], sealed: Sequence[SealedContent]
    ) -> None:
        """Open leads, write what their evidence adds up to, and what is sealed to them."""
        for evidence in found:
            self._write_lead(evidence, keys)
        self._write_evidence(found)
        self._captured([(one.lead.id, post_id) for one in found for post_id in one.captured])
        if sealed:
            rows = [columns_of(content, lead_contents) for content in sealed]
            self._connection.execute(insert(lead_contents).inline(), rows)

    def _captured(self, posts: Sequence[tuple[LeadId, PostId]]) -> None:
        """Write that the words which leads waited for have come."""
        if posts:
            waiting = and_(lead_posts.c.lead_id == bindparam("_lead"), lead_posts.c.post_id == bindparam("_post"))
            rows = [{"_lead": lead_id, "_post": post_id} for lead_id, post_id in posts]
            self._connection.execute(update(lead_posts).where(waiting).values(capture=Capture.TAKEN), rows)

    def _write_lead(self, evidence: LeadEvidence, keys: Mapping[LeadId, LeadKey]) -> None:
        """Open a lead, or write what its evidence adds up to; a person's claim on it is left alone."""
        lead = evidence.lead
        if not evidence.is_new:
            changed = {"urgency": lead.urgency, "value": lead.value, "posts": lead.posts}
            if evidence.is_moved:
                changed |= {name: getattr(lead, name) for name in CLAIM}
            self._connection.execute(update(leads).where(leads.c.id == lead.id).values(changed))
            return
        key = keys[lead.id]
        row = columns_of(lead, leads, lead_group=lead.group, key_public=key.public, key_wrapped=key.wrapped)
        self._connection.execute(insert(leads).inline(), row)

    def _write_evidence(self, found: Sequence[LeadEvidence]) -> None:
        """Write what speaks for the leads; what is stated already is not stated twice."""
        stated = {
            lead_posts: [
                {"lead_id": one.lead.id, "post_id": post_id, "capture": one.awaits.get(post_id)}
                for one in found
                for post_id in one.post_ids
            ],
            lead_reasons: [
                columns_of(reason, lead_reasons, lead_id=one.lead.id) for one in found for reason in one.reasons
            ],
            hash_matches: [
                columns_of(item.match, hash_matches, lead_id=one.lead.id, media_id=item.media_id)
                for one in found
                for item in one.matches
            ],
            lead_text_hits: [
                columns_of(item.hit, lead_text_hits, lead_id=one.lead.id, post_id=item.post_id)
                for one in found
                for item in one.text_hits
            ],
        }
        for table, rows in stated.items():
            insert_new(self._connection, table, rows)
