"""What every store promises of standing, reports, people, lists and the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest

from domain.audit import GENESIS, AuditDraft, verify
from domain.condition import Beat
from domain.errors import NotFound, WrongState
from domain.hashlists import HashEntry, HashList, LiveList
from domain.ids import ListId, ReferralId, ReportId
from domain.mandate import Mandate, MandateScope, Organisation
from domain.messages import Kind, Said
from domain.people import SESSION_IDLE, Actor, Role, Session
from domain.referral_kinds import ReferralKind
from domain.referrals import ReferralNote
from domain.reports import Report
from domain.store import Store, Tx
from tests.contracts.samples import DAY, MINUTE, NOW, a_list, a_referral, a_report, a_user, some_entries

ORGANISATION = Organisation(name="ទូរស័ព្ទ Hotline", contact="desk@example.org", zone="Asia/Phnom_Penh")
MANDATE = Mandate(
    authority="A ministry",
    document="No. 12/2026",
    scope=MandateScope.TEXT,
    expires_at=datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=7))),
)
ANALYST = Actor(name="analyst.one", role=Role.ANALYST)


class DeskContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_an_empty_store_is_not_enrolled(self, store: Store) -> None:
        standing = await store.read(lambda tx: tx.standing.get())
        assert (standing.organisation, standing.mandate, standing.users, standing.paused) == (None, None, 0, "")

    async def test_enrolment_comes_back_and_can_be_replaced(self, store: Store) -> None:
        await store.write(lambda tx: tx.standing.enrol(ORGANISATION, MANDATE, NOW))
        longer = replace(MANDATE, scope=MandateScope.MEDIA_HASH, expires_at=MANDATE.expires_at + DAY)
        first = await store.read(lambda tx: tx.standing.get())
        await store.write(lambda tx: tx.standing.enrol(ORGANISATION, longer, NOW))
        second = await store.read(lambda tx: tx.standing.get())
        assert (first.organisation, first.mandate) == (ORGANISATION, MANDATE)
        assert second.mandate == longer

    async def test_standing_counts_users_that_are_not_disabled(self, store: Store) -> None:
        await store.write(lambda tx: tx.people.add(a_user()))
        await store.write(lambda tx: tx.people.add(a_user("gone.user", disabled_at=NOW)))
        assert (await store.read(lambda tx: tx.standing.get())).users == 1

    async def test_all_visits_pause_with_a_reason_and_go_on(self, store: Store) -> None:
        await store.write(lambda tx: tx.standing.pause_all("counsel asked"))
        assert (await store.read(lambda tx: tx.standing.get())).paused == "counsel asked"
        await store.write(lambda tx: tx.standing.pause_all(""))
        assert (await store.read(lambda tx: tx.standing.get())).paused == ""

    # Reports.

    async def test_reports_come_back_newest_first(self, store: Store) -> None:
        older, newer = a_report(), a_report(created_at=NOW + MINUTE, synthetic=True)
        for report in (older, newer):
            await put_report(store, report)
        assert await store.read(lambda tx: tx.reports.all()) == [newer, older]
        assert await store.read(lambda tx: tx.reports.find(older.reference)) == older
        assert await store.read(lambda tx: tx.reports.get(newer.id)) == newer

    async def test_a_reference_is_exact_and_taken_once(self, store: Store) -> None:
        report = a_report(reference="IHC-2026-0142")
        await store.write(lambda tx: tx.reports.add(report))
        assert await store.read(lambda tx: tx.reports.find("IHC-2026-014")) is None
        with pytest.raises(WrongState, match="IHC-2026-0142"):
            await store.write(lambda tx: tx.reports.add(a_report(reference="IHC-2026-0142")))
        assert await store.read(lambda tx: tx.reports.all()) == [report]

    async def test_an_unknown_report_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.read(lambda tx: tx.reports.get(ReportId("none")))

    # Notes for the police.

    async def test_notes_come_back_newest_first_and_one_for_each_place(self, store: Store) -> None:
        report = a_report()
        await store.write(lambda tx: tx.reports.add(report))
        first, second = a_referral(report), a_referral(report, kind=ReferralKind.BOT)
        for note in (first, second):
            await store.write(partial(_refer, note))
        assert await store.read(lambda tx: tx.referrals.all()) == [second, first]
        assert await store.read(lambda tx: tx.referrals.get(first.id)) == first
        with pytest.raises(WrongState, match="already"):
            await store.write(lambda tx: tx.referrals.add(a_referral(report, locator_digest=first.locator_digest)))
        with pytest.raises(NotFound, match="kapear report referrals"):
            await store.read(lambda tx: tx.referrals.get(ReferralId("none")))

    async def test_a_refusal_caught_inside_leaves_the_transaction_whole(self, store: Store) -> None:
        report = a_report()

        def work(tx: Tx) -> None:
            tx.reports.add(report)
            with pytest.raises(WrongState):
                tx.reports.add(replace(a_report(), reference=report.reference))
            tx.standing.pause_all("still going")

        await store.write(work)
        assert (await store.read(lambda tx: tx.standing.get())).paused == "still going"

    # People.

    async def test_users_come_back_by_name_and_by_token(self, store: Store) -> None:
        one, two = a_user(), a_user("analyst.two", Role.SUPERVISOR)
        await store.write(lambda tx: tx.people.add(one, "token-1"))
        await store.write(lambda tx: tx.people.add(two))
        assert await store.read(lambda tx: tx.people.all()) == [one, two]
        assert await store.read(lambda tx: tx.people.find("analyst.two")) == two
        assert await store.read(lambda tx: tx.people.find("nobody")) is None
        assert await store.read(lambda tx: tx.people.by_token("token-1")) == one

    async def test_a_name_is_taken_once(self, store: Store) -> None:
        await store.write(lambda tx: tx.people.add(a_user()))
        with pytest.raises(WrongState, match=r"analyst\.one"):
            await store.write(lambda tx: tx.people.add(a_user()))

    async def test_a_new_token_ends_the_old_one(self, store: Store) -> None:
        await store.write(lambda tx: tx.people.add(a_user(), "token-1"))
        await store.write(lambda tx: tx.people.set_token("analyst.one", "token-2"))
        assert await store.read(lambda tx: tx.people.by_token("token-1")) is None
        assert await store.read(lambda tx: tx.people.by_token("token-2")) is not None
        with pytest.raises(NotFound):
            await store.write(lambda tx: tx.people.set_token("nobody", "token-3"))

    async def test_a_disabled_user_has_no_token_link_or_session(self, store: Store) -> None:
        gone = a_user(disabled_at=NOW)
        await store.write(lambda tx: tx.people.add(gone, "token-1"))
        await store.write(lambda tx: tx.people.add_link("link-1", ANALYST, NOW + DAY))
        session = Session(actor=ANALYST, csrf="c", expires_at=NOW + DAY)
        await store.write(lambda tx: tx.people.add_session("cookie-1", session, NOW))
        assert await store.read(lambda tx: tx.people.by_token("token-1")) is None
        assert await store.write(lambda tx: tx.people.use_link("link-1", NOW)) is None
        assert await store.write(lambda tx: tx.people.session("cookie-1", NOW)) is None

    async def test_a_sign_in_link_works_once(self, store: Store) -> None:
        await store.write(lambda tx: tx.people.add(a_user()))
        await store.write(lambda tx: tx.people.add_link("link-1", ANALYST, NOW + MINUTE))
        assert await store.write(lambda tx: tx.people.use_link("other", NOW)) is None
        assert await store.write(lambda tx: tx.people.use_link("link-1", NOW)) == ANALYST
        assert await store.write(lambda tx: tx.people.use_link("link-1", NOW)) is None

    async def test_a_sign_in_link_expires(self, store: Store) -> None:
        local = Actor(name="os:somebody", role=Role.ADMIN, local=True)
        await store.write(lambda tx: tx.people.add_link("link-1", local, NOW + MINUTE))
        await store.write(lambda tx: tx.people.add_link("link-2", local, NOW + MINUTE))
        assert await store.write(lambda tx: tx.people.use_link("link-1", NOW)) == local
        assert await store.write(lambda tx: tx.people.use_link("link-2", NOW + MINUTE)) is None

    async def test_a_session_lives_while_it_is_used(self, store: Store) -> None:
        session = Session(
            actor=Actor(name="os:somebody", role=Role.ADMIN, local=True), csrf="csrf-1", expires_at=NOW + DAY
        )
        await store.write(lambda tx: tx.people.add_session("cookie-1", session, NOW))
        step = SESSION_IDLE - MINUTE
        for used in (NOW + step, NOW + 2 * step, NOW + 3 * step):
            assert await store.write(partial(session_of, "cookie-1", used)) == session
        idle = NOW + 3 * step + SESSION_IDLE
        assert await store.read(lambda tx: tx.people.session("cookie-1", idle)) is None
        assert await store.read(lambda tx: tx.people.session("other", NOW)) is None

    async def test_a_session_ends_when_it_expires_or_is_ended(self, store: Store) -> None:
        local = Actor(name="os:somebody", role=Role.ADMIN, local=True)
        short = Session(actor=local, csrf="c", expires_at=NOW + MINUTE)
        await store.write(lambda tx: tx.people.add_session("cookie-1", short, NOW))
        assert await store.read(lambda tx: tx.people.session("cookie-1", NOW + MINUTE)) is None
        assert await store.read(lambda tx: tx.people.session("cookie-1", NOW)) == short
        await store.write(lambda tx: tx.people.end_session("cookie-1"))
        assert await store.read(lambda tx: tx.people.session("cookie-1", NOW)) is None

    async def test_a_session_has_the_role_its_user_has_today(self, store: Store) -> None:
        await store.write(lambda tx: tx.people.add(a_user(role=Role.AUDITOR)))
        session = Session(actor=ANALYST, csrf="c", expires_at=NOW + DAY)
        await store.write(lambda tx: tx.people.add_session("cookie-1", session, NOW))
        living = await store.read(lambda tx: tx.people.session("cookie-1", NOW))
        assert living is not None
        assert living.actor == Actor(name="analyst.one", role=Role.AUDITOR)

    # Hash lists.

    async def test_a_staged_list_is_not_seen_until_it_is_activated(self, store: Store) -> None:
        staged = a_list()
        await store.write(lambda tx: tx.lists.stage(staged))
        await store.write(lambda tx: tx.lists.add_entries(staged.id, some_entries(3)))
        assert await store.read(lambda tx: tx.lists.latest("lanterns")) is None
        assert await store.read(lambda tx: tx.lists.all()) == []
        assert await store.read(lambda tx: tx.lists.live()) == []
        assert await store.read(lambda tx: tx.lists.staged()) == [staged]
        assert await store.read(lambda tx: tx.lists.generation()) == 0
        assert await store.write(lambda tx: tx.lists.activate(staged.id, entries=3, now=NOW)) == 1
        in_force = replace(staged, entries=3, generation=1)
        assert await store.read(lambda tx: tx.lists.latest("lanterns")) == in_force
        assert await store.read(lambda tx: tx.lists.generation()) == 1
        assert await store.read(lambda tx: tx.lists.live()) == [LiveList(hash_list=in_force)]
        assert await store.read(lambda tx: tx.lists.staged()) == []
        assert await store.read(lambda tx: list(tx.lists.entries(staged.id))) == some_entries(3)

    async def test_a_new_version_retires_the_one_before_and_only_that(self, store: Store) -> None:
        first = await self.live_list(store, a_list(), some_entries(2))
        other = await self.live_list(store, a_list("kites"), some_entries(1))
        second = await self.live_list(store, a_list(version=2), some_entries(5))
        listed = await store.read(lambda tx: tx.lists.all())
        assert [one.id for one in listed] == [second, other, first]
        assert [one.retired_at for one in listed] == [None, None, NOW]
        live = await store.read(lambda tx: [(one.id, one.generation) for one in tx.lists.in_force()])
        assert live == [(other, 2), (second, 3)]
        assert [one.generation for one in listed] == [3, 2, 3]
        assert await store.read(lambda tx: tx.lists.kept()) == [other, second]

    async def test_a_retired_list_leaves_matching(self, store: Store) -> None:
        list_id = await self.live_list(store, a_list(), some_entries(2))
        assert await store.write(lambda tx: tx.lists.retire(list_id, NOW)) == 2
        assert await store.read(lambda tx: tx.lists.live()) == []
        latest = await store.read(lambda tx: tx.lists.latest("lanterns"))
        assert latest is not None
        assert latest.retired_at == NOW
        with pytest.raises(WrongState):
            await store.write(lambda tx: tx.lists.retire(list_id, NOW))
        with pytest.raises(NotFound):
            await store.write(lambda tx: tx.lists.retire(ListId("none"), NOW))

    async def test_unfinished_imports_are_dropped_with_their_entries(self, store: Store) -> None:
        kept = await self.live_list(store, a_list(), some_entries(1))
        staged = a_list("kites")
        await store.write(lambda tx: tx.lists.stage(staged))
        await store.write(lambda tx: tx.lists.add_entries(staged.id, some_entries(2)))
        assert await store.write(lambda tx: tx.lists.discard([one.id for one in tx.lists.staged()])) == 1
        assert [one.id for one in await store.read(lambda tx: tx.lists.all())] == [kept]
        with pytest.raises(WrongState):
            await store.write(lambda tx: tx.lists.add_entries(staged.id, some_entries(1)))
        with pytest.raises(WrongState):
            await store.write(lambda tx: tx.lists.activate(staged.id, entries=2, now=NOW))

    async def test_an_import_that_starts_anew_replaces_an_unfinished_one(self, store: Store) -> None:
        broken_off = a_list()
        await store.write(lambda tx: tx.lists.stage(broken_off))
        again = await self.live_list(store, a_list(), some_entries(1))
        assert [one.id for one in await store.read(lambda tx: tx.lists.all())] == [again]

    async def live_list(self, store: Store, hash_list: HashList, entries: list[HashEntry]) -> ListId:
        await store.write(lambda tx: tx.lists.stage(hash_list))
        await store.write(lambda tx: tx.lists.add_entries(hash_list.id, entries))
        await store.write(lambda tx: tx.lists.activate(hash_list.id, entries=len(entries), now=NOW))
        return hash_list.id

    async def test_the_last_sign_of_who_visits_is_kept(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.standing.last_beat()) == Beat(at=None)
        for beat in (Beat(at=NOW, fault="decoding_fails"), Beat(at=NOW + MINUTE)):
            await store.write(lambda tx, beat=beat: tx.standing.beat(beat))  # type: ignore[misc]
            assert await store.read(lambda tx: tx.standing.last_beat()) == beat

    async def test_what_was_said_is_kept_till_it_is_over_and_forgotten(self, store: Store) -> None:
        begun = Said(kind=Kind.LEAD_WAITS, subject="lead-1", since=NOW, said_at=NOW)
        other = replace(begun, kind=Kind.STANDS_STILL, subject="paused")
        for said in (begun, other, replace(begun, said_at=NOW + DAY)):
            await store.write(lambda tx, said=said: tx.messages.put(said))  # type: ignore[misc]
        found = await store.read(lambda tx: tx.messages.said(NOW))
        assert sorted(found, key=lambda one: one.subject) == [replace(begun, said_at=NOW + DAY), other]
        over = replace(other, said_at=NOW + DAY, ended_at=NOW + DAY)
        await store.write(lambda tx: tx.messages.put(over))
        assert over in await store.read(lambda tx: tx.messages.said(NOW))
        assert over not in await store.read(lambda tx: tx.messages.said(NOW + DAY))
        await store.write(lambda tx: tx.messages.forget(NOW + 2 * DAY))
        assert len(await store.read(lambda tx: tx.messages.said(NOW))) == 1
        for code in ("timeout", ""):
            await store.write(lambda tx, code=code: tx.messages.note_fault(code))  # type: ignore[misc]
            assert await store.read(lambda tx: tx.messages.fault()) == code

    # The audit log.

    async def test_events_are_chained_and_come_back_whole(self, store: Store) -> None:
        details: dict[str, str | int] = {"name": "ចង្កៀង \N{KITE} \x00 \ud800", "count": 3}
        there = NOW.astimezone(timezone(timedelta(hours=7)))
        first = AuditDraft(at=there, actor="analyst.one", action="lead.claimed", subject="lead-1", details=details)
        second = AuditDraft(at=NOW + MINUTE, actor="kapear", action="lead.filed")
        assert await store.read(lambda tx: tx.audit.head()) == (0, GENESIS)
        written = await store.write(lambda tx: [tx.audit.append(first), tx.audit.append(second)])
        events = await store.read(lambda tx: list(tx.audit.events()))
        assert events == written
        assert [event.seq for event in events] == [1, 2]
        assert events[0].draft == replace(first, at=NOW.astimezone(UTC))
        assert await store.read(lambda tx: tx.audit.head()) == (2, events[1].hash)
        assert await store.read(lambda tx: list(tx.audit.events(since_seq=1))) == [events[1]]
        verdict = await store.read(lambda tx: verify(tx.audit.events(), head=tx.audit.head()))
        assert (verdict.events, verdict.broken_at) == (2, None)

    async def test_the_newest_time_is_the_latest_that_any_event_bears(self, store: Store) -> None:
        async def append(at: datetime) -> datetime | None:
            def work(tx: Tx) -> datetime | None:
                tx.audit.append(AuditDraft(at=at, actor="kapear", action="lead.filed"))
                return tx.audit.newest()

            return await store.write(work)

        assert await store.read(lambda tx: tx.audit.newest()) is None
        there = timezone(timedelta(hours=7))
        assert await append((NOW + DAY).astimezone(there)) == NOW + DAY
        assert await append(NOW) == NOW + DAY
        await store.write(lambda tx: tx.audit.count_anew(NOW))
        assert await store.read(lambda tx: tx.audit.newest()) == NOW
        assert await append(NOW - MINUTE) == NOW
        assert await append(NOW + MINUTE) == NOW + MINUTE

    async def test_an_event_goes_with_its_action(self, store: Store) -> None:
        def work(tx: Tx) -> None:
            tx.audit.append(AuditDraft(at=NOW, actor="analyst.one", action="visits.paused"))
            tx.standing.pause_all("half done")
            raise WrongState("on second thoughts")

        with pytest.raises(WrongState, match="second thoughts"):
            await store.write(work)
        assert await store.read(lambda tx: tx.audit.head()) == (0, GENESIS)
        assert (await store.read(lambda tx: tx.standing.get())).paused == ""


async def put_report(store: Store, report: Report) -> None:
    await store.write(lambda tx: tx.reports.add(report))


def session_of(digest: str, now: datetime, tx: Tx) -> Session | None:
    return tx.people.session(digest, now)


def _refer(note: ReferralNote, tx: Tx) -> None:
    tx.referrals.add(note)
