"""Name the formats of list files that can be read."""

from __future__ import annotations

from enum import StrEnum


class ListFormat(StrEnum):
    """A format; values are the contract's words."""

    CSV = "csv"
    JSON = "json"
    VICS = "vics"
    NCMEC = "ncmec"
    STOPNCII = "stopncii"
    THREATEXCHANGE = "threatexchange"
    PDQ_TEXT = "pdq-text"

    @property
    def called(self) -> str:
        """Return how a message calls it."""
        return _CALLED[self.value]

    @property
    def is_json(self) -> bool:
        """Return whether it is some kind of JSON."""
        return self not in {ListFormat.CSV, ListFormat.NCMEC, ListFormat.PDQ_TEXT}

    @property
    def unit(self) -> str:
        """Return what rows are counted in."""
        return "Record" if self.is_json else "Line"

    @property
    def is_read_twice(self) -> bool:
        """Return whether its files take entries back, so that they are read once for that alone."""
        return self in {ListFormat.NCMEC, ListFormat.STOPNCII, ListFormat.THREATEXCHANGE}


_CALLED = {
    "csv": "CSV",
    "json": "plain JSON",
    "vics": "VICS JSON",
    "ncmec": "NCMEC XML",
    "stopncii": "StopNCII JSON",
    "threatexchange": "ThreatExchange JSON",
    "pdq-text": "a text of PDQ hashes",
}
