"""Name the tables of what is watched and what was seen: no text, link, author or media URL."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from domain.fingerprints import Covers, MediaStatus
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.targets import TargetStatus
from storage.columns import Day, Moment, Word
from storage.tables.common import ACTIVE, DUE, LIVING, METADATA, PENDING, PRESSING, key, number

targets = Table(
    "targets",
    METADATA,
    key(),
    Column("platform", Word(Platform), nullable=False),
    Column("locator", LargeBinary, nullable=False),
    Column("locator_digest", Text, nullable=False),
    Column("report_id", Text, ForeignKey("reports.id"), nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("authorised_by", Text, nullable=False),
    Column("basis", LargeBinary, nullable=False),
    Column("status", Word(TargetStatus), nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("backfill", BigInteger),
    Column("backfill_since", Day),
    Column("cursor", Text),
    Column("recall", LargeBinary),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("robots_ignored", Text, nullable=False, server_default=text("''")),
    Column("plain_agent", Text, nullable=False, server_default=text("''")),
    Column("gone_since", Moment),
    Column("unseen_since", Moment),  # the first look that did not see it after the last that did
    Column("gaps", BigInteger, nullable=False, server_default="0"),
    Column("extends_to", Moment),  # asked for, and not approved yet
    Column("extension_by", Text),
    Column("extension_reason", LargeBinary),
    Column("next_due", Moment),
    Column("decision", Text, nullable=False, server_default=text("''")),  # when it is visited next, and why
    Column("budget", Text, nullable=False, server_default=text("''")),  # which its visits are taken from
    Column("pressure", Integer),  # the class of how strongly it asks for visits; NULL before the first
    Column("pressing", Boolean, nullable=False, server_default=true()),  # waits behind no bulk
    Column("last_visit_at", Moment),
    Column("last_outcome", Word(Outcome)),
    Column("failures", Integer, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("token", BigInteger, nullable=False, default=0),
    Column("claimed", Boolean, nullable=False, default=False),
)
Index("ix_targets_due", targets.c.next_due, sqlite_where=DUE, postgresql_where=DUE)
Index("ix_targets_pressing", targets.c.next_due, sqlite_where=PRESSING, postgresql_where=PRESSING)
Index("ix_targets_pressure", targets.c.budget, targets.c.pressure, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
Index("uq_targets_living", targets.c.locator_digest, unique=True, sqlite_where=LIVING, postgresql_where=LIVING)

prices = Table(
    "prices",
    METADATA,
    key("budget"),
    Column("price", Float, nullable=False),
    Column("at", Moment, nullable=False),
)

visits = Table(
    "visits",
    METADATA,
    key(),
    Column("target_id", Text, ForeignKey("targets.id"), nullable=False),
    Column("started_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment, nullable=False),
    Column("outcome", Word(Outcome), nullable=False),
    Column("code", Text, nullable=False),
    Column("new_observations", BigInteger, nullable=False),
    Column("media_hashed", BigInteger, nullable=False),
    Column("matches", BigInteger, nullable=False),
    Column("suppressed", BigInteger, nullable=False, server_default="0"),
    Column("leads_filed", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("gaps", BigInteger, nullable=False, server_default="0"),
    Index(None, "target_id", "started_at"),
)

# What visits whose rows are deleted sum to: by day and kind, and never by target.
visit_days = Table(
    "visit_days",
    METADATA,
    Column("day", Moment, primary_key=True, autoincrement=False),  # its first moment, in UTC
    Column("platform", Word(Platform), primary_key=True),
    Column("outcome", Word(Outcome), primary_key=True),
    Column("visits", BigInteger, nullable=False),
    Column("leads_filed", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("gaps", BigInteger, nullable=False),
)

# What posts that were deleted sum to, by the day they were seen.
seen_days = Table(
    "seen_days",
    METADATA,
    Column("day", Moment, primary_key=True, autoincrement=False),  # as above
    Column("observations", BigInteger, nullable=False),
    Column("media", BigInteger, nullable=False),
)

visit_requests = Table(
    "visit_requests",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("target_id", Text, ForeignKey("targets.id"), nullable=False, index=True),
    Column("requested_at", Moment, nullable=False),
    Column("visit_id", Text, ForeignKey("visits.id"), index=True),
)

posts = Table(
    "posts",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("platform", Word(Platform), nullable=False),
    Column("container", Text, nullable=False),
    Column("post", Text, nullable=False),
    Column("target_id", Text, ForeignKey("targets.id"), nullable=False, index=True),
    Column("first_seen", Moment, nullable=False),
    Column("seq", Integer, nullable=False),  # of the latest revision
    Column("deleted_at", Moment),
    Column("album", Text),  # where the platform shows several posts as one
    UniqueConstraint("platform", "container", "post"),
)

revisions = Table(
    "revisions",
    METADATA,
    Column("post_id", Text, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("posted_at", Moment),
    Column("edited_at", Moment),
    Column("seen_at", Moment, nullable=False, index=True),
    Column("content_digest", Text, nullable=False),
)

media = Table(
    "media",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("post_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),  # of the revision that first showed it
    Column("identity", Text, nullable=False),
    Column("status", Word(MediaStatus), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry", LargeBinary),
    Column("generation", BigInteger, nullable=False),
    Column("matched", Boolean, nullable=False),
    UniqueConstraint("post_id", "identity"),
    ForeignKeyConstraint(["post_id", "seq"], ["revisions.post_id", "revisions.seq"], ondelete="CASCADE"),
)
Index("ix_media_pending", media.c.post_id, sqlite_where=PENDING, postgresql_where=PENDING)
Index("ix_media_generation", media.c.generation)

fingerprints = Table(
    "fingerprints",
    METADATA,
    Column("media_id", Text, ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("format", Text, nullable=False),
    Column("width", BigInteger, nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", Text),
    Column("sha1", Text),
    Column("sha256", Text),
    Column("pdq", LargeBinary),
    Column("pdq_quality", Integer, nullable=False),
    Column("pdq_dihedral", LargeBinary),  # sets of eight hashes of 32 bytes, one after the other
    Column("phash", LargeBinary),  # 8 bytes; 8 more for the picture without its border
    Column("covers", Word(Covers)),  # null where it was not yet told
    Column("phash256", LargeBinary),  # 32 bytes; 32 more likewise; null where it was not yet made
)

frames = Table(
    "frames",
    METADATA,
    Column("media_id", Text, ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("pdq_quality", Integer, nullable=False),
    Column("pdq_dihedral", LargeBinary, nullable=False),  # as in fingerprints
)
