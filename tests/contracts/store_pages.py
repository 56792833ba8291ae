"""What every store promises of pages of posts, and of the leads they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from domain.books.rows import Division, StoredMedia
from domain.errors import NotFound
from domain.filing import hash_group
from domain.fingerprints import MediaStatus
from domain.hashlists import Algorithm, ListClass
from domain.ids import LeadId, ListId
from domain.leads import Closing, DeletedPost, LeadKind, LeadStatus
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.pages import KnownMedia, PagePlan
from domain.scoring import Score, total
from domain.store import Store, Tx
from domain.targets import Claim, Visit
from tests.contracts.samples import (
    DAY,
    MINUTE,
    NOW,
    PAYMENT,
    PRICE,
    a_fingerprint,
    a_key,
    a_match,
    a_note,
    a_post,
    a_visit,
    hashed,
    pending,
    put_claim,
    put_page,
    write_page,
)


def finish(claim: Claim, visit: Visit, tx: Tx) -> None:
    tx.targets.finish(claim, visit, None, 0)


class PageContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_a_page_comes_back_as_posts(self, store: Store) -> None:
        claim = await put_claim(store)
        posts = [a_post("10", hashed("m1"), pending("m2")), a_post("9"), a_post("11", posted_at=None)]
        await put_page(store, claim, posts, cursor="after 11")
        stored = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert [post.key for post in stored] == [a_key("10"), a_key("9"), a_key("11")]  # as seen
        assert [(post.seq, post.seen_at, post.deleted) for post in stored] == [(1, NOW, False)] * 3
        assert [post.posted_at for post in stored] == [NOW - MINUTE, NOW - MINUTE, None]
        assert stored[0].media == (
            StoredMedia(status=MediaStatus.HASHED, reason="", sha256=a_fingerprint().sha256),
            StoredMedia(status=MediaStatus.PENDING, reason="deadline", sha256=None),
        )
        assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).cursor == "after 11"

    async def test_what_no_lead_needs_is_purged_after_its_time(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1", hashed("m1")), a_post("2", hashed("m2", a_match())), a_post("3")])
        before = await store.read(lambda tx: tx.figures(None, None))
        kept = await store.write(lambda tx: tx.targets.sum_up_posts(NOW, 9))
        assert kept == 0, "not older than the moment"
        gone = [await store.write(lambda tx: tx.targets.sum_up_posts(NOW + MINUTE, 1)) for _ in range(3)]
        assert gone == [1, 1, 0]
        assert await store.read(lambda tx: tx.figures(None, None)) == before
        [post] = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert post.key == a_key("2"), "what belongs to a lead stays"
        assert await store.read(lambda tx: tx.targets.known_media([a_key("1")])) == {}
        assert await store.checkpoint(), "nobody reads an older state here"

    async def test_seeing_a_page_twice_changes_nothing(self, store: Store) -> None:
        claim = await put_claim(store)
        page = [
            a_post("1", hashed("m1", a_match())),
            a_post("2", text_hits=(PRICE, PAYMENT), identifiers=("i1",)),
            a_post("3", hashed("m3")),
        ]
        await put_page(store, claim, page)
        before = await self.everything(store, claim)
        assert await put_page(store, claim, page, now=NOW + MINUTE) == PagePlan()
        assert await self.everything(store, claim) == before

    async def test_a_changed_post_gets_a_revision_and_stays_in_its_place(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1"), a_post("2")])
        changed = a_post("1", hashed("m1"), digest="another", posted_at=NOW, edited_at=NOW)
        await put_page(store, claim, [changed], now=NOW + MINUTE)
        first, second = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert (first.key, first.seq, first.seen_at, first.posted_at) == (a_key("1"), 2, NOW + MINUTE, NOW)
        assert (second.key, second.seq) == (a_key("2"), 1)
        figures = await store.read(lambda tx: tx.figures(None, None))
        assert (figures["observations"], figures["media"]) == (3, 1)

    async def test_one_page_may_show_a_post_twice(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1", pending("m1")), a_post("1", hashed("m1"), digest="another")])
        (post,) = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert (post.seq, [media.status for media in post.media]) == (2, [MediaStatus.HASHED])

    async def test_a_post_is_one_post_whoever_watches_it(self, store: Store) -> None:
        one, other = await put_claim(store), await put_claim(store)
        await put_page(store, one, [a_post("1", hashed("m1", a_match()))])
        plan = await put_page(store, other, [a_post("1", hashed("m1", a_match()))])
        assert plan == PagePlan()
        assert await store.read(lambda tx: tx.targets.posts(other.target.id)) == []
        assert len(await store.read(lambda tx: tx.leads.queue())) == 1

    async def test_an_empty_page_only_moves_the_cursor(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [], cursor="further")
        assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).cursor == "further"

    async def test_a_page_of_many_posts(self, store: Store) -> None:
        claim = await put_claim(store)
        posts = [a_post(str(number), hashed(f"m{number}", number=number + 1)) for number in range(1_201)]
        await put_page(store, claim, posts)
        assert await put_page(store, claim, posts) == PagePlan()
        known = await store.read(lambda tx: tx.targets.known_media([post.key for post in posts]))
        assert len(known) == 1_201

    async def test_posts_are_known_by_the_digest_of_what_was_last_seen(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1"), a_post("2")])
        await put_page(store, claim, [a_post("2", digest="another")])
        keys = [a_key(name) for name in ("1", "2", "3")]
        known = await store.read(lambda tx: tx.targets.known_digests(keys))
        assert known == {a_key("1"): a_post("1").content_digest, a_key("2"): "another"}

    # Deletions.

    async def test_a_deleted_post_is_marked_once_and_told_with_its_lead(self, store: Store) -> None:
        claim = await put_claim(store)
        plan = await put_page(store, claim, [a_post("1", hashed("m1", a_match())), a_post("2"), a_post("3")])
        (lead,) = plan.filed
        assert (await store.read(lambda tx: tx.leads.get(lead.id))).deleted == ()
        gone = await put_page(store, claim, [], now=NOW + MINUTE, gone=("1", "3", "99"))
        assert [change.lead_ids for change in gone.presence] == [(lead.id,), ()]
        stored = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert [(post.key.post, post.deleted, post.seq) for post in stored] == [
            ("1", True, 1),
            ("2", False, 1),
            ("3", True, 1),
        ]
        assert await put_page(store, claim, [], now=NOW + DAY, gone=("1", "3")) == PagePlan()
        told = await store.read(lambda tx: tx.leads.get(lead.id))
        assert told.deleted == (DeletedPost(post_id=plan.posts[0].id, at=NOW + MINUTE),)
        assert [one.deleted for one in await store.read(lambda tx: tx.leads.queue())] == [told.deleted]

    async def test_a_deleted_post_that_is_seen_again_is_not_deleted(self, store: Store) -> None:
        claim = await put_claim(store)
        page = [a_post("1", hashed("m1", a_match())), a_post("2")]
        (lead,) = (await put_page(store, claim, page)).filed
        await put_page(store, claim, [], gone=("1", "2"))
        changed = a_post("2", digest="another")
        back = await put_page(store, claim, [page[0], changed])
        assert [(change.deleted_at, change.lead_ids) for change in back.presence] == [(None, (lead.id,)), (None, ())]
        stored = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert [(post.deleted, post.seq) for post in stored] == [(False, 1), (False, 2)]
        assert (await store.read(lambda tx: tx.leads.get(lead.id))).deleted == ()

    async def test_a_post_may_be_seen_and_deleted_within_one_page(self, store: Store) -> None:
        claim = await put_claim(store)
        (lead,) = (await put_page(store, claim, [a_post("1", hashed("m1", a_match()))], gone=("1",))).filed
        assert [post.deleted for post in await store.read(lambda tx: tx.targets.posts(claim.target.id))] == [True]
        assert len((await store.read(lambda tx: tx.leads.get(lead.id))).deleted) == 1

    # Media.

    async def test_media_are_known_by_post_and_identity(self, store: Store) -> None:
        claim = await put_claim(store)
        supporting = a_match(algorithm=Algorithm.PHASH256)
        page = [a_post("1", hashed("m1"), hashed("m2", supporting, number=2)), a_post("2", pending("m1"))]
        plan = await put_page(store, claim, page)
        ids = {(row.identity, row.post_id): row.id for row in plan.media}
        first, second = (post.id for post in plan.posts)
        keys = [a_key("1"), a_key("2"), a_key("3"), a_key("1", container="elsewhere")]
        assert await store.read(lambda tx: tx.targets.known_media(keys)) == {
            a_key("1"): {
                "m1": KnownMedia(id=ids["m1", first], status=MediaStatus.HASHED, attempts=1),
                "m2": KnownMedia(id=ids["m2", first], status=MediaStatus.HASHED, attempts=1, matched=True),
            },
            a_key("2"): {"m1": KnownMedia(id=ids["m1", second], status=MediaStatus.PENDING, attempts=1)},
        }
        assert await store.read(lambda tx: tx.leads.queue()) == []  # pHash alone files nothing

    async def test_pending_media_are_tried_again_fewest_attempts_first(self, store: Store) -> None:
        claim, other = await put_claim(store), await put_claim(store)
        without_url = replace(pending("m0"), retry=None)
        await put_page(
            store, claim, [a_post("1", pending("m1"), without_url, hashed("m9")), a_post("2", pending("m2"))]
        )
        await put_page(store, other, [a_post("3", pending("m3"))])
        again = a_post("1", pending("m1", "timeout"), digest=None)
        await put_page(store, claim, [again])
        waiting = await store.read(lambda tx: tx.targets.pending_media(claim.target.id, 5))
        assert [(item.identity, item.key, item.attempts) for item in waiting] == [
            ("m2", a_key("2"), 1),
            ("m1", a_key("1"), 2),
        ]
        assert waiting[0].retry == pending("m2").retry
        assert waiting[0].posted_at == NOW - MINUTE
        assert len(await store.read(lambda tx: tx.targets.pending_media(claim.target.id, 1))) == 1

    async def test_media_read_later_are_no_longer_pending(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1", pending("m1"))])
        plan = await put_page(store, claim, [a_post("1", hashed("m1", a_match()), digest=None)], now=NOW + MINUTE)
        assert not plan.revisions
        assert [lead.kind for lead in plan.filed] == [LeadKind.HASH]
        assert await store.read(lambda tx: tx.targets.pending_media(claim.target.id, 5)) == []
        (post,) = await store.read(lambda tx: tx.targets.posts(claim.target.id))
        assert post.media[0].sha256 == a_fingerprint().sha256
        known = await store.read(lambda tx: tx.targets.known_media([a_key("1")]))
        assert (known[a_key("1")]["m1"].attempts, known[a_key("1")]["m1"].matched) == (2, True)

    # Leads.

    async def test_a_lead_comes_back_with_all_that_speaks_for_it(self, store: Store) -> None:
        claim = await put_claim(store)
        matches = (
            a_match(algorithm=Algorithm.MD5, distance=0),
            a_match(list_class=ListClass.ACCREDITED, list_id=ListId("list-2")),
        )
        post = a_post("1", hashed("m1", *matches), text_hits=(PRICE, PAYMENT), identifiers=("i1", "i2"))
        plan = await put_page(store, claim, [post])
        (filed,) = plan.filed
        lead = await store.read(lambda tx: tx.leads.get(filed.id))
        assert lead.key is not None
        assert (lead.key.public, lead.key.wrapped) == (b"public", b"wrapped")
        evidence = plan.leads[0]
        assert lead == replace(
            filed, key=lead.key, reasons=evidence.reasons, matches=evidence.matches, text_hits=evidence.text_hits
        )
        assert [item.match for item in lead.matches] == list(matches)
        assert (lead.urgency, lead.value) == tuple(total(lead.reasons, score) for score in (Score.URGENCY, Score.VALUE))
        with pytest.raises(NotFound):
            await store.read(lambda tx: tx.leads.get(LeadId("none")))

    async def test_an_album_is_one_lead_and_grows(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1", hashed("m1", a_match()), album="a")])
        plan = await put_page(store, claim, [a_post("2", hashed("m2", a_match(), number=2), album="a")])
        assert plan.filed == ()
        (lead,) = await store.read(lambda tx: tx.leads.queue())
        assert (lead.posts, len(lead.matches), lead.group) == (2, 2, hash_group(a_key("1"), "a"))
        assert await put_page(store, claim, [a_post("2", hashed("m2", a_match(), number=2), album="a")]) == PagePlan()

    async def test_a_person_s_claim_survives_new_evidence(self, store: Store) -> None:
        claim = await put_claim(store)
        plan = await put_page(store, claim, [a_post("1", hashed("m1", a_match()))])
        held = replace(plan.filed[0], status=LeadStatus.CLAIMED, claimed_by="analyst.one", claimed_at=NOW)
        await store.write(lambda tx: tx.leads.update(held))
        await put_page(store, claim, [a_post("1", digest="another", text_hits=(PRICE, PAYMENT))])
        lead = await store.read(lambda tx: tx.leads.get(held.id))
        assert (lead.status, lead.claimed_by, lead.claimed_at) == (LeadStatus.CLAIMED, "analyst.one", NOW)
        assert lead.value > 0
        assert lead.posts == 1

    async def test_texts_of_one_author_join_one_lead(self, store: Store) -> None:
        claim = await put_claim(store)
        hits = (PRICE, PAYMENT)
        await put_page(store, claim, [a_post("1", text_hits=hits), a_post("2", text_hits=hits)])
        await put_page(
            store, claim, [a_post("3", text_hits=hits), a_post("3", digest="another", text_hits=hits)], now=NOW + DAY
        )
        (lead,) = await store.read(lambda tx: tx.leads.queue())
        assert (lead.kind, lead.posts, len(lead.text_hits)) == (LeadKind.TEXT, 3, 6)
        assert [hit.hit for hit in lead.text_hits[:2]] == [PRICE, PAYMENT]
        assert len(await store.read(lambda tx: tx.leads.contents(lead.id))) == 4

    async def test_a_flood_of_authors_gathers_in_one_lead_a_day(self, store: Store) -> None:
        claim, other = await put_claim(store), await put_claim(store)
        flood = [a_post(str(n), author_digest=f"author-{n}", text_hits=(PRICE, PAYMENT)) for n in range(6)]
        for post in flood[:5]:  # one page each: the count must come from the store
            await put_page(store, claim, [post], text_leads_a_day=2)
        assert [lead.posts for lead in await store.read(lambda tx: tx.leads.queue())] == [1, 1, 3]
        await put_page(store, claim, [flood[5]], text_leads_a_day=2, now=NOW + DAY)
        assert len(await store.read(lambda tx: tx.leads.queue())) == 4
        await put_page(store, other, [a_post("9", text_hits=(PRICE, PAYMENT))], text_leads_a_day=2)
        assert len(await store.read(lambda tx: tx.leads.queue())) == 5

    async def test_the_queue_is_in_order_of_points_then_of_filing(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("late", hashed("m1", a_match()))], now=NOW + MINUTE)
        await put_page(store, claim, [a_post("low", text_hits=(PRICE, PAYMENT))], now=NOW - DAY)
        await put_page(store, claim, [a_post("one", hashed("m2", a_match())), a_post("two", hashed("m3", a_match()))])
        queue = await store.read(lambda tx: tx.leads.queue())
        assert [lead.group.rpartition(":")[2] for lead in queue] == ["one", "two", "late", "author-1"]
        assert await store.read(lambda tx: tx.leads.queue(limit=2)) == queue[:2]
        closed = replace(queue[0], status=LeadStatus.CLOSED, closed_as=Closing.REMOVED)
        await store.write(lambda tx: tx.leads.update(closed))
        assert await store.read(lambda tx: tx.leads.queue(LeadStatus.CLOSED)) == [closed]
        assert await store.read(lambda tx: tx.leads.queue(LeadStatus.NEW, 1)) == [queue[1]]
        with pytest.raises(NotFound):
            await store.write(lambda tx: tx.leads.update(replace(closed, id=LeadId("none"))))

    async def test_sealed_rows_come_back_oldest_first(self, store: Store) -> None:
        claim = await put_claim(store)
        plan = await put_page(store, claim, [a_post("1", hashed("m1", a_match()))])
        lead_id = plan.filed[0].id
        note = a_note(lead_id)
        await store.write(lambda tx: tx.leads.add_content(note))
        first, second = await store.read(lambda tx: tx.leads.contents(lead_id))
        assert (first.kind, first.post_id, first.ciphertext) == ("post", plan.posts[0].id, b"\x00sealed")
        assert second == note
        assert await store.read(lambda tx: tx.leads.contents(LeadId("none"))) == []

    async def test_a_lead_without_its_key_pair_is_never_written(self, store: Store) -> None:
        claim = await put_claim(store)

        def work(tx: Tx) -> None:
            page = tx.page(claim)
            page.known([], [])
            kept = write_page(tx, claim, [a_post("1", hashed("m1", a_match()))])
            (evidence,) = kept.leads
            unkeyed = replace(evidence, lead=replace(evidence.lead, id=LeadId("unkeyed"), group="other"))
            page.record(PagePlan(leads=(unkeyed,)), keys={}, sealed=[], cursor=None)

        with pytest.raises(KeyError):
            await store.write(work)
        assert await store.read(lambda tx: tx.leads.queue()) == []
        assert await store.read(lambda tx: tx.targets.posts(claim.target.id)) == []

    # Figures.

    async def test_figures_are_divided_by_outcome_and_by_kind_of_platform(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.first_day()) is None
        for platform, outcome in (
            (Platform.TELEGRAM_WEB, Outcome.NEW),
            (Platform.TELEGRAM_WEB, Outcome.GONE),
            (Platform.PAGE, Outcome.NEW),
        ):
            claim = await put_claim(store, platform=platform)
            visit = a_visit(claim.target.id, outcome=outcome, requests=3, gaps=1)
            await store.write(partial(finish, claim, visit))
        assert await store.read(lambda tx: tx.first_day()) == NOW.date()
        one = {"visits": 1, "leads_filed": 1, "requests": 3, "bytes": 5_000_000_000, "gaps": 1}
        two = {name: 2 * figure for name, figure in one.items()}

        def divided(tx: Tx) -> list[tuple[str, dict[str, int]]]:
            found = {**tx.figures_by(Division.OUTCOME, None, None), **tx.figures_by(Division.PLATFORM, None, None)}
            return [(kind, dict(figures)) for kind, figures in found.items()]

        assert await store.read(divided) == [("gone", one), ("new", two), ("page", one), ("telegram_web", two)]
        later = (NOW + DAY).date()
        assert await store.read(lambda tx: tx.figures_by(Division.OUTCOME, later, None)) == {}

    async def test_figures_count_by_kind_and_by_day(self, store: Store) -> None:
        claim = await put_claim(store)
        await put_page(store, claim, [a_post("1", hashed("m1", a_match()), hashed("m2", number=2)), a_post("2")])
        await put_page(store, claim, [a_post("3", pending("m3"))], now=NOW + DAY)
        await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), None, 0))
        today, tomorrow = date(2026, 3, 4), date(2026, 3, 5)
        all_days = {"reports": 1, "targets_total": 1, "targets_active": 1, "leads_open": 1, "leads_closed": 0}
        first = {"visits": 1, "observations": 2, "media": 2, "leads_filed": 1}
        second = {"visits": 0, "observations": 1, "media": 1, "leads_filed": 0}
        for since, until, expected in (
            (None, today, first),
            (today, today, first),
            (tomorrow, None, second),
            (None, None, {name: first[name] + second[name] for name in first}),
        ):
            figures = await store.read(partial(figures_of, since, until))
            assert {name: figures[name] for name in expected} == expected
        everything = await store.read(lambda tx: tx.figures(None, None))
        assert {name: everything[name] for name in all_days} == all_days

    async def everything(self, store: Store, claim: Claim) -> tuple[object, ...]:
        """Return all that a page can change."""

        def work(tx: Tx) -> tuple[object, ...]:
            queue = tx.leads.queue()
            contents = [tx.leads.contents(lead.id) for lead in queue]
            return tx.targets.posts(claim.target.id), queue, contents, tx.figures(None, None)

        return await store.read(work)


def figures_of(since: date | None, until: date | None, tx: Tx) -> Mapping[str, int]:
    return tx.figures(since, until)
