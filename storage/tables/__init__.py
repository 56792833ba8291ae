"""
Name every table and column: what is stored, and by that, what is not.

No text, link, author or media URL has a column here. What belongs to a lead
is sealed (`lead_contents`), what a visit needs is encrypted with the host's
key, and what makes things unique is a keyed digest.
"""

from storage.tables.common import ACTIVE, AWAITED, DUE, METADATA, OPEN, PENDING, PRESSING
from storage.tables.evidence import (
    assessments,
    hash_entries,
    hash_lists,
    hash_matches,
    hash_opinions,
    lead_contents,
    lead_posts,
    lead_reasons,
    lead_text_hits,
    leads,
    own_entries,
)
from storage.tables.house import (
    audit_events,
    audit_head,
    feeds,
    instance,
    mandate,
    messages,
    organisation,
    remote_answers,
    reports,
    sessions,
    sign_in_links,
    users,
)
from storage.tables.telegram import telegram_accounts, telegram_channels, telegram_cooldowns
from storage.tables.watching import (
    fingerprints,
    frames,
    media,
    posts,
    prices,
    revisions,
    seen_days,
    targets,
    visit_days,
    visit_requests,
    visits,
)
from storage.tables.web import hosts, outages, referral_notes

__all__ = [
    "ACTIVE",
    "AWAITED",
    "DUE",
    "METADATA",
    "OPEN",
    "PENDING",
    "PRESSING",
    "assessments",
    "audit_events",
    "audit_head",
    "feeds",
    "fingerprints",
    "frames",
    "hash_entries",
    "hash_lists",
    "hash_matches",
    "hash_opinions",
    "hosts",
    "instance",
    "lead_contents",
    "lead_posts",
    "lead_reasons",
    "lead_text_hits",
    "leads",
    "mandate",
    "media",
    "messages",
    "organisation",
    "outages",
    "own_entries",
    "posts",
    "prices",
    "referral_notes",
    "remote_answers",
    "reports",
    "revisions",
    "seen_days",
    "sessions",
    "sign_in_links",
    "targets",
    "telegram_accounts",
    "telegram_channels",
    "telegram_cooldowns",
    "users",
    "visit_days",
    "visit_requests",
    "visits",
]
