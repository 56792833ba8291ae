"""
Look at one message again: in its place in the history, so that its neighbours come with it.

History passes over what is gone without a word. So a message that is missing
there is asked for by its id, and only that answer counts as a no.
"""

from __future__ import annotations

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from telegram_monitor.asking import Asking
from telegram_monitor.cursor import MAX_ID
from telegram_monitor.history import BAD_ANSWER, Stretch, check_shown


def message_in(post: str) -> int:
    """Return the id that a post is named by; raises VisitEnded for a name that no message has."""
    if not (post.isascii() and post.isdecimal() and len(post) <= len(str(MAX_ID)) and 0 < int(post) <= MAX_ID):
        raise VisitEnded(Outcome.ERROR, "bad_post")
    return int(post)


async def look_around(asking: Asking, number: int) -> Stretch | None:
    """
    Return the messages about an id, that one among them; None where the server says that it is no post.

    One request, and a second for a message that history does not show.
    """
    about = await asking.around(number)
    if number not in about.ids:
        check_shown(about, asking.channel.id)
        told = await asking.by_id([number])
        if number not in told.ids:
            raise VisitEnded(Outcome.ERROR, BAD_ANSWER)
        check_shown(told, asking.channel.id)
        about = about.completed(told)
    return about if any(post.id == number for post in about.posts) else None
