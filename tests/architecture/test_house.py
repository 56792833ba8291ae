"""The building lints its own floors: import-linter's contracts, and the front doors that it cannot hold."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONT_DOORS = ("cli.py", "scheduler.py")
NOT_ROOMS = {"tests", "benchmarks", "docs", "examples", "build", "requirements"}


def rooms() -> set[str]:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    return found - NOT_ROOMS


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_every_room_stands_in_the_floors_and_in_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["importlinter"]["root_packages"]) == rooms()
    packaged = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packaged == rooms()
    doors = {path.name for path in ROOT.glob("*.py")}
    assert doors == set(FRONT_DOORS)


def test_nothing_imports_a_front_door_but_the_command() -> None:
    doors = {door.removesuffix(".py") for door in FRONT_DOORS}
    for room in rooms():
        for path in (ROOT / room).rglob("*.py"):
            assert not imports_of(path) & doors, path.relative_to(ROOT)
    assert "cli" not in imports_of(ROOT / "scheduler.py")


def test_the_scheduler_reaches_the_rooms_through_the_roof() -> None:
    assert imports_of(ROOT / "scheduler.py") & rooms() == {"app", "domain"}


def test_the_scheduler_library_stays_at_its_door() -> None:
    for room in rooms() - {"app"}:
        for path in (ROOT / room).rglob("*.py"):
            assert "apscheduler" not in imports_of(path), path.relative_to(ROOT)


def test_the_floors_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("domain/planted.py", "import triage.desk\n"),
        ("triage/planted.py", "import storage.store\n"),
        ("console/planted.py", "import storage.store\n"),
        ("matching/planted.py", "import sqlalchemy\n"),
        ("app/planted.py", "import scrapy\n"),
    ],
)
def test_a_planted_import_across_floors_breaks_the_build(tmp_path: Path, where: str, line: str) -> None:
    for room in rooms():
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / where).write_text(f'"""Planted."""\n\n{line}')
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout
    assert "planted" in result.stdout
