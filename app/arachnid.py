"""Wire the look-up at Arachnid Shield, where it is configured."""

from __future__ import annotations

import aiohttp
from yarl import URL

from app.instance import Instance
from exchange.clients.arachnid import ArachnidShield
from triage.remote import RemoteMatching
from triage.remote_list import RemoteList

NAME = "Arachnid Shield"


def arachnid_list(instance: Instance, session: aiohttp.ClientSession) -> RemoteList | None:
    """
    Return the list of what Arachnid Shield knows, None where it is not configured.

    Raises OperatorFault where credentials are missing. Whether anything is
    asked is for the mandate to say, each time.
    """
    arachnid, office = instance.config.arachnid, instance.office
    if arachnid is None:
        return None
    service = arachnid.service
    lookup = ArachnidShield(
        session=session, url=URL(service.url), user=service.user.value(), secret=service.secret.value()
    )
    remote = RemoteMatching(desk=office.desk, lookup=lookup, fresh=arachnid.fresh)
    return RemoteList(desk=office.desk, lists=office.lists, remote=remote, name=NAME)
