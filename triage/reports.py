"""Take in what the public told the hotline, and keep it citable."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from domain.errors import BadInput, NotFound
from domain.ids import ReportId
from domain.people import Actor, Permission
from domain.reports import Report, Via, checked_reference
from domain.store import Tx
from domain.text import without_encoded_runs
from triage.desk import Desk, alleged_place

MAX_ALLEGED = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report as the desk sees it."""

    report: Report
    alleged: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The book of reports."""

    desk: Desk

    async def add(self, actor: Actor, *, reference: str, received_on: date, via: Via, alleged: str) -> ReportView:
        """Write a report; its reference must be new."""
        actor.require(Permission.ADD_REPORT)
        now = self.desk.now()
        if received_on > now.date():
            raise BadInput("A report cannot be received in the future.")
        if len(alleged) > MAX_ALLEGED:
            raise BadInput(f"What is alleged takes at most {MAX_ALLEGED} characters.")
        report_id = ReportId(self.desk.new_id())
        words = without_encoded_runs(alleged)
        report = Report(
            id=report_id,
            reference=checked_reference(reference),
            received_on=received_on,
            via=via,
            alleged=self.desk.vault.encrypt(words, alleged_place(report_id)),
            created_at=now,
        )

        def work(tx: Tx) -> None:
            tx.reports.add(report)
            self.desk.note(tx, actor, "report.added", report_id, reference=report.reference, via=via)

        await self.desk.store.write(work)
        return ReportView(report=report, alleged=words)

    async def all(self, actor: Actor) -> list[ReportView]:
        """Return all reports, newest first."""
        actor.require(Permission.SEE_DESK)
        reports = await self.desk.store.read(lambda tx: tx.reports.all())
        return [
            ReportView(report=report, alleged=self.desk.vault.decrypt(report.alleged, alleged_place(report.id)))
            for report in reports
        ]


def cited(desk: Desk, tx: Tx, actor: Actor, reference: str) -> Report:
    """Return the report that is cited; off enrolment an unknown one is made, and marked synthetic."""
    enrolled = tx.standing.get().enrolled
    report = tx.reports.find(checked_reference(reference))
    if report is not None and not (enrolled and report.synthetic):
        return report
    if report is not None:
        raise NotFound(
            f"{reference} was made up before this instance was enrolled, so it cites nobody. "
            "Add the real report under a reference of its own."
        )
    if enrolled:
        raise NotFound(f"There is no report {reference}. Add it first: kapear report add {reference} --received …")
    now = desk.now()
    report_id = ReportId(desk.new_id())
    synthetic = Report(
        id=report_id,
        reference=reference,
        received_on=now.date(),
        via=Via.PARTNER,
        alleged=desk.vault.encrypt("", alleged_place(report_id)),
        created_at=now,
        synthetic=True,
    )
    tx.reports.add(synthetic)
    desk.note(tx, actor, "report.added", report_id, reference=reference, via="synthetic")
    return synthetic
