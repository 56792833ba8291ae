"""What every MediaSource promises; each implementation's tests inherit this and say how to make one."""

from __future__ import annotations

import pytest

from domain.errors import MediaUnavailable
from domain.ports import MediaSource

PAYLOAD = bytes((7 * n + n // 251) % 256 for n in range(300_001))  # longer than any single piece


async def read_all(source: MediaSource, step: int) -> bytes:
    parts = []
    offset = 0
    while part := await source.read(offset, step):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


class MediaSourceContract:
    """Subclasses provide the fixture `source`, a fresh handle on PAYLOAD."""

    @pytest.mark.parametrize("step", [1000, 65_536, 1_000_000])
    async def test_reading_onwards_gives_everything(self, source: MediaSource, step: int) -> None:
        assert await read_all(source, step) == PAYLOAD
        await source.close()

    async def test_size_is_known_after_the_first_read(self, source: MediaSource) -> None:
        await source.read(0, 10)
        assert source.size == len(PAYLOAD)
        await source.close()

    async def test_any_offset_can_be_read_in_any_order(self, source: MediaSource) -> None:
        for offset in (200_000, 5, 0, 299_990, 100_000):
            part = await source.read(offset, 64)
            assert part
            assert part == PAYLOAD[offset : offset + len(part)]
        await source.close()

    async def test_at_and_past_the_end_there_is_nothing(self, source: MediaSource) -> None:
        assert await source.read(len(PAYLOAD), 10) == b""
        assert await source.read(len(PAYLOAD) + 5, 10) == b""
        assert await source.read(0, 0) == b""
        await source.close()

    async def test_never_more_than_asked(self, source: MediaSource) -> None:
        assert await source.read(0, 7) == PAYLOAD[:7]
        assert await source.read(7, 1) == PAYLOAD[7:8]
        await source.close()

    async def test_closing_twice_is_fine_and_reading_afterwards_is_not(self, source: MediaSource) -> None:
        await source.read(0, 10)
        await source.close()
        await source.close()
        with pytest.raises(MediaUnavailable, match="closed"):
            await source.read(0, 10)

    async def test_its_repr_shows_no_content(self, source: MediaSource) -> None:
        shown = await source.read(0, 64)
        assert repr(shown)[2:20] not in repr(source)
        assert len(repr(source)) < 200
        await source.close()
