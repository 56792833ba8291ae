"""Keep what the public told the hotline."""

from __future__ import annotations

from sqlalchemy import Connection, Select, select

from domain.errors import NotFound, WrongState
from domain.ids import ReportId
from domain.reports import Report
from storage.rows import columns_of, insert_new, made
from storage.tables import reports


class Reports:
    """The reports, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def add(self, report: Report) -> None:
        """Write a report; raises WrongState when its reference is taken."""
        if not insert_new(self._connection, reports, columns_of(report, reports)):
            raise WrongState(f"There is a report {report.reference} already; see `kapear report list`.")

    def find(self, reference: str) -> Report | None:
        """Return a report by its exact reference."""
        row = self._connection.execute(_all().where(reports.c.reference == reference)).first()
        return made(Report, row) if row else None

    def get(self, report_id: ReportId) -> Report:
        """Return a report; raises NotFound."""
        row = self._connection.execute(_all().where(reports.c.id == report_id)).first()
        if row is None:
            raise NotFound("There is no such report; see `kapear report list`.")
        return made(Report, row)

    def all(self) -> list[Report]:
        """Return all reports, newest first."""
        newest_first = _all().order_by(reports.c.created_at.desc(), reports.c.id.desc())
        return [made(Report, row) for row in self._connection.execute(newest_first)]


def _all() -> Select[tuple[object, ...]]:
    return select(*reports.c)
