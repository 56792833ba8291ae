"""Whose fault silence is: a host's while anybody answers, the network's when nobody does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.connectivity import PROBES, RECENT, SURE_AFTER, Failure, Network, Sign, Verdict, answered, failed, sign_of
from domain.ids import TargetId
from domain.outcomes import Outcome

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def failure(name: str, minutes: float = 0, *, target: str = "", failures: int = 0) -> Failure:
    at = NOW + minutes * MINUTE
    return Failure(host=name, target_id=TargetId(target or f"target of {name}"), at=at, failures=failures)


def after(network: Network, *silent: tuple[Failure, str]) -> Verdict:
    verdict = Verdict(network=network, is_network=False)
    for one, code in silent:
        verdict = failed(verdict.network, one, code)
    return verdict


@pytest.mark.parametrize("code", ["no_route", "no_resolver"])
def test_no_route_and_no_resolver_are_the_network_s_where_nobody_answers(code: str) -> None:
    verdict = after(Network(), (failure("kites"), code))
    assert (verdict.is_network, verdict.network.is_away, verdict.network.away_since) == (True, True, NOW)
    assert not verdict.network.is_sure


@pytest.mark.parametrize("code", ["no_route", "no_resolver", "timeout"])
def test_while_others_answer_it_is_the_host(code: str) -> None:
    verdict = after(answered(NOW - MINUTE), (failure("kites"), code), (failure("boats"), code))
    assert (verdict.is_network, verdict.network.is_away) == (False, False)


def test_one_silent_host_is_its_own_fault_however_often() -> None:
    verdict = after(Network(), *((failure("kites", minute), "timeout") for minute in range(30)))
    assert not verdict.is_network


def test_two_silent_hosts_and_nobody_else_are_the_network_and_the_first_is_forgiven() -> None:
    first = failure("kites", failures=3)
    verdict = after(Network(), (first, "timeout"), (failure("boats", 1), "tls"))
    assert (verdict.is_network, verdict.network.away_since, verdict.forgiven) == (True, NOW, (first,))


def test_two_hosts_that_fail_apart_are_not() -> None:
    verdict = after(Network(), (failure("kites"), "timeout"), (failure("boats", RECENT / MINUTE), "timeout"))
    assert not verdict.is_network


def test_what_failed_while_the_last_answer_was_fresh_is_forgiven_too() -> None:
    early = failure("kites", 1)
    verdict = after(answered(NOW), (early, "no_resolver"), (failure("boats", 3), "no_resolver"))
    assert verdict.is_network
    assert verdict.forgiven == (early,)
    assert verdict.network.away_since == early.at


def test_it_is_sure_once_another_look_fails_or_time_has_passed() -> None:
    away = after(Network(), (failure("kites"), "no_resolver"))
    again = after(away.network, (failure("kites", 1), "no_resolver"))
    assert (again.is_network, again.network.is_sure) == (True, False)
    assert after(away.network, (failure("boats", 1), "timeout")).network.is_sure
    assert after(again.network, (failure("kites", SURE_AFTER / MINUTE), "timeout")).network.is_sure


def test_any_answer_ends_it() -> None:
    away = after(Network(), (failure("kites"), "no_resolver"), (failure("boats", 1), "no_resolver")).network
    assert away.is_sure
    back = answered(NOW + 9 * 60 * MINUTE)
    assert not back.is_away
    assert back.doubts == ()


def test_probes_are_minutes_apart_and_a_clock_set_back_stops_none() -> None:
    away = after(Network(), (failure("kites"), "no_resolver")).network
    assert not away.may_probe(NOW + PROBES / 2)
    assert away.may_probe(NOW + PROBES)
    assert away.may_probe(NOW - MINUTE)


@pytest.mark.parametrize(
    ("outcome", "code", "sign"),
    [
        (Outcome.UNREACHABLE, "timeout", Sign.FAILED),
        (Outcome.UNREACHABLE, "not_itself", Sign.FAILED),
        (Outcome.UNREACHABLE, "http_503", Sign.ANSWERED),
        (Outcome.UNREACHABLE, "gone_unconfirmed", Sign.ANSWERED),
        (Outcome.NEW, "", Sign.ANSWERED),
        (Outcome.GONE, "http_404", Sign.ANSWERED),
        (Outcome.OFFLINE, "proxy", Sign.NOTHING),
        (Outcome.NOT_AUTHORISED, "all_paused", Sign.NOTHING),
        (Outcome.REFUSED, "loopback_only", Sign.NOTHING),
        (Outcome.ERROR, "not_html", Sign.NOTHING),
        (Outcome.UNREACHABLE, "host_rests", Sign.NOTHING),
    ],
)
def test_what_an_ending_says_of_the_network(outcome: Outcome, code: str, sign: Sign) -> None:
    assert sign_of(outcome, code, was_asked=True) is sign
    assert sign_of(outcome, code, was_asked=False) is (sign if sign is Sign.FAILED else Sign.NOTHING)


events = st.lists(
    st.tuples(
        st.sampled_from(["answer", "timeout", "no_resolver"]),
        st.sampled_from(["kites", "boats", "rakes"]),
        st.timedeltas(timedelta(0), 5 * MINUTE),
    ),
    max_size=30,
)


@given(events)
def test_nothing_is_blamed_on_the_network_while_somebody_answers(story: list[tuple[str, str, timedelta]]) -> None:
    network, now, last_answer = Network(), NOW, NOW - timedelta(days=1)
    for what, host, pause in story:
        now += pause
        if what == "answer":
            network, last_answer = answered(now), now
            continue
        one = Failure(host=host, target_id=TargetId(host), at=now)
        verdict = failed(network, one, what)
        if now - last_answer < RECENT:
            assert not verdict.is_network
        if verdict.is_network:
            assert verdict.network.away_since is not None
            assert verdict.network.away_since > last_answer
        assert all(last_answer <= doubt.at < now or doubt.at == now for doubt in verdict.forgiven)
        network = verdict.network
