"""From a feed's pages to the next version of its list: resumed, repeated, refused, and never half."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.errors import AskFailed, BadInput, EgressRefused, NotAllowed, OperatorFault, WrongState
from domain.feeds import Change, Effect, Feed, FeedKind, FeedPage, FeedState
from domain.hashlists import Algorithm, BadRow, HashEntry, HashList, ListClass, Severity
from domain.observations import Traffic
from exchange.clients.spool import DiskSpools
from tests.desk import LOCAL
from tests.triage.deskhands import Desk
from triage.feeds import EMPTIED, HELD, INCOMPLETE, Feeds, Pulled
from triage.list_terms import NewList

FEED = Feed(
    name="kites",
    kind=FeedKind.NCMEC,
    list_name="Kites",
    classification="demo",
    list_class=ListClass.ACCREDITED,
    authority="An authority",
    agreement="A-17",
    licence_ends=date(2026, 12, 31),
)


def an_entry(ref: str) -> HashEntry:
    digest = hashlib.md5(ref.encode(), usedforsecurity=False).digest()
    return HashEntry(algorithm=Algorithm.MD5, hash=digest, ref=ref)


def a_page(number: int, *refs: str, gone: Sequence[str] = (), **more: object) -> FeedPage:
    changes = [Change(key=ref, entries=(an_entry(ref),)) for ref in refs] + [Change(key=ref) for ref in gone]
    page = FeedPage(number=number, checkpoint=f"behind {number}", begins_anew=number == 1, changes=tuple(changes))
    return replace(page, **more)  # type: ignore[arg-type]  # what a test wants of it


@dataclass
class ScriptedFeed:
    """A feed whose pages are a script; a fault is raised where it stands."""

    script: Sequence[FeedPage | Exception] = ()
    asked: list[str] = field(default_factory=list)

    async def pages(self, checkpoint: str, traffic: Traffic) -> AsyncGenerator[FeedPage, None]:
        traffic.requests += 1
        self.asked.append(checkpoint)
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            yield step


class FeedDesk:
    """A desk that keeps one feed."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.office = desk.opened.office
        self.shelf = self.office.lists.shelf
        self.feeds = Feeds(desk=self.office.desk, lists=self.office.lists, spools=DiskSpools(folder / "feeds"))

    async def pull(self, *script: FeedPage | Exception, feed: Feed = FEED, dry_run: bool = False) -> Pulled:
        return await self.feeds.pull(LOCAL, feed, ScriptedFeed(script), dry_run=dry_run)

    async def refs(self) -> list[str]:
        latest = await self.latest()
        return [] if latest is None else sorted(entry.ref for entry in self.shelf.entries(latest.id))

    async def latest(self) -> HashList | None:
        return await self.desk.opened.store.read(lambda tx: tx.lists.latest("Kites"))

    async def state(self) -> FeedState:
        return await self.desk.opened.store.read(lambda tx: tx.feeds.get("kites"))

    async def events(self) -> list[str]:
        events = await self.desk.opened.store.read(lambda tx: list(tx.audit.events()))
        return [event.draft.action for event in events]


@pytest.fixture
def kept(desk: Desk, tmp_path: Path) -> FeedDesk:
    return FeedDesk(desk, tmp_path)


async def test_a_first_pull_makes_the_first_version_on_its_terms(kept: FeedDesk) -> None:
    pulled = await kept.pull(a_page(1, "kite", "drum"), a_page(2, "boat"))
    assert pulled.effect == Effect(added=3, entries=3)
    assert pulled.hash_list == await kept.latest()
    assert pulled.hash_list is not None
    terms = pulled.hash_list.agreement, pulled.hash_list.licence_ends, pulled.hash_list.authority
    assert terms == ("A-17", date(2026, 12, 31), "An authority")
    assert await kept.refs() == ["boat", "drum", "kite"]
    now = kept.desk.opened.clock()
    assert await kept.state() == FeedState(name="kites", checkpoint="behind 2", pulled_at=now)
    assert (await kept.events())[-2:] == ["hashlist.imported", "feed.pulled"]


async def test_a_later_pull_goes_on_from_the_checkpoint_and_changes_what_it_says(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite", "drum"))
    client = ScriptedFeed([a_page(1, "boat", gone=["kite"], begins_anew=False)])
    pulled = await kept.feeds.pull(LOCAL, FEED, client)
    assert client.asked == ["behind 1"]
    assert pulled.effect == Effect(added=1, withdrawn=1, entries=2)
    assert await kept.refs() == ["boat", "drum"]
    latest = await kept.latest()
    assert latest is not None
    assert latest.version == 2


async def test_a_pull_that_brings_nothing_new_makes_no_version(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite"))
    kept.desk.opened.clock.forward(timedelta(days=1))
    for pages in ([], [a_page(1, "kite", begins_anew=False)]):
        pulled = await kept.pull(*pages)
        assert pulled.hash_list is None
    latest = await kept.latest()
    assert latest is not None
    assert latest.version == 1
    assert (await kept.state()).pulled_at == kept.desk.opened.clock()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (AskFailed("credentials"), "it refuses the credentials"),
        (AskFailed("wait", wait=120.0), "left alone for a while (120 seconds)"),
        (AskFailed("http_503"), "it answers with HTTP 503"),
        (AskFailed("unreachable"), "it cannot be reached"),
        (AskFailed("too_large"), "larger than any should be"),
        (AskFailed("garbage"), "its pages cannot be read"),
        (AskFailed("never heard of"), "no usable answer (never heard of)"),
        (EgressRefused("not_enrolled"), "the egress guard refuses its address (not_enrolled)"),
    ],
)
async def test_a_fault_is_one_line_and_everything_stays(
    kept: FeedDesk, fault: AskFailed | EgressRefused, words: str
) -> None:
    with pytest.raises(OperatorFault) as caught:
        await kept.pull(fault)
    assert "\n" not in str(caught.value)
    assert "Nothing was imported." in str(caught.value)
    await kept.pull(a_page(1, "kite"))
    before = await kept.state()
    with pytest.raises(OperatorFault) as caught:
        await kept.pull(a_page(1, "drum", begins_anew=False), fault)
    assert words in str(caught.value)
    assert "Version 1 of Kites stays in force." in str(caught.value)
    assert await kept.state() == replace(before, fault=fault.code)
    assert await kept.refs() == ["kite"]


async def test_what_a_broken_off_pull_read_is_not_asked_for_again(kept: FeedDesk) -> None:
    with pytest.raises(OperatorFault):
        await kept.pull(a_page(1, "kite"), a_page(2, "drum"), AskFailed("http_503"))
    client = ScriptedFeed([a_page(1, "boat", checkpoint="behind 3", begins_anew=False)])
    pulled = await kept.feeds.pull(LOCAL, FEED, client)
    assert client.asked == ["behind 2"]
    assert (pulled.pages, pulled.resumed) == (3, 2)
    assert await kept.refs() == ["boat", "drum", "kite"]
    assert await kept.state() == FeedState(name="kites", checkpoint="behind 3", pulled_at=kept.desk.opened.clock())


async def test_a_feed_that_begins_anew_in_the_middle_forgets_what_it_had_spooled(kept: FeedDesk) -> None:
    with pytest.raises(OperatorFault):
        await kept.pull(a_page(1, "kite"), AskFailed("http_503"))
    pulled = await kept.pull(a_page(1, "drum"))
    assert (pulled.pages, pulled.resumed) == (1, 0)
    assert await kept.refs() == ["drum"]


@pytest.mark.parametrize("when", ["before the import", "behind the import"])
async def test_a_crash_around_the_import_changes_nothing_in_the_end(
    kept: FeedDesk, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.pull(a_page(1, "kite"))

    async def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Feeds, "_merged" if when == "before the import" else "_written", crash)
        with pytest.raises(KeyboardInterrupt):
            await kept.pull(a_page(1, "drum", begins_anew=False))
    assert (await kept.state()).checkpoint == "behind 1"
    pulled = await kept.pull()
    assert pulled.resumed == 1
    assert await kept.refs() == ["drum", "kite"]
    latest = await kept.latest()
    assert latest is not None
    assert latest.version == 2, "nothing is imported twice"


async def test_a_page_in_quarantine_is_told_with_its_number_and_counted(kept: FeedDesk) -> None:
    broken = a_page(2, "drum", problem="it breaks off", missing=1, awaited=1, begins_anew=False)
    pulled = await kept.pull(a_page(1, "kite"), broken, a_page(3, "boat", missing=1, awaited=1, begins_anew=False))
    [told] = pulled.quarantined
    assert (told.page, told.problem, pulled.missing) == (2, "it breaks off", 1)
    assert await kept.refs() == ["boat", "drum", "kite"]
    assert (await kept.state()).quarantined == 1
    await kept.pull()
    assert (await kept.state()).quarantined == 1, "a pull that had nothing to read mends nothing"


async def test_a_feed_that_begins_anew_replaces_its_list(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite", "drum"))
    pulled = await kept.pull(a_page(1, "drum", "boat"))
    assert pulled.effect == Effect(added=1, withdrawn=1, entries=2)
    assert await kept.refs() == ["boat", "drum"]


async def begun_anew_with_a_gap(kept: FeedDesk) -> None:
    """Pull a list of three, then the same anew, without a page that held one of them; it waits."""
    await kept.pull(a_page(1, "kite", "drum", "reed"))
    broken = a_page(2, problem="it breaks off", missing=1, awaited=1, begins_anew=False)
    rest = a_page(3, "boat", missing=1, awaited=1, begins_anew=False)
    with pytest.raises(OperatorFault, match=r"began anew.*Version 1 of Kites stays in force"):
        await kept.pull(a_page(1, "kite"), broken, rest)
    assert await kept.refs() == ["drum", "kite", "reed"]
    state = await kept.state()
    assert (state.fault, state.checkpoint) == (INCOMPLETE, "behind 1")


async def test_a_feed_that_begins_anew_with_a_gap_drops_nothing_while_it_is_tried_again(kept: FeedDesk) -> None:
    await begun_anew_with_a_gap(kept)
    client = ScriptedFeed([a_page(4, "drum", begins_anew=False)])
    pulled = await kept.feeds.pull(LOCAL, FEED, client)
    assert client.asked == ["behind 3"]
    assert (pulled.effect, pulled.resumed) == (Effect(added=1, withdrawn=1, entries=3), 3)
    assert await kept.refs() == ["boat", "drum", "kite"]
    assert (await kept.state()).fault == ""


async def test_a_gap_that_is_not_tried_again_keeps_nothing_waiting(kept: FeedDesk) -> None:
    await begun_anew_with_a_gap(kept)
    pulled = await kept.pull(a_page(4, problem="it breaks off", missing=1, begins_anew=False))
    assert (await kept.refs(), pulled.missing) == (["boat", "kite"], 1)
    assert ((await kept.state()).fault, (await kept.state()).quarantined) == ("", 1)


async def test_a_look_at_a_feed_with_a_gap_says_what_it_would_make_now(kept: FeedDesk) -> None:
    await begun_anew_with_a_gap(kept)
    gap = a_page(1, "kite", missing=1, awaited=1)
    assert (await kept.pull(gap, dry_run=True)).effect == Effect(withdrawn=2, entries=1)


async def test_refused_entries_are_counted_with_their_page(kept: FeedDesk) -> None:
    refused = BadRow(line=1, unit="Page", problem="md5 hashes have 32 hex digits")
    pulled = await kept.pull(a_page(1, "kite", refused=(refused, refused), passed_over={"PhotoDNA hashes": 3}))
    assert (pulled.refused, pulled.passed_over) == (2, {"PhotoDNA hashes": 3})
    assert pulled.first_refused[0] == "Page 1: md5 hashes have 32 hex digits"


async def test_a_look_writes_nothing(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite"))
    before, events = await kept.state(), await kept.events()
    pulled = await kept.pull(a_page(1, "drum", begins_anew=False), dry_run=True)
    assert (pulled.effect, pulled.dry_run, pulled.hash_list) == (Effect(added=1, entries=2), True, None)
    with pytest.raises(OperatorFault):
        await kept.pull(AskFailed("http_503"), dry_run=True)
    assert await kept.state() == before
    assert await kept.events() == events
    assert await kept.refs() == ["kite"]
    pulled = await kept.pull()
    assert pulled.resumed == 0


async def test_a_list_whose_entries_are_gone_is_read_anew(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite"))
    kept.shelf.keep_only([])
    client = ScriptedFeed([a_page(1, "kite", "drum")])
    await kept.feeds.pull(LOCAL, FEED, client)
    assert client.asked == [""]


async def test_new_terms_make_a_new_version(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite"))
    renewed = replace(FEED, licence_ends=date(2027, 12, 31), classification="lanterns")
    pulled = await kept.pull(feed=renewed)
    assert pulled.hash_list is not None
    assert (pulled.hash_list.version, pulled.hash_list.licence_ends) == (2, date(2027, 12, 31))
    [entry] = kept.shelf.entries(pulled.hash_list.id)
    assert entry.classification == "lanterns"


async def test_a_list_of_which_everything_was_withdrawn_matches_no_more(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite"))
    await kept.pull(a_page(1, gone=["kite"], begins_anew=False))
    latest = await kept.latest()
    assert latest is not None
    assert latest.retired_at is not None
    assert (await kept.state()).fault == EMPTIED


async def test_a_flood_waits_for_a_person_and_is_not_lost(kept: FeedDesk) -> None:
    await kept.pull(a_page(1, "kite"))
    flood = a_page(1, *(f"reed-{number}" for number in range(1_100)), begins_anew=False)
    pulled = await kept.pull(flood)
    assert pulled.held
    assert await kept.refs() == ["kite"]
    state = await kept.state()
    assert (state.fault, state.checkpoint) == (HELD, "behind 1")
    kept.desk.opened.clock.forward(timedelta(days=2))
    assert await kept.feeds.pull_due([(FEED, ScriptedFeed)]) == [], "as long as it waits"
    await kept.office.lists.activate(LOCAL, "Kites")
    pulled = await kept.pull()
    assert (pulled.held, pulled.hash_list, pulled.effect.entries) == ("", None, 1_101)
    assert (await kept.state()).fault == ""
    assert len(await kept.refs()) == 1_101


async def test_what_a_person_set_for_the_list_stays_in_its_next_versions(kept: FeedDesk) -> None:
    terms = NewList(
        name="Kites", classification="demo", list_class=ListClass.ACCREDITED, radius=12, min_quality=70,
        severity=Severity.HIGH,
    )  # fmt: skip
    await kept.office.lists.import_list(LOCAL, terms, [an_entry("kite")])
    pulled = await kept.pull(a_page(1, "kite", "drum"))
    assert pulled.hash_list is not None
    set_by_person = pulled.hash_list.radius, pulled.hash_list.min_quality, pulled.hash_list.severity
    assert set_by_person == (12, 70, Severity.HIGH)


async def test_nothing_is_pulled_behind_the_end_of_a_licence(kept: FeedDesk) -> None:
    ended = replace(FEED, licence_ends=date(2026, 3, 1))
    client = ScriptedFeed([a_page(1, "kite")])
    with pytest.raises(WrongState, match="licence of the feed kites ended on 2026-03-01"):
        await kept.feeds.pull(LOCAL, ended, client)
    assert client.asked == []
    assert (await kept.feeds.pull(LOCAL, replace(FEED, licence_ends=date(2026, 3, 2)), client)).hash_list


async def test_only_who_keeps_the_lists_pulls(enrolled: Desk, tmp_path: Path) -> None:
    kept = FeedDesk(enrolled, tmp_path)
    bopha, nary = await enrolled.opened.user("bopha"), await enrolled.opened.user("nary")
    with pytest.raises(NotAllowed):
        await kept.feeds.pull(bopha, FEED, ScriptedFeed())
    await kept.feeds.pull(nary, FEED, ScriptedFeed([a_page(1, "kite")]))
    for actor in (bopha, nary, await enrolled.opened.user("vuthy")):
        [(feed, state)] = await kept.feeds.states(actor, [FEED])
        assert (feed, state.checkpoint) == (FEED, "behind 1")


async def test_the_ticker_pulls_what_is_due_and_leaves_the_rest(kept: FeedDesk) -> None:
    clock = kept.desk.opened.clock
    client = ScriptedFeed([a_page(1, "kite")])

    other = replace(FEED, name="drums", list_name="Drums")

    def no_client() -> ScriptedFeed:
        raise OperatorFault("secret_env names DRUMS, and the environment has no such variable.")

    async def tick() -> int:
        return len(await kept.feeds.pull_due([(other, no_client), (FEED, lambda: client)]))

    assert await tick() == 1
    assert await tick() == 0, "not before its time"
    clock.forward(timedelta(days=1))
    client.script = [AskFailed("wait", wait=7_200.0)]
    assert await tick() == 0
    assert (await kept.state()).fault == "wait"
    client.script = [a_page(1, "drum", begins_anew=False)]
    clock.forward(timedelta(hours=1))
    assert await tick() == 0, "it asked to be left alone"
    clock.forward(timedelta(hours=1))
    assert await tick() == 1
    assert (await kept.state()).fault == ""
    await kept.office.lists.retire(LOCAL, "Kites")
    clock.forward(timedelta(days=2))
    assert await tick() == 0, "a person took it out of force"


async def test_an_import_that_is_refused_keeps_the_version(kept: FeedDesk) -> None:
    with pytest.raises(BadInput, match="--name"):
        await kept.pull(a_page(1, "kite"), feed=replace(FEED, list_name=" "))
    assert (await kept.state()).checkpoint == ""
