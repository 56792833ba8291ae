"""
Name the desk's values in plain words; catalogues translate from these.

Values of two kinds may be spelled alike ("new" is a status and an outcome), so
a label is looked up by kind and value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from domain import condition, explanation, failing, scoring
from domain import messages as told
from domain.hashlists import ListClass, Withdrawal
from domain.leads import Closing, LeadKind, LeadStatus
from domain.locators import refused, telegram
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.people import Role
from domain.referral_kinds import ReferralKind
from domain.reports import Via
from domain.scoring import Score
from domain.targets import TargetStatus
from domain.telegram import AccountState, Standing

_LABELS: dict[type[StrEnum], dict[str, str]] = {
    LeadStatus: {
        "new": "New",
        "claimed": "Claimed",
        "assessed": "Assessed",
        "police_hold": "Held for the police",
        "notice_sent": "Notice sent",
        "referred": "Referred",
        "monitoring": "Monitoring",
        "closed": "Closed",
    },
    Closing: {
        "removed": "Removed",
        "unavailable": "Unavailable",
        "moved": "Moved elsewhere",
        "not_illegal": "Not illegal",
        "duplicate": "Duplicate",
        "expired": "Expired",
        "withdrawn": "Match taken back",
    },
    Withdrawal: {
        "superseded": "a later version says the same",
        "entry_gone": "the list holds it no more",
        "list_retired": "the list is not in use any more",
        "disabled": "the hash was disabled",
        "suppressed": "a negative list knows the picture",
        "revoked": "an assessment was changed",
    },
    LeadKind: {"hash": "Hash match", "text": "Text"},
    TargetStatus: {
        "awaiting_approval": "Awaiting approval",
        "active": "Active",
        "paused": "Paused",
        "expired": "Expired",
        "retired": "Retired",
    },
    Outcome: {
        "new": "New posts",
        "unchanged": "Nothing new",
        "gone": "Gone",
        "moved": "Moved",
        "refused": "Refused by the guard",
        "restricted": "Restricted",
        "no_preview": "No public preview",
        "limited": "Asked to slow down",
        "unreachable": "Unreachable",
        "offline": "Line is down",
        "not_authorised": "Not authorised",
        "error": "Error",
    },
    Platform: {
        "telegram": "Telegram channel",
        "telegram_web": "Telegram channel, preview",
        "page": "Web page",
        "feed": "Feed",
        "mastodon": "Mastodon",
        "bluesky": "Bluesky",
        "lemmy": "Lemmy",
        "discourse": "Discourse forum",
        "imageboard": "Imageboard",
        "forum": "Forum",
        "facebook": "Facebook page",
        "reddit": "Reddit",
        "vk": "VK",
    },
    ReferralKind: {
        "invite": "Invite",
        "private_chat": "Private chat",
        "bot": "Bot",
        "profile": "Profile",
        "messenger": "Messenger",
        "service": "Service that cannot be read",
        "file_host": "File host",
        "short_link": "Shortened link",
        "hidden_service": "Hidden service",
    },
    Via: {"web": "Web form", "phone": "Telephone", "telegram": "Telegram", "email": "E-mail", "partner": "Partner"},
    ListClass: {
        "accredited": "Accredited",
        "own": "Own",
        "self-submitted": "Self-submitted",
        "adult-ncii": "Adult, without consent",
        "negative": "Negative",
    },
    Role: {"analyst": "Analyst", "supervisor": "Supervisor", "admin": "Administrator", "auditor": "Auditor"},
    Score: {"urgency": "Removal urgency", "value": "Investigative value"},
}

# What `app` puts above every page.
NOT_ENROLLED = "not enrolled: loopback only, and the hotline's private key lies unprotected beside the data"
DEMONSTRATION = "A demonstration: every post, picture and hash here is made up."
# What the queue's page says of Telegram accounts that do not read as they should.
ACCOUNT_PARKED = (
    "A Telegram account is parked: it reads nothing until somebody signs it in again (kapear telegram status)."
)
ACCOUNT_LIMITED = (
    "Telegram asked an account to wait: some channels are read later than planned (kapear telegram status)."
)
NOTICES = (NOT_ENROLLED, DEMONSTRATION, ACCOUNT_PARKED, ACCOUNT_LIMITED)
_NOTICE_OF = {Standing.PARKED: ACCOUNT_PARKED, Standing.LIMITED: ACCOUNT_LIMITED}

ERROR_TITLES: dict[int, str] = {
    400: "This cannot be read",
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Not now",
    413: "Too long",
    415: "Not in this form",
    421: "Wrong address",
    429: "Too many tries",
    500: "Something went wrong",
    503: "The administrator is needed",
}

# Lines of the console's own; lines of other rooms arrive in English and are shown so.
SIGN_IN_FIRST = "You are not signed in. Ask for a link: kapear user link NAME."
NO_SUCH_PAGE = "There is no such page."
WENT_WRONG = "Nothing was changed. The log names the fault; tell your administrator."
FORM_EXPIRED = "This form has expired or came from another page; go back and send it again."
WRONG_HOST = "This console does not answer to that address."
TOO_LONG = "What was sent is too long."
WRONG_METHOD = "This page cannot be used that way."
WRONG_MEDIA_TYPE = "This is sent as a plain form, or as JSON to the API."
UNKNOWN_PARAMETER = "This page does not know that parameter."
TOO_MANY_TRIES = "Too many wrong passphrases; wait a quarter of an hour."
BAD_FIELD = "A field of this form was filled in a way that cannot be read."
BAD_DATE = "A date is written year-month-day, such as 2026-01-31."
BAD_BACKFILL = "Earlier posts: a number from 0 up, a date such as 2026-01-31, or all."
NO_REASON = "Say why everything is paused."
LINES = (
    SIGN_IN_FIRST, NO_SUCH_PAGE, WENT_WRONG, FORM_EXPIRED, WRONG_HOST, TOO_LONG, WRONG_METHOD, WRONG_MEDIA_TYPE,
    UNKNOWN_PARAMETER, TOO_MANY_TRIES, BAD_FIELD, BAD_DATE, BAD_BACKFILL, NO_REASON,
)  # fmt: skip


def account_notices(states: Iterable[AccountState]) -> tuple[str, ...]:
    """Return what everybody at the desk must know of the Telegram accounts; empty when all is well."""
    found = {state.standing for state in states}
    return tuple(notice for standing, notice in _NOTICE_OF.items() if standing in found)


def label(value: StrEnum) -> str:
    """Return the English label of a value."""
    return _LABELS[type(value)][value.value]


def messages() -> Iterator[tuple[str, str]]:
    """Yield every text to translate that no template holds, with where it comes from."""
    for kind, labels in _LABELS.items():
        for text in labels.values():
            yield text, kind.__name__
    for where, texts in (
        ("domain.scoring", scoring.TEXTS.values()),
        ("domain.referral_kinds", [never_opened.sentence for never_opened in ReferralKind]),
        ("domain.explanation", explanation.SENTENCES),
        ("domain.locators", (*refused.SENTENCES, *telegram.SENTENCES)),
        ("domain.messages", told.TEXTS),
        ("domain.condition", condition.WHY.values()),
        ("domain.failing", failing.ADVICE.values()),
        ("console.words", (*NOTICES, *ERROR_TITLES.values(), *LINES)),
    ):
        for text in texts:
            yield text, where


def covered() -> dict[type[StrEnum], frozenset[str]]:
    """Return which values of which kind have a label."""
    return {kind: frozenset(labels) for kind, labels in _LABELS.items()}
