"""What the public told the hotline is written once, encrypted, and never without its words' pictures removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import BadInput, NotAllowed, WrongState
from domain.reports import Via
from tests.desk import LOCAL, START
from tests.triage.deskhands import Desk
from triage.reports import MAX_ALLEGED

TODAY = START.date()


async def test_a_report_comes_back_as_it_was_told(desk: Desk) -> None:
    reports = desk.opened.office.reports
    view = await reports.add(LOCAL, reference="IHC-1", received_on=TODAY, via=Via.TELEGRAM, alleged="ខ្លែង, blue kites")
    assert await reports.all(LOCAL) == [view]
    assert view.alleged == "ខ្លែង, blue kites"
    assert b"kites" not in view.report.alleged
    assert not view.report.synthetic
    (event,) = await desk.events()
    assert (event.action, dict(event.details)) == ("report.added", {"reference": "IHC-1", "via": "telegram"})


async def test_a_reference_is_given_once(desk: Desk) -> None:
    reports = desk.opened.office.reports
    await reports.add(LOCAL, reference="IHC-1", received_on=TODAY, via=Via.WEB, alleged="")
    with pytest.raises(WrongState, match="IHC-1"):
        await reports.add(LOCAL, reference="IHC-1", received_on=TODAY, via=Via.WEB, alleged="again")
    assert len(await desk.events()) == 1


async def test_what_cannot_be_is_refused(desk: Desk) -> None:
    reports = desk.opened.office.reports
    for reference, received_on, alleged in (
        ("IHC-1", TODAY + timedelta(days=1), ""),
        ("IHC-1", TODAY, "x" * (MAX_ALLEGED + 1)),
        ("not a reference", TODAY, ""),
    ):
        with pytest.raises(BadInput):
            await reports.add(LOCAL, reference=reference, received_on=received_on, via=Via.WEB, alleged=alleged)
    assert await reports.all(LOCAL) == []


async def test_a_picture_in_an_allegation_is_not_kept(desk: Desk) -> None:
    view = await desk.opened.office.reports.add(
        LOCAL, reference="IHC-1", received_on=TODAY, via=Via.WEB, alleged=f"data:image/png;base64,{'A' * 900}"
    )
    assert "A" * 50 not in view.alleged


async def test_an_auditor_reads_and_an_admin_does_not(enrolled: Desk) -> None:
    reports = enrolled.opened.office.reports
    assert await reports.all(await enrolled.opened.user("vuthy")) == []
    with pytest.raises(NotAllowed):
        await reports.all(await enrolled.opened.user("nary"))
    with pytest.raises(NotAllowed):
        await reports.add(
            await enrolled.opened.user("vuthy"), reference="IHC-1", received_on=TODAY, via=Via.WEB, alleged=""
        )
