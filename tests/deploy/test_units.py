"""The units start by themselves, give up never, and leave a process no more than it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.requirements_for import require

FOLDER = Path(__file__).parents[2] / "deploy"
SERVICES = sorted(path.name for path in FOLDER.glob("*.service"))
LONG = ["kapear-worker.service", "kapear.service"]
EXPOSURE = 1.5


def settings(name: str) -> list[str]:
    """Return a unit's lines, without comments."""
    return [line for line in (FOLDER / name).read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_exposes_little(name: str) -> None:
    program = shutil.which("systemd-analyze")
    require("systemd-analyze", present=program is not None)
    assert program is not None
    done = subprocess.run(
        [program, "security", "--offline=true", "--no-pager", str(FOLDER / name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_alike(name: str) -> None:
    def hardening(unit: str) -> list[str]:
        lines = settings(unit)
        own = re.compile(r"(Memory(High|Max)|CPUWeight|TasksMax|ReadWritePaths)=")
        return [line for line in lines[lines.index("MemorySwapMax=0") :] if not own.match(line)]

    alike = [line for line in hardening("kapear.service") if line not in {"[Install]", "WantedBy=multi-user.target"}]
    assert [line for line in hardening(name) if line in alike] == alike


@pytest.mark.parametrize("name", LONG)
def test_what_runs_always_begins_again_by_itself_and_needs_no_passphrase(name: str) -> None:
    lines = settings(name)
    assert {"Restart=always", "StartLimitIntervalSec=0", "WantedBy=multi-user.target"} <= set(lines)
    assert not any("PASSPHRASE" in line for line in lines)
    assert any(line.startswith("ExecStartPre=") and "doctor" in line for line in lines)


def test_every_command_in_a_unit_is_one_of_ours() -> None:
    for path in FOLDER.iterdir():
        for words in re.findall(r"/opt/kapear/\.venv/bin/(kapear \w+)", path.read_text()):
            assert words.split()[1] in {"backup", "doctor", "run", "worker"}
