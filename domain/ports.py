"""
The few doors through which rooms on one floor meet; `app` wires them.

Sources read, fingerprinters hash, matchers compare, the vault keeps keys, the
store remembers. Each port has one contract suite in tests/contracts/.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from domain.courtesy import HostState
from domain.feeds import FeedPage
from domain.fingerprints import Fingerprint
from domain.hashlists import HashEntry, HashMatch
from domain.ids import ListId
from domain.jobs import Turn
from domain.messages import Letter
from domain.observations import ObservedPage, Platform, Traffic
from domain.telegram import AccountId, ResolvedChannel, TelegramAccount
from domain.text import TextHit


class MediaSource(Protocol):
    """
    One media item that can be read in pieces, so that large files can be sampled.

    Nothing is fetched before the first `read`.
    """

    @property
    def size(self) -> int | None:
        """Return the number of bytes, or None while nobody said."""

    async def read(self, offset: int, length: int) -> bytes:
        """
        Return up to `length` bytes from `offset`; empty at and past the end.

        Reading onwards from where the last call ended is always cheap. Raises
        MediaUnavailable (fetch again later) or EgressRefused (never).
        """

    async def close(self) -> None:
        """Let go of the connection and of every byte; may be called twice."""


class Fingerprinter(Protocol):
    """Turns media into hashes; the bytes die inside."""

    async def fingerprint(self, source: MediaSource) -> Fingerprint:
        """
        Return the fingerprint; one of HASHED, LOW_QUALITY, UNDECODABLE, REJECTED.

        Closes the source. Time spent waiting for reads is not decoding time.
        Raises what `source.read` raises.
        """


class Matcher(Protocol):
    """Compares fingerprints with every live hash list, exactly."""

    @property
    def generation(self) -> int:
        """Return the generation of the lists that `match` now answers for."""

    async def match(self, fingerprint: Fingerprint, since: int = 0) -> tuple[HashMatch, ...]:
        """
        Return the closest match per list and algorithm, exact digests first.

        With `since`, only lists whose own generation is greater are asked: what
        changed after a fingerprint was last compared.
        """

    async def is_near(self, fingerprint: Fingerprint, slack: int) -> bool:
        """Return whether an entry's PDQ is so near to the radius that `slack` bits would decide, either way."""


class TextRules(Protocol):
    """Finds generic commerce in a text, in linear time."""

    def find(self, text: str) -> tuple[TextHit, ...]:
        """Return every hit, by position."""


class ListWriter(Protocol):
    """One version of a list on its way to the disk; nobody else sees it before it is finished."""

    def add(self, entries: Sequence[HashEntry]) -> None:
        """Take entries in; they are numbered from 0 in this order. Raises OperatorFault when the disk is full."""

    def finish(self) -> None:
        """Build what matching needs, and put the version in its place, whole and flushed to the disk."""

    def abandon(self) -> None:
        """Remove what was written; may be called after `finish`, and then does nothing."""


class ListShelf(Protocol):
    """Versions of hash lists as immutable files on this machine; never in a backup."""

    def write(self, list_id: ListId) -> ListWriter:
        """Begin a version; raises OperatorFault when it cannot be written."""

    def holds(self, list_id: ListId) -> bool:
        """Return whether a finished version stands here."""

    def is_being_written(self, list_id: ListId) -> bool:
        """Return whether a living process writes this version here."""

    def entries(self, list_id: ListId) -> Iterator[HashEntry]:
        """Yield a version's entries in their order; raises OperatorFault when it is missing or damaged."""

    def entry(self, list_id: ListId, number: int) -> HashEntry:
        """Return one entry; raises NotFound."""

    def overlap(self, list_id: ListId, other: ListId) -> int:
        """Return how many of a version's entries stand in another one, too, with the same hash."""

    def keep_only(self, list_ids: Collection[ListId]) -> int:
        """Remove every other version that nobody is writing; returns how many. Who has one open keeps it."""


class Postman(Protocol):
    """Hands letters to the hotline's own mail server."""

    async def send(self, letter: Letter) -> int:
        """
        Hand a letter over; returns how many recipients the server refused, of several.

        Raises NotSent with a code where nobody gets it, as far as is known.
        """


class FeedClient(Protocol):
    """Reads one organisation's feed of hashes, and asks nobody but its configured address."""

    def pages(self, checkpoint: str, traffic: Traffic) -> AsyncGenerator[FeedPage, None]:
        """
        Yield what is new since a checkpoint (empty: everything), page by page, numbered from 1.

        Any page's checkpoint may be handed back to go on behind it. A page that
        cannot be read is told of and passed by. Raises AskFailed when the feed
        cannot go on now, EgressRefused where the guard refuses.
        """


class FeedSpool(Protocol):
    """Pages of a pull that is not finished, on this machine."""

    def pages(self) -> Iterator[FeedPage]:
        """Yield the pages, in order."""

    def add(self, page: FeedPage) -> None:
        """Keep one more page; flushed to the disk on return. Raises OperatorFault when it is full."""

    def clear(self) -> None:
        """Forget all pages."""


class FeedSpools(Protocol):
    """Unfinished pulls, a feed each; never in a backup."""

    def opened(self, feed: str, base: str) -> AbstractContextManager[FeedSpool]:
        """
        Hold a feed's spool: one pull of a feed at a time.

        What is there counts only if it began at the checkpoint `base`. Raises
        WrongState while another process holds it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAnswer:
    """What another organisation says of one hash; an empty classification: it does not know it."""

    hash: bytes = field(repr=False)
    classification: str


class RemoteLookup(Protocol):
    """Asks another organisation's service about PDQ hashes, and sends it nothing else."""

    async def ask(self, hashes: Sequence[bytes]) -> Sequence[RemoteAnswer]:
        """
        Return an answer for each hash of 32 bytes; at most `batch` may be asked at once.

        Raises AskFailed, with the wait that the service asks for, and EgressRefused.
        """

    @property
    def batch(self) -> int:
        """Return how many hashes may be asked for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTarget:
    """
    What a source needs to know to look at a target.

    `locator` is canonical. `cursor` is what this source last returned and was
    committed; None on a first visit, which starts `backfill` posts below the
    newest (None: from the oldest there is), or at the first post of the day
    `backfill_since`. Media are only offered, never
    fetched, by the source: intake decides. `recall` is what the source last
    asked to be reminded of. `depth` is how many links deep the pages of a site
    are authorised, below the locator's folder. `ignores_robots` and
    `plain_agent` were decided for this target by a person, with a reason.
    `named` returns by which name the books know an address, where posts are
    named by theirs.
    """

    platform: Platform
    locator: str = field(repr=False)
    cursor: str | None = None
    backfill: int | None = 200
    backfill_since: date | None = None
    recall: str | None = field(default=None, repr=False)
    depth: int = 0
    ignores_robots: bool = False
    plain_agent: bool = False
    named: Callable[[str], str] = field(default=str, repr=False, compare=False)


class Source(Protocol):
    """Reads one platform's public pages; writes nothing, contacts nobody."""

    def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncIterator[ObservedPage]:
        """
        Yield pages oldest to newest; the next is fetched only when asked for.

        The caller closes the iterator. Raises VisitEnded with the outcome when
        the target could not be read.
        """

    async def post(self, target: SourceTarget, post: str, traffic: Traffic) -> ObservedPage | None:
        """
        Look at one post again; return a page that shows it, or None where the platform says that there is none.

        `post` is its own name within the target, or where posts are named by
        their addresses, what `target.named` returns for it; a target that is
        one page is one post, so there it says nothing. Posts next to it are on the page where they came
        with the same answer. The page's cursor is the target's, unchanged. A
        platform knows a channel by a name that can change hands: whose post it
        is, the page's `container` says, and the caller compares. Raises
        VisitEnded as `pages` does.
        """

    def media(self, url: str, traffic: Traffic, *, plain_agent: bool = False) -> MediaSource:
        """Return a handle on media seen by an earlier visit, to try again; `plain_agent` as of its target."""

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:
        """
        Return whether the target's platform answers now as it is known to, in another place than the target's.

        Asked before a refusal is believed: a captive portal, a block page or a
        hijacked name refuses everything. False where nothing can be known.
        """


class Landmarks(Protocol):
    """How hosts answer that no certificate names, to know them again by; `host` has its port, where it has one."""

    async def is_stale(self, host: str) -> bool:
        """Return whether a host that was seen alive is to be asked for its landmark."""

    async def seen(self, host: str, answer: str) -> None:
        """Note how a host answers that was seen alive."""

    async def is_known(self, host: str, answer: str) -> bool:
        """Return whether this is how the host is known to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """What an origin said when it was asked for its robots file: status and text, and when."""

    status: int
    text: str = field(repr=False)
    read_at: datetime


class HostMemory(Protocol):
    """What must be remembered of hosts across restarts; a host by its name, an origin as scheme, name and port."""

    async def state(self, host: str) -> HostState:
        """Return what is remembered of a host; QUIET where it is nothing."""

    async def note(self, host: str, state: HostState) -> None:
        """Remember how a host stands now."""

    async def robots(self, origin: str) -> RobotsFile | None:
        """Return an origin's robots file as it was last read, or None."""

    async def keep_robots(self, origin: str, robots: RobotsFile) -> None:
        """Remember an origin's robots file."""


class HostSeats(Protocol):
    """Seats at hosts: how many requests run at once, and how soon the next one starts, for all who share them."""

    def seat(self, host: str, *, limit: int, delay: float) -> AbstractAsyncContextManager[HostState | None]:
        """
        Hold one of a host's `limit` seats, from `delay` seconds after the last start there.

        Entering waits; whoever is cancelled then gives the turn away. Yields
        what others have noted of the host by now, or None where there are no
        others. A seat ends with its process.
        """


GiveBack = Callable[[Sequence[Turn]], Awaitable[object]]  # of claims; may be asked twice for the same


class JobQueue(Protocol):
    """
    Carries claimed turns in batches from who decides what is due to whoever visits; ids and numbers only.

    A turn may come out whose claim is void by then, so who takes it asks the
    books. Every method but `ended` may raise OperatorFault while the queue
    cannot be reached.
    """

    async def room(self) -> int:
        """Return how many turns would be begun soon if they were put now; 0 where nobody has a place for one."""

    async def freed(self) -> None:
        """Wait until there is room for a batch."""

    async def put(self, turns: Sequence[Turn]) -> None:
        """Hand turns over, all or none; each will be taken once."""

    async def held(self) -> Collection[Turn]:
        """Return every turn that waits or is under way."""

    async def recover(self, give_back: GiveBack) -> None:
        """Give back the claims of turns that nobody who lives has or will take, and forget these turns."""

    async def take(self) -> Sequence[Turn]:
        """Wait for a batch and return it."""

    async def ended(self, turns: Sequence[Turn]) -> None:
        """Note that turns that were taken need nobody any more, however they ended."""

    async def disowned(self) -> None:
        """Wait until what was taken here counts as lost: others may have it by now."""


class TelegramLedger(Protocol):
    """
    What the organisation's Telegram accounts must remember across restarts.

    Methods are named as the layer names them (`messages.getHistory`); a
    locator is a target's canonical one.
    """

    async def accounts(self) -> tuple[TelegramAccount, ...]:
        """Return every account, parked ones too, oldest first."""

    async def park(self, account_id: AccountId, reason: str) -> None:
        """Use an account no more until somebody signs it in again; `reason` is a short code."""

    async def cooldowns(self, account_id: AccountId) -> Mapping[str, datetime]:
        """Return until when which methods must not be called by an account; past ones may be among them."""

    async def cool_down(self, account_id: AccountId, method: str, until: datetime) -> None:
        """Note that Telegram asked an account to wait with a method; a later moment is never made earlier."""

    async def channels(self, locator: str) -> tuple[ResolvedChannel, ...]:
        """Return what accounts were told of a locator, the pinned account's first."""

    async def resolved(self, locator: str, channel: ResolvedChannel) -> None:
        """Note what an account was told of a locator; a pinned one takes the pin from the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a ciphertext stands; bound into it, so that it opens nowhere else."""

    table: str
    row: str
    column: str

    def encoded(self) -> bytes:
        """Return an unambiguous encoding: each part preceded by its length."""
        parts = [part.encode() for part in (self.table, self.row, self.column)]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadKey:
    """
    The key pair of one lead: anybody may seal to it, only the hotline opens it.

    `wrapped` is the private half, sealed to the hotline's public key.
    Destroying `wrapped` deletes the lead's content, in backups too.
    """

    public: bytes
    wrapped: bytes = field(repr=False)


class Vault(Protocol):
    """
    The host's keys: what a visit needs, and sealing to the hotline.

    Nothing here can open what was sealed.
    """

    def digest(self, purpose: str, data: str) -> str:
        """Return the keyed digest (64 hex digits) used for uniqueness and look-up."""

    def encrypt(self, text: str, place: Place) -> bytes:
        """Encrypt with the host's key what visits need again."""

    def decrypt(self, ciphertext: bytes, place: Place) -> str:
        """Open what `encrypt` made; raises OperatorFault if key or place differ."""

    def new_lead_key(self, lead_id: str) -> LeadKey:
        """Make the key pair of a new lead."""

    def seal(self, lead_public: bytes, text: str, place: Place) -> bytes:
        """Seal text to a lead; only the hotline's private key leads back to it."""


class Opener(Protocol):
    """The hotline's private key, unlocked: opens what was sealed."""

    def open(self, wrapped: bytes, lead_id: str, ciphertext: bytes, place: Place) -> str:
        """Return the sealed text; raises OperatorFault if key or place differ."""
