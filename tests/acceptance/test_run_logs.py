"""What a running instance logs of hostile pages and broken servers are ids and codes, a line of JSON each."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import config
from app.instance import open_instance
from app.logs import FIELDS
from tests.acceptance.driver import COMMAND, Kapear, free_port, until
from tests.acceptance.site import Answer, Site, serving_site
from tests.desk import LOCAL
from triage.watchlist import NewTarget

KEYS = {"at", "level", "logger", "message", "exception", *FIELDS}
SECRET = "zinnoberrot"
WORDS = (SECRET, "PayPal", "kanarienkiste", "\x1b[2J")
SELLING = f"<p>{SECRET} kites \x1b[2J, all sizes. Price 12 USD each, pay by PayPal, order at {SECRET}@example.org</p>"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving_site() as site:
        yield site


def broken(_write: Any) -> None:
    raise ConnectionResetError(SECRET)


def babble(write: Any) -> None:
    write(b"<html><body>" + SELLING.encode() + b"\xff\x00" * 4_000)
    raise OSError(SECRET)


def places(site: Site) -> list[str]:
    picture = f'<img src="/{SECRET}.png" alt="{SECRET}">'
    site.answers[f"/{SECRET}.png"] = Answer(kind="image/png", body=b"\x89PNG\r\n\x1a\n" + SECRET.encode() * 99)
    pages = {
        "sells": Answer(body=f"<title>{SECRET}</title>{SELLING}{picture}".encode()),
        "babbles": Answer(body=babble),
        "breaks": Answer(body=broken, headers={"Content-Length": "99"}),
        "is-no-html": Answer(kind=f"image/{SECRET}", body=SECRET.encode()),
        "is-no-text": Answer(kind="text/html; charset=kanarienkiste", body=b"\xff\xfe" + SELLING.encode()),
        "moved": Answer(status=302, headers={"Location": f"http://127.0.0.1:9/{SECRET}"}),
        "failed": Answer(status=500, body=SELLING.encode()),
        "wants-rest": Answer(status=429, headers={"Retry-After": SECRET}),
    }
    for name, answer in pages.items():
        site.answers[f"/{SECRET}/{name}.html"] = answer
    return [f"{site.base}/{SECRET}/{name}.html" for name in pages]


async def watched(kapear: Kapear, locators: list[str]) -> list[str]:
    """Make the installation and add the targets; returns their ids."""
    settings = config.load({"KAPEAR_DATA_DIR": str(kapear.data_dir), **kapear.environment})
    async with open_instance(settings, create=True) as instance:
        wanted = [
            NewTarget(locator=place, report="R-1", authorised_by="duty desk", basis="reported") for place in locators
        ]
        return [(await instance.office.watchlist.add(LOCAL, one)).target.id for one in wanted]


def test_a_log_has_ids_and_codes_and_no_content_whatever_is_met(tmp_path: Path, site: Site) -> None:
    kapear = Kapear(
        data_dir=tmp_path / "data",
        environment={
            "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": f"127.0.0.1:{free_port()}", "KAPEAR_DEBUG": "1",
        },
    )  # fmt: skip
    targets = asyncio.run(watched(kapear, places(site)))
    heard = tmp_path / "log"
    with heard.open("wb") as log:
        pid = os.posix_spawn(
            COMMAND[0], [*COMMAND, "run"], kapear.env, file_actions=[(os.POSIX_SPAWN_DUP2, log.fileno(), 2)]
        )
        try:
            until(lambda: heard.read_text().count('"visit ended"') >= len(targets))
        finally:
            os.kill(pid, 15)
            os.waitpid(pid, 0)
    text = heard.read_text()
    assert not [word for word in WORDS if word in text]
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {key for line in lines for key in line} <= KEYS
    ended = {line["target"]: line["outcome"] for line in lines if line["message"] == "visit ended"}
    assert set(ended) == set(targets)
    assert len(set(ended.values())) > 2, "the cases end differently"
    said = [line for line in text.splitlines() if not line.startswith("{")]
    assert all(line.startswith(("Warning: ", "Note: ", "Console: ")) for line in said), said
