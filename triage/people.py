"""Name users, enrol the hotline, and let people sign in by one-time links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import BadInput, NotAllowed, NotFound
from domain.ids import UserId
from domain.mandate import USERS_NEEDED, Mandate, Organisation, Standing
from domain.people import Actor, Permission, Role, Session, User, checked_name
from domain.store import Tx
from triage.desk import Desk

LINK_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """
    Users, their secrets and their sessions.

    `new_token` makes a secret, `digest` what is stored of it.
    """

    desk: Desk
    new_token: Callable[[], str]
    digest: Callable[[str], str]

    async def standing(self) -> Standing:
        """Return on whose behalf this instance acts."""
        return await self.desk.store.read(lambda tx: tx.standing.get())

    async def add_user(self, actor: Actor, name: str, role: Role) -> tuple[User, str]:
        """Name a user and return their token, which is shown once and never again."""
        actor.require(Permission.MANAGE_PEOPLE)
        user = User(id=UserId(self.desk.new_id()), name=checked_name(name), role=role, created_at=self.desk.now())
        token = self.new_token()

        def work(tx: Tx) -> None:
            tx.people.add(user, self.digest(token))
            self.desk.note(tx, actor, "user.added", user.id, name=name, role=role)

        await self.desk.store.write(work)
        return user, token

    async def renew_token(self, actor: Actor, name: str) -> str:
        """Replace a user's token and return the new one."""
        actor.require(Permission.MANAGE_PEOPLE)
        token = self.new_token()

        def work(tx: Tx) -> None:
            user = _found(tx, name)
            tx.people.set_token(name, self.digest(token))
            self.desk.note(tx, actor, "user.token_renewed", user.id, name=name)

        await self.desk.store.write(work)
        return token

    async def all(self, actor: Actor) -> list[User]:
        """Return all users by name."""
        actor.require(Permission.MANAGE_PEOPLE)
        return await self.desk.store.read(lambda tx: tx.people.all())

    async def actor_by_token(self, token: str) -> Actor:
        """Return who holds a token; raises NotAllowed."""
        user = await self.desk.store.read(lambda tx: tx.people.by_token(self.digest(token)))
        if user is None:
            raise NotAllowed(
                "KAPEAR_TOKEN is no valid token; ask your administrator for a new one: kapear user token NAME."
            )
        return Actor(name=user.name, role=user.role)

    async def enrol(
        self, actor: Actor, organisation: Organisation, mandate: Mandate, users: list[tuple[str, Role]]
    ) -> list[tuple[User, str]]:
        """
        Enrol the hotline with at least two named users; returns new users and their tokens.

        From here on reports must exist, a second person approves, and the
        instance may leave loopback.
        """
        actor.require(Permission.MANAGE_PEOPLE)
        now = self.desk.now()
        _check_enrolment(organisation, mandate, now)
        named = [
            (User(id=UserId(self.desk.new_id()), name=checked_name(name), role=role, created_at=now), self.new_token())
            for name, role in users
        ]

        def work(tx: Tx) -> None:
            for user, token in named:
                tx.people.add(user, self.digest(token))
                self.desk.note(tx, actor, "user.added", user.id, name=user.name, role=user.role)
            tx.standing.enrol(organisation, mandate, now)
            if not tx.standing.get().enrolled or _able(tx, Permission.APPROVE_TARGET) < USERS_NEEDED:
                raise BadInput(
                    "Enrolment names at least two users who are analysts or supervisors: "
                    "one requests a target, another approves it."
                )
            if not _able(tx, Permission.MANAGE_PEOPLE):
                raise BadInput("Enrolment names a supervisor or an admin: somebody must be able to name users later.")
            self.desk.note(
                tx,
                actor,
                "instance.enrolled",
                organisation=organisation.name,
                document=mandate.document,
                scope=mandate.scope,
                recipients=" ".join(mandate.recipients),
            )

        await self.desk.store.write(work)
        return named

    async def link_for(self, actor: Actor, who: Actor) -> str:
        """Return a one-time sign-in secret for somebody; it lives a quarter of an hour."""
        if actor != who:
            actor.require(Permission.MANAGE_PEOPLE)
        secret = self.new_token()

        def work(tx: Tx) -> None:
            tx.people.add_link(self.digest(secret), who, self.desk.now() + LINK_LIFETIME)
            self.desk.note(tx, actor, "user.link_made", name=who.name)

        await self.desk.store.write(work)
        return secret

    async def user_actor(self, name: str) -> Actor:
        """Return a named user as an actor; raises NotFound."""
        user = await self.desk.store.read(lambda tx: _found(tx, name))
        return Actor(name=user.name, role=user.role)

    async def sign_in(self, secret: str) -> tuple[str, Session]:
        """Use a sign-in link up; returns the session's secret for the cookie, and the session."""
        now = self.desk.now()
        cookie, csrf = self.new_token(), self.new_token()

        def work(tx: Tx) -> Session:
            actor = tx.people.use_link(self.digest(secret), now)
            if actor is None:
                raise NotAllowed("This sign-in link was used or has expired; make a new one: kapear user link NAME.")
            session = Session(actor=actor, csrf=csrf, expires_at=now + SESSION_LIFETIME)
            tx.people.add_session(self.digest(cookie), session, now)
            self.desk.note(tx, actor, "user.signed_in")
            return session

        return cookie, await self.desk.store.write(work)

    async def session(self, cookie: str) -> Session | None:
        """Return the living session of a cookie, or None; its use is noted, which keeps it alive."""
        now = self.desk.now()
        return await self.desk.store.write(lambda tx: tx.people.session(self.digest(cookie), now))

    async def sign_out(self, cookie: str) -> None:
        """End a session."""
        await self.desk.store.write(lambda tx: tx.people.end_session(self.digest(cookie)))


def _found(tx: Tx, name: str) -> User:
    user = tx.people.find(name)
    if user is None:
        raise NotFound(f"There is no user {name[:32]}; see `kapear user list`.")
    return user


def _able(tx: Tx, permission: Permission) -> int:
    """Return how many people have a permission."""
    people = [Actor(name=user.name, role=user.role) for user in tx.people.all() if user.disabled_at is None]
    return sum(actor.may(permission) for actor in people)


def _check_enrolment(organisation: Organisation, mandate: Mandate, now: datetime) -> None:
    """Raise BadInput for an enrolment that could not stand."""
    if not organisation.name.strip() or not mandate.authority.strip() or not mandate.document.strip():
        raise BadInput("Enrolment needs the organisation's name, the mandate's authority and its document.")
    if "@" not in organisation.contact:
        raise BadInput("The contact is a role mailbox such as hotline@example.org.")
    if mandate.expires_at <= now:
        raise BadInput("The mandate has expired already.")
    try:
        ZoneInfo(organisation.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"{organisation.zone[:40]} is no time zone; write one such as Asia/Phnom_Penh.") from None
