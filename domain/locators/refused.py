"""
Say which places on the web are never watched, and why, in one line each.

What is listed is a service as a whole, or what an address there says of the
place: a message, a person, a file. Nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from domain.errors import NotWatchable
from domain.referral_kinds import ReferralKind

_NOTE = "Keep a referral note for the police instead: kapear report refer."


class _Refusal(NamedTuple):
    kind: ReferralKind
    sentence: str


def _closed(name: str, why: str) -> _Refusal:
    return _Refusal(ReferralKind.SERVICE, f"Kapear cannot watch {name}: {why}. {_NOTE}")


_MESSENGER = _Refusal(
    ReferralKind.MESSENGER, f"This leads into a private messenger. Kapear reads public pages only. {_NOTE}"
)
_FILES = _Refusal(
    ReferralKind.FILE_HOST,
    f"This is a file host. A link to files is recorded with the post that holds it, and never fetched. {_NOTE}",
)
_SHORTENED = _Refusal(
    ReferralKind.SHORT_LINK,
    "This is a shortened link: where it leads is known only by opening it, and Kapear opens none. "
    "Paste the address it leads to, or keep a referral note for the police: kapear report refer.",
)
_HIDDEN = _Refusal(
    ReferralKind.HIDDEN_SERVICE,
    f"This is a hidden service. Kapear does not use Tor, and reads the public web only. {_NOTE}",
)
_WALLED = _Refusal(
    ReferralKind.SERVICE,
    f"What is posted here is shown to those who sign in or pay. Kapear does neither. {_NOTE}",
)
_PERSON = _Refusal(
    ReferralKind.PROFILE,
    f"This is a person's profile. Kapear watches no people; of this site it reads pages only. {_NOTE}",
)
_SIGN_IN = "it shows posts only to those who sign in there"

_SERVICES: dict[str, _Refusal] = {
    **dict.fromkeys(
        ("x.com", "twitter.com", "t.co"), _closed("X (Twitter)", "its posts can be read by a paid interface only")
    ),
    **dict.fromkeys(("instagram.com", "instagr.am", "ig.me"), _closed("Instagram", _SIGN_IN)),
    **dict.fromkeys(("threads.net", "threads.com"), _closed("Threads", _SIGN_IN)),
    "tiktok.com": _closed("TikTok", "it has no public interface for reading posts"),
    "snapchat.com": _closed("Snapchat", "it has no public interface for reading posts"),
    "linkedin.com": _closed("LinkedIn", _SIGN_IN),
    **dict.fromkeys(
        (
            "chat.whatsapp.com", "discord.com", "discord.gg", "discordapp.com", "imo.im", "join.skype.com",
            "kik.com", "kik.me", "lin.ee", "line.me", "m.me", "matrix.to", "messenger.com", "open.kakao.com",
            "signal.art", "signal.group", "signal.me", "simplex.chat", "threema.id", "viber.com", "wa.me",
            "wechat.com", "weixin.qq.com", "whatsapp.com", "zalo.me",
        ),
        _MESSENGER,
    ),
    **dict.fromkeys(
        ("fancentro.com", "fansly.com", "fanvue.com", "loyalfans.com", "onlyfans.com", "patreon.com"), _WALLED
    ),
    **dict.fromkeys(
        (
            "1024terabox.com", "1drv.ms", "4shared.com", "app.box.com", "cloud.mail.ru", "disk.yandex.com",
            "disk.yandex.ru", "drive.google.com", "dropbox.com", "file.io", "files.catbox.moe", "gofile.io",
            "icedrive.net", "krakenfiles.com", "mediafire.com", "mega.co.nz", "mega.io", "mega.nz",
            "onedrive.live.com", "pcloud.com", "pcloud.link", "photos.app.goo.gl", "pixeldrain.com",
            "rapidgator.net", "sendspace.com", "terabox.app", "terabox.com", "teraboxapp.com", "transfer.sh",
            "we.tl", "wetransfer.com", "workupload.com", "yadi.sk",
        ),
        _FILES,
    ),
    **dict.fromkeys(
        (
            "bit.ly", "cutt.ly", "fb.me", "goo.gl", "is.gd", "ow.ly", "rb.gy", "shorturl.at", "t.ly",
            "tinyurl.com", "v.gd",
        ),
        _SHORTENED,
    ),
    **dict.fromkeys(("onion", "onion.ly", "onion.pet", "onion.ws", "tor2web.io", "tor2web.org", "i2p"), _HIDDEN),
}  # fmt: skip

# Of sites that have public places beside these: what the address itself says.
_PLACES: tuple[tuple[str, re.Pattern[str], _Refusal], ...] = (
    ("facebook.com", re.compile(r"/messages(?:/.*)?"), _MESSENGER),
    ("facebook.com", re.compile(r"/(?:profile\.php|people/.+|friends(?:/.*)?)"), _PERSON),
    ("facebook.com", re.compile(r"/groups(?:/.*)?"), _closed("groups on Facebook", _SIGN_IN)),
    ("facebook.com", re.compile(r"/share(?:/.*)?"), _SHORTENED),
    ("vk.com", re.compile(r"/(?:im|write-?\d+|mail)(?:/.*)?"), _MESSENGER),
    ("vk.com", re.compile(r"/(?:id\d+|(?:wall|photo|video|albums?)\d+(?:_.*)?)(?:/.*)?"), _PERSON),
    ("reddit.com", re.compile(r"/(?:user|u)/.+"), _PERSON),
    ("reddit.com", re.compile(r"/r/[^/]+/s/.+"), _SHORTENED),
)  # fmt: skip

_APPLICATIONS = re.compile(
    r"(?:whatsapp|viber|line|sgnl|fb-messenger|discord|skype|weixin|kakaotalk|zalo|kik|threema|simplex|matrix):",
    re.IGNORECASE,
)


# Every line that this table says, for whoever translates them.
SENTENCES = tuple(dict.fromkeys(why.sentence for why in (*_SERVICES.values(), *(why for *_, why in _PLACES))))


def refuse_application(pasted: str) -> None:
    """Raise NotWatchable for a link that only a messenger's own application opens."""
    if _APPLICATIONS.match(pasted):
        raise NotWatchable(_MESSENGER.sentence, _MESSENGER.kind)


def refuse(url: str) -> None:
    """Raise NotWatchable where a canonical address leads to what is never watched."""
    parts = urlsplit(url)
    names = list(_names(parts.hostname or ""))
    refusal = next((_SERVICES[name] for name in names if name in _SERVICES), None)
    if refusal is None:
        refusal = next((why for site, form, why in _PLACES if site in names and form.fullmatch(parts.path)), None)
    if refusal is not None:
        raise NotWatchable(refusal.sentence, refusal.kind)


def _names(host: str) -> Iterator[str]:
    """Yield a host's name and those above it."""
    while host:
        yield host
        host = host.partition(".")[2]
