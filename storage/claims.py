"""
Hand out the right to visit, and take back what a visit found.

A claim needs no clock: its token counts up whenever the right changes hands,
and every write of a visit asks whether its token still fits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Text,
    TextClause,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    not_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from domain.cadence import HEAD_START
from domain.connectivity import Failure
from domain.errors import LostClaim, NotFound
from domain.ids import RequestId, TargetId
from domain.jobs import Turn, turn_of
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.targets import Claim, Course, TargetStatus, Visit, WatchTarget
from storage.rows import columns_of, made
from storage.tables import DUE, PRESSING, targets, visit_requests, visits

TARGET = tuple(targets.c[name] for name in WatchTarget.__slots__)
_VISIT = tuple(visits.c[name] for name in Visit.__slots__)

NO_TARGET = "There is no such target; see `kapear watch list`."


def held(claim: Claim) -> Update:
    """Return the start of a statement that changes the target only while the claim still holds it."""
    return update(targets).where(targets.c.id == claim.target.id, targets.c.token == claim.token, targets.c.claimed)


def _taking(chosen: Update) -> ReturningUpdate[tuple[Any, ...]]:
    """Return the statement that claims what was chosen, and returns token and target as they are then."""
    taken = chosen.values(claimed=True, token=targets.c.token + 1)
    return taken.returning(targets.c.token.label("token"), *TARGET)


def _due(*conditions: ColumnElement[bool] | TextClause) -> Select[tuple[Any, ...]]:
    """Return the question for what is due of some, the longest due first; made once, for it is asked every second."""
    chosen = select(targets.c.id, targets.c.next_due, targets.c.pressing)
    due = chosen.where(*conditions, targets.c.next_due <= bindparam("now", type_=targets.c.next_due.type))
    due = due.where(targets.c.platform != bindparam("without", type_=Text))
    first = due.order_by(targets.c.next_due).limit(bindparam("limit", type_=Integer))
    return first.with_for_update(skip_locked=True)


PRESSING_DUE, ALL_DUE = _due(PRESSING), _due(DUE)


def _claimed(row: Row[*tuple[Any, ...]]) -> Claim:
    token, *values = row
    return Claim(target=WatchTarget(**dict(zip(WatchTarget.__slots__, values, strict=True))), token=token)


def _named(turns: Collection[Turn]) -> ColumnElement[bool]:
    """Return the condition that holds for targets whose claim is one of these."""
    ids = [turn.target_id for turn in turns]  # asked for as well: pairs alone would not go by the index
    pairs = [(turn.target_id, turn.token) for turn in turns]
    return and_(targets.c.id.in_(ids), targets.c.claimed, tuple_(targets.c.id, targets.c.token).in_(pairs))


class Claims:
    """Claims, visits and requests for visits, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def claim_due(self, now: datetime, limit: int, *, without: Platform | None = None) -> list[Claim]:
        """Claim active targets that are due and unclaimed, the longest due first, pressing ones a day ahead."""
        asked = {"now": now, "limit": limit, "without": without or ""}
        due = {row.id: row for query in (PRESSING_DUE, ALL_DUE) for row in self._connection.execute(query, asked)}
        in_turn = sorted(due.values(), key=lambda row: row.next_due - HEAD_START * row.pressing)
        chosen = update(targets).where(DUE, targets.c.id.in_([row.id for row in in_turn[:limit]]))
        claims = {claim.target.id: claim for claim in map(_claimed, self._connection.execute(_taking(chosen)))}
        return [claims[row.id] for row in in_turn[:limit] if row.id in claims]

    def claim(self, target_id: TargetId) -> Claim | None:
        """Claim one target whether due or not; None when it is claimed already. Raises NotFound."""
        chosen = update(targets).where(targets.c.id == target_id, not_(targets.c.claimed))
        row = self._connection.execute(_taking(chosen)).first()
        if row is not None:
            return _claimed(row)
        if self._connection.execute(select(targets.c.id).where(targets.c.id == target_id)).first() is None:
            raise NotFound(NO_TARGET)
        return None

    def standing_claims(self, turns: Sequence[Turn]) -> list[Claim]:
        """Return those of these claims that still stand, in this order, with their targets as they are now."""
        rows = self._connection.execute(select(targets.c.token, *TARGET).where(_named(turns)))
        claims = {turn_of(claim): claim for claim in map(_claimed, rows)}
        return [claims[turn] for turn in turns if turn in claims]

    def give_back(self, turns: Sequence[Turn]) -> int:
        """Void those of these claims that still stand: their targets are due as before; returns how many."""
        change = update(targets).where(_named(turns)).values(claimed=False, token=targets.c.token + 1)
        return self._connection.execute(change).rowcount

    def void_claims(self, but: Collection[Turn] = ()) -> int:
        """Take every claim away but these (their tokens no longer fit); returns how many there were."""
        void = and_(targets.c.claimed, not_(_named(but))) if but else targets.c.claimed
        change = update(targets).where(void).values(claimed=False, token=targets.c.token + 1)
        return self._connection.execute(change).rowcount

    def finish(
        self,
        claim: Claim,
        visit: Visit,
        next_due: datetime | None,
        failures: int,
        *,
        gone_since: datetime | None = None,
        course: Course | None = None,
    ) -> None:
        """Write the visit, give the claim back and answer visit requests; raises LostClaim if the token is stale."""
        # Who paused or retired the target during the visit meant it.
        still_watched = targets.c.status == TargetStatus.ACTIVE
        since = literal(visit.started_at, targets.c.unseen_since.type)
        looked = {
            "last_visit_at": visit.started_at,
            "last_outcome": visit.outcome,
            "gone_since": gone_since,
            "unseen_since": None if visit.outcome.was_seen else func.coalesce(targets.c.unseen_since, since),
        }
        change = held(claim).values(
            claimed=False,
            next_due=case((still_watched, literal(next_due, targets.c.next_due.type)), else_=targets.c.next_due),
            failures=failures,
            gaps=targets.c.gaps + visit.gaps,
            **({} if visit.outcome is Outcome.OFFLINE else looked),
            **({} if course is None else columns_of(course, targets)),
        )
        if not self._connection.execute(change).rowcount:
            raise LostClaim("the claim was voided before the visit ended")
        self._connection.execute(insert(visits), columns_of(visit, visits))
        answered = update(visit_requests).where(
            visit_requests.c.target_id == claim.target.id,
            visit_requests.c.visit_id.is_(None),
            visit_requests.c.requested_at <= visit.started_at,  # a later request saw none of this visit
        )
        self._connection.execute(answered.values(visit_id=visit.id))

    def forgive(self, failures: Sequence[Failure]) -> None:
        """Let targets stand as they did before failures that were not theirs, unless they are claimed again."""
        for failure in reversed(failures):  # of several of one target the first counts
            change = update(targets).where(targets.c.id == failure.target_id, DUE)
            before = {"failures": failure.failures, "last_outcome": failure.outcome, "next_due": failure.due}
            self._connection.execute(change.values(before))

    def visits(self, target_id: TargetId, limit: int) -> list[Visit]:
        """Return a target's visits, newest first."""
        newest_first = select(*_VISIT).where(visits.c.target_id == target_id).order_by(visits.c.started_at.desc())
        return [made(Visit, row) for row in self._connection.execute(newest_first.limit(limit))]

    def request_visit(self, request_id: RequestId, target_id: TargetId, now: datetime) -> None:
        """Ask the running instance to visit a target now."""
        row = {"id": request_id, "target_id": target_id, "requested_at": now}
        self._connection.execute(insert(visit_requests), row)

    def requested(self) -> list[TargetId]:
        """Return targets with an unanswered request, oldest first."""
        waiting = (
            select(visit_requests.c.target_id)
            .where(visit_requests.c.visit_id.is_(None))
            .group_by(visit_requests.c.target_id)
            .order_by(func.min(visit_requests.c.nr))
        )
        return list(self._connection.execute(waiting).scalars())

    def answer(self, request_id: RequestId) -> Visit | None:
        """Return the visit that answered a request, or None while there is none; raises NotFound."""
        answer = (
            select(*_VISIT)
            .select_from(visit_requests.outerjoin(visits, visits.c.id == visit_requests.c.visit_id))
            .where(visit_requests.c.id == request_id)
        )
        row = self._connection.execute(answer).first()
        if row is None:
            raise NotFound("There is no such request for a visit.")
        return made(Visit, row) if row.id is not None else None
