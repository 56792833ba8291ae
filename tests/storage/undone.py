"""Take back steps of the schema, for tests of what a step makes of rows that the present store wrote."""

from __future__ import annotations

from sqlalchemy import text

from storage.engine import make_engines
from storage.migrations import check, upgrade

# The newest first: by the revision that is left, what undoes the step after it.
_STEPS = {
    "0011": (
        "DROP TABLE visit_days",
        "DROP TABLE seen_days",
        "DROP INDEX ix_visit_requests_visit_id",
        *(f"ALTER TABLE targets DROP COLUMN {name}" for name in ("unseen_since", "gaps")),
    ),
    "0009": (
        "DROP INDEX ix_leads_filed_at",
        *(f"ALTER TABLE leads DROP COLUMN {name}" for name in ("appeared_at", "timing", "first_claimed_at")),
        "ALTER TABLE targets DROP COLUMN approved_at",
    ),
}


def migrate_again(url: str, *, since: str) -> None:
    """Take a database back to a revision, and upgrade it."""
    engines = make_engines(url, create=False)
    with engines.writer.begin() as connection:
        for revision in [each for each in _STEPS if each >= since]:
            for step in _STEPS[revision]:
                connection.execute(text(step))
            connection.execute(text("UPDATE kapear_schema SET version_num = :left"), {"left": revision})
    upgrade(engines.writer)
    check(engines.writer)
    engines.dispose()
