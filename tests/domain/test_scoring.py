"""Scores are the sums of their reasons, and a reason is stated once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.hashlists import Severity
from domain.scoring import SCORE_OF, TEXTS, VERSION, Evidence, Points, Reason, Rule, Score, explain, total

evidence = st.builds(
    Evidence,
    live=st.booleans(),
    known_match=st.none() | st.sampled_from(Severity),
    selling=st.booleans(),
    unmatched_media=st.booleans(),
    identifiers=st.lists(st.sampled_from([f"i{n}" for n in range(9)]), max_size=12).map(tuple),
)
points = st.builds(
    Points,
    still_live=st.integers(0, 50),
    known_match=st.integers(0, 50),
    selling_text=st.integers(0, 50),
    unmatched_media=st.integers(0, 50),
    identifier=st.integers(0, 12),
    identifiers_at_most=st.integers(0, 40),
)
EVERYTHING = Evidence(
    live=True, known_match=Severity.NORMAL, selling=True, unmatched_media=True, identifiers=("i1", "i2")
)


def test_every_rule_has_a_text_a_score_and_points() -> None:
    assert set(TEXTS) == set(SCORE_OF) == set(Rule)
    assert {rule: Points().of(rule) for rule in Rule if rule not in {Rule.MATCH_WITHDRAWN, Rule.RECURRED}} == {
        Rule.STILL_LIVE: 20,
        Rule.KNOWN_MATCH: 20,
        Rule.LATER_MATCH: 0,
        Rule.SELLING_TEXT: 10,
        Rule.UNMATCHED_MEDIA: 25,
        Rule.IDENTIFIER: 5,
    }


def test_all_that_can_be_said_adds_up() -> None:
    reasons = explain(EVERYTHING, Points())
    assert (total(reasons, Score.URGENCY), total(reasons, Score.VALUE)) == (40, 45)
    assert {reason.version for reason in reasons} == {VERSION}
    assert all(reason.text == TEXTS[reason.rule] and reason.score is SCORE_OF[reason.rule] for reason in reasons)


def test_unmatched_media_count_only_beside_a_selling_text() -> None:
    alone = Evidence(live=False, known_match=None, selling=False, unmatched_media=True)
    assert explain(alone, Points()) == ()


def test_identifiers_are_capped_and_the_last_one_counts_what_is_left() -> None:
    many = Evidence(
        live=False, known_match=None, selling=False, unmatched_media=False, identifiers=("a", "a", "b", "c", "d")
    )
    reasons = explain(many, Points(identifier=5, identifiers_at_most=12))
    assert [(reason.pointer, reason.points) for reason in reasons] == [("a", 5), ("b", 5), ("c", 2)]


def test_the_cap_holds_over_several_posts() -> None:
    reasons: tuple[Reason, ...] = ()
    for number in range(9):
        more = Evidence(
            live=True, known_match=None, selling=True, unmatched_media=False, identifiers=(f"i{number}", "same")
        )
        reasons += explain(more, Points(), reasons)
    assert total([reason for reason in reasons if reason.rule is Rule.IDENTIFIER], Score.VALUE) == 25


def test_a_pointer_is_not_shown_by_accident() -> None:
    assert "secret" not in repr(explain(Evidence(
        live=True, known_match=None, selling=True, unmatched_media=False, identifiers=("secret",)
    ), Points()))  # fmt: skip


@given(st.lists(evidence, max_size=6), points)
def test_scores_are_sums_capped_and_replay_from_their_reasons(seen: list[Evidence], weights: Points) -> None:
    reasons: tuple[Reason, ...] = ()
    for one in seen:
        added = explain(one, weights, reasons)
        assert explain(one, weights, (*reasons, *added)) == ()
        reasons += added
    assert len({(reason.rule, reason.pointer) for reason in reasons}) == len(reasons)
    assert total(reasons, Score.URGENCY) + total(reasons, Score.VALUE) == sum(reason.points for reason in reasons)
    named = [reason.points for reason in reasons if reason.rule is Rule.IDENTIFIER]
    assert sum(named) <= weights.identifiers_at_most
    assert all(points > 0 for points in named)
