"""Stand-ins for media and for the sandbox: bytes from memory, hashed in this process."""

from __future__ import annotations

from domain.errors import MediaUnavailable
from domain.fingerprints import Fingerprint, MediaStatus
from domain.ports import MediaSource
from fingerprint.answers import Reason
from fingerprint.image import fingerprint_image

SOME_MIB = 4 << 20


class BytesSource:
    """A media item in memory that remembers what was asked of it."""

    def __init__(
        self, untrusted_bytes: bytes, *, tells_size: bool = True, fails_at: int | None = None, piece: int = 1 << 20
    ) -> None:
        self._bytes = untrusted_bytes
        self._size = len(untrusted_bytes) if tells_size else None
        self._fails_at = fails_at
        self._piece = piece
        self.reads = 0
        self.closed = 0

    @property
    def size(self) -> int | None:
        return self._size

    async def read(self, offset: int, length: int) -> bytes:
        self.reads += 1
        if self._fails_at is not None and offset >= self._fails_at:
            raise MediaUnavailable("connection_lost")
        return self._bytes[offset : offset + min(length, self._piece)]

    async def close(self) -> None:
        self.closed += 1


class FakeFingerprinter:
    """The in-process path behind the port: no child, no clock, the same answers."""

    def __init__(self, *, max_bytes: int = SOME_MIB) -> None:
        self._max_bytes = max_bytes

    async def fingerprint(self, source: MediaSource) -> Fingerprint:
        try:
            body = b""
            while len(body) <= self._max_bytes and (source.size or 0) <= self._max_bytes:
                piece = await source.read(len(body), self._max_bytes + 1 - len(body))
                if not piece:
                    return _fingerprint(body)
                body += piece
            return Fingerprint(status=MediaStatus.REJECTED, reason=Reason.TOO_LARGE.code, size=source.size or 0)
        finally:
            await source.close()


def _fingerprint(body: bytes) -> Fingerprint:
    image = fingerprint_image(body)
    return Fingerprint(
        status=image.status,
        reason=image.reason,
        format=image.format,
        width=image.width,
        height=image.height,
        size=len(body),
        md5=image.md5,
        sha1=image.sha1,
        sha256=image.sha256,
        pdq=image.pdq,
        pdq_quality=image.pdq_quality,
        pdq_dihedral=image.pdq_dihedral,
        pdq_others=image.pdq_others,
        phash=image.phash,
        phash_trimmed=image.phash_trimmed,
    )
