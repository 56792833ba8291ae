"""Give triage's tests an open office on SQLite, and a visitor made of fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk import open_office
from tests.triage.deskhands import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An instance that is not enrolled."""
    async with open_office(tmp_path) as opened:
        yield Desk(opened)


@pytest.fixture
async def enrolled(tmp_path: Path) -> AsyncIterator[Desk]:
    """An enrolled instance."""
    async with open_office(tmp_path, enrolled=True) as opened:
        yield Desk(opened)
