"""Who may do what: the whole table, and nothing beside it."""

from __future__ import annotations

import pytest

from domain.errors import BadInput, NotAllowed
from domain.people import Actor, Permission, Role, checked_name

P = Permission
TABLE: dict[Permission, set[Role]] = {
    P.ADD_REPORT: {Role.ANALYST, Role.SUPERVISOR},
    P.REQUEST_TARGET: {Role.ANALYST, Role.SUPERVISOR},
    P.APPROVE_TARGET: {Role.ANALYST, Role.SUPERVISOR},
    P.HIDE_NAME: {Role.SUPERVISOR},
    P.STEER_TARGET: {Role.ANALYST, Role.SUPERVISOR},
    P.SEE_DESK: {Role.ANALYST, Role.SUPERVISOR, Role.AUDITOR},
    P.WORK_LEADS: {Role.ANALYST, Role.SUPERVISOR},
    P.FREE_LEADS: {Role.SUPERVISOR},
    P.REVEAL: {Role.ANALYST, Role.SUPERVISOR},
    P.MANAGE_LISTS: {Role.SUPERVISOR, Role.ADMIN},
    P.DISABLE_HASHES: {Role.SUPERVISOR},
    P.MANAGE_PEOPLE: {Role.SUPERVISOR, Role.ADMIN},
    P.BACK_UP: {Role.SUPERVISOR, Role.ADMIN},
    P.KEEP_ACCOUNTS: {Role.SUPERVISOR, Role.ADMIN},
    P.READ_AUDIT: {Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR},
}


def test_the_table_speaks_of_every_permission() -> None:
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_is_listed_and_nothing_else(role: Role, permission: Permission) -> None:
    actor = Actor(name="sok", role=role)
    assert actor.may(permission) is (role in TABLE[permission])
    if actor.may(permission):
        actor.require(permission)
        return
    with pytest.raises(NotAllowed, match=f"sok .{role}. may not {permission}"):
        actor.require(permission)


@pytest.mark.parametrize("permission", Permission)
def test_the_person_at_a_machine_that_is_not_enrolled_may_do_everything(permission: Permission) -> None:
    Actor(name="os:sok", role=Role.AUDITOR, local=True).require(permission)


@pytest.mark.parametrize("name", ["s", "sok", "sok.dara", "sok-2", "s_k", "s" * 32])
def test_plain_names_are_taken(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", "Sok", "2sok", ".sok", "sok dara", "os:sok", "s" * 33, "sok\n", "sök", "សុខ"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="lower-case"):
        checked_name(name)
