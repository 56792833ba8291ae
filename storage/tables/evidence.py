"""Name the tables of hash lists and leads; what a lead says is sealed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from domain.assessments import Basis, Verdict
from domain.fingerprints import Covers
from domain.hashlists import Algorithm, ListClass, Opinion, Severity, Withdrawal
from domain.latency import Timing
from domain.leads import Capture, Closing, LeadKind, LeadStatus
from domain.observations import Platform
from domain.scoring import Rule, Score
from domain.text import Attribute
from storage.columns import Day, Moment, Word
from storage.tables.common import AWAITED, METADATA, OPEN, number

hash_lists = Table(
    "hash_lists",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("list_class", Word(ListClass), nullable=False),
    Column("classification", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("agreement", Text, nullable=False, server_default=text("''")),
    Column("licence_ends", Day),
    Column("radius", Integer),
    Column("min_quality", Integer, nullable=False, server_default="50"),
    Column("severity", Word(Severity), nullable=False, server_default="normal"),
    Column("columns", Text, nullable=False, server_default=text("''")),
    Column("entries", BigInteger, nullable=False),
    Column("imported_at", Moment, nullable=False),
    Column("activated_at", Moment),  # NULL: staged, its import did not finish, or it is held
    Column("retired_at", Moment),
    Column("held", Text, nullable=False, server_default=text("''")),  # why a whole import waits for a person
    Column("generation", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("name", "version"),
)

# Where one database serves several machines, each builds a version's files from these rows; else there are none.
hash_entries = Table(
    "hash_entries",
    METADATA,
    number("entry_id"),
    Column("list_id", Text, ForeignKey("hash_lists.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("algorithm", Word(Algorithm), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("classification", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)

# The hotline's own list: hashes of what two people assessed as illegal.
own_entries = Table(
    "own_entries",
    METADATA,
    number(),
    Column("algorithm", Word(Algorithm), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("classification", Text, nullable=False),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False, index=True),
    Column("added_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    sqlite_autoincrement=True,
)

# What people say of single hashes of a list, whatever its version; the entry is where the lead's match found it.
hash_opinions = Table(
    "hash_opinions",
    METADATA,
    number(),
    Column("list_name", Text, nullable=False),
    Column("algorithm", Word(Algorithm), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("opinion", Word(Opinion), nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("lead_id", Text),
    Column("list_id", Text),
    Column("entry_id", BigInteger),
    UniqueConstraint("list_name", "algorithm", "hash", "opinion", "actor", name="uq_hash_opinions_once"),
)

assessments = Table(
    "assessments",
    METADATA,
    number(),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("verdict", Word(Verdict), nullable=False),
    Column("basis", Word(Basis), nullable=False),
    Column("classification", Text, nullable=False),
    Column("media", Text, nullable=False),  # digests of the items it speaks of
    Column("withdrawn_at", Moment),
    Index(None, "lead_id", "actor"),
)

# `group` is SQL's own word.
leads = Table(
    "leads",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("lead_group", Text, nullable=False, unique=True),
    Column("kind", Word(LeadKind), nullable=False),
    Column("status", Word(LeadStatus), nullable=False),
    Column("target_id", Text, ForeignKey("targets.id"), nullable=False),
    Column("platform", Word(Platform), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("value", Integer, nullable=False),
    Column("posted_at", Moment),
    Column("seen_at", Moment, nullable=False),
    Column("filed_at", Moment, nullable=False, index=True),
    Column("appeared_at", Moment),
    Column("timing", Word(Timing), nullable=False, server_default="undated"),
    Column("posts", Integer, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_at", Moment),
    Column("first_claimed_at", Moment),
    Column("closed_as", Word(Closing)),
    Column("key_public", LargeBinary, nullable=False),
    Column("key_wrapped", LargeBinary, nullable=False),
    Index(None, "target_id", "filed_at"),
    Index(None, "status"),
)
Index("ix_leads_open", leads.c.target_id, sqlite_where=OPEN, postgresql_where=OPEN)

lead_posts = Table(
    "lead_posts",
    METADATA,
    Column("lead_id", Text, ForeignKey("leads.id"), primary_key=True),
    Column("post_id", Text, ForeignKey("posts.id"), primary_key=True, index=True),
    Column("capture", Word(Capture)),  # null: what the post said was sealed when the lead was filed
    Column("looked_at", Moment),  # again, since the lead was filed
    Column("gone_since", Moment),  # when the platform first said so, until it shows the post again
    Column("taken_down_at", Moment),  # when that was confirmed
    Index("ix_lead_posts_awaited", "post_id", sqlite_where=AWAITED, postgresql_where=AWAITED),
)

lead_reasons = Table(
    "lead_reasons",
    METADATA,
    number(),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False),
    Column("score", Word(Score), nullable=False),
    Column("rule", Word(Rule), nullable=False),
    Column("version", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("pointer", Text, nullable=False),
    UniqueConstraint("lead_id", "rule", "pointer"),
)

lead_text_hits = Table(
    "lead_text_hits",
    METADATA,
    number(),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False),
    Column("post_id", Text, ForeignKey("posts.id"), nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("attribute", Word(Attribute), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    UniqueConstraint("lead_id", "post_id", "rule", "version", "start", "end", name="uq_lead_text_hits_place"),
)

# A match quotes its list in full: the list may be retired, the quotation stays.
hash_matches = Table(
    "hash_matches",
    METADATA,
    number(),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False),
    Column("media_id", Text, ForeignKey("media.id"), nullable=False, index=True),
    Column("list_id", Text, nullable=False),
    Column("list_name", Text, nullable=False),
    Column("list_version", BigInteger, nullable=False),
    Column("list_class", Word(ListClass), nullable=False),
    Column("entry_id", BigInteger, nullable=False),
    Column("algorithm", Word(Algorithm), nullable=False),
    Column("distance", Integer, nullable=False),
    Column("classification", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("at_ms", BigInteger),  # of the frame that matched; null for the item's own hash
    Column("covers", Word(Covers)),
    Column("severity", Word(Severity), nullable=False, server_default="normal"),
    Column("withdrawn", Word(Withdrawal)),  # why it does not hold any more
    UniqueConstraint("lead_id", "media_id", "list_id", "algorithm", name="uq_hash_matches_once"),
)

lead_contents = Table(
    "lead_contents",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False, index=True),
    Column("post_id", Text, ForeignKey("posts.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)
