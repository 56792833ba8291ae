"""`kapear hashlist feeds` and `pull`, as their users call them: configured, pulled, killed, resumed, refused."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app import config
from app.config import Config
from app.feeds import configured
from app.instance import open_instance
from domain.errors import NotFound, OperatorFault
from domain.feeds import FeedKind
from domain.hashlists import ListClass
from tests.acceptance.driver import COMMAND, Kapear
from tests.exchange.feed_servers import SECRET, USER, NcmecServer, cut, items, nth, served, status

WORDS = ("kite", "lantern", "drum", "boat", "reed", "straw", "bell")
ENVIRONMENT = {"FEED_USER": USER, "FEED_SECRET": SECRET, "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}
FEED = """
[feeds.kites]
kind = "ncmec"
url = "{url}"
user_env = "FEED_USER"
secret_env = "FEED_SECRET"
classification = "demo"
class = "accredited"
authority = "An authority"
agreement = "A-17"
licence_ends = 2036-12-31
"""


@dataclass
class HeldServer(NcmecServer):
    """A feed that stops answering at its nth question, until it is let go."""

    hold_at: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = await super().__call__(request)
        if len(self.asked) == self.hold_at:
            self.held.set()
            await self.let_go.wait()
        return response


@pytest.fixture
async def server() -> AsyncIterator[HeldServer]:
    async with served(HeldServer(items(*WORDS))) as running:
        assert isinstance(running, HeldServer)
        yield running
        running.let_go.set()


@pytest.fixture
async def kapear(tmp_path: Path, server: HeldServer) -> Kapear:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    (data_dir / "kapear.toml").write_text(FEED.format(url=server.base))
    made = Kapear(data_dir=data_dir, environment=ENVIRONMENT)
    async with open_instance(config.load(made.env), create=True):
        return made


async def ran(kapear: Kapear, *arguments: str) -> tuple[int, str, str]:
    process = await started(kapear, *arguments)
    out, err = await process.communicate()
    assert "Traceback" not in err.decode()
    assert SECRET not in (out + err).decode()
    return process.returncode or 0, out.decode(), err.decode()


async def started(kapear: Kapear, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, env=kapear.env, cwd=kapear.data_dir.parent,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def as_json(kapear: Kapear, *arguments: str) -> Any:
    code, out, err = await ran(kapear, *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


async def refused(kapear: Kapear, *arguments: str) -> str:
    code, _, err = await ran(kapear, *arguments)
    assert code == 1
    [line] = err.splitlines()
    return line


async def test_a_feed_is_pulled_looked_at_and_listed(kapear: Kapear) -> None:
    looked = await as_json(kapear, "hashlist", "pull", "kites", "--dry-run")
    assert (looked["dry_run"], looked["added"], looked["version"]) == (True, 14, None)
    pulled = await as_json(kapear, "hashlist", "pull", "kites")
    assert (pulled["version"], pulled["added"], pulled["entries"], pulled["pages"]) == (1, 14, 14, 4)
    assert pulled["passed_over"] == {"PhotoDNA hashes": 7}
    [feed] = await as_json(kapear, "hashlist", "feeds")
    assert (feed["name"], feed["kind"], feed["list"], feed["fault"], feed["quarantined"]) == (
        "kites", "ncmec", "kites", None, 0,
    )  # fmt: skip
    assert feed["last_pulled"]
    [hash_list] = await as_json(kapear, "hashlist", "list")
    assert (hash_list["name"], hash_list["class"], hash_list["entries"]) == ("kites", "accredited", 14)
    found = [path for path in kapear.data_dir.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert found == [], "credentials are nowhere in the data directory"


@pytest.mark.parametrize("page", [1, 3])
async def test_a_pull_that_is_killed_goes_on_where_it_was(kapear: Kapear, server: HeldServer, page: int) -> None:
    server.hold_at = page
    process = await started(kapear, "hashlist", "pull", "kites")
    await server.held.wait()
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    asked = len(server.asked)
    pulled = await as_json(kapear, "hashlist", "pull", "kites")
    assert pulled["entries"] == 14
    assert pulled["resumed_pages"] == page - 1
    again = {str(request.url) for request in server.asked[asked:]} & {
        str(each.url) for each in server.asked[: page - 1]
    }
    assert again == set(), "pages that were kept are not asked for again"


async def test_a_broken_page_is_named_and_the_rest_is_imported(kapear: Kapear, server: HeldServer) -> None:
    server.spoil = nth(2, cut(server, 0.3))
    code, out, err = await ran(kapear, "hashlist", "pull", "kites", "--json")
    assert code == 0
    assert "Page 2 is in quarantine: it breaks off" in err
    pulled = json.loads(out)
    assert (pulled["missing"], pulled["quarantined"][0]["page"]) == (1, 2)
    assert 8 <= pulled["entries"] < 14
    [feed] = await as_json(kapear, "hashlist", "feeds")
    assert feed["quarantined"] == 1
    later = await as_json(kapear, "hashlist", "pull", "kites")
    assert (later["entries"], later["missing"]) == (14, 0)


async def test_faults_are_one_line_and_leave_the_version(kapear: Kapear, server: HeldServer) -> None:
    await as_json(kapear, "hashlist", "pull", "kites")
    server.spoil = status(503)
    line = await refused(kapear, "hashlist", "pull", "kites")
    assert line == ("The feed kites could not be pulled: it answers with HTTP 503. Version 1 of kites stays in force.")
    [feed] = await as_json(kapear, "hashlist", "feeds")
    assert feed["fault"] == "http_503"
    wrong = kapear.with_env(FEED_SECRET="other")
    server.spoil = lambda _request: None
    assert "refuses the credentials" in await refused(wrong, "hashlist", "pull", "kites")
    [hash_list] = await as_json(kapear, "hashlist", "list")
    assert (hash_list["version"], hash_list["retired_at"]) == (1, None)


async def test_a_feed_beyond_loopback_is_not_reached_without_enrolment(kapear: Kapear) -> None:
    (kapear.data_dir / "kapear.toml").write_text(FEED.format(url="https://feed.example.org/npo"))
    assert "egress guard refuses its address" in await refused(kapear, "hashlist", "pull", "kites")


def loaded(tmp_path: Path, toml: str, **environment: str) -> Config:
    (tmp_path / "kapear.toml").write_text(toml)
    return config.load({"KAPEAR_DATA_DIR": str(tmp_path), **environment})


def test_what_is_configured_is_read(tmp_path: Path) -> None:
    more = 'every_hours = 6\nlist = "Kites of 2026"\n'
    [feed] = loaded(tmp_path, FEED.format(url="https://feed.example.org/npo/") + more, FEED_USER=USER).feeds
    assert (feed.feed.kind, feed.feed.list_class, feed.feed.list_name) == (
        FeedKind.NCMEC, ListClass.ACCREDITED, "Kites of 2026",
    )  # fmt: skip
    assert (feed.feed.every, feed.feed.licence_ends) == (timedelta(hours=6), date(2036, 12, 31))
    assert feed.service.url == "https://feed.example.org/npo"
    assert feed.service.user.value() == USER
    assert USER not in repr(feed)
    with pytest.raises(OperatorFault, match="FEED_SECRET"):
        feed.service.secret.value()


def test_a_feed_that_is_not_configured_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"has no \[feeds.drums\]"):
        configured(loaded(tmp_path, FEED.format(url="https://feed.example.org")), "drums")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    toml = FEED.format(url="https://feed.example.org").replace("secret_env", "secret_file")
    file = tmp_path / "secret"
    [feed] = loaded(tmp_path, toml.replace("FEED_SECRET", str(file))).feeds
    for content, words in ((None, "cannot be read"), (b"\n", "empty"), (b"\xff", "cannot be read")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(OperatorFault, match=words):
            feed.service.secret.value()
    file.write_text(f"{SECRET}\n")
    assert feed.service.secret.value() == SECRET


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('kind = "ncmec"', 'kind = "kites"', "kind is one of ncmec, stopncii, threatexchange"),
        ('kind = "ncmec"', "", "kind is one of"),
        ('kind = "ncmec"', 'kind = "stopncii"', "adult-ncii"),
        ('kind = "ncmec"', 'kind = "threatexchange"', "group is the number"),
        ('kind = "ncmec"', 'kind = "ncmec"\ngroup = 7', "group is the number"),
        ('class = "accredited"', "", "class is one of"),
        ('classification = "demo"', "", "classification is missing"),
        ('classification = "demo"', "classification = [1]", "classification is a text"),
        ("licence_ends = 2036-12-31", 'licence_ends = "soon"', "licence_ends is a day"),
        ("licence_ends = 2036-12-31", "every_hours = 0", "hours from 0.25"),
        ("licence_ends = 2036-12-31", "every_hours = true", "hours from 0.25"),
        ("licence_ends = 2036-12-31", 'password = "x"', "sets password, which Kapear does not know"),
        ('secret_env = "FEED_SECRET"', "", "never the secret itself"),
        ('secret_env = "FEED_SECRET"', 'secret_env = "A"\nsecret_file = "b"', "never the secret itself"),
        ('url = "{url}"', "", "url is a web address"),
        ('url = "{url}"', 'url = "http://feed.example.org"', "must begin with https"),
        ('url = "{url}"', 'url = "https://a:b@feed.example.org"', "without a login"),
        ('url = "{url}"', 'url = "https://[feed"', "no web address"),
        ("[feeds.kites]", "[feeds]", "table"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in FEED
    toml = FEED.replace(before, after).replace("{url}", "https://feed.example.org")
    with pytest.raises(OperatorFault) as caught:
        loaded(tmp_path, toml, FEED_USER=USER, FEED_SECRET=SECRET)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_two_feeds_fill_two_lists(tmp_path: Path) -> None:
    toml = FEED.format(url="https://feed.example.org")
    with pytest.raises(OperatorFault, match="fill one list"):
        loaded(tmp_path, toml + 'list = "One"\n' + toml.replace("feeds.kites", "feeds.drums") + 'list = "One"\n')
