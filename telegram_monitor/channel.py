"""
Read one channel for one visit, going on through another account where the first cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from telethon.tl import TLRequest
from telethon.tl.functions.upload import GetFileRequest
from telethon.tl.types import InputChannel, InputDocumentFileLocation, InputPeerChannel, InputPhotoFileLocation, upload

from domain.errors import EgressRefused, MediaUnavailable, VisitEnded
from domain.observations import Traffic
from domain.telegram import AccountId
from telegram_monitor.allowed import Permit, Purpose, method_of
from telegram_monitor.faults import AccountStopped, FileElsewhere, FileReferenceExpired, StaleChannel
from telegram_monitor.files import files_in, piece
from telegram_monitor.receipt import Receipt

if TYPE_CHECKING:
    from telegram_monitor.accounts import Accounts, Hold

FileLocation: TypeAlias = InputPhotoFileLocation | InputDocumentFileLocation
_HOPS = 2  # data centres that a file may send us to


class Channel:
    """One channel through one account, for one visit; changes to another account by itself where it must."""

    def __init__(self, accounts: Accounts, locator: str, hold: Hold, traffic: Traffic) -> None:
        """Begin with nothing asked."""
        self.id = hold.told.channel_id
        self._accounts = accounts
        self._locator = locator
        self._hold = hold
        self._traffic = traffic
        self._tried: set[AccountId] = {hold.account.id}
        self._offered: set[int] = set()
        self._moved: dict[int, int] = {}

    @property
    def peer(self) -> InputPeerChannel:
        """Return how requests name the channel; ask again for every request, for the account may change."""
        return InputPeerChannel(self.id, self._hold.told.access_hash)

    @property
    def input(self) -> InputChannel:
        """Return the same for requests that want an InputChannel."""
        return InputChannel(self.id, self._hold.told.access_hash)

    @property
    def server(self) -> tuple[str, int]:
        """Return the address and port of the server that answers now."""
        return self._hold.account.server

    async def ask(self, request: TLRequest) -> Any:
        """
        Return the answer to a request about this channel.

        Checked by the allow-list, counted in the visit's traffic, paced. Raises
        VisitEnded, and EgressRefused where the guard refuses the server. The
        answer carries its receipt.
        """
        receipt = Receipt()

        def hear(untrusted_answer: bytes) -> None:
            nonlocal receipt
            receipt = Receipt.of(untrusted_answer)

        while True:
            try:
                answer = await self._hold.account.ask(self._addressed(request), self._permit, self._traffic, hear)
            except AccountStopped as stop:
                await self._change(method_of(request), stop.code)
            except StaleChannel:
                self._hold = await self._accounts.look_again(self._locator, self._hold, self._traffic)
            else:
                self._offered.update(files_in(answer))
                answer.receipt = receipt
                return answer

    async def download(self, location: FileLocation, *, dc_id: int, offset: int, length: int) -> bytes:
        """
        Return up to `length` bytes of a file from `offset`; fewer only at its end.

        Raises FileReferenceExpired, MediaUnavailable with a code, or EgressRefused.
        """
        parts: list[bytes] = []
        while length > 0:
            start, limit = piece(offset, length)
            untrusted = await self._piece(location, dc_id, start, limit)
            part = untrusted[offset - start :][:length]
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
            if len(untrusted) < limit:
                break
        return b"".join(parts)

    @property
    def _permit(self) -> Permit:
        return Permit(purpose=Purpose.WATCHING, channel=self.id, offered=self._offered)

    def _addressed(self, request: TLRequest) -> TLRequest:
        """Return a request with the hash that the present account was given, where it names this channel."""
        for name in ("peer", "channel"):
            if getattr(getattr(request, name, None), "channel_id", None) == self.id:
                setattr(request, name, self.peer if name == "peer" else self.input)
        return request

    async def _change(self, method: str, code: str) -> None:
        """Go on through another account, or end the visit; what was offered to the first is no use to it."""
        self._hold = await self._accounts.hold(
            self._locator, self._traffic, needing=[method], but=self._tried, code=code
        )
        self._tried.add(self._hold.account.id)
        self._offered.clear()

    async def _piece(self, location: FileLocation, dc: int, offset: int, limit: int) -> bytes:
        """Return one piece of a file."""
        if location.id not in self._offered:
            raise FileReferenceExpired  # it was offered to another account, or to nobody
        request = GetFileRequest(location, offset, limit, precise=True)
        for _ in range(_HOPS):
            try:
                answer = await self._hold.account.fetch(
                    request, self._moved.get(location.id, dc), self._permit, self._traffic
                )
            except FileElsewhere as elsewhere:
                self._moved[location.id] = elsewhere.dc
            except EgressRefused:
                raise
            except (AccountStopped, VisitEnded) as ending:
                raise MediaUnavailable(ending.code) from None
            else:
                return _bytes_of(answer, limit)
        raise MediaUnavailable("file_migrate")


def _bytes_of(untrusted: Any, limit: int) -> bytes:
    """Return what a piece holds; a redirect to servers that are not Telegram's own is not followed."""
    if isinstance(untrusted, upload.FileCdnRedirect):
        raise MediaUnavailable("cdn")
    if not isinstance(untrusted, upload.File) or len(untrusted.bytes) > limit:
        raise MediaUnavailable("malformed")
    return bytes(untrusted.bytes)
