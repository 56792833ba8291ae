"""
Say who may do what.

Deny by default: a role may do what is listed for it and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import BadInput, NotAllowed
from domain.ids import UserId

SESSION_IDLE = timedelta(minutes=30)  # a session that nobody used for longer is over


class Role(StrEnum):
    """What a named person is to the hotline."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What can be done at the desk."""

    ADD_REPORT = "add reports"
    REQUEST_TARGET = "request watch targets"
    APPROVE_TARGET = "approve watch targets"
    HIDE_NAME = "have a target read without Kapear's name"
    STEER_TARGET = "pause, resume, retire or check watch targets"
    SEE_DESK = "see targets and leads"
    WORK_LEADS = "claim, note and close leads"
    FREE_LEADS = "release a lead that a colleague holds"
    REVEAL = "reveal a lead's content"
    MANAGE_LISTS = "import and retire hash lists"
    DISABLE_HASHES = "take single hashes out of matching"
    MANAGE_PEOPLE = "manage users and enrolment"
    KEEP_ACCOUNTS = "sign Telegram accounts in and out"
    READ_AUDIT = "read the audit log"
    BACK_UP = "make backups"


_ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset({
        Permission.ADD_REPORT, Permission.REQUEST_TARGET, Permission.APPROVE_TARGET, Permission.STEER_TARGET,
        Permission.SEE_DESK, Permission.WORK_LEADS, Permission.REVEAL,
    }),
    # A small hotline may have nobody else who could name users; every act is in the log.
    Role.SUPERVISOR: frozenset(Permission),
    # The administrator runs the machine and need not see what it holds.
    Role.ADMIN: frozenset({
        Permission.MANAGE_PEOPLE, Permission.MANAGE_LISTS, Permission.KEEP_ACCOUNTS, Permission.READ_AUDIT,
        Permission.BACK_UP,
    }),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT, Permission.SEE_DESK}),
}  # fmt: skip

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A named person with a role."""

    id: UserId
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    Whoever acts now.

    `local` is the person at the machine of an instance that is not enrolled,
    who may do everything there, for there is nothing real to protect.
    """

    name: str
    role: Role
    local: bool = False

    def may(self, permission: Permission) -> bool:
        """Return whether the actor has a permission."""
        return self.local or permission in _ALLOWED[self.role]

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed without the permission."""
        if not self.may(permission):
            raise NotAllowed(f"{self.name} ({self.role}) may not {permission}; ask a colleague whose role admits it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser: `csrf` is echoed by every form it sends."""

    actor: Actor
    csrf: str
    expires_at: datetime


def checked_name(name: str) -> str:
    """Return a user name fit for logs and command lines; raises BadInput."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            "A user name is 1 to 32 lower-case letters, digits, dots, dashes; a letter first, such as sok.dara."
        )
    return name
