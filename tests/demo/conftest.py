"""One platform process for all tests of its pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from demo.process import Served

ROOT = Path(__file__).parents[2]
ANCHOR = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    command = [sys.executable, "-m", "demo.platform", "--dir", str(tmp_path_factory.mktemp("platform"))]
    command += ["--anchor", ANCHOR.isoformat()]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Served.parsed(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 0


@pytest.fixture
async def client(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(served.telegram_web_base) as session:
        yield session
