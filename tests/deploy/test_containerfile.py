"""The container is built from one file that a linter and a few promises hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.requirements_for import require

FILE = Path(__file__).parents[2] / "Containerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")


def stages() -> list[list[list[str]]]:
    """Return the instructions of each stage, as words."""
    text = FILE.read_text().replace("\\\n", " ")
    found: list[list[list[str]]] = []
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            if words[0] == "FROM":
                found.append([])
            found[-1].append(words)
    return found


def test_the_linter_finds_nothing() -> None:
    require("hadolint", present=HADOLINT.exists())
    done = subprocess.run([HADOLINT, FILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_names_no_registry_and_no_newest_image() -> None:
    images = [stage[0][1] for stage in stages()]
    assert set(images) == {"debian:12-slim"}


def test_what_runs_has_no_compiler_no_root_and_says_whether_it_is_well() -> None:
    last = stages()[-1]
    installed = next(words for words in last if words[:3] == ["RUN", "apt-get", "update"])
    assert not {"g++", "make", "python3-dev"} & set(installed)
    names = [words[0] for words in last]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in {"RUN", "COPY"})
    assert next(words for words in last if words[0] == "USER")[1].split(":")[0].isdigit()
    assert "HEALTHCHECK" in names
    assert "/healthz" in " ".join(next(words for words in last if words[0] == "HEALTHCHECK"))
