"""What the project depends on is explained, locked with hashes, and names no place to download from."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = ("run.txt", "dev.txt")


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower() for line in lines}


def test_each_dependency_has_its_reason_and_each_reason_its_dependency() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    explained = {name.lower() for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)}
    assert explained == declared()


def test_the_locks_pin_everything_by_hash_and_name_no_place() -> None:
    for name in LOCKS:
        text = (ROOT / "requirements" / name).read_text()
        assert "://" not in text
        assert not re.search(r"^\s*-", text.replace("    --hash=", "    hash="), re.MULTILINE), name
        for block in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
            assert "==" in block, block[:80]
            assert "--hash=sha256:" in block, block[:80]


def test_nothing_names_a_registry_or_a_path_of_the_machine_it_was_written_on() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    # Put together here, so that this file names none of them either.
    hosts = ("py", "pi.org"), ("python", "hosted"), ("registry.", "npmjs"), ("deb.", "debian")
    registries = re.compile("|".join(re.escape("".join(parts)) for parts in hosts), re.IGNORECASE)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".png", ".woff2"} or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        assert not registries.search(text), name
        assert str(ROOT) not in text, name
