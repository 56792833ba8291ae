"""Name why a place is never opened."""

from __future__ import annotations

from enum import StrEnum


class ReferralKind(StrEnum):
    """Why a place is never opened."""

    INVITE = "invite"
    PRIVATE_CHAT = "private_chat"
    BOT = "bot"
    PROFILE = "profile"
    MESSENGER = "messenger"
    SERVICE = "service"
    FILE_HOST = "file_host"
    SHORT_LINK = "short_link"
    HIDDEN_SERVICE = "hidden_service"

    @property
    def sentence(self) -> str:
        """Return what a note of this kind says to the police, without the locator."""
        return f"Referral note: {_NAMED[self]} was reported. It was not opened, and nobody was contacted."


_NAMED = {
    ReferralKind.INVITE: "a private invite",
    ReferralKind.PRIVATE_CHAT: "a post in a private chat",
    ReferralKind.BOT: "a bot",
    ReferralKind.PROFILE: "a person's profile",
    ReferralKind.MESSENGER: "a link into a private messenger",
    ReferralKind.SERVICE: "a place on a service that Kapear cannot read",
    ReferralKind.FILE_HOST: "a link to files on a file host",
    ReferralKind.SHORT_LINK: "a shortened link",
    ReferralKind.HIDDEN_SERVICE: "a hidden service",
}
