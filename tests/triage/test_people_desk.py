"""Users, enrolment, sign-in by one-time links, sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import BadInput, NotAllowed, NotFound, WrongState
from domain.mandate import MandateScope
from domain.people import SESSION_IDLE, Actor, Role
from tests.desk import LOCAL
from tests.triage.deskhands import ORGANISATION, Desk, mandate
from triage.people import LINK_LIFETIME, SESSION_LIFETIME, People

TWO = [("sok", Role.ANALYST), ("dara", Role.SUPERVISOR)]


def people_of(desk: Desk) -> People:
    return desk.opened.office.people


async def test_enrolment_names_users_and_shows_their_tokens_once(desk: Desk) -> None:
    people = people_of(desk)
    named = await people.enrol(LOCAL, ORGANISATION, mandate(desk, MandateScope.TEXT), TWO)
    standing = await people.standing()
    assert (standing.enrolled, standing.users, standing.organisation) == (True, 2, ORGANISATION)
    assert standing.governing_mandate.scope is MandateScope.TEXT
    for user, token in named:
        assert await people.actor_by_token(token) == Actor(name=user.name, role=user.role)
    events = await desk.events()
    assert [event.action for event in events] == ["user.added", "user.added", "instance.enrolled"]
    assert not any(token in repr(events) for _, token in named)


@pytest.mark.parametrize(
    "users",
    [
        [],
        [("sok", Role.SUPERVISOR)],
        [("sok", Role.ANALYST), ("nary", Role.ADMIN)],
        [("vuthy", Role.AUDITOR), ("nary", Role.ADMIN), ("sok", Role.ANALYST)],
        [("sok", Role.ANALYST), ("dara", Role.ANALYST)],  # nobody could ever name a third
    ],
)
async def test_an_enrolment_that_could_not_work_is_refused_whole(desk: Desk, users: list[tuple[str, Role]]) -> None:
    people = people_of(desk)
    with pytest.raises(BadInput, match="Enrolment names"):
        await people.enrol(LOCAL, ORGANISATION, mandate(desk, MandateScope.TEXT), users)
    standing = await people.standing()
    assert (standing.enrolled, standing.organisation, standing.users) == (False, None, 0)
    assert await desk.events() == []


@pytest.mark.parametrize(
    "change", [{"name": " "}, {"contact": "nobody"}, {"zone": "Mars/Olympus"}, {"zone": "../etc"}, {"zone": ""}]
)
async def test_an_organisation_that_could_not_stand_is_refused(desk: Desk, change: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        await people_of(desk).enrol(LOCAL, replace(ORGANISATION, **change), mandate(desk, MandateScope.TEXT), TWO)


async def test_a_mandate_that_could_not_stand_is_refused(desk: Desk) -> None:
    whole = mandate(desk, MandateScope.TEXT)
    for wrong in (
        replace(whole, authority=""),
        replace(whole, document=" "),
        replace(whole, expires_at=desk.opened.clock()),
    ):
        with pytest.raises(BadInput):
            await people_of(desk).enrol(LOCAL, ORGANISATION, wrong, TWO)


async def test_a_mandate_is_renewed_without_naming_users_again(enrolled: Desk) -> None:
    await enrolled.renew(MandateScope.LINKS_ONLY)
    standing = await people_of(enrolled).standing()
    assert (standing.enrolled, standing.governing_mandate.scope) == (True, MandateScope.LINKS_ONLY)


async def test_an_analyst_manages_nobody(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    for refused in (
        people.add_user(bopha, "rith", Role.ANALYST),
        people.renew_token(bopha, "chan"),
        people.all(bopha),
        people.link_for(bopha, await enrolled.opened.user("chan")),
        people.enrol(bopha, ORGANISATION, mandate(enrolled, MandateScope.TEXT), []),
    ):
        with pytest.raises(NotAllowed):
            await refused


async def test_a_name_is_taken_once(enrolled: Desk) -> None:
    nary, people = await enrolled.opened.user("nary"), people_of(enrolled)
    user, token = await people.add_user(nary, "rith", Role.AUDITOR)
    assert await people.actor_by_token(token) == Actor(name="rith", role=Role.AUDITOR)
    assert user in await people.all(nary)
    with pytest.raises(WrongState, match="rith"):
        await people.add_user(nary, "rith", Role.ANALYST)
    with pytest.raises(BadInput):
        await people.add_user(nary, "Rith Sok", Role.ANALYST)


async def test_a_new_token_ends_the_old_one(enrolled: Desk) -> None:
    nary, people = await enrolled.opened.user("nary"), people_of(enrolled)
    old = enrolled.opened.user_tokens["bopha"]
    new = await people.renew_token(nary, "bopha")
    assert (await people.actor_by_token(new)).name == "bopha"
    with pytest.raises(NotAllowed, match="KAPEAR_TOKEN"):
        await people.actor_by_token(old)
    with pytest.raises(NotFound):
        await people.renew_token(nary, "nobody")


@pytest.mark.parametrize("token", ["", "guess", "\ud800"])
async def test_a_guess_is_no_token(enrolled: Desk, token: str) -> None:
    with pytest.raises(NotAllowed):
        await people_of(enrolled).actor_by_token(token)


async def test_a_link_signs_in_once(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    secret = await people.link_for(bopha, bopha)
    cookie, session = await people.sign_in(secret)
    assert session.actor == bopha
    assert await people.session(cookie) == session
    assert len({secret, cookie, session.csrf}) == 3
    with pytest.raises(NotAllowed, match="used or has expired"):
        await people.sign_in(secret)
    events = await enrolled.events()
    assert [event.action for event in events][-2:] == ["user.link_made", "user.signed_in"]
    assert not any(word in repr(events) for word in (secret, cookie, session.csrf))


async def test_a_link_lives_a_quarter_of_an_hour(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    late, in_time = await people.link_for(bopha, bopha), await people.link_for(bopha, bopha)
    enrolled.opened.clock.forward(LINK_LIFETIME - timedelta(seconds=1))
    await people.sign_in(in_time)
    enrolled.opened.clock.forward(timedelta(seconds=1))
    with pytest.raises(NotAllowed):
        await people.sign_in(late)


async def test_an_admin_makes_a_link_for_somebody_else(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    _, session = await people.sign_in(await people.link_for(await enrolled.opened.user("nary"), bopha))
    assert session.actor == bopha


async def test_a_session_that_is_used_lives_on_and_one_that_is_not_ends(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    cookie, _ = await people.sign_in(await people.link_for(bopha, bopha))
    for _ in range(5):
        enrolled.opened.clock.forward(SESSION_IDLE - timedelta(minutes=1))
        assert await people.session(cookie) is not None
    enrolled.opened.clock.forward(SESSION_IDLE)
    assert await people.session(cookie) is None


async def test_no_session_outlives_a_working_day(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    cookie, session = await people.sign_in(await people.link_for(bopha, bopha))
    assert session.expires_at == enrolled.opened.clock() + SESSION_LIFETIME
    while enrolled.opened.clock() + SESSION_IDLE / 2 < session.expires_at:
        enrolled.opened.clock.forward(SESSION_IDLE / 2)
        assert await people.session(cookie) is not None
    enrolled.opened.clock.now = session.expires_at
    assert await people.session(cookie) is None


async def test_signing_out_ends_a_session(enrolled: Desk) -> None:
    bopha, people = await enrolled.opened.user("bopha"), people_of(enrolled)
    cookie, _ = await people.sign_in(await people.link_for(bopha, bopha))
    await people.sign_out(cookie)
    assert await people.session(cookie) is None
    assert await people.session("") is None


async def test_the_person_at_the_machine_signs_in_off_enrolment(desk: Desk) -> None:
    people = people_of(desk)
    cookie, session = await people.sign_in(await people.link_for(LOCAL, LOCAL))
    assert session.actor == LOCAL
    assert await people.session(cookie) == session


async def test_an_unknown_user_is_no_actor(enrolled: Desk) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await people_of(enrolled).user_actor("nobody")
