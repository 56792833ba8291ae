"""
Take off and put on the obfuscation that some transports wear.

Done here, because mtproto's own needs a C extension to work at all: the first
64 bytes hold both keys and, encrypted, the transport's tag.
"""

from __future__ import annotations

from telethon.crypto import AESModeCTR

HEADER = 64
_TAGS = (b"\xee" * 4, b"\xdd" * 4)
_ABRIDGED = b"\xef"


def is_bare(begun: bytes) -> bool | None:
    """Return whether a connection that begins so wears no veil; None while that cannot be said."""
    if begun[:1] == _ABRIDGED:
        return True
    if len(begun) < 8:  # noqa: PLR2004 - the first two numbers of a full frame
        return None
    if begun[:4] in _TAGS or begun[4:8] == bytes(4):
        return True
    return False if len(begun) >= HEADER else None


class Veil:
    """The two key streams of one connection."""

    def __init__(self, header: bytes) -> None:
        """Make the streams from the header; what it says of the transport is in `tag`, as a bare client says it."""
        theirs, ours = header[8:56], header[8:56][::-1]
        self._theirs = AESModeCTR(theirs[:32], theirs[32:])
        self._ours = AESModeCTR(ours[:32], ours[32:])
        tag = self._theirs.encrypt(header)[56:60]
        self.tag = _ABRIDGED if tag == _ABRIDGED * 4 else tag

    def off(self, data: bytes) -> bytes:
        """Return what the client meant."""
        return bytes(self._theirs.decrypt(data))

    def on(self, data: bytes) -> bytes:
        """Return what the client is sent."""
        return bytes(self._ours.encrypt(data))
