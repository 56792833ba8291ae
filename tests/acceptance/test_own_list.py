"""A hotline without any list: what two people hold illegal in one channel is found again in another."""

from __future__ import annotations

import asyncio
from typing import Any

from app import config
from app.instance import open_instance
from domain.assessments import Basis, Verdict
from domain.people import Actor, Role
from tests.acceptance.driver import Kapear, Platform
from triage.assessments import Assessed

SECOND = "os:second"


def assess(kapear: Kapear, lead_id: str, by: str, verdict: Verdict) -> Assessed:
    """Assess as somebody of an installation that is not enrolled, where a person is a name at the machine."""

    async def work() -> Assessed:
        actor = Actor(name=by, role=Role.ADMIN, local=True)
        async with open_instance(config.load(kapear.env)) as instance:
            return await instance.office.assessments.assess(actor, lead_id, verdict=verdict, basis=Basis.VIEWED)

    return asyncio.run(work())


def checked(kapear: Kapear, target_id: str) -> dict[str, Any]:
    outcome: dict[str, Any] = kapear.json("watch", "check", target_id)
    return outcome


def leads_of(kapear: Kapear, target_id: str) -> list[dict[str, Any]]:
    return [lead for lead in kapear.json("leads", "list") if lead["target_id"] == target_id]


def both_seen(kapear: Kapear, platform: Platform) -> tuple[str, str, str]:
    """Watch and visit both channels; returns their ids and that of the one lead there is, which a text made."""
    [again] = platform.line["served"]["reposts"]
    first, other = (kapear.watch(each["target"]) for each in (again["first"], again))
    assert [checked(kapear, target_id)["leads_filed"] for target_id in (first, other)] == [1, 0]
    [lead] = kapear.json("leads", "list")
    assert (lead["target_id"], lead["matches"], bool(lead["text_hits"])) == (first, [], True)
    return first, other, lead["id"]


def agreed_on(kapear: Kapear, lead_id: str) -> None:
    """Let two people hold the lead's picture illegal, one after the other."""
    first = kapear.json("leads", "claim", lead_id)["claimed_by"]
    assert assess(kapear, lead_id, first, Verdict.ILLEGAL).listed == 0, "one person alone lists nothing"
    assert assess(kapear, lead_id, SECOND, Verdict.ILLEGAL).listed == 2, "its SHA-256 and its PDQ"


def test_what_two_people_assessed_is_found_where_it_was_posted_again_until_one_takes_it_back(
    kapear: Kapear, platform: Platform
) -> None:
    assert kapear.json("hashlist", "list") == []
    first, other, lead_id = both_seen(kapear, platform)
    agreed_on(kapear, lead_id)
    visit = checked(kapear, other)
    assert visit["outcome"] in {"new", "unchanged"}, visit
    [found] = leads_of(kapear, other)
    [match] = found["matches"]
    assert (match["list"], match["list_class"], match["algorithm"]) == ("own", "own", "pdq")
    assert 0 < match["distance"] <= 16, "saved anew and smaller, so no byte is the same"
    assert (found["status"], found["text_hits"], found["capture"]) == ("new", [], "taken")
    [again] = platform.line["served"]["reposts"]
    contents = kapear.json("leads", "show", found["id"], "--reveal", "a test")["contents"]
    assert [content["url"] for content in contents] == [
        again["target"].replace("https://t.me", platform.base) + f"/{again['post']}"
    ]
    assert contents[0]["capture"]["status"] == 200
    # The lead that the picture came from is not said to match itself.
    [origin] = leads_of(kapear, first)
    assert (origin["id"], origin["status"], origin["matches"]) == (lead_id, "assessed", [])
    assert assess(kapear, lead_id, SECOND, Verdict.NOT_ILLEGAL).revoked == 2
    checked(kapear, other)
    [taken_back] = leads_of(kapear, other)
    assert (taken_back["id"], taken_back["status"], taken_back["matches"]) == (found["id"], "closed", [])
    assert [(gone["list"], gone["why"]) for gone in taken_back["withdrawn_matches"]] == [("own", "revoked")]
    [origin] = leads_of(kapear, first)
    assert origin["status"] == "assessed"


def test_a_first_visit_finds_it_too(kapear: Kapear, platform: Platform) -> None:
    [again] = platform.line["served"]["reposts"]
    assert checked(kapear, kapear.watch(again["first"]["target"]))["leads_filed"] == 1
    [lead] = kapear.json("leads", "list")
    agreed_on(kapear, lead["id"])
    other = kapear.watch(again["target"])
    visit = checked(kapear, other)
    assert (visit["outcome"], visit["matches"], visit["leads_filed"]) == ("new", 1, 1)
    [found] = leads_of(kapear, other)
    assert [(match["list_class"], match["algorithm"]) for match in found["matches"]] == [("own", "pdq")]
