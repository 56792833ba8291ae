"""Wire the look-up at Arachnid Shield, where it is configured."""

from __future__ import annotations

import aiohttp
from yarl import URL

from app.config import Config
from exchange.clients.arachnid import ArachnidShield
from triage.desk import Desk
from triage.remote import RemoteMatching


def arachnid_matching(config: Config, desk: Desk, session: aiohttp.ClientSession) -> RemoteMatching | None:
    """
    Return who asks Arachnid Shield over a guarded session, None where it is not configured.

    Raises OperatorFault where credentials are missing. Whether anything is
    asked is for the mandate to say, each time.
    """
    arachnid = config.arachnid
    if arachnid is None:
        return None
    service = arachnid.service
    lookup = ArachnidShield(
        session=session, url=URL(service.url), user=service.user.value(), secret=service.secret.value()
    )
    return RemoteMatching(desk=desk, lookup=lookup, fresh=arachnid.fresh)
