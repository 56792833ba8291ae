"""A backup of a running instance, restored elsewhere, is the same instance; of a hurt one nothing is taken."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from keys.backupkey import create_backup_key
from keys.keyfile import create_host_keys
from tests.acceptance.driver import Kapear, Platform
from tests.acceptance.test_secrets import files_below, found_in, reveal_all

RULE = 'name = "kites"\nhosts = ["forum.example"]\npost = "p"\nid = "::attr(id)"\nbody = ".text"\n'
SECRET = "tin-lantern-token"


@pytest.fixture(scope="module")
def model(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Kapear:
    """Return an installation with leads, and with settings, a rule and a backup key of its own."""
    kapear = Kapear(data_dir=tmp_path_factory.mktemp("model") / "data", environment=platform.environment())
    kapear.run("init")
    (kapear.data_dir / "kapear.toml").write_text(f'vk_token = "{SECRET}"\n')
    (kapear.data_dir / "forums").mkdir()
    (kapear.data_dir / "forums" / "kites.toml").write_text(RULE)
    kapear.run(
        "hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "demo", "--classification", "known"
    )
    for locator in platform.line["targets"][:1] + platform.line["targets"][-1:]:
        kapear.json("watch", "check", kapear.watch(locator))
    kapear.run("leads", "note", kapear.json("leads", "list")[0]["id"], "blue kites beside the old harbour wall")
    create_backup_key(kapear.data_dir / "backup.key")
    return kapear


@pytest.fixture(scope="module")
def words(model: Kapear) -> list[str]:
    """Return what its leads say and where."""
    return reveal_all(model)


@pytest.fixture
def busy(model: Kapear, platform: Platform, tmp_path: Path) -> Kapear:
    """Return a copy of that installation for one test."""
    shutil.copytree(model.data_dir, tmp_path / "data")
    return Kapear(data_dir=tmp_path / "data", environment=platform.environment())


def elsewhere(kapear: Kapear, folder: Path) -> Kapear:
    return replace(kapear, data_dir=folder)


def hand_over_keys(old: Kapear, new: Kapear) -> None:
    new.data_dir.mkdir(mode=0o700, exist_ok=True)
    for name in ("host.key", "hotline.key", "backup.key"):
        shutil.copy(old.data_dir / name, new.data_dir / name)


@pytest.mark.parametrize("goal", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_backup_of_a_running_instance_is_that_instance(
    goal: str, words: list[str], busy: Kapear, platform: Platform, request: pytest.FixtureRequest
) -> None:
    folder = busy.data_dir.parent
    file = folder / "kites.kapear"
    (busy.data_dir / "backup.key").unlink()
    with busy.running():
        made = busy.run("backup", str(file), "--json")
        target = busy.json("watch", "list")[0]["id"]
        assert busy.json("watch", "check", target)["outcome"] in {"new", "unchanged"}
    assert json.loads(made.stdout)["rows"] > 20
    assert "without it nobody can read the backup" in made.stderr
    needles = [word.encode() for word in (*words, *platform.line["targets"], SECRET, "forum.example", "lead.filed")]
    assert found_in(files_below(busy.data_dir), [b"lead.filed"]), "the scan reads what it should"
    assert found_in({file: file.read_bytes()}, needles) == []

    new = elsewhere(busy, folder / "new")
    if goal == "postgresql":
        new = new.with_env(KAPEAR_DATABASE_URL=request.getfixturevalue("empty_postgres_url"))
    hand_over_keys(busy, new)
    said = new.run("restore", str(file), "--json")
    assert json.loads(said.stdout)["lists_to_import_again"] == ["demo"]
    assert json.loads(said.stdout)["keys_to_put_in_place"] == []
    assert new.json("audit", "verify")["whole"]
    some = reveal_all(new, slice(0, 2))
    assert some == words[: len(some)]
    assert some
    assert (new.data_dir / "forums" / "kites.toml").read_text() == RULE
    assert (new.data_dir / "kapear.toml").stat().st_mode & 0o777 == 0o600

    # Without the files of its lists nothing crashes: what is missing is said, by whatever needs it.
    assert [row["to_import_again"] for row in new.json("hashlist", "list")] == [True]
    assert "demo" in new.refused("watch", "check", target)
    checks = json.loads(new.run("doctor", "--json", expect=1).stdout)["checks"]
    assert [check["state"] for check in checks if check["name"] == "hash_lists"] == ["broken"]
    new.run(
        "hashlist", "import", str(platform.hash_list), "--format", "csv", "--name", "demo", "--classification", "known"
    )
    assert not any(row["to_import_again"] for row in new.json("hashlist", "list"))
    before = len(new.json("leads", "list"))
    assert new.json("watch", "check", target)["outcome"] in {"new", "unchanged"}
    assert len(new.json("leads", "list")) == before
    assert all(lead["status"] != "closed" for lead in new.json("leads", "list"))


def test_a_restore_refuses_what_it_must(busy: Kapear, tmp_path: Path) -> None:
    file, key = tmp_path / "kites.kapear", str(tmp_path / "keep.key")
    shutil.copy(busy.data_dir / "backup.key", key)
    busy.run("backup", str(file))
    assert "never overwrites a backup" in busy.refused("backup", str(file))
    assert "is not empty" in busy.refused("restore", str(file))
    new = elsewhere(busy, tmp_path / "new")
    assert "--key" in new.refused("restore", str(file))
    other = elsewhere(busy, tmp_path / "other")
    other.data_dir.mkdir()
    create_backup_key(other.data_dir / "backup.key")
    create_host_keys(other.data_dir / "host.key")
    wrong = str(other.data_dir / "backup.key")
    assert "was made with backup key" in new.refused("restore", str(file), "--key", wrong)
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:]):
        file.write_bytes(damaged)
        assert "breaks off, or was changed" in new.refused("restore", str(file), "--key", key)
        assert sorted(path.name for path in new.data_dir.iterdir()) in ([], ["visitor.lock"])
    file.write_bytes(b"kites")
    assert "no backup of Kapear's" in new.refused("restore", str(file), "--key", key)
    file.write_bytes(whole)
    # Another host's key beside it is no key of this data; nothing is restored beside it.
    shutil.copy(other.data_dir / "host.key", new.data_dir / "host.key")
    assert "was written with host key" in new.refused("restore", str(file), "--key", key)
    (new.data_dir / "host.key").unlink()
    (new.data_dir / "diary.txt").write_text("kites")
    assert "diary.txt" in new.refused("restore", str(file), "--key", key)
    (new.data_dir / "diary.txt").unlink()
    new.run("restore", str(file), "--key", key)


def test_an_administrator_makes_backups_and_an_analyst_does_not(kapear: Kapear, tmp_path: Path) -> None:
    named = json.loads(
        kapear.with_env(KAPEAR_PASSPHRASE="blue kites over the harbour").run(
            "enrol", "--organisation", "Kite Desk", "--contact", "desk@example.org", "--authority", "Kite Office",
            "--document", "1/2026", "--scope", "text", "--expires", "2099-01-01", "--user", "amber:analyst",
            "--user", "boss:supervisor", "--user", "keeper:admin", "--json",
        ).stdout
    )  # fmt: skip
    tokens = {user["name"]: user["token"] for user in named}
    assert "KAPEAR_TOKEN" in kapear.refused("backup", str(tmp_path / "none.kapear"))
    analyst, admin = (kapear.with_env(KAPEAR_TOKEN=tokens[name]) for name in ("amber", "keeper"))
    assert "may not make backups" in analyst.refused("backup", str(tmp_path / "amber.kapear"))
    admin.run("backup", str(tmp_path / "keeper.kapear"))
    assert sorted(path.name for path in tmp_path.glob("*.kapear")) == ["keeper.kapear"]


def hurt(kapear: Kapear, step: str, how: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in which one step fails as a full disk does, or is where the process is killed."""
    holder, name = step.rsplit(".", 1)
    code = f"""
import errno, os, signal, sys
import app.backups, app.instance, keys.files, keys.sealedfile, storage.migrations
import cli
def full(*rest, **named):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
def killed(*rest, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr({holder}, {name!r}, {how})
sys.argv = ["kapear", *{list(arguments)!r}]
sys.exit(cli.main())
"""
    return subprocess.run(
        [sys.executable, "-c", code], env=kapear.env, cwd=kapear.data_dir.parent, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("step", ["os.fsync", "keys.sealedfile.SealedWriter._put"])
def test_a_full_disk_is_one_line_and_leaves_nothing(step: str, busy: Kapear, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    assert "No such file or directory" in busy.refused("backup", str(folder / "absent" / "kites.kapear"))
    done = hurt(busy, step, "full", "backup", str(folder / "kites.kapear"))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert "No space left on device" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("step", ["os.link", "keys.sealedfile.SealedWriter.finish"])
def test_a_killed_backup_has_no_name(step: str, busy: Kapear, tmp_path: Path) -> None:
    file = tmp_path / "kites.kapear"
    assert hurt(busy, step, "killed", "backup", str(file)).returncode == -signal.SIGKILL
    assert not file.exists()
    assert list(tmp_path.glob(".kites.kapear.*"))
    busy.run("backup", str(file))
    assert not list(tmp_path.glob(".kites.kapear.*")), "the next one sweeps"


@pytest.mark.parametrize("step", ["storage.migrations.advance", "keys.files.write_new"])
def test_a_killed_restore_is_begun_again(step: str, busy: Kapear, tmp_path: Path) -> None:
    file = tmp_path / "kites.kapear"
    busy.run("backup", str(file))
    new = elsewhere(busy, tmp_path / "new")
    hand_over_keys(busy, new)
    assert hurt(new, step, "killed", "restore", str(file)).returncode == -signal.SIGKILL
    assert "kapear init" in new.refused("audit", "verify")
    new.run("restore", str(file))
    assert new.json("audit", "verify")["whole"]
    assert (new.data_dir / "forums" / "kites.toml").read_text() == RULE
