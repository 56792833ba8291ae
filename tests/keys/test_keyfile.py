"""The host's key file: whole or not there, for its owner only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import OperatorFault
from keys.keyfile import create_host_keys, load_host_keys
from tests.contracts.vault import flips

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "host.key"


def test_created_keys_load_again(path: Path) -> None:
    created, loaded = create_host_keys(path), load_host_keys(path)
    assert (created.id, created.digests, created.encryption) == (loaded.id, loaded.digests, loaded.encryption)
    assert created.digests != created.encryption


def test_only_the_owner_may_read_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        create_host_keys(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["host.key"]


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    keys = create_host_keys(path)
    with pytest.raises(OperatorFault, match="never overwrites"):
        create_host_keys(path)
    assert load_host_keys(path).id == keys.id


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o610])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    create_host_keys(path)
    path.chmod(mode)
    with pytest.raises(OperatorFault, match="chmod 600"):
        load_host_keys(path)


def test_a_read_only_file_is_fine(path: Path) -> None:
    keys = create_host_keys(path)
    path.chmod(0o400)
    assert load_host_keys(path).id == keys.id


def test_every_truncation_is_refused_in_one_line(path: Path) -> None:
    create_host_keys(path)
    content = path.read_bytes()
    for length in range(len(content) - 1):  # without its line break the file is still whole
        path.write_bytes(content[:length])
        with pytest.raises(OperatorFault, match="restore it") as caught:
            load_host_keys(path)
        assert "\n" not in str(caught.value)


def test_no_flipped_bit_gives_other_keys(path: Path) -> None:
    keys = create_host_keys(path)
    refused = 0
    for altered in flips(path.read_bytes()):
        path.write_bytes(altered)
        try:
            # Spaces and the unused bits of base64's last digit carry nothing.
            assert load_host_keys(path).encryption == keys.encryption
        except OperatorFault:
            refused += 1
    assert refused > 0.95 * len(flips(path.read_bytes()))


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 64, b"[]", b"7", b'{"kapear": "host-key", "version": 1}', b"\xff", b"[" * 9000]
)
def test_garbage_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(OperatorFault, match="damaged"):
        load_host_keys(path)


def test_a_later_version_is_named_as_such(path: Path) -> None:
    create_host_keys(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with pytest.raises(OperatorFault, match="this version"):
        load_host_keys(path)


def test_a_large_file_a_pipe_and_a_missing_file_are_refused(path: Path) -> None:
    with pytest.raises(OperatorFault, match="kapear init"):
        load_host_keys(path)
    path.write_bytes(bytes(100_000))
    path.chmod(0o600)
    with pytest.raises(OperatorFault, match="too large"):
        load_host_keys(path)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(OperatorFault, match="regular file"):
        load_host_keys(path)


def test_a_missing_directory_is_the_operators_to_make(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault, match="cannot write"):
        create_host_keys(tmp_path / "nowhere" / "host.key")


def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    one, other = create_host_keys(tmp_path / "one"), create_host_keys(tmp_path / "other")
    one.require(one.id)
    with pytest.raises(OperatorFault, match=f"{one.id}.*{other.id}"):
        other.require(one.id)


@pytest.mark.parametrize("step", ["os.fdopen", "os.fsync", "os.link", "pathlib.Path.unlink"])
def test_a_crash_leaves_none_or_a_whole_one(path: Path, step: str) -> None:
    """Kill the writer in the middle of each step; the next start goes on."""
    module, name = step.rsplit(".", 1)
    code = f"""
import os, pathlib, signal
from keys.keyfile import create_host_keys
def die(*rest, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr({module}, {name!r}, die)
create_host_keys(pathlib.Path({str(path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    if path.exists():
        load_host_keys(path)
        assert step == "pathlib.Path.unlink"
    else:
        create_host_keys(path)
        load_host_keys(path)
        assert [entry.name for entry in path.parent.iterdir()] == ["host.key"]
