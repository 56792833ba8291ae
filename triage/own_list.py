"""Begin the hotline's own list, and begin it again after somebody retired it."""

from __future__ import annotations

from dataclasses import replace

from domain.assessments import Verdict
from domain.errors import BadInput, WrongState
from domain.hashlists import OWN_LIST, HashList, ListClass
from domain.ids import ListId
from domain.store import Tx
from triage.desk import Desk


def first_version(desk: Desk) -> HashList:
    """Return the own list as it begins: empty, on the usual terms."""
    return HashList(
        id=ListId(desk.new_id()),
        name=OWN_LIST,
        version=1,
        list_class=ListClass.OWN,
        classification=Verdict.ILLEGAL.value,
        authority="",
        entries=0,
        imported_at=desk.now(),
    )


def begin(desk: Desk, tx: Tx) -> None:
    """Put a version of the own list in force; what it has is counted with the next change."""
    own = replace(first_version(desk), version=tx.lists.next_version(OWN_LIST))
    tx.lists.stage(own)
    tx.lists.activate(own.id, entries=0, now=desk.now())


def begin_again(desk: Desk, tx: Tx) -> HashList:
    """Put the own list in force again, with every hash that was not revoked; raises WrongState unless it is retired."""
    latest = tx.lists.latest(OWN_LIST)
    if latest is None:
        raise WrongState(
            "The hotline's own list begins by itself, with the first picture that two people hold illegal."
        )
    if latest.retired_at is None:
        raise WrongState("The hotline's own list is in force.")
    begin(desk, tx)
    tx.lists.own_changed()
    return tx.lists.latest(OWN_LIST) or latest


def require_reason(retired: HashList, reason: str) -> None:
    """Raise BadInput, which says what follows, where the own list is to be retired without a reason."""
    if retired.is_own and not reason:
        raise BadInput(
            f"This is the hotline's own list: its {retired.entries} hashes would match nothing any more, and what you "
            f"assess would not be put on it until `kapear hashlist activate {OWN_LIST}`. If so, say why (--reason)."
        )
