"""
Explain two scores by the reasons that add up to them.

*Removal urgency* asks how quickly the content must go; *investigative value*
asks what an officer could do with it. Each is the plain sum of stored points,
so it can be replayed from its reasons. No score says whether anything is
illegal: a person does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.hashlists import Severity

VERSION = 1  # of the rules below; a change of meaning or points counts it up


class Score(StrEnum):
    """Which score a reason feeds."""

    URGENCY = "urgency"
    VALUE = "value"


class Rule(StrEnum):
    """What can be said for a lead."""

    STILL_LIVE = "still_live"
    KNOWN_MATCH = "known_match"
    LATER_MATCH = "later_match"
    MATCH_WITHDRAWN = "match_withdrawn"
    RECURRED = "recurred"
    SELLING_TEXT = "selling_text"
    UNMATCHED_MEDIA = "unmatched_media_beside_selling_text"
    IDENTIFIER = "payment_or_contact_identifier"


# English is the source text; the console translates it from this very text.
TEXTS: dict[Rule, str] = {
    Rule.STILL_LIVE: "The post was publicly visible when it was seen.",
    Rule.KNOWN_MATCH: "A picture matches an entry of an imported hash list.",
    Rule.LATER_MATCH: "The post was seen before the list held the picture; it was compared again.",
    Rule.MATCH_WITHDRAWN: "No list holds the picture any more: the match was taken back.",
    Rule.RECURRED: "It was verified as taken down, and is there again.",
    Rule.SELLING_TEXT: "The text offers something for sale: two kinds of commerce attribute meet.",
    Rule.UNMATCHED_MEDIA: "Pictures that match no list stand beside a selling text.",
    Rule.IDENTIFIER: "The text names a means of payment or contact that can be followed up.",
}
SCORE_OF: dict[Rule, Score] = {
    Rule.STILL_LIVE: Score.URGENCY,
    Rule.KNOWN_MATCH: Score.URGENCY,
    Rule.LATER_MATCH: Score.URGENCY,
    Rule.MATCH_WITHDRAWN: Score.URGENCY,
    Rule.RECURRED: Score.URGENCY,
    Rule.SELLING_TEXT: Score.VALUE,
    Rule.UNMATCHED_MEDIA: Score.VALUE,
    Rule.IDENTIFIER: Score.VALUE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """
    How much each reason weighs; the hotline may set its own in the configuration.

    A match counts `known_match`, or as the severity of its list says.
    """

    still_live: int = 20
    known_match: int = 20
    known_match_low: int = 10
    known_match_high: int = 30
    selling_text: int = 10
    unmatched_media: int = 25
    identifier: int = 5
    identifiers_at_most: int = 25

    def of(self, rule: Rule) -> int:
        """Return the points of one reason of this rule."""
        return {
            Rule.STILL_LIVE: self.still_live,
            Rule.KNOWN_MATCH: self.known_match,
            Rule.LATER_MATCH: 0,  # said, not weighed
            Rule.SELLING_TEXT: self.selling_text,
            Rule.UNMATCHED_MEDIA: self.unmatched_media,
            Rule.IDENTIFIER: self.identifier,
        }[rule]

    def of_match(self, severity: Severity) -> int:
        """Return the points of a match by its list's severity."""
        by_severity = {Severity.LOW: self.known_match_low, Severity.HIGH: self.known_match_high}
        return by_severity.get(severity, self.known_match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """
    One line of an explanation.

    `pointer` tells two reasons of one rule apart (a keyed digest of what was
    found); a reason is stored once a lead, rule and pointer.
    """

    score: Score
    rule: Rule
    version: int
    points: int
    pointer: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        """Return the reason in English."""
        return TEXTS[self.rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What is known of a lead's post when it is scored.

    `known_match` is the greatest severity among its matches, None without any;
    `identifiers` are keyed digests.
    """

    live: bool
    known_match: Severity | None
    selling: bool
    unmatched_media: bool
    identifiers: tuple[str, ...] = ()


def explain(evidence: Evidence, points: Points, already: Sequence[Reason] = ()) -> tuple[Reason, ...]:
    """Return the reasons that this evidence adds to those the lead has already."""
    stated = {(reason.rule, reason.pointer) for reason in already}
    named = sum(reason.points for reason in already if reason.rule is Rule.IDENTIFIER)
    found = (
        (Rule.STILL_LIVE, evidence.live),
        (Rule.SELLING_TEXT, evidence.selling),
        (Rule.UNMATCHED_MEDIA, evidence.selling and evidence.unmatched_media),
    )
    added = [_reason(rule, points.of(rule)) for rule, holds in found if holds and (rule, "") not in stated]
    if evidence.known_match is not None and not has_known_match(already):
        added.insert(0, _known(points.of_match(evidence.known_match), already))
    for identifier in dict.fromkeys(evidence.identifiers):
        weight = min(points.identifier, points.identifiers_at_most - named)
        if weight > 0 and (Rule.IDENTIFIER, identifier) not in stated:
            added.append(_reason(Rule.IDENTIFIER, weight, identifier))
            named += weight
    return tuple(added)


def has_known_match(reasons: Iterable[Reason]) -> bool:
    """Return whether a match speaks for a lead that was not taken back since."""
    standing = 0
    for reason in reasons:
        standing += (reason.rule is Rule.KNOWN_MATCH) - (reason.rule is Rule.MATCH_WITHDRAWN)
    return standing > 0


def later_match(already: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reason that says how a lead came to be filed after its post was seen."""
    if any(reason.rule is Rule.LATER_MATCH for reason in already):
        return ()
    return (_reason(Rule.LATER_MATCH, 0),)


def taken_back(already: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return the reason that takes a lead's match back, and with it its points; none where none stands."""
    if not has_known_match(already):
        return ()
    matched = [reason for reason in already if reason.rule in {Rule.KNOWN_MATCH, Rule.MATCH_WITHDRAWN}]
    points = sum(reason.points for reason in matched)
    return (_reason(Rule.MATCH_WITHDRAWN, -points, str(len(matched))),)


def recurred(already: Iterable[Reason]) -> Reason:
    """Return the reason that says why a lead is in the queue again; it is said, not weighed."""
    return _reason(Rule.RECURRED, 0, str(sum(reason.rule is Rule.RECURRED for reason in already)))


def total(reasons: Iterable[Reason], score: Score) -> int:
    """Return a score: the sum of the points of its reasons."""
    return sum(reason.points for reason in reasons if reason.score is score)


def _known(points: int, already: Iterable[Reason]) -> Reason:
    """Return the reason that a match gives; one that comes back after it was taken back is a reason of its own."""
    before = sum(reason.rule is Rule.KNOWN_MATCH for reason in already)
    return _reason(Rule.KNOWN_MATCH, points, str(before) if before else "")


def _reason(rule: Rule, points: int, pointer: str = "") -> Reason:
    return Reason(score=SCORE_OF[rule], rule=rule, version=VERSION, points=points, pointer=pointer)
