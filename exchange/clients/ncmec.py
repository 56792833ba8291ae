"""
Read NCMEC's hash sharing: pages of XML, in no order of time, with entries that take others back.

Written from what is public of it (hashsharing v2): `entries?from=…&to=…` under
Basic authentication; `paging/next` names the next page by `start`, `size` and
`max`. Only its query is used, never the address it stands in.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

from yarl import URL

from domain.errors import BadInput
from exchange.clients.asking import Question
from exchange.clients.checkpoint import Stretch
from exchange.clients.page import BREAKS_OFF, NOT_ASKABLE, OTHER_FORMAT, Gathered, ReadPage, askable
from exchange.formats.hashlist_cells import WITHDRAWN
from exchange.formats.hashlist_ncmec import MAX_TEXT, NcmecEntry, ncmec_entries, ncmec_rows
from exchange.formats.hashlist_text import words

HUGE = 400_000  # entries of a stretch; beyond, its pages would outlive the service's patience

CUT = "\0"  # stands for an address that was cut: nobody can ask for it
_PAGE = ("start", "size", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ncmec:
    """NCMEC's hash sharing at one address."""

    url: URL
    user: str = field(repr=False)
    secret: str = field(repr=False)

    ordered = False
    overlap = 3600  # seconds; entries come in no order, and clocks differ
    forgets = None

    def question(self, stretch: Stretch) -> Question:
        """Return how the stretch's next page is asked for."""
        query = stretch.cursor or urlencode({"from": _date(stretch.since), "to": _date(stretch.until)})
        login = b64encode(f"{self.user}:{self.secret}".encode()).decode()
        url = (self.url / "v2" / "entries").with_query(parse_qs(query))
        return Question(url=url, headers={"Authorization": f"Basic {login}", "Accept": "application/xml"})

    def read(self, untrusted_body: bytes, number: int, stretch: Stretch) -> ReadPage:
        """Return what a page holds; without a next one named in it, that follows from this one's own place."""
        page = Gathered(number)
        following = ""

        def note(where: str) -> None:
            nonlocal following
            following = where.partition("?")[2].strip() if len(where) < MAX_TEXT else CUT

        try:
            for entry in ncmec_entries([untrusted_body], note):
                if isinstance(entry, NcmecEntry):
                    _take(page, entry)
        except BadInput:
            problem = BREAKS_OFF if page.changes or b"queryResult" in untrusted_body else OTHER_FORMAT
            ahead = following if askable(following) else ""
            return page.done(problem=problem, cursor=ahead or _after(stretch.cursor))
        if not askable(following):
            return page.done(problem=NOT_ASKABLE, cursor=_after(stretch.cursor))
        left = _place(following)
        return page.done(cursor=following, is_huge=left is not None and left[2] - left[0] > HUGE)


def _take(page: Gathered, entry: NcmecEntry) -> None:
    # Ids are the members' own, so the member belongs to the key, and with it to what is stored.
    key = words(entry.name)
    if not entry.texts.get("id", "").strip():
        page.refuse("the entry has no id")
    elif entry.deleted:
        page.passed_over[WITHDRAWN] += 1
        page.withdraw(key, entry.at)
    else:
        page.take(key, entry.at, ncmec_rows(entry, key))


def _place(cursor: str) -> tuple[int, int, int] | None:
    """Return start, size and max of a cursor, or None."""
    said = parse_qs(cursor)
    numbers = [said.get(name, [""])[0] for name in _PAGE]
    if not all(each.isascii() and each.isdigit() and len(each) < len(str(1 << 62)) for each in numbers):
        return None
    start, size, end = map(int, numbers)
    return start, size, end


def _after(cursor: str) -> str:
    """Return the cursor of the page behind the one at this cursor, empty where that cannot be told."""
    place = _place(cursor)
    if place is None or not place[1] or place[0] + place[1] > place[2]:
        return ""
    said = {name: values[0] for name, values in parse_qs(cursor).items()}
    return urlencode({**said, "start": str(place[0] + place[1])})


def _date(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
