"""What one page of posts becomes, decided without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.filing import PostKey, hash_group, overflow_group, text_group
from domain.fingerprints import MediaStatus
from domain.hashlists import Algorithm, ListClass
from domain.ids import PostId, TargetId
from domain.latency import Timing
from domain.leads import Capture, Closing, Lead, LeadKind, LeadStatus
from domain.observations import Platform
from domain.pages import AssessedMedia, AssessedPost, KnownLead, KnownMedia, KnownPage, KnownPost, PagePlan
from domain.planning import MAX_ATTEMPTS, Planner
from domain.scoring import Rule, Score, total
from tests.contracts.samples import NOW, PAYMENT, PRICE, a_key, a_match, a_post, hashed, pending

TARGET = TargetId("target-1")
SELLING = (PRICE, PAYMENT)
UNREAD = AssessedMedia(identity="m1", status=MediaStatus.NOT_AUTHORISED)


class Book:
    """Remembers what plans say, as a store would."""

    def __init__(self) -> None:
        self.posts: dict[PostKey, KnownPost] = {}
        self.leads: dict[str, KnownLead] = {}
        self.now = NOW
        self.ids = count(1)
        self.text_leads_a_day = 10
        self.taking = timedelta(0)  # how long a page takes from its coming to its commit

    def new_id(self) -> str:
        return f"id-{next(self.ids)}"

    def see(self, *posts: AssessedPost) -> PagePlan:
        return self.look(posts)

    def look(self, posts: Sequence[AssessedPost], *, gone: Sequence[str] = ()) -> PagePlan:
        """See a page of posts, and that others are gone."""
        planner = Planner(
            target_id=TARGET,
            platform=Platform.TELEGRAM_WEB,
            approved_at=NOW - timedelta(days=1),
            seen_at=self.now,
            now=self.now + self.taking,
            new_id=self.new_id,
            text_leads_a_day=self.text_leads_a_day,
        )
        deleted = [a_key(post) for post in gone]
        plan = planner.plan(posts, self.known(posts, planner, deleted), deleted)
        self.write(plan)
        return plan

    def known(self, posts: Sequence[AssessedPost], planner: Planner, deleted: Sequence[PostKey]) -> KnownPage:
        """Return what the port promises: these posts, the leads of their groups, and the leads they are in."""
        keys = (*(post.key for post in posts), *deleted)
        found = {key: self.posts[key] for key in keys if key in self.posts}
        wanted = {group for post in posts for group in planner.groups_of(post)}
        ids = {post.id for post in found.values()}
        return KnownPage(
            posts=found,
            leads={group: lead for group, lead in self.leads.items() if group in wanted or lead.post_ids & ids},
            text_leads_today=sum(
                known.lead.kind is LeadKind.TEXT and known.lead.filed_at.date() == self.now.date()
                for known in self.leads.values()
            ),
        )

    def write(self, plan: PagePlan) -> None:
        keys = {post.id: post.key for post in plan.posts} | {post.id: key for key, post in self.posts.items()}
        for new in plan.posts:
            self.posts[new.key] = KnownPost(id=new.id, seq=0, content_digest="", seen_at=new.first_seen)
        for revision in plan.revisions:
            key = keys[revision.post_id]
            self.posts[key] = replace(
                self.posts[key],
                seq=revision.seq,
                content_digest=revision.content_digest,
                posted_at=revision.posted_at,
                edited_at=revision.edited_at,
                seen_at=revision.seen_at,
            )
        for row in plan.media:
            key = keys[row.post_id]
            known = self.posts[key].media.get(row.identity)
            assert (known is not None) is row.known
            assert known is None or known.id == row.id
            media = KnownMedia(id=row.id, status=row.status, attempts=row.attempts, matched=row.matched)
            self.posts[key] = replace(self.posts[key], media={**self.posts[key].media, row.identity: media})
        for evidence in plan.leads:
            before = self.leads.get(evidence.lead.group)
            assert (before is None) is evidence.is_new
            post_ids = before.post_ids if before else frozenset[PostId]()
            assert not post_ids & set(evidence.post_ids)
            awaited = (before.awaited if before else frozenset[PostId]()) - set(evidence.captured)
            awaited |= {post for post, capture in evidence.awaits.items() if capture is Capture.AWAITED}
            self.leads[evidence.lead.group] = KnownLead(
                lead=evidence.lead, post_ids=post_ids | set(evidence.post_ids), awaited=awaited
            )

        for change in plan.presence:
            key = keys[change.post_id]
            self.posts[key] = replace(self.posts[key], deleted=change.deleted_at is not None)

    def close(self, group: str, closing: Closing) -> None:
        known = self.leads[group]
        closed = replace(known.lead, status=LeadStatus.CLOSED, closed_as=closing, claimed_by="analyst.one")
        self.leads[group] = replace(known, lead=closed)

    def leads_of(self, post: str) -> list[Lead]:
        post_id = self.posts[a_key(post)].id
        return [known.lead for known in self.leads.values() if post_id in known.post_ids]


@pytest.fixture
def book() -> Book:
    return Book()


def reread(post: str, *media: AssessedMedia, album: str | None = None) -> AssessedPost:
    """Return a post of which only media were read again: no text, no author."""
    return a_post(post, *media, digest=None, author_digest="", album=album)


def by_hash(post: str) -> str:
    return hash_group(a_key(post), None)


BY_AUTHOR = text_group(TARGET, "author-1")

# Posts and revisions.


def test_seeing_a_page_twice_plans_nothing(book: Book) -> None:
    page = (
        a_post("1", hashed("m1", a_match()), hashed("m2")),
        a_post("2", text_hits=SELLING, identifiers=("i1",)),
        a_post("3", hashed("m3")),
        a_post("4", album="a"),
        a_post("5", hashed("m5", a_match()), album="a"),
    )
    assert len(book.see(*page).revisions) == 5
    book.now += timedelta(hours=1)
    assert book.see(*page) == PagePlan()


def test_an_edit_makes_the_next_revision_and_going_back_another(book: Book) -> None:
    seen = [book.see(a_post("1", digest=digest)).revisions for digest in ("a", "b", "b", "a")]
    assert [[(row.seq, row.content_digest) for row in rows] for rows in seen] == [
        [(1, "a")],
        [(2, "b")],
        [],
        [(3, "a")],
    ]
    assert len({row.post_id for rows in seen for row in rows}) == 1


def test_a_page_that_shows_a_post_twice_keeps_both_states(book: Book) -> None:
    plan = book.see(a_post("1", digest="a"), a_post("1", digest="b"), a_post("1", digest="b"))
    assert len(plan.posts) == 1
    assert [row.seq for row in plan.revisions] == [1, 2]


def test_media_of_a_post_that_is_gone_from_the_store_plan_nothing(book: Book) -> None:
    assert book.see(reread("1", hashed("m1", a_match()))) == PagePlan()


def test_nothing_planned_shows_content_or_digests_in_a_repr(book: Book) -> None:
    plan = book.see(
        a_post("1", hashed("secret-m", a_match()), author_digest="secret-a", text_hits=SELLING, digest="secret-d")
    )
    assert plan.contents
    assert "secret" not in repr(plan)
    assert "127.0.0.1" not in repr(plan)


# Leads by hash.


def test_several_matching_pictures_of_a_post_are_one_lead(book: Book) -> None:
    plan = book.see(a_post("1", hashed("m1", a_match()), hashed("m2", a_match(), a_match(algorithm=Algorithm.MD5))))
    (lead,) = plan.filed
    assert (lead.kind, lead.group, lead.posts) == (LeadKind.HASH, by_hash("1"), 1)
    assert len(plan.leads[0].matches) == 3
    assert [content.lead_id for content in plan.contents] == [lead.id]


def test_matching_posts_are_a_lead_each(book: Book) -> None:
    assert len(book.see(a_post("1", hashed("m1", a_match())), a_post("2", hashed("m2", a_match()))).filed) == 2


@pytest.mark.parametrize(
    "match",
    [
        a_match(algorithm=Algorithm.PHASH),
        a_match(algorithm=Algorithm.PHASH256),
        a_match(list_class=ListClass.NEGATIVE, algorithm=Algorithm.SHA256),
    ],
)
def test_supporting_and_negative_matches_file_nothing_alone(book: Book, match: object) -> None:
    assert book.see(a_post("1", hashed("m1", match))).leads == ()  # type: ignore[arg-type]  # parametrized


@pytest.mark.parametrize("matching", [("1",), ("2",), ("3",), ("1", "3")])
def test_an_album_is_one_lead_whichever_of_its_pictures_matches(book: Book, matching: tuple[str, ...]) -> None:
    page = [
        a_post(post, hashed(f"m{post}", *([a_match()] if post in matching else [])), album="a", text_hits=hits)
        for post, hits in (("1", SELLING), ("2", ()), ("3", ()))
    ]
    plan = book.see(*page)
    (lead,) = plan.filed
    assert (lead.group, lead.posts) == (hash_group(a_key("1"), "a"), 3)
    # The caption stands beside another picture than the match: it is evidence all the same.
    assert len(plan.contents) == 3
    assert {reason.rule for reason in lead.reasons} >= {Rule.KNOWN_MATCH, Rule.SELLING_TEXT}


def test_an_album_that_straddles_pages_grows_one_lead(book: Book) -> None:
    book.see(a_post("1", hashed("m1", a_match()), album="a"))
    plan = book.see(a_post("2", hashed("m2", a_match()), album="a"), a_post("3", album="a"))
    assert plan.filed == ()
    assert [known.lead.posts for known in book.leads.values()] == [3]
    assert len(plan.contents) == 2


def test_albums_of_one_name_in_two_channels_are_two(book: Book) -> None:
    here = a_post("1", hashed("m1", a_match()), album="a")
    there = replace(here, key=a_key("1", container="elsewhere"))
    assert len(book.see(here, there).filed) == 2


def test_a_picture_read_later_joins_the_lead_of_its_album(book: Book) -> None:
    book.see(a_post("1", hashed("m1", a_match()), album="a"), a_post("2", pending("m2"), album="a"))
    plan = book.see(reread("2", hashed("m2", a_match())))  # even where nobody remembers the album
    assert plan.filed == ()
    assert len(book.leads) == 1
    assert len(plan.leads[0].matches) == 1


def test_pictures_of_an_album_that_match_late_are_one_lead(book: Book) -> None:
    book.see(a_post("1", pending("m1"), album="a"), a_post("2", pending("m2"), album="a"))
    first = book.see(reread("1", hashed("m1", a_match()), album="a"))
    second = book.see(reread("2", hashed("m2", a_match()), album="a"))
    assert (len(first.filed), len(second.filed), len(book.leads)) == (1, 0, 1)
    # The second post is new to the lead, so what is known of it goes there.
    assert [content.lead_id for content in second.contents] == [first.filed[0].id]


def test_an_edit_of_a_post_with_a_lead_is_kept_whether_it_sells_or_not(book: Book) -> None:
    (lead,) = book.see(a_post("1", hashed("m1", a_match()))).filed
    plan = book.see(a_post("1", hashed("m1"), digest="edited"))
    assert plan.filed == ()
    assert [(content.lead_id, content.seq) for content in plan.contents] == [(lead.id, 2)]
    assert book.leads[by_hash("1")].lead.posts == 1


# Leads by text.


def test_texts_of_one_author_join_one_lead(book: Book) -> None:
    first = book.see(a_post("1", text_hits=SELLING), a_post("2", text_hits=SELLING))
    book.now += timedelta(days=40)
    later = book.see(a_post("3", text_hits=SELLING))
    assert [lead.group for lead in first.filed] == [BY_AUTHOR]
    assert later.filed == ()
    assert book.leads[BY_AUTHOR].lead.posts == 3
    assert len(first.contents) + len(later.contents) == 3


def test_an_author_is_told_apart_from_others_and_per_target(book: Book) -> None:
    book.see(a_post("1", text_hits=SELLING), a_post("2", text_hits=SELLING, author_digest="author-2"))
    assert len(book.leads) == 2
    assert text_group("target-1", "author-1") != text_group("target-2", "author-1")


def test_one_kind_of_attribute_files_nothing(book: Book) -> None:
    assert book.see(a_post("1", text_hits=(PRICE, PRICE))).leads == ()


def test_above_the_daily_cap_texts_gather_in_one_lead_a_day(book: Book) -> None:
    book.text_leads_a_day = 2
    flood = [a_post(str(n), text_hits=SELLING, author_digest=f"author-{n}") for n in range(6)]
    book.see(*flood[:3])
    book.see(*flood[3:5])
    overflow = overflow_group(TARGET, NOW.date())
    assert set(book.leads) == {text_group(TARGET, "author-0"), text_group(TARGET, "author-1"), overflow}
    assert book.leads[overflow].lead.posts == 3
    book.see(a_post("9", text_hits=SELLING, author_digest="author-0"))  # one who has a lead keeps it
    assert book.leads[overflow].lead.posts == 3
    book.now += timedelta(days=1)
    book.see(flood[5])
    assert text_group(TARGET, "author-5") in book.leads


def test_a_cap_of_none_still_loses_nothing(book: Book) -> None:
    book.text_leads_a_day = 0
    plan = book.see(a_post("1", text_hits=SELLING), a_post("2", text_hits=SELLING, author_digest="author-2"))
    assert [lead.posts for lead in (known.lead for known in book.leads.values())] == [2]
    assert len(plan.contents) == 2


def test_an_edit_on_a_later_day_stays_in_the_lead_the_post_is_in(book: Book) -> None:
    book.text_leads_a_day = 0
    book.see(a_post("1", text_hits=SELLING))
    book.now += timedelta(days=1)
    book.text_leads_a_day = 10
    plan = book.see(a_post("1", text_hits=SELLING, digest="edited"), a_post("1", digest="edited twice"))
    assert plan.filed == ()
    assert [lead.group for lead in book.leads_of("1")] == [overflow_group(TARGET, NOW.date())]
    assert [content.seq for content in plan.contents] == [2, 3]  # also the edit that no longer sells


def test_a_match_found_later_on_a_post_with_a_text_lead_files_one_by_hash(book: Book) -> None:
    book.see(a_post("1", pending("m1"), text_hits=SELLING), a_post("2", text_hits=SELLING))
    plan = book.see(reread("1", hashed("m1", a_match())))
    assert [(lead.kind, lead.group) for lead in plan.filed] == [(LeadKind.HASH, by_hash("1"))]
    assert book.leads[BY_AUTHOR].lead.posts == 2
    # From here on what the post says goes to its own lead.
    edited = book.see(a_post("1", hashed("m1"), text_hits=SELLING, digest="edited"))
    assert [evidence.lead.group for evidence in edited.leads] == [by_hash("1")]


def test_a_selling_post_with_a_match_is_one_lead_at_once(book: Book) -> None:
    plan = book.see(a_post("1", hashed("m1", a_match()), text_hits=SELLING))
    assert [lead.kind for lead in plan.filed] == [LeadKind.HASH]
    assert [hit.hit for hit in plan.leads[0].text_hits] == list(SELLING)


# Media.


def test_pending_media_are_counted_and_then_given_up(book: Book) -> None:
    book.see(a_post("1", pending("m1")))
    rows = [book.see(reread("1", pending("m1", "timeout"))).media[0] for _ in range(MAX_ATTEMPTS - 1)]
    assert [row.attempts for row in rows] == [2, 3, 4, 5]
    assert [row.status for row in rows] == [MediaStatus.PENDING] * 3 + [MediaStatus.UNREACHABLE]
    assert rows[-2].retry is not None
    assert (rows[-1].retry, rows[-1].reason) == (None, "timeout")
    assert book.see(reread("1", hashed("m1", a_match()))) == PagePlan()


def test_pending_media_become_hashed(book: Book) -> None:
    book.see(a_post("1", pending("m1")))
    plan = book.see(reread("1", hashed("m1", a_match())))
    assert (plan.revisions, plan.posts) == ((), ())
    (row,) = plan.media
    assert (row.status, row.known, row.retry, row.matched) == (MediaStatus.HASHED, True, None, True)
    assert [lead.kind for lead in plan.filed] == [LeadKind.HASH]


def test_media_whose_reading_never_began_are_not_given_up(book: Book) -> None:
    waiting = replace(pending("m1"), tried=False)
    book.see(a_post("1", waiting))
    for _ in range(2 * MAX_ATTEMPTS):
        book.see(a_post("1", waiting))
    known = book.posts[a_key("1")].media["m1"]
    assert (known.status, known.attempts) == (MediaStatus.PENDING, 0)


def test_media_outside_the_mandate_are_read_once_it_covers_them(book: Book) -> None:
    book.see(a_post("1", UNREAD))
    assert book.posts[a_key("1")].media["m1"].attempts == 0
    assert book.see(a_post("1", UNREAD)) == PagePlan()
    plan = book.see(a_post("1", hashed("m1", a_match())))
    assert [row.status for row in plan.media] == [MediaStatus.HASHED]
    assert len(plan.filed) == 1


def test_a_mandate_that_is_narrowed_for_a_while_takes_no_media_back(book: Book) -> None:
    book.see(a_post("1", pending("m1")))
    assert book.see(a_post("1", UNREAD)) == PagePlan()
    assert book.posts[a_key("1")].media["m1"].status is MediaStatus.PENDING


@pytest.mark.parametrize(
    "status", [status for status in MediaStatus if status.is_final and status is not MediaStatus.UNREACHABLE]
)
def test_final_media_never_change(book: Book, status: MediaStatus) -> None:
    book.see(a_post("1", AssessedMedia(identity="m1", status=status)))
    for again in (pending("m1"), hashed("m1", a_match()), UNREAD):
        assert book.see(a_post("1", again)) == PagePlan()


def test_a_picture_shown_twice_in_a_post_is_one_row(book: Book) -> None:
    plan = book.see(a_post("1", hashed("m1", a_match()), hashed("m1", a_match())))
    assert [row.identity for row in plan.media] == ["m1"]
    assert len(plan.leads[0].matches) == 1


def test_an_unmatched_picture_beside_a_selling_text_counts_also_when_read_later(book: Book) -> None:
    book.see(a_post("1", pending("m1"), text_hits=SELLING))
    before = book.leads[BY_AUTHOR].lead.value
    plan = book.see(reread("1", hashed("m1")))
    assert [reason.rule for reason in plan.leads[0].reasons] == [Rule.UNMATCHED_MEDIA]
    assert book.leads[BY_AUTHOR].lead.value == before + 25
    assert (plan.filed, plan.contents, plan.leads[0].text_hits) == ((), (), ())


def test_a_new_picture_in_a_post_that_was_seen_states_no_text_hit_twice(book: Book) -> None:
    book.see(a_post("1", pending("m1"), text_hits=SELLING))
    plan = book.see(a_post("1", hashed("m1"), text_hits=SELLING))
    assert plan.revisions == ()
    assert (plan.leads[0].text_hits, plan.contents) == ((), ())


# Closed leads.


@pytest.mark.parametrize("closing", Closing)
def test_what_was_gone_comes_back_into_the_queue_when_it_is_seen_again(book: Book, closing: Closing) -> None:
    book.see(a_post("1", text_hits=SELLING))
    book.close(BY_AUTHOR, closing)
    plan = book.see(a_post("2", text_hits=SELLING))
    lead = plan.leads[0].lead
    assert plan.filed == ()
    if closing in {Closing.NOT_ILLEGAL, Closing.DUPLICATE}:
        assert (lead.status, lead.closed_as, plan.reopened) == (LeadStatus.CLOSED, closing, ())
    else:
        assert (lead.status, lead.closed_as, lead.claimed_by, plan.reopened) == (LeadStatus.NEW, None, None, (lead,))


@pytest.mark.parametrize("status", [LeadStatus.CLAIMED, LeadStatus.REFERRED, LeadStatus.MONITORING])
def test_new_evidence_leaves_a_person_s_work_alone(book: Book, status: LeadStatus) -> None:
    book.see(a_post("1", text_hits=SELLING))
    known = book.leads[BY_AUTHOR]
    book.leads[BY_AUTHOR] = replace(known, lead=replace(known.lead, status=status, claimed_by="analyst.one"))
    lead = book.see(a_post("2", text_hits=SELLING)).leads[0].lead
    assert (lead.status, lead.claimed_by, lead.posts) == (status, "analyst.one", 2)


# Whatever comes.

MATCHED = 5  # the generation that marks a picture whose match files a lead

media = st.builds(
    lambda identity, kind: {
        "matched": replace(hashed(identity, a_match()), generation=MATCHED),
        "hashed": hashed(identity),
        "supporting": hashed(identity, a_match(algorithm=Algorithm.PHASH256)),
        "pending": pending(identity),
        "unread": AssessedMedia(identity=identity, status=MediaStatus.NOT_AUTHORISED),
    }[kind],
    st.sampled_from(["m1", "m2", "m3"]),
    st.sampled_from(["matched", "hashed", "supporting", "pending", "unread"]),
)
posts = st.builds(
    lambda number, digest, author, hits, items: a_post(
        number,
        *items,
        digest=digest,
        author_digest="" if digest is None else author,
        text_hits=() if digest is None else hits,
        album="album" if number in {"4", "5"} else None,
    ),
    st.sampled_from(["1", "2", "3", "4", "5"]),
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["author-1", "author-2", "author-3"]),
    st.sampled_from([(), (PRICE,), SELLING]),
    st.lists(media, max_size=3),
)


@given(pages=st.lists(st.lists(posts, max_size=4), max_size=6), cap=st.integers(0, 2), hours=st.integers(0, 30))
def test_whatever_pages_come_each_post_has_at_most_one_lead_of_a_kind(
    pages: list[list[AssessedPost]], cap: int, hours: int
) -> None:
    book = Book()
    book.text_leads_a_day = cap
    told: set[tuple[str, str]] = set()
    for page in pages:
        plan = book.see(*page)
        told |= {(content.lead_id, content.post_id) for content in plan.contents}
        for evidence in plan.leads:
            lead = evidence.lead
            assert lead.urgency == total(lead.reasons, Score.URGENCY)
            assert lead.value == total(lead.reasons, Score.VALUE)
            assert lead.posts == len(book.leads[lead.group].post_ids)
        quoted = {match.media_id for evidence in plan.leads for match in evidence.matches}
        assert {row.id for row in plan.media if row.generation == MATCHED} <= quoted
        book.now += timedelta(hours=hours)
    for known in book.posts.values():
        kinds = [lead.lead.kind for lead in book.leads.values() if known.id in lead.post_ids]
        assert len(kinds) == len(set(kinds))
        for item in known.media.values():
            assert item.status is not MediaStatus.PENDING or item.attempts < MAX_ATTEMPTS
    # Whatever is in a lead was sealed to it.
    assert told == {(known.lead.id, post_id) for known in book.leads.values() for post_id in known.post_ids}
    days = {known.lead.filed_at.date() for known in book.leads.values()}
    for day in days:
        opened = [lead for lead in (known.lead for known in book.leads.values()) if lead.filed_at.date() == day]
        assert sum(lead.kind is LeadKind.TEXT for lead in opened) <= cap + 1


@given(st.lists(posts, max_size=6))
def test_any_page_seen_again_at_once_plans_only_further_attempts(page: list[AssessedPost]) -> None:
    latest = {post.key: post for post in page if post.content_digest is not None}
    book = Book()
    book.see(*latest.values())
    again = book.see(*latest.values())
    assert (again.posts, again.revisions, again.contents, again.filed) == ((), (), (), ())
    assert all(row.status in {MediaStatus.PENDING, MediaStatus.UNREACHABLE, MediaStatus.HASHED} for row in again.media)


def test_a_lead_by_media_read_late_waits_for_the_words_of_its_post(book: Book) -> None:
    book.see(a_post("1", pending("m1"), text_hits=SELLING, digest="seen", author_digest="author-1"))
    by_text = {content.post_id for content in book.see(a_post("1", pending("m1"), digest=None)).contents}
    assert by_text == set()
    late = book.see(a_post("1", hashed("m1", a_match()), digest=None))
    (evidence,) = [one for one in late.leads if one.is_new]
    assert list(evidence.awaits.values()) == [Capture.AWAITED]
    again = book.see(a_post("1", hashed("m1"), digest="seen", text_hits=SELLING))
    told = {content.lead_id for content in again.contents}
    assert evidence.lead.id in told
    assert book.see(a_post("1", hashed("m1"), digest="seen", text_hits=SELLING)).contents == ()


def times_of(plan: PagePlan) -> tuple[Timing, datetime | None, datetime, datetime]:
    (lead,) = plan.filed
    return lead.timing, lead.appeared_at, lead.seen_at, lead.filed_at


def test_a_lead_says_when_its_post_appeared_and_was_seen(book: Book) -> None:
    book.taking = timedelta(seconds=40)
    posted = NOW - timedelta(minutes=7)
    plan = book.see(a_post("1", hashed("m1", a_match()), posted_at=posted, edited_at=NOW))
    assert times_of(plan) == (Timing.WATCHED, posted, NOW, NOW + book.taking)
    before = NOW - timedelta(days=2)
    assert times_of(book.see(a_post("2", hashed("m2", a_match()), posted_at=before)))[:2] == (Timing.EARLIER, before)
    assert times_of(book.see(a_post("3", hashed("m3", a_match()), posted_at=None)))[:2] == (Timing.UNDATED, None)


def test_what_an_edit_files_appeared_with_the_edit(book: Book) -> None:
    posted, edited = NOW - timedelta(hours=9), NOW - timedelta(minutes=2)
    for name in ("1", "2"):
        assert book.see(a_post(name, posted_at=posted)).filed == ()
    plan = book.see(a_post("1", digest="edited", posted_at=posted, edited_at=edited, text_hits=SELLING))
    assert times_of(plan) == (Timing.WATCHED, edited, NOW, NOW)
    silent = book.see(a_post("2", digest="edited", posted_at=posted, text_hits=SELLING, author_digest="author-2"))
    assert times_of(silent)[:2] == (Timing.UNDATED, None), "no platform says when"


def test_a_picture_that_is_read_later_was_seen_when_its_post_was(book: Book) -> None:
    posted = NOW - timedelta(minutes=7)
    book.see(a_post("1", pending("m1"), posted_at=posted))
    book.now = NOW + timedelta(hours=1)
    plan = book.see(a_post("1", hashed("m1", a_match()), digest=None, posted_at=posted))
    assert times_of(plan) == (Timing.WATCHED, posted, NOW, book.now)


def test_the_groups_of_a_post_are_those_of_its_day(book: Book) -> None:
    planner = Planner(
        target_id=TARGET,
        platform=Platform.TELEGRAM_WEB,
        seen_at=NOW,
        now=datetime(2026, 5, 6, 23, 59, tzinfo=NOW.tzinfo),
        new_id=book.new_id,
    )
    assert planner.groups_of(a_post("1", album="a")) == (
        "album:telegram:1234567:a",
        "author:target-1:author-1",
        "overflow:target-1:2026-05-06",
    )


def test_a_lead_stands_for_the_platform_of_its_target(book: Book) -> None:
    """Posts of the preview and of the account are keyed alike; the lead says by which way it was found."""
    plan = book.see(a_post("1", hashed("m1", a_match())))
    assert [(lead.platform, lead.group) for lead in plan.filed] == [
        (Platform.TELEGRAM_WEB, hash_group(a_key("1"), None))
    ]


def test_a_known_post_is_deleted_once(book: Book) -> None:
    book.see(a_post("1"), a_post("2"))
    gone = book.look([], gone=["1", "7"])
    assert [(change.post_id, change.deleted_at, change.lead_ids) for change in gone.presence] == [
        (book.posts[a_key("1")].id, NOW, ())
    ]
    assert (gone.posts, gone.revisions) == ((), ())
    assert book.look([], gone=["1", "1"]) == PagePlan()


def test_a_deletion_names_the_leads_that_have_the_post(book: Book) -> None:
    [lead] = book.see(a_post("1", hashed("m1", a_match())), a_post("2", hashed("m2"))).filed
    gone = book.look([], gone=["1", "2"])
    assert [change.lead_ids for change in gone.presence] == [(lead.id,), ()]
    assert gone.leads == ()


def test_a_deleted_post_that_is_seen_again_is_back(book: Book) -> None:
    [lead] = book.see(a_post("1", hashed("m1", a_match()))).filed
    book.look([], gone=["1"])
    back = book.see(a_post("1", hashed("m1", a_match())))
    assert [(change.deleted_at, change.lead_ids) for change in back.presence] == [(None, (lead.id,))]
    assert back.revisions == ()
    assert book.see(a_post("1", hashed("m1", a_match()))) == PagePlan()


def test_media_read_again_do_not_bring_a_post_back(book: Book) -> None:
    book.see(a_post("1", pending("m1")))
    book.look([], gone=["1"])
    assert book.see(a_post("1", hashed("m1"), digest=None)).presence == ()
    assert book.posts[a_key("1")].deleted


def test_a_post_that_a_page_shows_and_calls_gone_was_deleted_after_it_was_seen(book: Book) -> None:
    plan = book.look([a_post("1", hashed("m1", a_match()))], gone=["1"])
    [lead] = plan.filed
    assert [(change.post_id, change.lead_ids) for change in plan.presence] == [(plan.posts[0].id, (lead.id,))]
    assert book.posts[a_key("1")].deleted
