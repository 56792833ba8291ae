"""
What storage promises: books to read and write, inside one transaction.

A use case hands `Store.write` a plain function. It runs in the writer's
thread, inside one transaction that locks out other writers from its start,
and can await nothing: only database work happens while a lock is held.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from domain.assessments import Assessment
from domain.audit import AuditDraft, AuditEvent
from domain.backups import TableHead, TableRow
from domain.condition import Beat
from domain.connectivity import Failure, Outage
from domain.courtesy import HostState
from domain.feeds import FeedState
from domain.filing import PostKey
from domain.fingerprints import MediaStatus
from domain.hashlists import Algorithm, HashEntry, HashList, HashMatch, LiveList, Opinion, OwnEntry, QuotedHash
from domain.ids import LeadId, ListId, MediaId, PostId, ReferralId, ReportId, RequestId, TargetId
from domain.jobs import Turn
from domain.landmarks import Landmark
from domain.latency import MOST_LEADS, LeadTimes
from domain.leads import Lead, LeadStatus, SealedContent
from domain.mandate import Mandate, Organisation, Standing
from domain.messages import Said
from domain.observations import Platform
from domain.pages import KnownMedia, KnownPage, PagePlan
from domain.people import Actor, Session, User
from domain.ports import HostSeats, LeadKey, RemoteAnswer
from domain.rechecks import LeadPost
from domain.referrals import ReferralNote
from domain.rematching import KnownMatches, RematchPlan, StoredPrint
from domain.reports import Report
from domain.scoring import Reason
from domain.targets import Claim, Course, TargetStatus, Visit, WatchTarget
from domain.telegram import AccountId

T = TypeVar("T")


class Division(StrEnum):
    """What figures may be divided by: kinds and times, and never a place or a person."""

    PLATFORM = "platform"
    OUTCOME = "outcome"


Divided = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """
    What waits, in all and of no place.

    `due_since` is when the target was due that has waited longest; None where
    none is due.
    """

    leads: int
    due: int
    due_since: datetime | None
    hosts_resting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    """A media item of a stored post, for listing."""

    status: MediaStatus
    reason: str
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPost:
    """The latest revision of a stored post, for listing: no text, no link, no author; `deleted` on its platform."""

    id: PostId
    key: PostKey
    seq: int
    posted_at: datetime | None
    seen_at: datetime
    deleted: bool
    media: tuple[StoredMedia, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMedia:
    """A media item to try again; `retry` is its URL, encrypted with the host's key."""

    id: MediaId
    identity: str = field(repr=False)
    key: PostKey
    posted_at: datetime | None
    attempts: int
    retry: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedPost:
    """A post whose words a lead waits for, because the lead was filed after it was seen."""

    id: PostId
    key: PostKey


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """
    A Telegram account as it is stored.

    `session` is encrypted with the host's key; None for the account of the
    environment, of which no more is stored than that it is parked.
    """

    id: AccountId
    label: str
    session: bytes | None = field(default=None, repr=False)
    created_at: datetime
    parked: str = ""
    parked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChannel:
    """What an account was told of a locator: id and access hash, encrypted with the host's key."""

    account_id: AccountId
    locator_digest: str = field(repr=False)
    channel: bytes = field(repr=False)
    pinned: bool
    resolved_at: datetime


class StandingBook(Protocol):
    """On whose behalf the instance acts."""

    def get(self) -> Standing:
        """Return the organisation, the mandate, how many people are named, and whether all is paused."""

    def enrol(self, organisation: Organisation, mandate: Mandate, now: datetime) -> None:
        """Write (or replace) the organisation and the mandate."""

    def pause_all(self, reason: str) -> None:
        """Stop all visits with a reason; an empty reason lets them go on."""

    def beat(self, beat: Beat) -> None:
        """Write the last sign of the process that visits."""

    def last_beat(self) -> Beat:
        """Return the last sign of the process that visits."""


class ReportBook(Protocol):
    """What the public told the hotline."""

    def add(self, report: Report) -> None:
        """Write a report; raises WrongState when its reference is taken."""

    def find(self, reference: str) -> Report | None:
        """Return a report by its exact reference."""

    def get(self, report_id: ReportId) -> Report:
        """Return a report; raises NotFound."""

    def all(self) -> list[Report]:
        """Return all reports, newest first."""


class TargetBook(Protocol):
    """What is watched, when next, and what visits saw."""

    def add(self, target: WatchTarget) -> None:
        """Write a new target; raises WrongState when a living one has the same locator digest."""

    def find(self, locator_digest: str) -> WatchTarget | None:
        """Return the living (not retired, not expired) target with this locator digest."""

    def get(self, target_id: TargetId) -> WatchTarget:
        """Return a target; raises NotFound."""

    def all(self) -> list[WatchTarget]:
        """Return all targets by the time they were added, newest first."""

    def count(self, statuses: Iterable[TargetStatus]) -> int:
        """Return how many targets stand in one of these statuses."""

    def update(self, target: WatchTarget) -> None:
        """Write status, approval, end and next visit of a target; its claim and cursor are left alone."""

    def adopt(self, before: Platform, after: Platform) -> list[TargetId]:
        """Let living targets of one platform be read through another from their next visit on; returns which."""

    def expire(self, now: datetime) -> list[TargetId]:
        """Mark as expired what lived past its end; returns which."""

    def ending(self, before: datetime) -> list[tuple[TargetId, datetime]]:
        """Return active and paused targets that end before a moment, and when."""

    def failing(self, failures: int) -> list[tuple[TargetId, datetime | None]]:
        """Return active targets that failed at least so often in a row, and when they were looked at last."""

    def visit_count(self, since: datetime) -> int:
        """Return how many visits began from a moment on, by an index."""

    def plan_anew(self, now: datetime) -> int:
        """
        Plan anew what a clock that was ahead has planned; returns for how many targets.

        A visit that lies in the future is said to be of now, and the next comes
        as long after it as it was to come.
        """

    def sum_up_posts(self, before: datetime, limit: int) -> int:
        """
        Delete posts of no lead that last changed before a moment, so many at the most; returns how many.

        What they add to the figures of the days on which they were seen stays.
        """

    def sum_up_visits(self, before: datetime, limit: int) -> int:
        """
        Delete the oldest visits that began before a moment, about so many; returns how many.

        What they add to the figures of their days stays.
        """

    def claim_due(self, now: datetime, limit: int, *, without: Platform | None = None) -> list[Claim]:
        """
        Claim active targets that are due and unclaimed, the longest due first; `without` those of one platform.

        A pressing one (never visited, or with an open lead) counts as due for a
        day longer: it waits behind no bulk, and bulk behind it for a day at most.
        """

    def claim(self, target_id: TargetId) -> Claim | None:
        """Claim one target whether due or not; None when it is claimed already."""

    def standing_claims(self, turns: Sequence[Turn]) -> list[Claim]:
        """Return those of these claims that still stand, in this order, with their targets as they are now."""

    def give_back(self, turns: Sequence[Turn]) -> int:
        """Void those of these claims that still stand: their targets are due as before; returns how many."""

    def void_claims(self, but: Collection[Turn] = ()) -> int:
        """Take every claim away but these (their tokens no longer fit); returns how many there were."""

    def hurry(self, target_ids: Collection[TargetId], now: datetime) -> None:
        """Let active targets be due now."""

    def finish(
        self,
        claim: Claim,
        visit: Visit,
        next_due: datetime | None,
        failures: int,
        *,
        gone_since: datetime | None = None,
        course: Course | None = None,
    ) -> None:
        """
        Write the visit, give the claim back and answer visit requests; raises LostClaim if the token is stale.

        `course` is what decided on `next_due`; without one the last decision
        stands. A visit that ended offline leaves how the target stands as it was.
        """

    def forgive(self, failures: Sequence[Failure]) -> None:
        """Let targets stand as they did before failures that were not theirs, unless they are claimed again."""

    def visits(self, target_id: TargetId, limit: int) -> list[Visit]:
        """Return a target's visits, newest first."""

    def posts(self, target_id: TargetId) -> list[StoredPost]:
        """Return a target's posts in the order they were first seen."""

    def known_media(self, keys: Sequence[PostKey]) -> Mapping[PostKey, Mapping[str, KnownMedia]]:
        """Return the stored media of these posts by identity digest: what need not be read again."""

    def known_digests(self, keys: Sequence[PostKey]) -> Mapping[PostKey, str]:
        """Return the content digest that each of these posts was last seen with; those never seen are not there."""

    def pending_media(self, target_id: TargetId, limit: int) -> list[PendingMedia]:
        """Return media to try again, fewest attempts first."""

    def request_visit(self, request_id: RequestId, target_id: TargetId, now: datetime) -> None:
        """Ask the running instance to visit a target now."""

    def requested(self) -> list[TargetId]:
        """Return targets with an unanswered request, oldest first."""

    def answer(self, request_id: RequestId) -> Visit | None:
        """Return the visit that answered a request, or None while there is none."""


class PageTransaction(Protocol):
    """One page of posts, committed or rolled back as a whole, fenced by the claim's token."""

    def known(self, keys: Sequence[PostKey], groups: Sequence[str]) -> KnownPage:
        """Lock the target's row and return what is stored; raises LostClaim if the token is stale."""

    def record(
        self,
        plan: PagePlan,
        *,
        keys: Mapping[LeadId, LeadKey],
        sealed: Sequence[SealedContent],
        cursor: str | None,
        recall: bytes | None = None,
    ) -> None:
        """
        Write the plan and advance the cursor where the token still fits, with what the source recalls.

        `keys` has the key pair of every lead that the plan opens. Raises
        LostClaim, so that everything rolls back, when the token is stale.
        """


class ReferralBook(Protocol):
    """What is for the police, and never opened."""

    def add(self, note: ReferralNote) -> None:
        """Write a note; raises WrongState where its report has one of this place already."""

    def get(self, note_id: ReferralId) -> ReferralNote:
        """Return a note; raises NotFound."""

    def all(self) -> list[ReferralNote]:
        """Return all notes, newest first."""


class LeadBook(Protocol):
    """The triage queue."""

    def get(self, lead_id: LeadId) -> Lead:
        """Return a lead with its reasons, matches and hits; raises NotFound."""

    def is_open(self, target_id: TargetId) -> bool:
        """Return whether any lead of a target is open."""

    def most_urgent(self, target_id: TargetId) -> int | None:
        """Return the highest removal urgency of a target's open leads; None where it has none."""

    def queue(self, status: LeadStatus | None = None, limit: int | None = None) -> list[Lead]:
        """Return leads in the queue's order: points first (urgency + value), then the time of filing."""

    def count(self, status: LeadStatus) -> int:
        """Return how many leads stand in a status, by an index."""

    def waiting(self, urgency: int, filed_before: datetime) -> list[tuple[LeadId, datetime]]:
        """Return new leads of at least this urgency that were filed before a moment, and when."""

    def update(self, lead: Lead) -> None:
        """Write status and claim of a lead."""

    def contents(self, lead_id: LeadId) -> list[SealedContent]:
        """Return a lead's sealed rows, oldest first."""

    def add_content(self, content: SealedContent) -> None:
        """Add a sealed row (a note) to a lead."""


class ListBook(Protocol):
    """Versions of hash lists, and which are in force; their entries lie in files, and never leave."""

    def latest(self, name: str) -> HashList | None:
        """Return the newest version that was in force of a list by name, retired or not."""

    def all(self) -> list[HashList]:
        """Return all versions that were in force, newest first."""

    def in_force(self) -> list[HashList]:
        """Return the versions that are in force."""

    def live(self) -> list[LiveList]:
        """Return the lists in force, with what of them is disabled, and the entries of the hotline's own."""

    def next_version(self, name: str) -> int:
        """Return the number of a list's next version."""

    def stage(self, hash_list: HashList) -> None:
        """Write a version that is not in force yet; one of the same name that was staged before is dropped."""

    def staged(self) -> list[HashList]:
        """Return the versions whose import is under way, or was broken off."""

    def kept(self) -> list[ListId]:
        """Return the versions whose files are needed: those in force, staged or kept aside."""

    @property
    def shares_entries(self) -> bool:
        """Return whether other machines must build their files from rows of this database."""

    def add_entries(self, list_id: ListId, entries: Sequence[HashEntry]) -> None:
        """Write entries of a staged version as rows, for other machines; raises WrongState when it is not staged."""

    def entries(self, list_id: ListId) -> Iterator[HashEntry]:
        """Yield the entries that stand as rows, in their order; to be read to the end within the transaction."""

    def activate(self, list_id: ListId, *, entries: int, now: datetime) -> int:
        """
        Put a version in force, and return the new generation; raises WrongState.

        The one before is retired, one of the same name that is kept aside is dropped.
        """

    def hold(self, list_id: ListId, *, entries: int, why: str) -> None:
        """Keep a whole import aside until a person decides; raises WrongState when it is not staged."""

    def held(self, name: str) -> tuple[HashList, str] | None:
        """Return the version of a list that is kept aside, and why."""

    def discard(self, list_ids: Collection[ListId]) -> int:
        """Drop versions that were never in force; returns how many there were."""

    def retire(self, list_id: ListId, now: datetime) -> int:
        """Take a list out of matching and return the new generation; raises NotFound or WrongState."""

    def generation(self) -> int:
        """Return the number that counts up with every change of what is in force."""

    def negative_generation(self) -> int:
        """Return the generation since which negative lists say what they say; 0 where there never was one."""

    def changed(self, name: str) -> int:
        """Note that the list of this name says something else now, and return the new generation."""

    def own_changed(self) -> int:
        """Count the hotline's own list anew, as its next version, and return the new generation."""


class OpinionBook(Protocol):
    """What people say of single hashes of lists, and the hotline's own hashes."""

    def add(self, name: str, one: QuotedHash, opinion: Opinion, *, lead_id: LeadId, by: str, now: datetime) -> bool:
        """Write an opinion on a hash that a lead matched, for all versions of its list; False if it was said before."""

    def said_of(self, name: str, lead_id: LeadId, matches: Iterable[HashMatch]) -> list[QuotedHash]:
        """Return the hashes of a list of which something was said about this lead, or about one with such a match."""

    def remove(self, name: str, one: QuotedHash, opinion: Opinion, *, by: str | None = None) -> bool:
        """Take an opinion back, whoever's it was where `by` is None; False when nobody said it."""

    def counts(self, name: str) -> Mapping[Opinion, int]:
        """Return how many hashes of a list have each opinion."""

    def own_add(self, lead_id: LeadId, entries: Sequence[HashEntry], now: datetime) -> None:
        """Put hashes on the hotline's own list, as found with a lead."""

    def own_of(self, lead_id: LeadId) -> list[OwnEntry]:
        """Return the hashes on the own list that came from a lead."""

    def own_revoke(self, lead_id: LeadId, hashes: Collection[tuple[Algorithm, bytes]], now: datetime) -> None:
        """Take hashes off the own list that came from a lead."""

    def assess(self, assessment: Assessment) -> None:
        """Write what a person decided on a lead; what they decided on it before is replaced."""

    def held_illegal(self, media_ids: Sequence[MediaId]) -> set[MediaId]:
        """Return which of these media stand in a post of a lead that somebody holds illegal."""

    def assessments(self, lead_id: LeadId) -> list[Assessment]:
        """Return what people hold of a lead, the last word of each, oldest first."""


class PrintBook(Protocol):
    """Stored fingerprints, and what comparing them again changes."""

    def outdated(self, generation: int, limit: int) -> list[StoredPrint]:
        """Return fingerprints that were last compared with older lists, the longest ago first."""

    def of_lead(self, lead_id: LeadId) -> list[StoredPrint]:
        """Return the fingerprints of a lead's posts, in the order in which they were seen."""

    def recent(self, since: datetime, limit: int) -> list[StoredPrint]:
        """Return fingerprints of what was first seen from a moment on, the newest first."""

    def count(self, since: datetime) -> int:
        """Return how many media items with a fingerprint were first seen from a moment on."""

    def known(self, media_ids: Sequence[MediaId]) -> KnownMatches:
        """Return what is known of these media, and hold the posts that show them until the transaction ends."""

    def record(self, plan: RematchPlan, keys: Mapping[LeadId, LeadKey]) -> None:
        """Write what comparing again changed; `keys` has the key pair of every lead that the plan opens."""

    def awaited(self, target_id: TargetId, since: datetime, limit: int) -> list[AwaitedPost]:
        """Return posts of a target whose words open leads wait for that were filed from a moment on."""

    def gone(self, post_id: PostId) -> list[LeadId]:
        """Note that the words of a post cannot be had any more; returns the leads that waited for them."""


class PeopleBook(Protocol):
    """Named users, their tokens, sign-in links and sessions; only digests of secrets are stored."""

    def add(self, user: User, token_digest: str | None = None) -> None:
        """Write a user; raises WrongState when the name is taken."""

    def find(self, name: str) -> User | None:
        """Return a user by name."""

    def by_token(self, token_digest: str) -> User | None:
        """Return the user who holds a token, unless disabled."""

    def set_token(self, name: str, token_digest: str) -> None:
        """Replace a user's token."""

    def all(self) -> list[User]:
        """Return all users by name."""

    def add_link(self, link_digest: str, actor: Actor, expires_at: datetime) -> None:
        """Write a one-time sign-in link."""

    def use_link(self, link_digest: str, now: datetime) -> Actor | None:
        """Use a link up and return whose it was; None when unknown, used or expired."""

    def add_session(self, session_digest: str, session: Session, now: datetime) -> None:
        """Write a signed-in browser."""

    def session(self, session_digest: str, now: datetime) -> Session | None:
        """Return a living session, and note that it was used; None otherwise."""

    def end_session(self, session_digest: str) -> None:
        """Sign a browser out."""


class TelegramBook(Protocol):
    """The organisation's Telegram accounts, and what each must not ask again."""

    def accounts(self) -> list[StoredAccount]:
        """Return every account, parked ones too, oldest first."""

    def put(self, account: StoredAccount) -> None:
        """Write an account, or write anew one that was known."""

    def park(self, account_id: AccountId, reason: str, now: datetime) -> bool:
        """Note that an account is used no more; returns False where none of this id is stored."""

    def forget(self, account_id: AccountId) -> bool:
        """
        Delete an account, and with its session what it was told; False where there is none.

        Its cooldowns stay till they end. The environment's account goes on, with what it was told.
        """

    def cooldowns(self, account_id: AccountId, now: datetime) -> dict[str, datetime]:
        """Return until when which methods must not be called; a clock set back since makes no wait longer."""

    def cool_down(self, account_id: AccountId, method: str, until: datetime, now: datetime) -> None:
        """Write a cooldown, never making a later moment earlier; those that ended before `now` go."""

    def channels(self, locator_digest: str) -> list[StoredChannel]:
        """Return what accounts were told of a locator, the pinned account's first, then the oldest."""

    def resolved(self, channel: StoredChannel) -> None:
        """Write what an account was told of a locator; a pinned one takes the pin from the others."""

    def channel_counts(self) -> dict[AccountId, int]:
        """Return how many channels are pinned to each account that has any."""


class HostLandmarks(Protocol):
    """How hosts answer, by keyed digest."""

    def get(self, host_digest: str) -> Landmark | None:
        """Return a host's landmark, where one was ever seen."""

    def put(self, host_digest: str, landmark: Landmark) -> None:
        """Write a host's landmark."""


class OutageBook(Protocol):
    """When the whole network was away: nothing was watched then."""

    def begin(self, at: datetime) -> None:
        """Write that the network went away, unless it is away already."""

    def end(self, at: datetime) -> None:
        """Write that it is back, where it was away."""

    def current(self) -> datetime | None:
        """Return since when it is away; None while it is there."""

    def between(self, since: datetime, until: datetime) -> list[Outage]:
        """Return the outages of a time, the latest first."""


class TakedownBook(Protocol):
    """What became of the posts of leads on their platforms."""

    def open_posts(self, target_id: TargetId) -> list[LeadPost]:
        """Return the posts of a target that open leads have and whose words are known, each once."""

    def looked(
        self, post_id: PostId, at: datetime, *, gone_since: datetime | None, taken_down_at: datetime | None
    ) -> list[LeadId]:
        """Write what a look at a post told; returns the leads that have it."""

    def said(self, post_id: PostId, at: datetime) -> None:
        """Write that the platform said of its own accord that a post is gone, unless it has said so before."""

    def down(self, post_ids: Sequence[PostId]) -> set[LeadId]:
        """Return the leads of these posts in which their removal was confirmed, and forget it: they are there again."""

    def target_gone(self, target_id: TargetId, since: datetime, at: datetime) -> list[LeadId]:
        """Write that a target is confirmed gone, and with it the posts of its open leads; returns whose that is new."""

    def target_back(self, target_id: TargetId, since: datetime) -> list[LeadId]:
        """Write that a target, gone since a moment, is there again; returns the leads that were down with it."""

    def explain(self, lead_id: LeadId, reason: Reason) -> None:
        """Add a reason to a lead that weighs nothing."""


class HostBook(Protocol):
    """What hosts asked for, by keyed digest of a host or an origin; nothing here says which."""

    def state(self, host_digest: str) -> HostState:
        """Return how a host stands; QUIET for one of which nothing is written."""

    def note(self, host_digest: str, state: HostState) -> None:
        """Write how a host stands."""

    def robots(self, host_digest: str) -> tuple[bytes, datetime] | None:
        """Return an origin's robots file, encrypted, and when it was read."""

    def keep_robots(self, host_digest: str, robots: bytes, read_at: datetime) -> None:
        """Write an origin's robots file, encrypted."""


class PriceBook(Protocol):
    """What a visit costs in each budget; a host's is known by the keyed digest of its name."""

    def of(self, budgets: Collection[str]) -> dict[str, float]:
        """Return the prices of those of these budgets that have one."""

    def all(self) -> dict[str, float]:
        """Return every price."""

    def put(self, wanted: Mapping[str, float], at: datetime) -> None:
        """Write these prices, and forget all others."""

    def pressures(self) -> Mapping[str, Mapping[int | None, int]]:
        """Return how many active targets there are, by budget and class of pressure; None: not visited yet."""

    def spent(self, since: datetime) -> tuple[int, int]:
        """Return how many visits began since a moment, and how many bytes they fetched."""


class FeedBook(Protocol):
    """Where feeds of hash lists stand."""

    def all(self) -> list[FeedState]:
        """Return every feed that was ever pulled, by name."""

    def get(self, name: str) -> FeedState:
        """Return how a feed stands; one that was never pulled stands at nothing."""

    def put(self, state: FeedState) -> None:
        """Write how a feed stands."""


class RemoteBook(Protocol):
    """What other organisations' services answered to hashes, kept so that nothing is asked twice."""

    def known(self, service: str, hashes: Sequence[bytes], since: datetime) -> dict[bytes, str]:
        """Return the classifications that were answered since a moment, by hash; empty words where it knew none."""

    def answered(self, service: str, answers: Sequence[RemoteAnswer], now: datetime) -> None:
        """Write answers; a newer one takes the place of the older."""

    def positive(self, service: str) -> dict[bytes, str]:
        """Return what a service knows of all that it was ever asked, by hash, as it last said."""

    def forget(self, service: str, before: datetime) -> int:
        """Delete answers of before a moment that say a hash is unknown; returns how many."""


class MessageBook(Protocol):
    """What people were told by mail, and whether mail can be sent."""

    def said(self, since: datetime) -> list[Said]:
        """Return what was said and is not over, or was over only after a moment."""

    def put(self, said: Said) -> None:
        """Write what was said of a state last."""

    def forget(self, before: datetime) -> None:
        """Delete what was over before a moment."""

    def fault(self) -> str:
        """Return the code of why mail cannot be sent; empty where it can."""

    def note_fault(self, code: str) -> None:
        """Write why mail cannot be sent; empty where it can."""


class AuditBook(Protocol):
    """The hash-chained log; an action whose event cannot be written does not happen."""

    def append(self, draft: AuditDraft) -> AuditEvent:
        """Chain an event to the last one, within the caller's transaction."""

    def events(self, since_seq: int = 0) -> Iterator[AuditEvent]:
        """Return the events after a number, in order."""

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last event as the store noted them apart from the chain."""

    def newest(self) -> datetime | None:
        """Return the latest time that any event bears, as far as it counts; None while there is none."""

    def count_anew(self, now: datetime) -> None:
        """Let the times of earlier events count no more for what is newest: they were of a wrong clock."""


class ArchiveBook(Protocol):
    """Every table as it stands, for a backup."""

    def schema(self) -> str:
        """Return the schema's revision."""

    def count(self) -> int:
        """Return how many rows a backup holds."""

    def records(self) -> Generator[TableHead | TableRow]:
        """Return every table and its rows; what rows refer to stands before them."""


class Tx(Protocol):
    """One transaction, and every book in it."""

    standing: StandingBook
    reports: ReportBook
    referrals: ReferralBook
    targets: TargetBook
    leads: LeadBook
    lists: ListBook
    opinions: OpinionBook
    prints: PrintBook
    prices: PriceBook
    people: PeopleBook
    telegram: TelegramBook
    landmarks: HostLandmarks
    outages: OutageBook
    takedowns: TakedownBook
    hosts: HostBook
    feeds: FeedBook
    remote: RemoteBook
    audit: AuditBook
    messages: MessageBook
    archive: ArchiveBook

    def page(self, claim: Claim) -> PageTransaction:
        """Open the page transaction of a claim, within this transaction."""

    def backlog(self, now: datetime) -> Backlog:
        """Return what waits now, by indexes; hosts, which are few, one by one."""

    def figures(self, since: date | None, until: date | None) -> Mapping[str, int]:
        """Return counts by name: targets, visits, observations, media, leads. No locator, no ranking."""

    def figures_by(self, division: Division, since: date | None, until: date | None) -> Divided:
        """Return visits, what they took and the leads they filed, of UTC days, by kind of platform or by outcome."""

    def first_day(self) -> date | None:
        """Return the day of the first report, before which there is nothing to count."""

    def lead_times(
        self,
        now: datetime,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        target_id: TargetId | None = None,
        limit: int = MOST_LEADS,
    ) -> list[LeadTimes]:
        """Return the times of leads filed from `since` to before `until`, in all or of one target, newest first."""


class VisitorLock(Protocol):
    """The right to visit for a database: one holder at a time, freed when its process dies."""

    async def is_held(self) -> bool:
        """
        Return whether it is held still, or could be taken again after its connection was lost.

        Raises OperatorFault while nobody can be asked: it may be another's by now.
        """

    async def release(self) -> None:
        """Give it back; may be called twice."""


class Store(Protocol):
    """A database: many readers, one writer at a time."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run a function on one consistent view of the database and return what it returns."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """
        Run a function in one transaction that holds the write lock from its start.

        Commits when it returns, rolls everything back when it raises.
        """

    async def take_visitor_lock(
        self, held: Callable[[], Awaitable[Collection[Turn]]] | None = None
    ) -> VisitorLock | None:
        """
        Take the one visitor's lock and void its predecessor's claims; None when another holds it.

        `held` is asked, once the lock is held, for claims that others have and keep.
        """

    def host_seats(self, digest: Callable[[str], str]) -> HostSeats | None:
        """
        Return seats at hosts that every process with this database shares; None where no other visits.

        `digest` says by what the database knows a host. They end with the store.
        """

    def watch_waits(self, told: Callable[[float], None]) -> None:
        """Tell from here on how many seconds each writer waited for its turn."""

    async def schema(self) -> str:
        """Return by what name the database's schema goes now; a newer program may change it beneath this one."""

    async def checkpoint(self) -> bool:
        """Clear logs of what was deleted, where the database keeps any; False when it must be tried again later."""

    async def close(self) -> None:
        """Close every connection."""
