"""What the pages say exists: every command, setting, file and link; and what exists is said."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import cli
from app import config
from domain.scoring import Points

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
ROOMS = (
    "app", "console", "crawler", "demo", "domain", "exchange", "fingerprint", "keys", "matching", "net", "storage",
    "telegram_monitor",
)  # fmt: skip
VARIABLE = re.compile(r"\bKAPEAR_[A-Z][A-Z_]*[A-Z]\b")


def page(name: str) -> str:
    return (ROOT / name).read_text()


def commands() -> dict[tuple[str, ...], Any]:
    """Return every command by its words."""
    found: dict[tuple[str, ...], Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        below: Mapping[str, Any] = getattr(command, "commands", {})
        for name, each in below.items():
            walk(each, (*words, name))
        if not below:
            found[words] = command

    walk(get_command(cli.app), ())
    return found


def typed_lines(text: str) -> Iterator[list[str]]:
    """Yield the words of every `kapear` line in a page's shell examples."""
    for block in re.findall(r"^[ ]*```sh\n(.*?)^[ ]*```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            if words[:1] == ["kapear"]:
                ours = words.index(">") if ">" in words else len(words)  # the rest is the shell's
                yield words[1:ours]


class Asked(dict[str, str]):
    """An environment that remembers which names were looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)


def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> set[str]:
    """Return every variable that is read: by the configuration, or named anywhere in the code."""
    monkeypatch.chdir(tmp_path)
    asked = Asked()
    config.load(asked)
    rooms = [path for room in (*ROOMS, "triage") for path in (ROOT / room).rglob("*.py")]
    files = [*ROOT.glob("*.py"), *rooms, *(ROOT / "tests").glob("*.py")]
    named = {name for path in files for name in VARIABLE.findall(path.read_text())}
    return asked.names | named


def test_every_command_is_in_running() -> None:
    text = page("docs/running.md")
    listed = set(re.findall(r"^\| `kapear ([a-z ]+)` \|", text, re.MULTILINE))
    assert listed == {" ".join(words) for words in commands()}


def test_every_command_has_an_example() -> None:
    shown = [words for words in typed_lines(page("docs/running.md")) if "--help" not in words]
    without = [" ".join(words) for words in commands() if not any(tuple(line[: len(words)]) == words for line in shown)]
    assert without == []


@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_tells_to_type_can_be_typed(name: str) -> None:
    known = commands()
    for line in typed_lines(page(name)):
        words = next((words for words in known if tuple(line[: len(words)]) == words), None)
        assert words is not None, line
        # Parsing checks options, their values and the number of arguments, and runs nothing.
        known[words].make_context(" ".join(words), line[len(words) :])


def test_every_setting_is_in_configuration() -> None:
    text = page("docs/configuration.md")
    listed = set(re.findall(r"^\| `([a-z_]+)` \|.*\|.*\|.*\|$", text, re.MULTILINE))
    assert listed == config.KNOWN


def test_every_variable_is_in_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    documented = set(VARIABLE.findall(page("docs/configuration.md")))
    assert documented == variables(monkeypatch, tmp_path)


def test_points_are_documented_with_their_defaults() -> None:
    block = re.search(r"^\[points\]\n(.*?)^```", page("docs/configuration.md"), re.MULTILINE | re.DOTALL)
    assert block is not None
    stated = {name: int(value) for name, value in re.findall(r"^(\w+) = (\d+)$", block[1], re.MULTILINE)}
    points = Points()
    assert stated == {name: getattr(points, name) for name in points.__slots__}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", page(name)):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        file = folder / path if path else ROOT / name
        assert file.exists(), target
        if fragment:
            titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert fragment in anchors, target


@pytest.mark.parametrize("name", NAMES)
def test_files_that_a_page_names_exist(name: str) -> None:
    for path in re.findall(r"`([a-z_]+/[a-z_./]*)`", page(name)):
        if path.split("/", maxsplit=1)[0] in {*ROOMS, "triage", "tests", "docs", "examples", "requirements"}:
            assert (ROOT / path).exists(), path
