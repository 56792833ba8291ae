"""Keep named users and the digests of their secrets; no secret is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from domain.errors import NotFound, WrongState
from domain.people import SESSION_IDLE, Actor, Session, User
from storage.rows import columns_of, insert_new, made
from storage.tables import sessions, sign_in_links, users

_USER = (users.c.id, users.c.name, users.c.role, users.c.created_at, users.c.disabled_at)
_NOTED_EVERY = SESSION_IDLE / 30  # a click is not worth a write to the disk each


class People:
    """The users, in one transaction."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        """Work on a connection."""
        self._connection = connection
        self._writes = writes

    def add(self, user: User, token_digest: str | None = None) -> None:
        """Write a user; raises WrongState when the name is taken."""
        if not insert_new(self._connection, users, columns_of(user, users, token_digest=token_digest)):
            raise WrongState(f"There is a user {user.name} already; see `kapear user list`.")

    def find(self, name: str) -> User | None:
        """Return a user by name."""
        row = self._connection.execute(select(*_USER).where(users.c.name == name)).first()
        return made(User, row) if row else None

    def by_token(self, token_digest: str) -> User | None:
        """Return the user who holds a token, unless disabled."""
        holder = select(*_USER).where(users.c.token_digest == token_digest, users.c.disabled_at.is_(None))
        row = self._connection.execute(holder).first()
        return made(User, row) if row else None

    def set_token(self, name: str, token_digest: str) -> None:
        """Replace a user's token; raises NotFound."""
        change = update(users).where(users.c.name == name).values(token_digest=token_digest)
        if not self._connection.execute(change).rowcount:
            raise NotFound(f"There is no user {name}; see `kapear user list`.")

    def all(self) -> list[User]:
        """Return all users by name."""
        return [made(User, row) for row in self._connection.execute(select(*_USER).order_by(users.c.name))]

    def add_link(self, link_digest: str, actor: Actor, expires_at: datetime) -> None:
        """Write a one-time sign-in link."""
        row = columns_of(actor, sign_in_links, digest=link_digest, expires_at=expires_at)
        self._connection.execute(insert(sign_in_links), row)

    def use_link(self, link_digest: str, now: datetime) -> Actor | None:
        """Use a link up and return whose it was; None when unknown, used or expired."""
        self._connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_at <= now))
        used = delete(sign_in_links).where(sign_in_links.c.digest == link_digest)
        row = self._connection.execute(
            used.returning(sign_in_links.c.name, sign_in_links.c.role, sign_in_links.c.local)
        ).first()
        return self._today(made(Actor, row)) if row else None

    def add_session(self, session_digest: str, session: Session, now: datetime) -> None:
        """Write a signed-in browser; sessions that are over go."""
        over = or_(sessions.c.expires_at <= now, sessions.c.used_at <= now - SESSION_IDLE)
        self._connection.execute(delete(sessions).where(over))
        row = columns_of(session.actor, sessions, digest=session_digest, used_at=now)
        self._connection.execute(insert(sessions), row | {"csrf": session.csrf, "expires_at": session.expires_at})

    def session(self, session_digest: str, now: datetime) -> Session | None:
        """
        Return a living session, and note that it was used; None otherwise.

        A reader finds it too, but cannot note its use: unused it is over after
        SESSION_IDLE. Role and right are the user's of today.
        """
        living = and_(sessions.c.expires_at > now, sessions.c.used_at > now - SESSION_IDLE)
        row = self._connection.execute(select(*sessions.c).where(sessions.c.digest == session_digest, living)).first()
        if row is None:
            return None
        actor = self._today(Actor(name=row.name, role=row.role, local=row.local))
        if actor is None:
            return None
        if self._writes and now - row.used_at >= _NOTED_EVERY:
            used = update(sessions).where(sessions.c.digest == session_digest).values(used_at=now)
            self._connection.execute(used)
        return Session(actor=actor, csrf=row.csrf, expires_at=row.expires_at)

    def end_session(self, session_digest: str) -> None:
        """Sign a browser out."""
        self._connection.execute(delete(sessions).where(sessions.c.digest == session_digest))

    def _today(self, actor: Actor) -> Actor | None:
        """Return a named actor with the role they have now, or None when they are no user any more."""
        if actor.local:
            return actor
        user = self.find(actor.name)
        return Actor(name=user.name, role=user.role) if user is not None and user.disabled_at is None else None
