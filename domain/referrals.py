"""
Say what is kept for the police of a place that Kapear never opens.

A note holds the locator sealed to the hotline, cites a report, and says of
what kind the place is. Nothing about it was looked up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.ids import ReferralId, ReportId
from domain.ports import LeadKey
from domain.referral_kinds import ReferralKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralNote:
    """
    One note for the police.

    `ciphertext` is the locator as it was pasted, sealed with the note's own
    key pair as a lead's content is; `locator_digest` keeps one note for each
    report and place.
    """

    id: ReferralId
    report_id: ReportId
    kind: ReferralKind
    created_at: datetime
    actor: str
    locator_digest: str
    key: LeadKey
    ciphertext: bytes = field(repr=False)
