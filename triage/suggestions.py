"""
Say which places in a lead's posts could be watched, if somebody reported them.

Made for one look at one lead, from what that look opened, and forgotten with
it: nothing is stored, counted, ranked or fetched. The order is that of the
text. Each place needs a report and a decision of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.errors import BadLocator, NotWatchable
from domain.leads import PostContent
from domain.locators import Locator, recognise_linked
from domain.people import Actor, Permission
from triage.desk import Desk
from triage.queue import Revealed
from triage.telegram import Telegram

MOST = 50  # of one lead; the links themselves all stand in its content

NEEDS_A_REPORT = "None of these is watched. To watch one, it needs a report of its own, and a decision."
FOR_THE_POLICE = "These are private, or lead to a bot or a person. They are never opened; note them for the police."


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A link that is never followed, and why."""

    link: str = field(repr=False)
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What the links of a lead lead to, in their order."""

    places: tuple[Locator, ...] = ()
    referrals: tuple[Referral, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Reads the links of a lead that was just opened."""

    desk: Desk

    async def of(self, actor: Actor, revealed: Sequence[Revealed]) -> Suggestions:
        """Return what an opened lead's links lead to, without what is watched already."""
        actor.require(Permission.REVEAL)
        accounts = await self.desk.store.read(Telegram(desk=self.desk).in_use)
        found = sorted_out((row.content for row in revealed if row.content is not None), with_account=bool(accounts))
        watched = await self.desk.store.read(lambda tx: [self.desk.watched(tx, place) for place in found.places])
        places = (place for place, is_watched in zip(found.places, watched, strict=True) if is_watched is None)
        return Suggestions(places=tuple(places), referrals=found.referrals)


def sorted_out(contents: Iterable[PostContent], *, with_account: bool = False) -> Suggestions:
    """Return the places that links name, each once, and the links that are never followed; the rest is left out."""
    places: dict[str, Locator] = {}
    referrals: dict[str, Referral] = {}
    for link in (link for content in contents for link in content.links):
        if len(places) + len(referrals) == MOST:
            break
        try:
            place = recognise_linked(link, with_account=with_account)
        except NotWatchable as refused:
            referrals.setdefault(link, Referral(link=link, why=str(refused)))
        except BadLocator:
            continue
        else:
            places.setdefault(place.canonical, place)
    return Suggestions(places=tuple(places.values()), referrals=tuple(referrals.values()))
