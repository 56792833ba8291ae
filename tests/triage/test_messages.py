"""People are told how their watch stands: once, without content, and again if the server did not take it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.letters import LetterWriter
from domain.audit import GENESIS
from domain.books.rows import StoredAccount
from domain.condition import Beat
from domain.feeds import FeedState
from domain.outcomes import Outcome
from domain.store import Tx
from domain.telegram import AccountId
from tests.contracts.postman import FakePostman
from tests.contracts.samples import a_list, a_visit
from tests.desk import LOCAL, SELLING, post
from tests.triage.deskhands import Desk
from triage.messages import FIRST_WAIT, LONGEST_WAIT, Messenger, Told

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ADDRESS = "https://kapear.example.org"


@dataclass
class Post:
    """A messenger, its postman, and the desk that it speaks of."""

    desk: Desk
    postman: FakePostman
    messenger: Messenger
    disk_is_full: bool = False

    async def hear(self, after: timedelta = timedelta(0)) -> str:
        """Let time pass while somebody monitors; returns what the next letter says, empty for none."""
        self.desk.opened.clock.forward(after)
        now = self.desk.opened.clock()
        await self.desk.opened.store.write(lambda tx: tx.standing.beat(Beat(at=now)))
        return await self.say()

    async def say(self) -> str:
        before = len(self.postman.sent)
        await self.messenger.say_due()
        new = self.postman.sent[before:]
        assert len(new) <= 1, "one letter at a time"
        return new[0].body.partition("\n\n--\n")[0] if new else ""

    async def quiet(self) -> None:
        """Have all said that is due by now, the day's line among it."""
        await self.hear()
        await self.hear(after=timedelta(days=1))
        assert await self.hear(after=MINUTE) == ""


@pytest.fixture
def told(desk: Desk) -> Post:
    return posted(desk)


def posted(desk: Desk) -> Post:
    postman = FakePostman()
    messenger = Messenger(
        desk=desk.opened.office.desk, postman=postman, writes=LetterWriter(address=ADDRESS),
        zone=ZoneInfo("Asia/Phnom_Penh"), told=Told(urgent_points=20), feeds={"kites"},
    )  # fmt: skip
    made = Post(desk, postman, messenger)
    messenger.disk_is_full = lambda: made.disk_is_full
    return made


async def test_one_line_a_day_says_that_it_watches_with_counts_in_all(told: Post) -> None:
    await told.desk.watch()
    audit = told.desk.opened.office.audit
    kept = await audit.checkpoint(LOCAL)
    first = await told.hear()
    assert first.splitlines() == [
        "Kapear is watching.", "Leads waiting: 0. Targets active: 1. Visits in 24 hours: 0.",
        f"Audit log, to be kept: {kept}", f"Console: {ADDRESS}",
    ]  # fmt: skip
    assert (await audit.verify(LOCAL, [kept])).broken_at is None
    assert (await audit.verify(LOCAL, [replace(kept, hash=GENESIS)])).broken_at == kept.events
    assert told.postman.sent[0].subject == "Kapear: watching"
    assert "Kapear កំពុងតាមដាន។" in told.postman.sent[0].body
    assert [bool(await told.hear(after=HOUR)) for _ in range(24)].count(True) == 1


async def test_the_day_s_line_says_how_late_leads_were(told: Post) -> None:
    view = await told.desk.opened.add_target()
    told.desk.opened.clock.forward(HOUR)
    appeared = told.desk.opened.clock() - 29.5 * MINUTE
    await told.desk.opened.visit(view.target.id, post(1, SELLING, at=appeared))
    assert "within 30 days: 95 of 100 in at most 30 minutes." in await told.hear()


async def test_that_it_stands_still_is_said_when_it_begins_and_when_it_is_over(told: Post) -> None:
    await told.quiet()
    await told.desk.watchlist.pause_all(LOCAL, "a reason with a name in it")
    assert await told.hear(after=MINUTE) == (
        f"Kapear is not watching (paused).\n* Nothing is watched (paused), since {stamp(told)}.\nConsole: {ADDRESS}"
    )
    assert told.postman.sent[-1].subject == "Kapear: not watching (paused)"
    assert await told.hear(after=MINUTE) == ""
    await told.desk.watchlist.pause_all(LOCAL, "")
    assert "That is over (paused)" in await told.hear(after=MINUTE)
    assert "name in it" not in repr(told.postman.sent)


async def test_a_process_that_does_not_visit_speaks_only_while_nobody_visits(told: Post) -> None:
    await told.quiet()
    told.disk_is_full = True
    await told.messenger.say_silence()
    told.desk.opened.clock.forward(2 * MINUTE)
    await told.messenger.say_silence()
    assert "Nothing is watched (no_tick)" in told.postman.sent[-1].body
    sent = len(told.postman.sent)
    await told.messenger.say_silence()
    assert len(told.postman.sent) == sent


async def test_a_short_outage_of_the_line_is_not_told(told: Post) -> None:
    await told.quiet()
    now = told.desk.opened.clock()
    await told.desk.opened.store.write(lambda tx: tx.outages.begin(now))
    assert await told.hear(after=9 * MINUTE) == ""
    assert "network_away" in await told.hear(after=2 * MINUTE)


async def test_whatever_people_must_know_of_is_told_once_and_its_end_too(told: Post) -> None:
    await told.quiet()
    store, clock = told.desk.opened.store, told.desk.opened.clock
    account = StoredAccount(id=AccountId("acc-1"), label="kites", created_at=clock(), parked="x", parked_at=clock())
    ending = (await told.desk.watch(days=5)).target.id
    failing = (await told.desk.watch("http://127.0.0.1:9/boats")).target.id
    await told.desk.opened.visit(failing, post(1, SELLING))
    (lead,) = await told.desk.leads()
    listed = a_list("Shapes", licence_ends=date(2026, 3, 20))

    def begin(tx: Tx) -> None:
        tx.telegram.put(account)
        for name in ("kites", "not ours"):
            tx.feeds.put(FeedState(name=name, fault="credentials", pulled_at=clock()))
        tx.lists.stage(listed)
        tx.lists.activate(listed.id, entries=1, now=clock())

    await store.write(begin)
    await fail(told, failing, 6)
    told.disk_is_full = True
    letter = await told.hear(after=5 * HOUR)
    for line in (
        "The disk is nearly full",
        f"An urgent lead waits since {stamp(told, lead.filed_at)} for somebody: {ADDRESS}/leads/{lead.id}",
        "A Telegram account is parked",
        "The feed kites fails",
        f"The licence of the list {listed.name} ends soon",
        f"A target ends soon; with an open lead it can be extended: {ADDRESS}/targets/{ending}",
        f"A target could not be read for a long time: {ADDRESS}/targets/{failing}",
    ):
        assert line in letter, line
    assert "not ours" not in letter
    for content in ("lanterns", "boats", "127.0.0.1", "PayPal"):
        assert content not in told.postman.sent[-1].body
    assert await told.hear(after=MINUTE) == ""

    await told.desk.opened.office.queue.claim(LOCAL, lead.id)
    await told.desk.watchlist.retire(LOCAL, ending)
    await told.desk.watchlist.retire(LOCAL, failing)
    told.disk_is_full = False
    await store.write(lambda tx: tx.feeds.put(FeedState(name="kites")))
    await store.write(lambda tx: tx.lists.retire(listed.id, clock()))
    await store.write(lambda tx: tx.telegram.forget(AccountId("acc-1")))
    letter = await told.hear(after=MINUTE)
    assert letter.count("\n* ") == 7
    for line in ("has room again", "waits no more", "reads again", "pulled again", "used no more", "or has ended"):
        assert line in letter, line
    assert await told.hear(after=MINUTE) == ""


async def test_that_the_mandate_ends_is_told_a_month_before(enrolled: Desk) -> None:
    told = posted(enrolled)
    assert "mandate" not in await told.hear()
    assert "The mandate ends soon" in await told.hear(after=timedelta(days=336))


async def test_what_was_not_taken_is_said_later_and_ever_more_rarely_and_everybody_can_see_why(told: Post) -> None:
    told.postman.refuses = True
    tried = 0
    condition = told.desk.opened.office.condition
    for _ in range(24 * 60):
        before = told.messenger._wait
        await told.hear(after=MINUTE)
        tried += told.messenger._wait != before
    assert tried <= 7
    assert told.messenger._wait == LONGEST_WAIT
    assert await condition.mail_fault() == "timeout"
    told.postman.refuses = False
    assert "Kapear is watching." in await told.hear(after=LONGEST_WAIT)
    assert await condition.mail_fault() == ""
    assert told.messenger._wait == FIRST_WAIT


async def test_a_recipient_who_was_refused_is_a_fault_and_the_letter_counts(told: Post) -> None:
    told.postman.refused_recipients = 1
    assert await told.hear() != ""
    assert await told.desk.opened.office.condition.mail_fault() == "recipient"
    assert await told.hear(after=MINUTE) == ""


async def test_after_a_restart_nothing_is_said_again(told: Post) -> None:
    await told.quiet()
    told.disk_is_full = True
    assert "nearly full" in await told.hear(after=MINUTE)
    again = posted(told.desk)
    again.disk_is_full = True
    assert await again.hear(after=MINUTE) == ""
    again.disk_is_full = False
    assert "has room again" in await again.hear(after=MINUTE)


async def fail(told: Post, target_id: str, times: int) -> None:
    """Let a target have failed so often."""
    claim = await told.desk.claim(target_id)
    visit = a_visit(claim.target.id, outcome=Outcome.UNREACHABLE)
    await told.desk.opened.store.write(lambda tx: tx.targets.finish(claim, visit, claim.target.expires_at, times))


def stamp(told: Post, moment: datetime | None = None) -> str:
    return (moment or told.desk.opened.clock()).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
