"""
Read StopNCII's feed: pages of JSON from `FetchHashes`, in the order in which records changed.

Written from the public client of that interface: a subscription's key and a
function's key in headers; `nextPageToken` while `hasMoreRecords`, and at the
end `nextSetTimestamp`, from which to go on the next time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yarl import URL

from domain.feeds import hash_key
from domain.hashlists import HashEntry
from exchange.clients.asking import Question
from exchange.clients.checkpoint import Stretch
from exchange.clients.page import Gathered, ReadPage, askable, json_page
from exchange.formats.hashlist_cells import WITHDRAWN
from exchange.formats.hashlist_records import Record, moment_of
from exchange.formats.hashlist_stopncii import CHANGED, GONE, RECORDS, stopncii_row

PAGE_SIZE = 800
FIRST = 10  # the service's own word for its beginning
NOT_WHERE = "it says there is more, and not where"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopNcii:
    """StopNCII's interface at one address; `user` is the subscription's key, `secret` the function's."""

    url: URL
    user: str = field(repr=False)
    secret: str = field(repr=False)

    ordered = True
    overlap = 0
    forgets = None

    def question(self, stretch: Stretch) -> Question:
        """Return how the stretch's next page is asked for."""
        query = {"startTimestamp": str(max(stretch.since, FIRST)), "pageSize": str(PAGE_SIZE)}
        if stretch.cursor:
            query["nextPageToken"] = stretch.cursor
        headers = {"Ocp-Apim-Subscription-Key": self.user, "x-functions-key": self.secret}
        return Question(url=(self.url / "FetchHashes").with_query(query), headers=headers)

    def read(self, untrusted_body: bytes, number: int, stretch: Stretch) -> ReadPage:
        """Return what a page holds."""
        del stretch
        page = Gathered(number)
        members, records, problem = json_page(untrusted_body, RECORDS)
        for record in records:
            _take(page, record)
        token = members.get("nextPageToken")
        cursor = token if isinstance(token, str) and askable(token) else ""
        more = members.get("hasMoreRecords") is True
        if not problem and more and not cursor:
            problem = NOT_WHERE
        at_end = moment_of(members.get("nextSetTimestamp"))
        return page.done(cursor=cursor if more else "", resume_at=page.latest or at_end, problem=problem)


def _take(page: Gathered, record: Record | None) -> None:
    if record is None:
        page.refuse("the record is no JSON object")
        return
    at = moment_of(record.get(CHANGED))
    row = stopncii_row(record, page.page)
    if not isinstance(row, HashEntry):
        page.take("", at, [row])
    elif record.get("hashStatus") in GONE:
        page.passed_over[WITHDRAWN] += 1
        page.withdraw(hash_key(row), at)
    else:
        page.take(hash_key(row), at, [row])
