"""What docs/operations.md tells a new administrator to type works, in the order in which it stands there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.driver import ROOT, Kapear, Platform

PAGE = (ROOT / "docs" / "operations.md").read_text()
# What of the page's words stands for what a test has instead.
PYTHON = shlex.quote(sys.executable)
PREAMBLE = f"""
set -euo pipefail
umask 077
kapear() {{ {PYTHON} -m cli "$@"; }}
first() {{ {PYTHON} -c "import json, sys; found = json.load(sys.stdin); print($1)"; }}
token() {{ first "next(one['token'] for one in found if one['name'] == '$1')" < tokens.json; }}
target() {{ kapear watch list --json | first "found[0]['id']"; }}
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def script(folder: Path, locator: str, database_url: str) -> str:
    """Return every `sh` block as one script, each line told before it runs."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    said: list[str] = []
    for line in lines:
        typed = line.replace("/var/lib/kapear", f"{folder}/lib").replace("/var/backups/kapear", f"{folder}/backups")
        typed = re.sub(r"TOKEN_OF_([a-z-]+)", r'"$(token \1)"', typed).replace("TARGET_ID", '"$(target)"')
        typed = typed.replace("https://t.me/s/NAME", locator).replace("KEEP/", f"{folder}/keep/")
        typed = typed.replace("postgresql://kapear:PASSWORD@DATABASE/kapear", database_url)
        # What the doctor finds here is this machine's business; that it answers is the page's.
        typed = f"{typed} || test $? = 1" if line.startswith("kapear doctor") else typed
        said += [f"echo {shlex.quote('> ' + line)}", typed]
    return PREAMBLE + "\n".join(said) + "\n"


@pytest.mark.postgres
def test_every_command_of_the_page_works(platform: Platform, tmp_path: Path, empty_postgres_url: str) -> None:
    for name in ("backups", "keep", "lib"):
        (tmp_path / name).mkdir(mode=0o700)
    (tmp_path / "lib" / "kapear.toml").write_text("host_delay_s = 0.0\n")  # loopback needs no courtesy
    kapear = Kapear(data_dir=tmp_path / "lib", environment=platform.environment())
    environment = {**kapear.env, "KAPEAR_PASSPHRASE": "blue kites over the harbour"}
    del environment["KAPEAR_DATA_DIR"]  # the page sets it
    locator = platform.line["targets"][0]
    done = subprocess.run(
        ["bash", "-c", script(tmp_path, locator, empty_postgres_url)],
        env=environment, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    assert {"first.kapear", "before.kapear"} == {path.name for path in (tmp_path / "backups").iterdir()}
    assert (tmp_path / "lib-restored" / "kapear.db").exists()
    a_worker_helps(replace(kapear, data_dir=tmp_path / "lib-shared"), tmp_path)


def a_worker_helps(shared: Kapear, folder: Path) -> None:
    """An instance and a worker, as their units start them, visit on the moved installation and stop when told."""
    tokens = {user["name"]: user["token"] for user in json.loads((folder / "tokens.json").read_text())}
    boss = shared.with_env(KAPEAR_TOKEN=tokens["boss"])
    target = boss.json("watch", "list")[0]["id"]
    second = replace(shared, data_dir=folder / "lib-second")
    second.data_dir.mkdir(mode=0o700)
    for name in ("host.key", "hotline.key", "kapear.toml"):
        shutil.copy(shared.data_dir / name, second.data_dir / name)
    with shared.running():
        worker = second.start("worker")
        try:
            assert worker.stderr is not None
            assert any(line.startswith("Working") for line in worker.stderr)
            assert boss.json("watch", "check", target)["outcome"] in {"new", "unchanged"}
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        finally:
            worker.kill()
            worker.communicate()


@pytest.mark.parametrize("block", blocks("console"))
def test_what_only_root_can_do_is_at_least_shell_and_names_what_is_there(block: str) -> None:
    subprocess.run(["bash", "-n", "-c", block], check=True)
    named = re.findall(r"/opt/kapear/((?:deploy|docs)/[\w.-]+)", block)
    assert all((ROOT / name).exists() for name in named)


def test_every_fault_in_the_table_is_said_somewhere() -> None:
    table = PAGE.partition("## What a line means")[2]
    faults = [row.split("|")[1].strip() for row in table.splitlines() if row.startswith("| ")][1:]
    rooms = ("app", "domain", "keys", "matching", "storage", "triage")
    code = " ".join(path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py"))
    joined = re.sub(r'"\s*f?"', "", code)
    assert len(faults) > 5
    for fault in faults:
        assert all(part.strip() in joined for part in fault.split("…")), fault
