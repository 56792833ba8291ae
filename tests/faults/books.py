"""Read what an installation has stored, past Kapear and past any proxy, and compare it with what was posted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import URL, NullPool, create_engine, func, make_url, select

from domain.outcomes import Outcome
from storage.tables import lead_posts, leads, posts, revisions, visits
from tests.acceptance.driver import Kapear
from tests.faults.channels import FIRST_ID, planted_of

SEEN = (Outcome.NEW, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How what is stored differs from what was posted; all of it is to be zero."""

    lost: int
    doubled: int
    leads_lost: int
    leads_doubled: int

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.doubled or self.leads_lost or self.leads_doubled)


class Books:
    """An installation's database, read from beside."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(_driven(url), poolclass=NullPool)

    def looks(self) -> int:
        """Return how many visits have seen their target."""
        with self._engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(visits).where(visits.c.outcome.in_(SEEN))
            ).scalar_one()

    def stored(self) -> int:
        """Return how many posts are stored."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(posts)).scalar_one()

    def holes(self) -> int:
        """Return how many posts are missing below the highest that is stored of their channel."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(posts.c.container, posts.c.post)).all()
        highest: dict[str, int] = {}
        for row in rows:
            highest[row.container] = max(highest.get(row.container, 0), int(row.post))
        return sum(highest.values()) - len(rows)

    def verdict(self, counts: dict[str, int]) -> Verdict:
        """Compare with how many messages each channel has; their numbers begin at 1."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(posts.c.container, posts.c.post, posts.c.seq)).all()
            more = connection.execute(
                select(func.count()).select_from(revisions).where(revisions.c.seq > 1)
            ).scalar_one()
            filed = connection.execute(
                select(posts.c.container, posts.c.post, leads.c.id)
                .select_from(leads.join(lead_posts, lead_posts.c.lead_id == leads.c.id))
                .join(posts, posts.c.id == lead_posts.c.post_id)
            ).all()
            all_leads = connection.execute(select(func.count()).select_from(leads)).scalar_one()
        truth = {
            (str(FIRST_ID + number), str(post))
            for number, name in enumerate(counts)
            for post in range(1, counts[name] + 1)
        }
        found = Counter((row.container, row.post) for row in rows)
        by_post = Counter((row.container, row.post) for row in filed)
        planted = sum(map(planted_of, counts.values()))
        return Verdict(
            lost=len(truth - set(found)),
            doubled=sum(found.values()) - len(truth & set(found)) + more,
            leads_lost=max(0, planted - len(by_post)),
            leads_doubled=max(all_leads, sum(by_post.values())) - len(by_post) + max(0, len(by_post) - planted),
        )


def books_of(kapear: Kapear, url: str = "") -> Books:
    """Return the books of an installation; `url` where its database is PostgreSQL."""
    return Books(url or f"sqlite:///{kapear.data_dir}/kapear.db")


def _driven(url: str) -> URL:
    address = make_url(url)
    return address if address.drivername == "sqlite" else address.set(drivername="postgresql+psycopg")
