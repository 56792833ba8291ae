"""The whole desk in one place: what a front end is given."""

from __future__ import annotations

from dataclasses import dataclass

from triage.assessments import Assessments
from triage.audit_log import AuditLog
from triage.condition import Condition
from triage.desk import Desk
from triage.hash_lists import HashLists
from triage.latency import Latencies
from triage.opinions import Opinions
from triage.people import People
from triage.queue import Queue
from triage.referrals import Referrals
from triage.reports import Reports
from triage.retention import Retention
from triage.suggestions import Linked
from triage.telegram import Telegram
from triage.timekeeping import Timekeeping
from triage.watchlist import WatchList


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Every use case that people call; built once by `app`."""

    desk: Desk
    reports: Reports
    referrals: Referrals
    watchlist: WatchList
    queue: Queue
    linked: Linked
    lists: HashLists
    opinions: Opinions
    assessments: Assessments
    people: People
    telegram: Telegram
    latency: Latencies
    retention: Retention
    audit: AuditLog
    timekeeping: Timekeeping
    condition: Condition
