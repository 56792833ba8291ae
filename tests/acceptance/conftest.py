"""The platforms are served once; each test has an installation of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.driver import Kapear, Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(tmp_path_factory.mktemp("platform")) as served:
        yield served


@pytest.fixture
def kapear(tmp_path: Path, platform: Platform) -> Kapear:
    installation = Kapear(data_dir=tmp_path / "data", environment=platform.environment())
    installation.run("init")
    return installation
