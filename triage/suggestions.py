"""
Say which places in a lead's posts could be watched, if somebody reported them.

Made for one look at one lead, from what that look opened, and forgotten with
it: nothing is stored, counted, ranked or fetched. The order is that of the
posts, the oldest first, and of their text; each says which post it stands in.
Each place needs a report and a decision of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from domain.errors import BadLocator, NotWatchable
from domain.leads import PostContent
from domain.locators import Locator, recognise_linked
from domain.observations import Platform
from domain.people import Actor, Permission
from domain.referral_kinds import ReferralKind
from triage.desk import Desk
from triage.queue import Revealed
from triage.telegram import Telegram

MOST = 50  # of one lead; the links themselves all stand in its content

NEEDS_A_REPORT = "None of these is watched. To watch one, it needs a report of its own, and a decision."
FOR_THE_POLICE = "These can never be watched, and are never opened. Note them for the police:"
FILES = (
    "These lead to files elsewhere. They are recorded with their post, and never followed. Note them for the police:"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A place that could be watched, and the address of the oldest post that names it."""

    place: Locator
    post: str = field(repr=False)

    @property
    def platform_to_say(self) -> str:
        """Return which platform has to be said with the address, which may not tell it; empty where it does."""
        platform = self.place.platform
        return platform.value if platform.is_one_of_many and platform is not Platform.PAGE else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A link that is never followed, why, and the address of the oldest post that holds it."""

    link: str = field(repr=False)
    why: str
    kind: ReferralKind
    post: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What the links of a lead lead to, in their order; `files` are links to file hosts."""

    places: tuple[Suggestion, ...] = ()
    referrals: tuple[Referral, ...] = ()
    files: tuple[Referral, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Reads the links of a lead that was just opened."""

    desk: Desk

    async def of(self, actor: Actor, revealed: Sequence[Revealed]) -> Suggestions:
        """Return what an opened lead's links lead to, without what is watched already."""
        actor.require(Permission.REVEAL)
        accounts = await self.desk.store.read(Telegram(desk=self.desk).in_use)
        found = sorted_out((row.content for row in revealed if row.content is not None), with_account=bool(accounts))
        watched = await self.desk.store.read(lambda tx: [self.desk.watched(tx, one.place) for one in found.places])
        places = (one for one, target in zip(found.places, watched, strict=True) if target is None)
        return replace(found, places=tuple(places))


def sorted_out(contents: Iterable[PostContent], *, with_account: bool = False) -> Suggestions:
    """
    Return the places that links name, each once, and the links that are never followed; the rest is left out.

    `contents` come the oldest first.
    """
    places: dict[str, Suggestion] = {}
    referrals: dict[str, Referral] = {}
    for post, link in ((content.url, link) for content in contents for link in content.links):
        if len(places) + len(referrals) == MOST:
            break
        try:
            place = recognise_linked(link, with_account=with_account)
        except NotWatchable as refused:
            referrals.setdefault(link, Referral(link=link, why=str(refused), kind=refused.kind, post=post))
        except BadLocator:
            continue
        else:
            if not any(address in places for address in (place.canonical, *place.twins)):
                places[place.canonical] = Suggestion(place=place, post=post)
    return Suggestions(
        places=tuple(places.values()),
        referrals=tuple(one for one in referrals.values() if one.kind is not ReferralKind.FILE_HOST),
        files=tuple(one for one in referrals.values() if one.kind is ReferralKind.FILE_HOST),
    )
