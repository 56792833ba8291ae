"""
Read a privacy group's updates from ThreatExchange, in the order in which they happened.

Written from Meta's public documentation and reference client: the graph's
`GROUP/threat_updates` with the token as a parameter; `paging.next` is an
address, of which only the query is used, without its token. The service
forgets withdrawals after 90 days: a feed that was not read for so long begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from yarl import URL

from exchange.clients.asking import Question
from exchange.clients.checkpoint import Stretch
from exchange.clients.page import NOT_ASKABLE, Gathered, ReadPage, askable, json_page
from exchange.formats.hashlist_cells import WITHDRAWN
from exchange.formats.hashlist_records import Record, moment_of
from exchange.formats.hashlist_text import words_of
from exchange.formats.hashlist_threatexchange import CHANGED, threatexchange_row

PAGE_SIZE = 500
FIELDS = "id,indicator,type,last_updated,should_delete,descriptors{id,owner{id},status,tags}"
TOKEN = "access_token"  # noqa: S105 - the parameter's name


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatExchange:
    """A privacy group of ThreatExchange; `secret` is the application's token."""

    url: URL
    group: str
    secret: str = field(repr=False)

    ordered = True
    overlap = 0
    forgets = 85 * 86_400  # seconds; five days before the service does

    def question(self, stretch: Stretch) -> Question:
        """Return how the stretch's next page is asked for."""
        query = dict(parse_qsl(stretch.cursor)) or {
            "start_time": str(stretch.since), "stop_time": str(stretch.until), "limit": str(PAGE_SIZE),
            "fields": FIELDS,
        }  # fmt: skip
        return Question(url=(self.url / self.group / "threat_updates").with_query({**query, TOKEN: self.secret}))

    def read(self, untrusted_body: bytes, number: int, stretch: Stretch) -> ReadPage:
        """Return what a page holds."""
        page = Gathered(number)
        members, records, problem = json_page(untrusted_body, "data")
        for record in records:
            _take(page, record)
        latest = stretch.since if page.latest is None else page.latest
        cursor = _cursor(members.get("paging"))
        if cursor is None:
            return page.done(resume_at=latest, problem=problem or NOT_ASKABLE)
        return page.done(cursor=cursor, resume_at=latest, problem=problem)


def _take(page: Gathered, record: Record | None) -> None:
    at = None if record is None else moment_of(record.get(CHANGED))
    key = "" if record is None else words_of(record.get("id"))
    if record is None or not key:
        page.refuse("the record is no JSON object, or has no id")
    # Without descriptors nobody stands behind it any more, though the service may not say that it is gone.
    elif record.get("should_delete") is True or "descriptors" not in record:
        page.passed_over[WITHDRAWN] += 1
        page.withdraw(key, at)
    else:
        page.take(key, at, [threatexchange_row(record, page.page)])


def _cursor(paging: Any) -> str | None:
    """Return the query of the next page's address, without the token; None where nobody can ask for it."""
    following = paging.get("next") if isinstance(paging, dict) else None
    query = following.partition("?")[2] if isinstance(following, str) else ""
    if not query.isascii():
        return None
    cursor = urlencode([(name, value) for name, value in parse_qsl(query) if name != TOKEN])
    return cursor if askable(cursor) and bool(cursor) is bool(following) else None
