"""Write how a visit ended, what that means for its target, and when it is visited next."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from domain.cadence import Case, decide, dumped, hours_of, loaded, rounded, weight_of
from domain.connectivity import Failure
from domain.ids import VisitId
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.pace import Pace, looked, seen
from domain.presence import Ruling
from domain.pricing import class_of
from domain.store import Tx
from domain.targets import Course, Visit, WatchTarget
from triage.desk import Desk
from triage.outages import Line, host_of
from triage.prices import Prices
from triage.run import Run
from triage.takedowns import Takedowns

log = logging.getLogger("kapear.intake")

UNFINISHED = "visit_deadline"  # what it stopped at; the next visit goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Finishing:
    """Ends visits."""

    desk: Desk
    prices: Prices
    line: Line

    async def finish(self, run: Run, ruling: Ruling, dice: float) -> tuple[Visit, datetime | None]:
        """Write the visit and when the next is due; returns both."""
        ended, target = self.desk.now(), run.target
        failure = Failure(
            host=host_of(target, self.desk.locator_of(target)),
            target_id=target.id,
            at=ended,
            failures=target.failures,
            outcome=target.last_outcome,
            due=target.next_due,
        )
        is_network, forgiven = self.line.learn(ruling, failure, was_asked=run.traffic.requests > 0)
        if is_network and self.line.forgive_hosts is not None:
            await self.line.forgive_hosts()
        if is_network:
            # It goes to the end of what is due, so that the next look is at another.
            ruling = Ruling(outcome=Outcome.OFFLINE, code=ruling.code, gone_since=target.gone_since, look_at=ended)
        outcome = ruling.outcome
        # A host that asked for a pause says itself when; that is no failure of the target.
        failures = 0 if outcome.was_seen else target.failures + (ruling.is_failure and run.until is None)
        visit, pace = self._visit(run, ruling, ended), _learned(run, outcome, ended)
        budget = self.prices.budget_of(target)

        def work(tx: Tx) -> datetime | None:
            urgency = tx.leads.most_urgent(target.id)
            case = Case(
                at=ended,
                outcome=outcome,
                pace=pace,
                weight=weight_of(urgency),
                price=self.prices.of(tx, budget),
                failures=failures,
                is_unfinished=ruling.code == UNFINISHED and outcome.was_seen,
                look_at=ruling.look_at,
                wait_until=run.until,
                dice=dice,
            )
            decision = decide(self.prices.cadence, case)
            course = Course(
                decision=dumped(decision),
                budget=budget,
                pressure=class_of(decision.pressure),
                pressing=urgency is not None,
            )
            tx.targets.finish(
                run.claim,
                visit,
                decision.due,
                failures,
                gone_since=ruling.gone_since,
                course=None if is_network else course,
            )
            tx.targets.forgive(forgiven)
            self.line.note(tx, ended)
            Takedowns(desk=self.desk).of_target(tx, target, ruling)
            if target.expires_at <= ended:
                tx.targets.expire(ended)
            return tx.targets.get(target.id).next_due  # None for one that is not to be visited any more

        due = await self.desk.store.write(work)
        self.line.noted()
        ids = {"target": target.id, "visit": visit.id}
        log.info("visit ended", extra={**ids, "outcome": outcome, "code": ruling.code})
        return visit, due

    def _visit(self, run: Run, ruling: Ruling, ended: datetime) -> Visit:
        return Visit(
            id=VisitId(self.desk.new_id()),
            target_id=run.target.id,
            started_at=run.started,
            ended_at=ended,
            outcome=ruling.outcome,
            code=ruling.code,
            new_observations=run.observations,
            media_hashed=run.hashed,
            matches=run.matches,
            suppressed=run.suppressed,
            leads_filed=run.filed,
            requests=run.traffic.requests,
            bytes=run.traffic.bytes,
            gaps=run.gaps,
        )


def _learned(run: Run, outcome: Outcome, ended: datetime) -> Pace:
    """Return what is known of the target's posting after this visit."""
    before = _known(run.target)
    if not outcome.was_seen:
        return before
    now = hours_of(ended)
    if run.target.platform is Platform.PAGE and not run.target.depth:
        return rounded(looked(before, now=now, is_changed=run.observations > 0))
    posted = [None if moment is None else hours_of(moment) for moment in run.posted]
    return rounded(seen(before, now=now, posted=posted))


def _known(target: WatchTarget) -> Pace:
    decision = loaded(target.decision)
    if decision is not None:
        return decision.case.pace
    # Visited by a version that learned nothing.
    return Pace(until=None if target.last_visit_at is None else hours_of(target.last_visit_at))
