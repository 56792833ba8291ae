"""Stand-ins for media and for the sandbox: bytes from memory, hashed in this process."""

from __future__ import annotations

import hashlib

from domain.errors import MediaUnavailable
from domain.fingerprints import Covers, Fingerprint, MediaStatus
from domain.ports import MediaSource
from fingerprint.answers import Reason
from fingerprint.containers import HEAD, sniff_container
from fingerprint.media import hash_media

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
            while (source.size or 0) <= self._max_bytes and len(body) <= self._max_bytes:
                piece = await source.read(len(body), self._max_bytes + 1 - len(body))
                if not piece:
                    return _fingerprint(body)
                body += piece
            body = body or await source.read(0, HEAD)
            if not sniff_container(body[:HEAD]):
                return Fingerprint(status=MediaStatus.REJECTED, reason=Reason.TOO_LARGE.code, size=source.size or 0)
            while source.size and len(body) < source.size:
                body += await source.read(len(body), source.size - len(body))
            return _fingerprint(body, size=source.size or 0)
        finally:
            await source.close()


def _fingerprint(body: bytes, *, size: int | None = None) -> Fingerprint:
    """Return what the bytes show; with a `size`, as of a file that was not read whole."""
    found = hash_media(body)
    whole = size is None
    reason = found.reason.code
    return Fingerprint(
        status=found.status,
        reason=reason or ("" if whole else Reason.SAMPLED.code),
        format=found.format.code,
        width=found.width,
        height=found.height,
        size=len(body) if size is None else size,
        md5=hashlib.md5(body, usedforsecurity=False).hexdigest() if whole else None,
        sha1=hashlib.sha1(body, usedforsecurity=False).hexdigest() if whole else None,
        sha256=hashlib.sha256(body).hexdigest() if whole else None,
        pdq=found.pdq_dihedral[0] if found.pdq_dihedral else None,
        pdq_quality=found.pdq_quality,
        pdq_dihedral=found.pdq_dihedral,
        pdq_others=found.pdq_others,
        phash=found.phash,
        phash_trimmed=found.phash_trimmed,
        phash256=found.phash256,
        phash256_trimmed=found.phash256_trimmed,
        frames=found.frames,
        covers=Covers.WHOLE if whole else Covers.SAMPLED,
    )
