"""The main job as an analyst does it: add a target, look, and find leads, on both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.driver import Kapear, Platform, until


def main_job(kapear: Kapear, platform: Platform, *, twice: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Import the list, watch and check every served target; returns posts by locator, and the leads."""
    kapear.run(
        "hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "demo", "--classification", "known"
    )
    posts: dict[str, Any] = {}
    for locator in platform.line["targets"]:
        target_id = kapear.watch(locator)
        outcome = kapear.json("watch", "check", target_id)
        assert outcome["outcome"] == "new", outcome
        if twice:
            again = kapear.json("watch", "check", target_id)
            assert (again["outcome"], again["new_observations"], again["leads_filed"]) == ("unchanged", 0, 0), again
        posts[locator] = kapear.json("watch", "posts", target_id)
    return posts, kapear.json("leads", "list")


def summary(leads: list[dict[str, Any]]) -> list[Any]:
    return sorted(
        [
            lead["platform"],
            sorted((match["algorithm"], match["distance"], match["classification"]) for match in lead["matches"]),
            sorted(hit["rule"] for hit in lead["text_hits"]),
            lead["urgency"],
            lead["value"],
        ]
        for lead in leads
    )


def check(posts: dict[str, Any], leads: list[dict[str, Any]], platform: Platform) -> None:
    served = platform.line["served"]["posts"]
    assert {locator: sorted(post["post"] for post in seen) for locator, seen in posts.items()} == {
        locator: sorted(names) for locator, names in served.items()
    }
    kinds = [plant["kind"] for plant in platform.planted()]
    exact = [lead for lead in leads if any(match["algorithm"] == "sha256" for match in lead["matches"])]
    near = [lead for lead in leads if [match["distance"] for match in lead["matches"] if match["algorithm"] == "pdq"]]
    text = [lead for lead in leads if not lead["matches"] and lead["text_hits"]]
    assert len(exact) == kinds.count("exact")
    assert len([lead for lead in near if lead not in exact]) == kinds.count("near")
    assert all(match["distance"] > 0 for lead in near if lead not in exact for match in lead["matches"])
    assert len(text) == 1, "texts of one author join one lead"
    assert len(leads) == len(exact) + kinds.count("near") + 1
    for lead in leads:
        for score in ("urgency", "value"):
            assert lead[score] == sum(reason["points"] for reason in lead["reasons"] if reason["score"] == score)
        assert lead["reasons"]
        assert lead["status"] == "new"
    assert not any("t.me" in json.dumps(lead) or "127.0.0.1" in json.dumps(lead) for lead in leads)


def test_sqlite_and_postgresql_give_the_same_leads(
    kapear: Kapear, platform: Platform, tmp_path: Path, empty_postgres_url: str
) -> None:
    posts, leads = main_job(kapear, platform, twice=True)
    check(posts, leads, platform)
    other = Kapear(
        data_dir=tmp_path / "other", environment={**kapear.environment, "KAPEAR_DATABASE_URL": empty_postgres_url}
    )
    other.run("init")
    other_posts, other_leads = main_job(other, platform, twice=False)
    check(other_posts, other_leads, platform)
    assert summary(other_leads) == summary(leads)
    assert {
        locator: [[post["post"], post["revision"], post["media"]] for post in seen] for locator, seen in posts.items()
    } == {
        locator: [[post["post"], post["revision"], post["media"]] for post in seen]
        for locator, seen in other_posts.items()
    }


def test_faulty_pictures_are_visible_and_stop_nothing(kapear: Kapear, platform: Platform) -> None:
    front = next(locator for locator in platform.line["targets"] if locator.endswith("/shop/front"))
    target_id = kapear.watch(front)
    assert kapear.json("watch", "check", target_id)["outcome"] == "new"
    [post] = kapear.json("watch", "posts", target_id)
    by_status: dict[str, list[Any]] = {}
    for media in post["media"]:
        by_status.setdefault(media["status"], []).append(media["sha256"])
    assert by_status["hashed"]
    assert len(by_status["undecodable"]) == 2  # HTML instead of a picture, and noise
    assert all(by_status["undecodable"]), "what cannot be decoded still has its SHA-256"
    assert by_status["pending"] == [None]  # 404: tried again later


def test_a_running_instance_visits_sees_new_lists_and_answers_checks(kapear: Kapear, platform: Platform) -> None:
    shop = next(locator for locator in platform.line["targets"] if locator.endswith("/shop/lanterns"))
    with kapear.running() as process:
        kapear.run(
            "hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "d", "--classification", "k"
        )
        target_id = kapear.watch(shop)
        until(lambda: kapear.json("watch", "show", target_id)["last_outcome"])
        outcome = kapear.json("watch", "check", target_id)
        assert outcome["outcome"] == "unchanged"
        assert len(kapear.json("leads", "list")) == 1
        assert "running already" in kapear.refused("run")
        process.terminate()
        assert process.wait(5) == 0


def test_a_second_run_refuses_on_postgresql_too(kapear: Kapear, tmp_path: Path, empty_postgres_url: str) -> None:
    first = kapear.with_env(KAPEAR_DATABASE_URL=empty_postgres_url)
    first.run("init")
    with first.running():
        second = Kapear(data_dir=tmp_path / "second", environment=dict(first.environment))
        second.data_dir.mkdir(mode=0o700)
        for key in ("host.key", "hotline.key"):
            (second.data_dir / key).write_bytes((first.data_dir / key).read_bytes())
            (second.data_dir / key).chmod(0o600)
        assert "running already" in second.refused("run")


def test_the_demo_prints_leads_of_every_kind(tmp_path: Path) -> None:
    done = Kapear(data_dir=tmp_path / "unused").run("demo", "--exit-when-done", cwd=tmp_path)
    leads = json.loads(done.stdout)
    assert len(leads) >= 5
    assert {lead["platform"] for lead in leads} == {"page", "telegram_web", "telegram"}
    through_account = [lead for lead in leads if lead["platform"] == "telegram"]
    assert {match["distance"] > 0 for lead in through_account for match in lead["matches"]} == {True, False}
    assert any(match["algorithm"] == "sha256" for lead in leads for match in lead["matches"])
    assert any(match["algorithm"] == "pdq" and match["distance"] > 0 for lead in leads for match in lead["matches"])
    assert any(not lead["matches"] and lead["text_hits"] for lead in leads)


@pytest.mark.parametrize("status", ["new", "closed"])
def test_leads_list_takes_a_status(kapear: Kapear, status: str) -> None:
    assert kapear.json("leads", "list", "--status", status) == []


def test_two_checks_at_once_both_get_their_visit(kapear: Kapear, platform: Platform) -> None:
    locators = [locator for locator in platform.line["targets"] if "t.me" in locator][:2]
    checks = [kapear.start("watch", "check", kapear.watch(locator)) for locator in locators]
    for check in checks:
        _, errors = check.communicate(timeout=120)
        assert check.returncode == 0, errors
    assert {target["last_outcome"] for target in kapear.json("watch", "list")} == {"new"}
