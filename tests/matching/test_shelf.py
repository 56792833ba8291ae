from __future__ import annotations

from pathlib import Path

import pytest

from domain.ports import ListShelf
from matching.shelf import FolderShelf
from tests.contracts.list_shelf import ListShelfContract


@pytest.fixture
def shelf(tmp_path: Path) -> ListShelf:
    return FolderShelf(tmp_path / "lists")


class TestFolderShelf(ListShelfContract):
    pass
