"""Keep where feeds of hash lists stand, and what other organisations answered to hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, select

from domain.feeds import FeedState
from domain.ports import RemoteAnswer
from storage.rows import chunks, made, new_row
from storage.tables import feeds, remote_answers

_FEED = tuple(feeds.c[name] for name in FeedState.__slots__)


class Feeds:
    """The book of feeds, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def all(self) -> list[FeedState]:
        """Return every feed that was ever pulled, by name."""
        rows = self._connection.execute(select(*_FEED).order_by(feeds.c.name))
        return [made(FeedState, row) for row in rows]

    def get(self, name: str) -> FeedState:
        """Return how a feed stands; one that was never pulled stands at nothing."""
        row = self._connection.execute(select(*_FEED).where(feeds.c.name == name)).first()
        return made(FeedState, row) if row else FeedState(name=name)

    def put(self, state: FeedState) -> None:
        """Write how a feed stands."""
        row = asdict(state)
        new = new_row(self._connection, feeds).values(row)
        self._connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=row))


class RemoteAnswers:
    """The book of answers, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def known(self, service: str, hashes: Sequence[bytes], since: datetime) -> dict[bytes, str]:
        """Return the classifications that were answered since a moment, by hash; empty words where it knew none."""
        fresh = select(remote_answers.c.hash, remote_answers.c.classification).where(
            remote_answers.c.service == service, remote_answers.c.answered_at >= since
        )
        return {
            row.hash: row.classification
            for piece in chunks(hashes)
            for row in self._connection.execute(fresh.where(remote_answers.c.hash.in_(piece)))
        }

    def answered(self, service: str, answers: Sequence[RemoteAnswer], now: datetime) -> None:
        """Write answers; a newer one takes the place of the older."""
        for answer in answers:
            said = {"classification": answer.classification, "answered_at": now}
            new = new_row(self._connection, remote_answers).values(service=service, hash=answer.hash, **said)
            self._connection.execute(new.on_conflict_do_update(index_elements=["service", "hash"], set_=said))

    def positive(self, service: str) -> dict[bytes, str]:
        """Return what a service knows of all that it was ever asked, by hash, as it last said."""
        known = (remote_answers.c.service == service, remote_answers.c.classification != "")
        query = select(remote_answers.c.hash, remote_answers.c.classification).where(*known)
        return {row.hash: row.classification for row in self._connection.execute(query.order_by(remote_answers.c.hash))}

    def forget(self, service: str, before: datetime) -> int:
        """Delete answers of before a moment that say a hash is unknown; returns how many."""
        old = (
            remote_answers.c.service == service,
            remote_answers.c.answered_at < before,
            remote_answers.c.classification == "",
        )
        return self._connection.execute(delete(remote_answers).where(*old)).rowcount
