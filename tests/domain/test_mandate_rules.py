"""Whether anything may be fetched at all, and how much of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from domain.errors import NotAllowed
from domain.locators import recognise
from domain.mandate import (
    SYNTHETIC_MANDATE,
    Mandate,
    MandateScope,
    Organisation,
    Standing,
    check_reach,
    why_not_visited,
)
from domain.targets import TargetStatus, WatchTarget
from tests.contracts.samples import DAY, NOW, a_report, a_target

MANDATE = Mandate(authority="The ministry", document="A-1", scope=MandateScope.TEXT, expires_at=NOW + 90 * DAY)
ORGANISATION = Organisation(name="Kite Desk", contact="desk@example.org", zone="Asia/Phnom_Penh")
ENROLLED = Standing(organisation=ORGANISATION, mandate=MANDATE, users=2)
NOT_ENROLLED = Standing()
TARGET = a_target(a_report())


@pytest.mark.parametrize(
    ("organisation", "mandate", "users"), list(product([None, ORGANISATION], [None, MANDATE], [0, 1, 2, 3]))
)
def test_enrolment_takes_an_organisation_a_mandate_and_two_users(
    organisation: Organisation | None, mandate: Mandate | None, users: int
) -> None:
    standing = Standing(organisation=organisation, mandate=mandate, users=users)
    assert standing.enrolled is (organisation is not None and mandate is not None and users >= 2)
    assert standing.governing_mandate is (MANDATE if standing.enrolled else SYNTHETIC_MANDATE)


@pytest.mark.parametrize(
    ("scope", "text", "media"),
    [(MandateScope.LINKS_ONLY, False, False), (MandateScope.TEXT, True, False), (MandateScope.MEDIA_HASH, True, True)],
)
def test_each_scope_includes_the_one_before(scope: MandateScope, *, text: bool, media: bool) -> None:
    assert (scope.covers_text, scope.covers_media) == (text, media)


@pytest.mark.parametrize(
    ("standing", "target", "code"),
    [
        (ENROLLED, TARGET, ""),
        (NOT_ENROLLED, TARGET, ""),
        (NOT_ENROLLED, replace(TARGET, approved_by=None, synthetic=True), ""),
        (replace(ENROLLED, paused="a reason"), TARGET, "all_paused"),
        (replace(NOT_ENROLLED, paused="a reason"), TARGET, "all_paused"),
        *[
            (standing, replace(TARGET, status=status), f"target_{status}")
            for standing in (ENROLLED, NOT_ENROLLED)
            for status in TargetStatus
            if status is not TargetStatus.ACTIVE
        ],
        (ENROLLED, replace(TARGET, expires_at=NOW), "target_expired"),
        (ENROLLED, replace(TARGET, expires_at=NOW - DAY), "target_expired"),
        (NOT_ENROLLED, replace(TARGET, expires_at=NOW), "target_expired"),
        (ENROLLED, replace(TARGET, expires_at=NOW + timedelta(microseconds=1)), ""),
        (ENROLLED, replace(TARGET, approved_by=None), "not_approved"),
        (ENROLLED, replace(TARGET, synthetic=True), "synthetic_report"),
        (replace(ENROLLED, mandate=replace(MANDATE, expires_at=NOW)), TARGET, "mandate_expired"),
        (replace(ENROLLED, mandate=replace(MANDATE, expires_at=NOW), users=1), TARGET, ""),  # loopback's own mandate
    ],
)
def test_why_a_target_is_not_visited(standing: Standing, target: WatchTarget, code: str) -> None:
    assert why_not_visited(standing, target, NOW) == code


@pytest.mark.parametrize(
    ("pasted", "served_from", "reaches"),
    [
        ("http://127.0.0.1:8080/kites", "", True),
        ("http://[::1]/kites", "", True),
        ("http://localhost/kites", "localhost", True),
        ("https://example.org/kites", "", False),
        ("https://127.0.0.1.example.org/", "", False),
        ("http://10.0.0.1/", "", False),
        ("@tin_lanterns", "t.me", False),
        ("@tin_lanterns", "127.0.0.1", True),
    ],
)
def test_off_enrolment_only_loopback_is_in_reach(pasted: str, served_from: str, *, reaches: bool) -> None:
    locator = recognise(pasted)
    check_reach(ENROLLED, locator, served_from=served_from)
    if reaches:
        check_reach(NOT_ENROLLED, locator, served_from=served_from)
        return
    with pytest.raises(NotAllowed, match="kapear enrol") as refusal:
        check_reach(NOT_ENROLLED, locator, served_from=served_from)
    assert locator.canonical not in str(refusal.value)
