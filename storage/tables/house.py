"""Name the tables of the house itself: standing, people, reports, the audit log."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    LargeBinary,
    Table,
    Text,
    text,
)

from domain.mandate import MandateScope, Recipient
from domain.messages import Kind
from domain.people import Role
from domain.reports import Via
from storage.columns import Day, Details, Moment, Word, Words
from storage.tables.common import METADATA, key, only_one

instance = Table(
    "instance",
    METADATA,
    *only_one(),
    Column("paused", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("beat_at", Moment),
    Column("beat_fault", Text, nullable=False, server_default=text("''")),
    Column("mail_fault", Text, nullable=False, server_default=text("''")),
)

organisation = Table(
    "organisation",
    METADATA,
    *only_one(),
    Column("name", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
)

mandate = Table(
    "mandate",
    METADATA,
    *only_one(),
    Column("authority", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("scope", Word(MandateScope), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("recipients", Words(Recipient), nullable=False, server_default=text("''")),
    Column("written_at", Moment, nullable=False),
)

users = Table(
    "users",
    METADATA,
    key(),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Word(Role), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("token_digest", Text, unique=True),
)

sign_in_links = Table(
    "sign_in_links",
    METADATA,
    key("digest"),
    Column("name", Text, nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("local", Boolean, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    METADATA,
    key("digest"),
    Column("name", Text, nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("local", Boolean, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
)

reports = Table(
    "reports",
    METADATA,
    key(),
    Column("reference", Text, nullable=False, unique=True),
    Column("received_on", Day, nullable=False),
    Column("via", Word(Via), nullable=False),
    Column("alleged", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("synthetic", Boolean, nullable=False),
)

audit_events = Table(
    "audit_events",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Details, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

audit_head = Table(
    "audit_head",
    METADATA,
    *only_one(),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("newest_at", Moment),  # the latest time of any event, but for times that a person took for wrong
)

# What people were told by mail: a state is said once, again after a day, and again when it ends.
messages = Table(
    "messages",
    METADATA,
    Column("kind", Word(Kind), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("said_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

# Where feeds of hash lists stand, and what other services answered to hashes.
feeds = Table(
    "feeds",
    METADATA,
    key("name"),
    Column("checkpoint", Text, nullable=False),
    Column("pulled_at", Moment),
    Column("fault", Text, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
)

remote_answers = Table(
    "remote_answers",
    METADATA,
    Column("service", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("classification", Text, nullable=False),  # empty: it knows no such hash
    Column("answered_at", Moment, nullable=False, index=True),
)
