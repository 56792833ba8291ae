from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.visitor import Desk, open_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A console that is not enrolled."""
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def enrolled(tmp_path: Path) -> AsyncIterator[Desk]:
    """The console of an enrolled hotline."""
    async with open_desk(tmp_path, enrolled=True) as opened:
        yield opened
