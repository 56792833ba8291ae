"""
Read the media of a page: hash what was not hashed before, and never hold the page up.

What cannot be read now is pending with its reason, and a later visit tries
again. Bytes stay with the source and the fingerprinter. Of a picture that comes
in a smaller size first, the full one is read where the smaller could decide
falsely. A file whose MD5 the platform itself gives is not read where a list
has that: what is known needs no further request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.courtesy import HOST_RESTS
from domain.errors import EgressRefused, MediaUnavailable
from domain.fingerprints import Covers, Fingerprint, MediaStatus
from domain.hashlists import unsuppressed
from domain.observations import MediaKind, ObservedPost
from domain.pages import AssessedMedia, KnownMedia
from domain.ports import Fingerprinter, Matcher, MediaSource
from triage.desk import Desk, retry_place

LISTED = "listed_not_read"  # of a file whose digest the platform gave, and a list has
SIZE_DRIFT = 8  # bits by which the PDQ of a picture 800 wide differs from the full size's, at most


@dataclass(slots=True, kw_only=True)
class Reading:
    """One media item to be read, and whether that was begun."""

    source: MediaSource
    fuller: MediaSource | None = None
    identity: str = field(repr=False)
    url: str | None = field(repr=False)
    album: str | None
    kind: MediaKind = MediaKind.IMAGE
    post_url: str = field(default="", repr=False)
    md5: str | None = None
    begun: bool = False

    async def close(self) -> None:
        """Let go of both sizes."""
        await self.source.close()
        if self.fuller is not None:
            await self.fuller.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReader:
    """Turns media into fingerprints with their matches, `at_once` at a time, until a page's `deadline`."""

    desk: Desk
    fingerprinter: Fingerprinter
    matcher: Matcher
    at_once: int
    deadline: timedelta

    async def read_all(
        self,
        posts: Sequence[ObservedPost],
        known: Sequence[Mapping[str, KnownMedia]],
        *,
        covers_media: bool,
        tried: set[str],
    ) -> list[tuple[AssessedMedia, ...]]:
        """Hash what was not hashed before, several at once, until the page's deadline."""
        gate = asyncio.Semaphore(self.at_once)
        results: list[list[AssessedMedia]] = [[] for _ in posts]
        readings: dict[asyncio.Task[AssessedMedia], tuple[int, Reading]] = {}
        for index, post in enumerate(posts):
            seen: set[str] = set()
            for media in post.media:
                identity = self.desk.vault.digest("media", media.identity)
                before = known[index].get(identity)
                reading = Reading(
                    source=media.source,
                    fuller=media.fuller,
                    identity=identity,
                    url=media.url,
                    album=post.group,
                    kind=media.kind,
                    post_url=post.url,
                    md5=media.md5,
                )
                if identity in seen:  # one picture shown twice is read once
                    await reading.close()
                elif before is not None and before.status.is_final:
                    await reading.close()
                    results[index].append(AssessedMedia(identity=identity, status=before.status))
                elif not covers_media:
                    await reading.close()
                    results[index].append(AssessedMedia(identity=identity, status=MediaStatus.NOT_AUTHORISED))
                else:
                    readings[asyncio.create_task(self.read(reading, gate, tried))] = (index, reading)
                seen.add(identity)
        await self._await_readings(readings, results)
        return [tuple(items) for items in results]

    async def _await_readings(
        self, readings: Mapping[asyncio.Task[AssessedMedia], tuple[int, Reading]], results: list[list[AssessedMedia]]
    ) -> None:
        """Collect readings; what is not ready at the deadline is pending and never holds the page."""
        if not readings:
            return
        try:
            await asyncio.wait(readings, timeout=self.deadline.total_seconds())
        finally:
            for task in readings:
                task.cancel()
            await asyncio.gather(*readings, return_exceptions=True)
        for task, (index, reading) in readings.items():
            if task.cancelled():
                await reading.close()
                results[index].append(self._pending(reading, "deadline"))
            else:
                results[index].append(task.result())

    async def read(self, reading: Reading, gate: asyncio.Semaphore, tried: set[str]) -> AssessedMedia:
        """Hash one media item and match it."""
        async with gate:
            reading.begun = True
            tried.add(reading.identity)
            try:
                fingerprint = await self._listed(reading) or await self._hashed(reading)
            except MediaUnavailable as fault:
                return self._pending(reading, fault.code)
            except EgressRefused as refusal:
                fingerprint = Fingerprint(status=MediaStatus.REJECTED, reason=refusal.code)
                return AssessedMedia(
                    identity=reading.identity,
                    status=fingerprint.status,
                    reason=fingerprint.reason,
                    fingerprint=fingerprint,
                )
            finally:
                await reading.close()
        if reading.kind is MediaKind.THUMBNAIL:
            fingerprint = replace(fingerprint, covers=Covers.THUMBNAIL)
        generation = self.matcher.generation
        matches, suppressed = unsuppressed(await self.matcher.match(fingerprint))
        return AssessedMedia(
            identity=reading.identity,
            status=fingerprint.status,
            reason=fingerprint.reason,
            fingerprint=fingerprint,
            matches=matches,
            suppressed=suppressed,
            generation=generation,
        )

    async def _listed(self, reading: Reading) -> Fingerprint | None:
        """
        Return the digest that the platform lists for a file, where a list has it: then the file is not asked for.

        It is the platform's word: nobody here has read a byte, and the reason says so.
        """
        if reading.md5 is None:
            return None
        said = Fingerprint(status=MediaStatus.UNDECODABLE, reason=LISTED, md5=reading.md5)
        matches, _ = unsuppressed(await self.matcher.match(said))
        return said if matches else None

    async def _hashed(self, reading: Reading) -> Fingerprint:
        """Return the fingerprint that counts: of the full size where the smaller one is too near to say."""
        small = await self.fingerprinter.fingerprint(reading.source)
        if reading.fuller is None or not await self.matcher.is_near(small, SIZE_DRIFT):
            return small
        try:
            full = await self.fingerprinter.fingerprint(reading.fuller)
        except EgressRefused:
            return small
        except MediaUnavailable:
            if await self.matcher.match(small):  # what is in hand is not given up for what may come
                return small
            raise
        return full if full.status is MediaStatus.HASHED else small

    def _pending(self, reading: Reading, reason: str) -> AssessedMedia:
        """Return a media item as pending; what waited till the deadline, or for a host that rests, was not tried."""
        retry = None
        if reading.url is not None:
            again = json.dumps([reading.url, reading.album, reading.kind, reading.post_url])
            retry = self.desk.vault.encrypt(again, retry_place(reading.identity))
        return AssessedMedia(
            identity=reading.identity,
            status=MediaStatus.PENDING,
            reason=reason,
            retry=retry,
            tried=reading.begun and reason != HOST_RESTS,
        )
