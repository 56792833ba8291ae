"""
Turn what an analyst pastes into one canonical locator, or say why it is never watched.

Pure text work: nothing is looked up. Two spellings of one place become one
canonical locator, so that no target is watched twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.errors import BadLocator
from domain.locators import (
    bluesky,
    discourse,
    facebook,
    feed,
    forum,
    handles,
    homes,
    imageboard,
    lemmy,
    mastodon,
    parts,
    reddit,
    refused,
    telegram,
    vk,
    web,
)
from domain.observations import Platform

MAX_LOCATOR = 2048

# Of each platform beside Telegram and plain pages: what returns its canonical locator for a canonical web address, or
# None for an address that is not of it. Where a person named the platform, any host may be one; then it raises
# BadLocator for what it cannot read. The first that knows an address has it, so the narrow come before the wide.
Reader = Callable[[str, bool], str | None]
READERS: Mapping[Platform, Reader] = {
    Platform.FACEBOOK: facebook.read,
    Platform.REDDIT: reddit.read,
    Platform.VK: vk.read,
    Platform.BLUESKY: bluesky.read,
    Platform.DISCOURSE: discourse.read,
    Platform.FEED: feed.read,
    Platform.FORUM: forum.read,
    Platform.IMAGEBOARD: imageboard.read,
    Platform.LEMMY: lemmy.read,
    Platform.MASTODON: mastodon.read,  # the widest: any host's /@name
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """A place that can be watched; `canonical` is what is stored, compared and shown."""

    platform: Platform
    canonical: str = field(repr=False)

    @property
    def twins(self) -> tuple[str, ...]:
        """Return the other addresses that are taken for the same place: with http or https, with www or without."""
        return web.twins(self.canonical)

    @property
    def host(self) -> str:
        """Return the host name or address of the canonical locator."""
        return web.host_of(self.canonical)


def recognise(text: str, *, with_account: bool = False, platform: Platform | None = None) -> Locator:
    """
    Return the locator that a pasted text names.

    A channel is read `with_account` where the hotline has one on Telegram, and
    through its public preview where it has none, or where the spelling asks
    for the preview. Both have one canonical form: a channel is watched once.
    `platform` is what a person said it is, where the address alone cannot tell.
    Raises BadLocator for what cannot be read, NotWatchable for what is
    understood and never fetched (invites, bots, direct messages).
    """
    return _recognised(text, with_account=with_account, is_whole=True, platform=platform)


def recognise_linked(link: str, *, with_account: bool = False) -> Locator:
    """
    Return the locator of the place that a link within a post leads to.

    As `recognise`, but a link to one post names the channel, account or
    community that posted it, where the address alone says which.
    """
    return _recognised(link, with_account=with_account, is_whole=False, platform=None)


def _recognised(text: str, *, with_account: bool, is_whole: bool, platform: Platform | None) -> Locator:
    """Return the locator that a text names; `is_whole` refuses what names only a part of a channel."""
    pasted = text.strip()
    if not pasted:
        raise BadLocator("The locator is empty: paste a web address or a Telegram channel such as @name.")
    if len(pasted) > MAX_LOCATOR:
        raise BadLocator(f"The locator is longer than {MAX_LOCATOR} characters; paste the plain address.")
    if any(ord(character) < 0x21 or ord(character) == 0x7F or character == "\\" for character in pasted):  # noqa: PLR2004 - ASCII
        raise BadLocator("The locator holds a space, a control character or a backslash; paste the plain address.")
    if any("\ud800" <= character <= "\udfff" for character in pasted):
        raise BadLocator("The locator holds half a character; paste the plain address.")
    handle = handles.spelled_out(pasted)
    if handle is not None:
        pasted, platform = handle[0], platform or handle[1]
    refused.refuse_application(pasted)
    channel = telegram.named_channel(pasted, is_whole=is_whole)
    if channel is None:
        canonical = homes.at_home(web.canonical_url(pasted))
        # Asked again of the canonical form: `t.me.` and full-width letters spell t.me too.
        channel = telegram.named_channel(canonical, is_whole=is_whole)
        if channel is None:
            refused.refuse(canonical)
            return _on_the_web(canonical, platform, is_whole=is_whole)
    if platform is not None and not platform.is_telegram:
        raise BadLocator(f"This is a channel on Telegram, and nothing on {platform}; leave the platform out.")
    if platform is Platform.TELEGRAM and not with_account:
        raise BadLocator("No account on Telegram is signed in to read this with; leave the platform out.")
    is_preview = channel.is_preview if platform is None else platform is Platform.TELEGRAM_WEB
    return Locator(
        platform=Platform.TELEGRAM if with_account and not is_preview else Platform.TELEGRAM_WEB,
        canonical=f"https://t.me/s/{channel.name}",
    )


def _on_the_web(canonical: str, asked: Platform | None, *, is_whole: bool) -> Locator:
    """Return the locator of a canonical web address, on the platform that was named or that knows it."""
    for address in (canonical,) if is_whole else dict.fromkeys((parts.whole(canonical), canonical)):
        for platform, read in READERS.items():
            if asked in {None, platform}:
                found = _read(read, address, asked=asked is platform, is_whole=is_whole)
                if found is not None:
                    return Locator(platform=platform, canonical=found)
    if asked not in {None, Platform.PAGE}:
        raise BadLocator(f"This is no address on {asked} that Kapear can read; leave the platform out, or mend it.")
    return Locator(platform=Platform.PAGE, canonical=canonical)


def _read(read: Reader, url: str, *, asked: bool, is_whole: bool) -> str | None:
    """Return what a reader knows an address as; of a part of a place, the place where only that is wanted."""
    while True:
        try:
            return read(url, asked)
        except BadLocator:
            above = None if is_whole else parts.shorter(url)
            if above is None:
                raise
            url = above
