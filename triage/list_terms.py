"""Say under which terms a list is taken in, and what of a file is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from domain.errors import BadInput
from domain.fingerprints import MIN_PDQ_QUALITY
from domain.hashlists import OWN_LIST, HashEntry, ListClass, ListFigures, Severity, says_csam

MAX_RADIUS = 31  # bits; how far the tables reach


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """What a person says of a list when importing it; fields as in `HashList`."""

    name: str
    classification: str
    list_class: ListClass
    authority: str = ""
    agreement: str = ""
    licence_ends: date | None = None
    radius: int | None = None
    min_quality: int = MIN_PDQ_QUALITY
    severity: Severity = Severity.NORMAL
    columns: str = ""


def checked(wanted: NewList, today: date) -> NewList:
    """Return what is wanted with its name trimmed; raises BadInput."""
    wanted = replace(wanted, name=wanted.name.strip())
    if not wanted.name:
        raise BadInput("A hash list needs a name (--name).")
    if wanted.name == OWN_LIST:
        raise BadInput(f"The name {OWN_LIST} is kept for the list that grows from your assessments; take another.")
    if not wanted.list_class.may_say_csam and says_csam(wanted.classification):
        raise BadInput(f"A list of class {wanted.list_class} never says CSAM; give it another --classification.")
    if wanted.radius is not None and not 0 <= wanted.radius <= MAX_RADIUS:
        raise BadInput(f"A list's radius is 0 to {MAX_RADIUS} bits, not {wanted.radius}.")
    if not 0 <= wanted.min_quality <= 100:  # noqa: PLR2004 - said in the message
        raise BadInput(f"A list's least quality is 0 to 100, not {wanted.min_quality}.")
    if is_over(wanted.licence_ends, today):
        raise BadInput(f"The licence of this list ended on {wanted.licence_ends}; nothing was imported.")
    return wanted


def is_over(licence_ends: date | None, today: date) -> bool:
    """Return whether a licence has ended."""
    return licence_ends is not None and licence_ends < today


def classified(entry: HashEntry, wanted: NewList) -> HashEntry:
    """Return the entry with its own classification, or else the list's, where its own is none such a list may say."""
    if entry.classification and (wanted.list_class.may_say_csam or not says_csam(entry.classification)):
        return entry
    return HashEntry(  # replace() takes twice as long, and lists are long
        algorithm=entry.algorithm,
        hash=entry.hash,
        classification=wanted.classification,
        ref=entry.ref,
        note=entry.note,
        line=entry.line,
    )


def refusal_of(figures: ListFigures) -> str:
    """Return why a file is refused as a whole: it has no good row, or so many bad ones that the file is wrong."""
    if figures.good and figures.good >= figures.bad:
        return ""
    first = "".join(f" {row.unit} {row.line}: {row.problem}." for row in figures.bad_rows[:1])
    if not figures.good:
        return f"The list holds no usable row; nothing was imported.{first}"
    return f"{figures.bad} rows are bad and only {figures.good} good; nothing was imported.{first}"
