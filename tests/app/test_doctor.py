"""`kapear doctor`: each finding on a machine made for it, and the command on this one."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import config
from app.checkup import Check, State, worst
from app.doctor import check_clock, check_core_dumps, check_disk, check_keys
from app.swap import check_swap
from domain.errors import OperatorFault
from domain.timekeeping import ClockReading, Keeping, Require
from tests.acceptance.driver import COMMAND, Kapear, Platform

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"
NAMES = [
    "landlock", "seccomp", "child", "parent", "core_dumps", "swap", "data_dir", "host_key", "hotline_key", "database",
    "clock", "monitoring", "mail", "telegram", "hash_lists", "disk",
]  # fmt: skip


def machine(root: Path, **files: str) -> Path:
    """Write a machine's files; in a name, two underscores part folders."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def with_swap(root: Path, *devices: str, **files: str) -> Path:
    rows = "".join(f"{device} partition 1048576 0 -2\n" for device in devices)
    return machine(root, proc__swaps=SWAPS + rows, **files)


def test_no_swap_is_well(tmp_path: Path) -> None:
    check = check_swap(with_swap(tmp_path))
    assert check.state is State.OK
    assert "off" in check.finding


def test_plain_swap_is_broken_and_named(tmp_path: Path) -> None:
    check = check_swap(with_swap(tmp_path, "/dev/sda2", "/swapfile"))
    assert check.state is State.BROKEN
    assert "/dev/sda2, /swapfile" in check.finding
    assert "swapoff" in check.mend


@pytest.mark.parametrize("limited", ["system.slice/kapear.service", "system.slice"])
def test_a_control_group_without_swap_is_well_its_own_or_one_above(tmp_path: Path, limited: str) -> None:
    root = with_swap(tmp_path, "/dev/sda2", proc__self__cgroup="4:memory:/x\n0::/system.slice/kapear.service\n")
    own = root / "sys/fs/cgroup/system.slice/kapear.service"
    own.mkdir(parents=True)
    (own / "memory.swap.max").write_text("max\n")
    assert check_swap(root).state is State.BROKEN
    (root / "sys/fs/cgroup" / limited / "memory.swap.max").write_text("0\n")
    check = check_swap(root)
    assert check.state is State.OK
    assert f"/{limited}" in check.finding


def test_another_group_without_swap_is_of_no_use(tmp_path: Path) -> None:
    root = with_swap(tmp_path, "/dev/sda2", proc__self__cgroup="0::/user.slice\n")
    machine(root, sys__fs__cgroup__system__memory=" ")
    (root / "sys/fs/cgroup/system/memory.swap.max").write_text("0\n")
    assert check_swap(root).state is State.BROKEN


@pytest.mark.parametrize(
    ("uuid", "table", "state"),
    [
        ("CRYPT-PLAIN-cswap", "cswap /dev/sda2 /dev/urandom swap\n", State.OK),
        ("CRYPT-PLAIN-cswap", "# cswap /dev/sda2 /dev/urandom swap\n", State.BROKEN),
        ("CRYPT-PLAIN-cswap", "cswap /dev/sda2 /root/key swap\n", State.BROKEN),
        ("CRYPT-PLAIN-cswap", "other /dev/sda2 /dev/urandom swap\n", State.BROKEN),
        ("CRYPT-PLAIN-cswap", "", State.BROKEN),
        ("CRYPT-LUKS2-1234-cswap", "cswap /dev/sda2 /dev/urandom swap\n", State.BROKEN),
        ("LVM-abcd", "cswap /dev/sda2 /dev/urandom swap\n", State.BROKEN),
    ],
)
def test_encrypted_swap_is_well_with_a_random_key_only(tmp_path: Path, uuid: str, table: str, state: State) -> None:
    root = with_swap(tmp_path, "/dev/dm-1", etc__crypttab=table)
    block = root / "sys/class/block/dm-1/dm"
    block.mkdir(parents=True)
    (block / "uuid").write_text(f"{uuid}\n")
    (block / "name").write_text("cswap\n")
    check = check_swap(root)
    assert check.state is state
    assert ("random key" in check.finding) is (state is State.OK)


@pytest.mark.parametrize(("disk", "state"), [("none\n", State.OK), ("/dev/sda3\n", State.BROKEN)])
def test_swap_in_memory_is_well_unless_it_spills(tmp_path: Path, disk: str, state: State) -> None:
    root = with_swap(tmp_path, "/dev/zram0")
    block = root / "sys/class/block/zram0"
    block.mkdir(parents=True)
    (block / "backing_dev").write_text(disk)
    assert check_swap(root).state is state


def test_what_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    assert check_swap(tmp_path).state is State.WARNING


@pytest.mark.parametrize(("pattern", "state"), [("core", State.OK), ("|/usr/lib/catcher %P", State.WARNING)])
def test_dumps_that_go_to_a_program_are_a_warning(tmp_path: Path, pattern: str, state: State) -> None:
    assert check_core_dumps(machine(tmp_path, proc__sys__kernel__core_pattern=pattern + "\n")).state is state


@pytest.mark.parametrize(
    ("behind", "keeping", "require", "state"),
    [
        (0, Keeping.KEPT, Require.WHERE_KEPT, State.OK),
        (59, Keeping.KEPT, Require.WHERE_KEPT, State.OK),
        (61, Keeping.KEPT, Require.WHERE_KEPT, State.BROKEN),
        (61, Keeping.KEPT, Require.NEVER, State.BROKEN),
        (0, Keeping.LOST, Require.WHERE_KEPT, State.BROKEN),
        (0, Keeping.LOST, Require.NEVER, State.WARNING),
        (0, Keeping.UNKNOWN, Require.WHERE_KEPT, State.WARNING),
        (0, Keeping.UNKNOWN, Require.ALWAYS, State.BROKEN),
    ],
)
def test_of_the_clock_is_said_what_visits_go_by(behind: int, keeping: Keeping, require: Require, state: State) -> None:
    reading = ClockReading(now=NOON, newest=NOON + timedelta(seconds=behind), keeping=keeping, require=require)
    assert check_clock(reading, enrolled=True).state is state


def test_before_enrolment_a_clock_that_is_not_kept_is_a_warning() -> None:
    reading = ClockReading(now=NOON, newest=None, keeping=Keeping.LOST)
    assert check_clock(reading, enrolled=False).state is State.WARNING


def test_a_folder_that_is_not_there_yet_is_looked_up_above(tmp_path: Path) -> None:
    assert "GiB free" in check_disk(tmp_path / "not" / "yet").finding


def test_the_worst_check_speaks_for_all() -> None:
    checks = [Check(name="a", state=state, finding="") for state in (State.OK, State.WARNING)]
    assert worst([]) is State.OK
    assert worst(checks) is State.WARNING
    assert worst([*checks, Check(name="b", state=State.BROKEN, finding="")]) is State.BROKEN


def examined(kapear: Kapear, *, expect: int = 0) -> dict[str, Any]:
    answer = json.loads(kapear.run("doctor", "--json", expect=expect).stdout)
    checks = {check["name"]: check for check in answer["checks"]}
    assert list(checks) == NAMES
    assert answer["state"] == worst([Check(name="", state=State(c["state"]), finding="") for c in answer["checks"]])
    for check in answer["checks"]:
        assert bool(check["mend"]) is (check["state"] != "ok"), check
    return checks


def test_the_command_names_what_is_broken_and_exits_1(tmp_path: Path) -> None:
    kapear = Kapear(data_dir=tmp_path / "data")
    before = examined(kapear)
    assert before["database"]["mend"] == "make one: kapear init"
    assert not kapear.data_dir.exists()
    kapear.run("init")
    after = examined(kapear)
    for name in ("landlock", "seccomp", "child", "parent", "swap", "data_dir", "host_key", "hotline_key", "database"):
        assert after[name]["state"] == "ok", after[name]

    (kapear.data_dir / "host.key").chmod(0o640)
    done = kapear.run("doctor", "--json", expect=1)
    broken = [check for check in json.loads(done.stdout)["checks"] if check["state"] == "broken"]
    assert [check["name"] for check in broken] == ["host_key"]
    assert "chmod" in broken[0]["mend"]
    assert done.stderr.splitlines() == ["A promise cannot be kept here, or Kapear cannot work: host_key."]


def test_keys_are_looked_at_where_the_configuration_says(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "elsewhere").chmod(0o604)
    settings = config.load({"KAPEAR_DATA_DIR": str(tmp_path), "KAPEAR_KEY_FILE": str(tmp_path / "elsewhere")})
    states = {check.name: check.state for check in check_keys(settings)}
    assert states["host_key"] is State.BROKEN
    assert states["hotline_key"] is State.WARNING


def lacking(layers: str, kapear: Kapear, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a machine whose kernel lacks these layers."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fingerprint.lacking", layers, *COMMAND, *arguments],
        env={**kapear.env, "PYTHONPATH": str(ROOT)},
        cwd=kapear.data_dir.parent,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def test_a_missing_layer_is_broken_and_whatever_decodes_refuses(tmp_path: Path) -> None:
    layer = "seccomp"  # each is shown in tests/fingerprint/test_lockdown.py; here, what commands make of it
    with Platform(tmp_path / "platform") as platform:
        kapear = Kapear(data_dir=tmp_path / "data", environment=platform.environment())
        kapear.run("init")
        target = kapear.watch(platform.line["targets"][0])
        done = lacking(layer, kapear, "doctor", "--json")
        states = {check["name"]: check["state"] for check in json.loads(done.stdout)["checks"]}
        assert done.returncode == 1
        assert [name for name, state in states.items() if state == "broken"] == [layer]

        platform.log(reset=True)
        for command in (["watch", "check", target], ["run"], ["hash", str(platform.hash_list)]):
            done = lacking(layer, kapear, *command)
            assert done.returncode == 1, done.stderr
            (line,) = done.stderr.splitlines()
            assert f"{layer} missing" in line
            assert "allow_missing_layers = true" in line
        assert platform.log() == {}

        (kapear.data_dir / "kapear.toml").write_text("allow_missing_layers = true\n")
        done = lacking(layer, kapear, "watch", "check", target, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["media_hashed"] > 0
        assert f"Warning: pictures are decoded without the full lock-down: {layer} missing here" in done.stderr


def test_the_setting_is_yes_or_no(tmp_path: Path) -> None:
    (tmp_path / "kapear.toml").write_text('allow_missing_layers = "yes"\n')
    with pytest.raises(OperatorFault, match=r"allow_missing_layers in kapear\.toml must be true or false"):
        config.load({"KAPEAR_DATA_DIR": str(tmp_path)})


def test_the_demo_goes_on_and_says_what_is_missing(tmp_path: Path) -> None:
    kapear = Kapear(data_dir=tmp_path / "unused")
    done = lacking("landlock,seccomp", kapear, "demo", "--exit-when-done")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert "without the full lock-down: landlock and seccomp missing here" in done.stderr
