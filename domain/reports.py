"""Say what the public told the hotline."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from domain.errors import BadInput
from domain.ids import ReportId

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


class Via(StrEnum):
    """How a report reached the hotline."""

    WEB = "web"
    PHONE = "phone"
    TELEGRAM = "telegram"
    EMAIL = "email"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    One report: who sent it is never needed, and has no field.

    `alleged` is encrypted with the host's key. A synthetic report exists on
    an instance that is not enrolled, and cites nobody.
    """

    id: ReportId
    reference: str
    received_on: date
    via: Via
    alleged: bytes = field(repr=False)
    created_at: datetime
    synthetic: bool = False


def checked_reference(reference: str) -> str:
    """Return a report reference fit to be cited; raises BadInput."""
    if not _REFERENCE.fullmatch(reference):
        raise BadInput(
            "A report reference is 1 to 64 letters, digits, dots, slashes and dashes, such as IHC-2026-0142."
        )
    return reference
