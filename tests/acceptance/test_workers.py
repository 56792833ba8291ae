"""Workers share the visits of one database; what one had that is killed, another takes; no two visit one target."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import config
from app.instance import open_instance
from tests.acceptance.driver import Kapear, free_port, until
from tests.acceptance.slow_site import SlowSite, slow_site
from tests.desk import LOCAL
from triage.watchlist import NewTarget

TARGETS = 16
SETTINGS = """
visit_interval_s = 1
visit_ceiling_s = 1
host_visits_per_hour = 1_000_000
visits_at_once = 2
host_delay_s = 0
"""
BACK_WITHIN_S = 30


def machine(folder: Path, url: str, name: str, like: Kapear | None = None) -> Kapear:
    """Return another machine of the same hotline: its own data directory, the same keys and database."""
    folder.mkdir(mode=0o700)
    (folder / "kapear.toml").write_text(SETTINGS)
    for key in ("host.key", "hotline.key") if like is not None else ():
        assert like is not None
        (folder / key).write_bytes((like.data_dir / key).read_bytes())
        (folder / key).chmod(0o600)
    return Kapear(
        data_dir=folder,
        environment={
            "KAPEAR_DATABASE_URL": url,
            "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8",
            "KAPEAR_BIND": f"127.0.0.1:{free_port()}",
            "KAPEAR_CONTACT": f"{name}@example.org",
        },
    )


def watch_pages(kapear: Kapear, site: SlowSite, count: int = TARGETS) -> None:
    async def add() -> None:
        async with open_instance(config.load(kapear.env)) as instance:
            for number in range(count):
                page = NewTarget(locator=site.page(number), report="K-1", authorised_by="the director", basis="kites")
                await instance.office.watchlist.add(LOCAL, page)

    asyncio.run(add())


def asked(kapear: Kapear, path: str) -> str:
    with urllib.request.urlopen(f"http://{kapear.env['KAPEAR_BIND']}{path}") as answer:
        return str(answer.read().decode())


def figure(kapear: Kapear, name: str) -> float:
    """Return what a process tells of itself, summed up over labels."""
    families = text_string_to_metric_families(asked(kapear, "/metrics"))
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


def ends(process: subprocess.Popen[str]) -> None:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(6) == 0
    assert time.monotonic() - began < 5.5


@pytest.mark.postgres
def test_two_workers_share_the_visits_and_one_that_is_killed_is_replaced(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    first = machine(tmp_path / "first", empty_postgres_url, "first")
    first.run("init")
    second, third = (machine(tmp_path / name, empty_postgres_url, name, like=first) for name in ("second", "third"))
    with slow_site(0.3) as site:
        watch_pages(first, site)
        with (
            first.running(),
            second.running("worker", "--metrics", said="Working.") as worker,
            third.running("worker", said="Working.") as other,
        ):
            until(lambda: all(site.count(name) >= TARGETS for name in ("first", "second", "third")))
            assert figure(second, "kapear_visits_total") > 0
            with pytest.raises(urllib.error.HTTPError, match="404"):  # it serves figures, and no console
                asked(second, "/")
            site.is_open.clear()
            held = until(lambda: site.read_by("second"))
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
            until(lambda: not site.read_by("second"))
            held |= site.read_by("second")
            mark = len(site.asked)
            site.is_open.set()
            began = time.monotonic()
            until(lambda: held <= {path for path, _ in site.asked[mark:]}, seconds=BACK_WITHIN_S + 5)
            assert time.monotonic() - began < BACK_WITHIN_S

            site.is_open.clear()
            let_go = until(lambda: site.read_by("third"))
            ends(other)
            mark = len(site.asked)
            site.is_open.set()
            until(lambda: let_go <= {path for path, reader in site.asked[mark:] if reader == "first"}, seconds=20)
        assert site.overlaps == []
    with psycopg.connect(empty_postgres_url) as connection:
        outcomes = connection.execute("SELECT DISTINCT outcome, code FROM visits ORDER BY 1").fetchall()
        assert outcomes == [("new", ""), ("unchanged", "")]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_who_stands_by_takes_over_from_who_was_killed(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if database == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
        first = machine(tmp_path / "first", url, "first")
        first.run("init")
        second = machine(tmp_path / "second", url, "second", like=first)
    else:
        first = machine(tmp_path / "first", f"sqlite:///{tmp_path}/first/kapear.db", "first")
        first.run("init")
        second = first.with_env(KAPEAR_CONTACT="second@example.org", KAPEAR_BIND=f"127.0.0.1:{free_port()}")
    with slow_site(0.05) as site:
        watch_pages(first, site, 3)
        with first.running() as running:
            assert "running already" in second.refused("run")
            with second.running("run", "--standby", said="standing by") as waiting:
                until(lambda: site.count("first") >= 6)
                assert site.count("second") == 0
                running.kill()
                running.wait(10)
                until(lambda: site.count("second") >= 6, seconds=BACK_WITHIN_S)
                assert "running already" in first.refused("run")
                ends(waiting)


def test_who_stands_by_ends_when_told_to(tmp_path: Path) -> None:
    kapear = machine(tmp_path / "data", f"sqlite:///{tmp_path}/data/kapear.db", "first")
    kapear.run("init")
    with (
        kapear.running(),
        kapear.running("run", "--standby", said="standing by") as waiting,
    ):
        ends(waiting)


def test_a_worker_says_that_it_needs_a_server(tmp_path: Path) -> None:
    kapear = Kapear(data_dir=tmp_path / "data")
    kapear.run("init")
    assert "PostgreSQL" in kapear.refused("worker")


@pytest.mark.postgres
@pytest.mark.parametrize(("revision", "said"), [("0001", "kapear upgrade"), ("9999", "newer version")])
def test_a_worker_with_another_schema_refuses(
    revision: str, said: str, tmp_path: Path, empty_postgres_url: str
) -> None:
    kapear = machine(tmp_path / "data", empty_postgres_url, "first")
    kapear.run("init")
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute("UPDATE kapear_schema SET version_num = %s", (revision,))
    assert said in kapear.refused("worker")


def test_the_console_is_served_alone_beside_who_monitors(tmp_path: Path) -> None:
    kapear = machine(tmp_path / "data", f"sqlite:///{tmp_path}/data/kapear.db", "first")
    kapear.run("init")
    other = kapear.with_env(KAPEAR_BIND=f"127.0.0.1:{free_port()}")
    with kapear.running(), other.running("console", said="Console:") as console:
        with urllib.request.urlopen(f"http://{other.env['KAPEAR_BIND']}/healthz") as answer:
            assert answer.status == 200
        ends(console)
