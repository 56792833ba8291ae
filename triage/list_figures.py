"""Count what a list file held: good rows, bad ones by what is wrong, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from domain.hashlists import Algorithm, BadRow, HashEntry, ListFigures, ListRow, PassedOver

BAD_ROWS_KEPT = 100
KINDS = 100  # problems, and things passed over, that are told apart

# Of a PDQ hash's 256 bits, a picture sets from 120 to 136 in 98 of 100 cases; a random number does in 70.
AS_PICTURES = range(120, 137)


class Tally:
    """Counts that grow with the rows, in memory that does not."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._entries: Counter[Algorithm] = Counter()
        self._refused: Counter[str] = Counter()
        self._passed_over: Counter[str] = Counter()
        self._first_at: dict[str, str] = {}
        self._bad_rows: list[BadRow] = []
        self._balanced = 0

    def add(self, rows: Sequence[ListRow]) -> list[HashEntry]:
        """Count rows, and return the entries among them."""
        entries = [row for row in rows if isinstance(row, HashEntry)]
        self._entries.update(entry.algorithm for entry in entries)
        self._balanced += sum(
            1
            for entry in entries
            if entry.algorithm is Algorithm.PDQ and int.from_bytes(entry.hash, "big").bit_count() in AS_PICTURES
        )
        for row in rows:
            if isinstance(row, BadRow):
                self._count(self._refused, row.problem, row)
                if len(self._bad_rows) < BAD_ROWS_KEPT:
                    self._bad_rows.append(row)
            elif isinstance(row, PassedOver):
                self._count(self._passed_over, row.what, row, row.count)
        return entries

    def _count(self, counts: Counter[str], kind: str, row: BadRow | PassedOver, number: int = 1) -> None:
        kind = kind if kind in counts or len(counts) < KINDS else "other"
        counts[kind] += number
        self._first_at.setdefault(kind, f"{row.unit} {row.line}")

    def figures(self) -> ListFigures:
        """Return what was counted so far."""
        pdq = self._entries[Algorithm.PDQ]
        return ListFigures(
            entries={algorithm: count for algorithm, count in self._entries.items() if count},
            refused=dict(self._refused.most_common()),
            passed_over=dict(self._passed_over.most_common()),
            first_at=dict(self._first_at),
            bad_rows=tuple(self._bad_rows),
            balanced=self._balanced / pdq if pdq else None,
        )


def figures_json(figures: ListFigures) -> dict[str, Any]:
    """Return the figures for `--json`; `refused` is the number of bad rows."""
    return {
        "refused": figures.bad,
        "algorithms": {algorithm.value: count for algorithm, count in figures.entries.items()},
        "problems": dict(figures.refused),
        "passed_over": dict(figures.passed_over),
        "first_at": dict(figures.first_at),
        "pdq_balanced": None if figures.balanced is None else round(figures.balanced, 4),
    }
