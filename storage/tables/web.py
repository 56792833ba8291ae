"""Name the tables of the open web: what hosts asked for, when the network was away, what is for the police."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from domain.referral_kinds import ReferralKind
from storage.columns import Moment, Word
from storage.tables.common import METADATA, key, number

# By keyed digest: which hosts are watched is told by targets' locators alone, and those are encrypted.
hosts = Table(
    "hosts",
    METADATA,
    key("host_digest"),
    Column("rests_until", Moment),  # it asked for a pause, or failed again and again
    Column("rests_because", Text, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("last_start", BigInteger),  # when a request there last started or will, by the server's clock (microseconds)
    Column("robots", LargeBinary),  # its robots file as it was read, encrypted
    Column("robots_at", Moment),
    Column("landmark", Text, nullable=False),  # keyed digest of how it answers, to know it again by
)

outages = Table(
    "outages",
    METADATA,
    number(),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

# What is never opened, for the police: sealed as leads are, with a key of its own.
referral_notes = Table(
    "referral_notes",
    METADATA,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("report_id", Text, ForeignKey("reports.id"), nullable=False, index=True),
    Column("kind", Word(ReferralKind), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("locator_digest", Text, nullable=False, unique=True),  # of the report and the place
    Column("key_public", LargeBinary, nullable=False),
    Column("key_wrapped", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)
