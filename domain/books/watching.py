"""What storage promises of watching: targets, visits and posts, accounts, hosts, and what a visit costs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.books.rows import PendingMedia, StoredAccount, StoredChannel, StoredPost
from domain.connectivity import Failure, Outage
from domain.courtesy import HostState
from domain.filing import PostKey
from domain.ids import LeadId, RequestId, TargetId
from domain.jobs import Turn
from domain.landmarks import Landmark
from domain.leads import SealedContent
from domain.observations import Platform
from domain.pages import KnownMedia, KnownPage, PagePlan
from domain.ports import LeadKey
from domain.targets import Claim, Course, TargetStatus, Visit, WatchTarget
from domain.telegram import AccountId


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
