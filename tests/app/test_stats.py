"""`kapear stats`: counts, and how late leads were, as words, as JSON and as CSV."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from app.commands.delays import latency_words, spoken
from app.config import load
from app.instance import open_instance
from domain.leads import claim
from tests.contracts.samples import MINUTE, NOW, a_match, a_post, hashed, put_claim, put_page


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logging_as_it_was: None) -> Path:
    del logging_as_it_was
    monkeypatch.setenv("KAPEAR_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def told(*options: str) -> str:
    done = CliRunner().invoke(cli.app, ["stats", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


async def file_leads() -> None:
    """File a lead from a post of four minutes ago and one from before, and claim the first."""
    async with open_instance(load(), create=True) as instance:
        held = await put_claim(instance.store, approved_at=NOW - 10 * MINUTE)
        posts = [
            a_post("1", hashed("m1", a_match()), posted_at=NOW - 4 * MINUTE),
            a_post("2", hashed("m2", a_match()), posted_at=NOW - 20 * MINUTE),
        ]
        plan = await put_page(instance.store, held, posts)
        taken = claim(plan.filed[0], by="sok", now=NOW + timedelta(hours=2.5))
        await instance.store.write(lambda tx: tx.leads.update(taken))


@pytest.mark.usefixtures("installation")
def test_delays_stand_beside_the_time_to_a_person() -> None:
    asyncio.run(file_leads())
    latency = json.loads(told("--json"))["latency"]
    assert latency["post_to_lead"] == {"leads": 1, "p50_s": 240, "p95_s": 240}
    assert latency["lead_to_person"]["p50_s"] == 9_000
    assert (latency["lead_to_person"]["waiting"], latency["not_counted"]["earlier"]) == (1, 1)
    words = told()
    assert "half within 4 min, 95 % within 4 min (of 1)" in words
    assert "half within 2.5 h, 95 % within a time not known yet (of 1); 1 wait, the longest for" in words
    assert "1 earlier" in words
    rows = dict(csv.reader(io.StringIO(told("--csv"))))
    assert (rows["figure"], rows["latency.post_to_lead.p95_s"], rows["leads_filed"]) == ("value", "240.0", "2")
    assert rows["latency.lead_to_person.p95_s"] == ""
    outside = json.loads(told("--json", "--from", "2026-03-05"))["latency"]
    assert outside["post_to_lead"] == {"leads": 0, "p50_s": None, "p95_s": None}


@pytest.mark.usefixtures("installation")
def test_quarters_have_their_events_and_delays() -> None:
    asyncio.run(file_leads())
    rows = json.loads(told("--by", "quarter", "--json", "--from", "2025-12-30", "--to", "2026-05-01"))
    assert [row["quarter"] for row in rows] == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert [row["leads_filed"] for row in rows] == [0, 2, 0]
    assert [row["post_to_lead_p50_s"] for row in rows] == [None, 240, None]
    assert rows[1]["lead_to_person_p50_s"] == 9_000
    header, *lines = csv.reader(io.StringIO(told("--by", "quarter", "--csv", "--to", "2026-05-01")))
    assert header[0] == "quarter"
    assert [line[0] for line in lines] == ["2026-Q1", "2026-Q2"], "from the first report on"


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("by", ["platform", "outcome", "quarter"])
def test_where_there_is_nothing_no_kind_has_a_line(by: str) -> None:
    assert CliRunner().invoke(cli.app, ["init"]).exit_code == 0
    assert json.loads(told("--by", by, "--json")) == []
    assert told("--by", by, "--csv").strip() == by


def test_figures_are_divided_by_no_place() -> None:
    done = CliRunner().invoke(cli.app, ["stats", "--by", "target"])
    assert done.exit_code == 2


@pytest.mark.usefixtures("installation")
def test_where_nothing_was_filed_it_says_so() -> None:
    assert CliRunner().invoke(cli.app, ["init"]).exit_code == 0
    assert told().count("no lead yet") == 3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0.4 s"),
        (59, "59 s"),
        (60, "1 min"),
        (90, "1.5 min"),
        (3_599, "60 min"),
        (86_400 * 2.25, "2.2 d"),
    ],
)
def test_times_are_spoken_in_their_largest_unit(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_leads_that_do_not_count_are_named_only_where_there_are_any() -> None:
    none = {"leads": 0, "p50_s": None, "p95_s": None}
    latency = {"post_to_seen": none, "post_to_lead": none, "lead_to_person": none, "not_counted": {"undated": 0}}
    assert "leads not counted" not in latency_words(latency)
    assert latency_words(latency | {"not_counted": {"undated": 3}})["leads not counted"] == "3 undated"
