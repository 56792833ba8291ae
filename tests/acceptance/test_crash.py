"""Killed in mid-visit again and again, then drained: nothing is lost and nothing is there twice."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.acceptance.driver import Kapear, Platform

KILLS = int(os.environ.get("KAPEAR_TEST_KILLS", "12"))  # `make crash` asks for 200


def kill_in_mid_visit(kapear: Kapear, platform: Platform, target_id: str, requests: int) -> bool:
    """Start a visit and kill it once the platform was asked so often; returns whether it was still alive."""
    platform.log(reset=True)
    process = kapear.start("watch", "check", target_id)
    try:
        while process.poll() is None and sum(platform.log().values()) < requests:
            time.sleep(0.01)
        alive = process.poll() is None
    finally:
        process.kill()
        process.communicate(timeout=30)
    return alive


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_kill_nine_loses_nothing_and_doubles_nothing(
    database: str, tmp_path: Path, platform: Platform, request: pytest.FixtureRequest
) -> None:
    environment = platform.environment()
    if database == "postgresql":
        environment["KAPEAR_DATABASE_URL"] = request.getfixturevalue("empty_postgres_url")
    kapear = Kapear(data_dir=tmp_path / "data", environment=environment)
    kapear.run("init")
    kapear.run(
        "hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "demo", "--classification", "known"
    )
    locators = [locator for locator in platform.line["targets"] if "t.me" in locator]
    targets = {locator: kapear.watch(locator) for locator in locators}
    dice = random.Random(7)  # noqa: S311 - a repeatable test
    in_mid_visit = sum(
        kill_in_mid_visit(kapear, platform, targets[locators[turn % len(locators)]], dice.randint(1, 12))
        for turn in range(KILLS)
    )
    assert in_mid_visit >= KILLS // 2, "most kills must hit a visit that is under way"
    for target_id in targets.values():
        while kapear.json("watch", "check", target_id)["outcome"] != "unchanged":
            pass
    for locator, target_id in targets.items():
        seen = kapear.json("watch", "posts", target_id)
        assert sorted(post["post"] for post in seen) == sorted(platform.line["served"]["posts"][locator])
        assert {post["revision"] for post in seen} == {1}
        assert all(media["status"] == "hashed" for post in seen for media in post["media"])
    leads = kapear.json("leads", "list")
    planted = [plant for locator in locators for plant in platform.planted(locator)]
    matched = [lead for lead in leads if lead["matches"]]
    assert len(matched) == len([plant for plant in planted if plant["kind"] != "text"])
    assert len(leads) == len(matched) + 1
    assert kapear.json("audit", "verify")["whole"]
