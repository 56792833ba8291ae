"""Videos too large to be read whole: what is asked of their source, and every way in which that can fail."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

import pytest
from aiohttp import web

from domain.errors import MediaUnavailable
from domain.fingerprints import Covers, Fingerprint, MediaStatus
from domain.observations import Traffic
from fingerprint import serving, worker
from fingerprint.image import fingerprint_image
from fingerprint.media import hash_media
from fingerprint.pool import FingerprintPool
from fingerprint.serving import READS, offer_of
from tests.fakes_fingerprint import BytesSource
from tests.fingerprint.lying import child
from tests.fingerprint.pictures import encoded, photo
from tests.fingerprint.videos import Sparse, box, laid_out, video
from tests.net import loopback
from tests.net.test_media import handle_on

MIB = 1 << 20
LIMIT = 1 * MIB
GOOD = encoded(photo(120, 90, seed=3), "JPEG")
FILM = video(250, size=(320, 240), key_every=25)
LARGE = laid_out(FILM, index_first=False, gap=20_000)
PAGE = 1 << 16


class SparseSource:
    """A large file that remembers what was asked of it; `at` is called with each offset first."""

    def __init__(self, file: Sparse = LARGE, *, at: Callable[[int], None] | None = None, delay: float = 0.0) -> None:
        self._file = file
        self._at = at
        self._delay = delay
        self.asked: list[tuple[int, int]] = []
        self.closed = 0

    @property
    def size(self) -> int | None:
        return self._file.size

    async def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        if self._at is not None:
            self._at(offset)
        await asyncio.sleep(self._delay)
        return self._file.read(offset, length)

    async def close(self) -> None:
        self.closed += 1


def a_pool(**options: float) -> FingerprintPool:
    return FingerprintPool(1, timeout=options.get("timeout", 20), max_bytes=LIMIT, allow_missing_layers=True)


async def assert_well(pool: FingerprintPool) -> None:
    expected = fingerprint_image(GOOD)
    found = await pool.fingerprint(BytesSource(GOOD))
    assert (found.status, found.pdq, found.phash) == (MediaStatus.HASHED, expected.pdq, expected.phash)


def assert_sampled(found: Fingerprint) -> None:
    assert (found.status, found.reason, found.format) == (MediaStatus.HASHED, "sampled", "mp4")
    assert (found.covers, found.sha256, found.size) == (Covers.SAMPLED, None, LARGE.size)
    assert len(found.frames) >= 8


async def test_of_200_mib_over_http_a_tenth_is_sent_at_the_most() -> None:
    large = laid_out(FILM, index_first=False, gap=(200 * MIB - len(FILM)) // 250)
    sent = 0

    async def serve(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        asked = request.http_range
        start, stop = asked.start or 0, min(asked.stop or large.size, large.size)
        response = web.StreamResponse(status=206 if asked.start is not None else 200)
        response.content_length = stop - start
        if asked.start is not None:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{large.size}"
        await response.prepare(request)
        for at in range(start, stop, PAGE):
            piece = large.read(at, min(PAGE, stop - at))
            await response.write(piece)
            sent += len(piece)
        return response

    traffic = Traffic()
    async with loopback.serving(serve) as server, handle_on(server.base, traffic=traffic) as media:
        async with FingerprintPool(1, timeout=20) as pool:
            found = await pool.fingerprint(media)
        assert len(server.requests) <= 40
    assert large.size >= 199 * MIB
    assert (found.status, found.reason, found.size, found.sha256) == (MediaStatus.HASHED, "sampled", large.size, None)
    assert len(found.frames) >= 10
    assert traffic.bytes <= large.size // 20
    # What the server wrote and nobody read is counted too: it stood in the buffers of two sockets.
    assert sent <= large.size // 10
    whole = {frame.at_ms: frame.pdq for frame in hash_media(FILM).frames}
    met = [frame for frame in found.frames if frame.at_ms in whole]
    assert met
    assert all(frame.pdq == whole[frame.at_ms] for frame in met)


async def test_no_more_is_asked_for_than_was_offered() -> None:
    source = SparseSource()
    async with a_pool() as pool:
        assert_sampled(await pool.fingerprint(source))
    offer = offer_of(LARGE.size, max_bytes=LIMIT)
    assert offer.bytes == LIMIT
    assert sum(length for _, length in source.asked[1:]) <= offer.bytes
    assert len(source.asked) <= READS
    assert all(offset + length <= LARGE.size for offset, length in source.asked)
    assert source.closed


def test_an_offer_is_a_tenth_within_bounds() -> None:
    assert offer_of(1_000 * MIB, max_bytes=32 * MIB).bytes == 32 * MIB
    assert offer_of(100 * MIB, max_bytes=32 * MIB).bytes == 10 * MIB
    assert offer_of(33 * MIB, max_bytes=32 * MIB).bytes == 4 * MIB


async def test_waiting_for_pieces_is_not_decoding_time() -> None:
    async with a_pool(timeout=1.0) as pool:
        source = SparseSource(delay=0.1)
        assert_sampled(await pool.fingerprint(source))
        assert len(source.asked) > 10


async def test_a_source_that_fails_midway_is_the_caller_s_to_hear_of() -> None:
    def fail(offset: int) -> None:
        if offset > LARGE.size // 2:
            raise MediaUnavailable("connection_lost")

    source = SparseSource(at=fail)
    async with a_pool() as pool:
        (pid,) = pool.pids
        with pytest.raises(MediaUnavailable, match="connection_lost"):
            await pool.fingerprint(source)
        assert source.closed
        assert pid not in pool.pids
        await assert_well(pool)


async def test_a_source_that_has_less_than_it_said_is_unavailable() -> None:
    class Lying(SparseSource):
        @property
        def size(self) -> int | None:
            return LARGE.size * 2

    async with a_pool() as pool:
        with pytest.raises(MediaUnavailable, match="short_read"):
            await pool.fingerprint(Lying())
        await assert_well(pool)


async def test_a_source_that_has_given_all_it_ever_gives_leaves_what_was_sampled() -> None:
    asked = 0

    def enough(_: int) -> None:
        nonlocal asked
        asked += 1
        if asked > 8:
            raise MediaUnavailable("too_large")

    async with a_pool() as pool:
        found = await pool.fingerprint(SparseSource(at=enough))
        assert (found.status, found.reason, found.covers) == (MediaStatus.HASHED, "too_large", Covers.SAMPLED)
        assert found.frames
        asked = 7
        nothing = await pool.fingerprint(SparseSource(at=enough))
        assert (nothing.status, nothing.reason, nothing.frames) == (MediaStatus.REJECTED, "too_large", ())
        await assert_well(pool)


async def test_a_source_that_is_too_slow_leaves_what_was_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "WAITING_SECONDS", 1.0)
    async with a_pool() as pool:
        found = await pool.fingerprint(SparseSource(delay=0.15))
        assert (found.status, found.reason, found.covers) == (MediaStatus.HASHED, "timeout", Covers.SAMPLED)
        assert 1 <= len(found.frames) < 10
        await assert_well(pool)


async def test_a_child_killed_in_mid_read_is_replaced_and_the_video_sampled_once_more() -> None:
    killed: list[int] = []

    def kill(offset: int) -> None:
        if offset > LARGE.size // 2 and not killed:
            killed.extend(pool.pids)
            os.kill(killed[0], signal.SIGKILL)

    async with a_pool() as pool:
        assert_sampled(await pool.fingerprint(SparseSource(at=kill)))
        assert killed
        assert not pool.pids & set(killed)
        await assert_well(pool)


async def test_a_job_cancelled_in_mid_read_leaves_nothing_for_the_next() -> None:
    reached = asyncio.Event()
    async with a_pool() as pool:
        (pid,) = pool.pids
        job = asyncio.create_task(
            pool.fingerprint(SparseSource(at=lambda at: reached.set() if at > LARGE.size // 2 else None, delay=0.05))
        )
        await reached.wait()
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert pid not in pool.pids
        await assert_well(pool)


async def test_pictures_do_not_wait_for_a_slow_video() -> None:
    async with FingerprintPool(2, timeout=20, max_bytes=LIMIT) as pool:
        slow = [asyncio.create_task(pool.fingerprint(SparseSource(delay=0.3))) for _ in range(3)]
        await asyncio.sleep(0.5)
        await assert_well(pool)
        assert not any(each.done() for each in slow)
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


LIES = {
    "asks beyond the end": "say(packed_read(job, unpacked_offer(body).size, 1)); piece()",
    "asks for too much at once": "say(packed_read(job, 0, MAX_READ + 1)); piece()",
    "asks for more than was offered": "for _ in range(99): say(packed_read(job, 0, MAX_READ)); piece()",
    "asks without end": "while True: say(packed_read(job, 0, 1)); piece()",
    "tells of too many frames": "for _ in range(33): say(packed_sample(job, FRAME))\nsay(packed_answer(job, FOUND))",
    "begins twice": "for _ in range(2): say(packed_answer(job, FOUND, kind=Kind.FIRST))\ntime.sleep(60)",
    "has hashed a video without a frame": "say(packed_answer(job, FOUND))",
    "answers another job": "say(packed_answer(job + 1, FOUND))",
    "hands over a piece": "say(HEADER.pack(Kind.PIECE, job, 4) + b'tins')",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_a_child_that_lies_is_lost_and_its_media_item_has_one_clear_result(
    monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    monkeypatch.setattr(worker, "_BOOTSTRAP", child(lie))
    async with a_pool() as pool:
        found = await pool.fingerprint(SparseSource())
    assert (found.status, found.reason) in {
        (MediaStatus.UNDECODABLE, "crashed"),
        (MediaStatus.HASHED, "crashed"),  # frames that were within their bounds
    }
    assert (found.sha256, found.covers) == (None, Covers.SAMPLED)


async def test_a_child_may_not_read_from_what_it_was_given_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_BOOTSTRAP", child("say(packed_read(job, 0, 1)); piece()"))
    async with a_pool() as pool:
        found = await pool.fingerprint(BytesSource(GOOD))
    assert (found.status, found.reason) == (MediaStatus.UNDECODABLE, "crashed")


@pytest.mark.parametrize(("then", "reason"), [("time.sleep(60)", "timeout"), ("sys.exit(1)", "crashed")])
async def test_frames_told_before_a_child_hangs_or_dies_count(
    monkeypatch: pytest.MonkeyPatch, then: str, reason: str
) -> None:
    monkeypatch.setattr(
        worker, "_BOOTSTRAP", child(f"say(packed_sample(job, FRAME)); say(packed_sample(job, FRAME)); {then}")
    )
    async with a_pool(timeout=1.0) as pool:
        found = await pool.fingerprint(SparseSource())
    assert (found.status, found.reason, found.format) == (MediaStatus.HASHED, reason, "mp4")
    assert [(frame.at_ms, frame.pdq_quality) for frame in found.frames] == [(5, 90), (6, 90)]


async def test_the_first_picture_of_an_animation_counts_where_the_rest_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = (
        "PictureHashes(status=MediaStatus.HASHED, format=Format.GIF, pdq_quality=90, pdq_dihedral=FRAME.pdq_dihedral)"
    )
    monkeypatch.setattr(
        worker, "_BOOTSTRAP", child(f"say(packed_answer(job, {first}, kind=Kind.FIRST)); time.sleep(60)")
    )
    async with a_pool(timeout=1.0) as pool:
        found = await pool.fingerprint(BytesSource(GOOD))
    assert (found.status, found.reason, found.format) == (MediaStatus.HASHED, "timeout", "gif")
    assert found.pdq == bytes(32)


async def test_a_large_file_whose_beginning_alone_is_a_film_s_is_undecodable() -> None:
    hollow = Sparse(parts=((0, box(b"ftyp", b"isom\0\0\0\0isom")),), size=900 * MIB)
    async with a_pool() as pool:
        found = await pool.fingerprint(SparseSource(hollow))
        assert (found.status, found.reason, found.covers) == (MediaStatus.UNDECODABLE, "damaged", Covers.SAMPLED)
        await assert_well(pool)
