"""The hotline's key file: plain or under a passphrase, and nothing plain left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import BadInput, OperatorFault, Refused, WrongState
from keys.hotline import create_hotline_key, fingerprint, hotline_public, is_protected, protect, unlock
from keys.keyfile import create_host_keys
from keys.vault import HostVault
from tests.contracts.vault import PLACE, TEXT, flips

ROOT = Path(__file__).parents[2]
PASSPHRASE = "tin lanterns at the quay"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hotline.key"


def opens(path: Path, passphrase: str | None, public: bytes) -> bool:
    """Return whether the unlocked key opens what is sealed to this public key."""
    vault = HostVault(create_host_keys(path.with_name("probe.key")), public)
    path.with_name("probe.key").unlink()
    lead = vault.new_lead_key("lead-1")
    sealed = vault.seal(lead.public, TEXT, PLACE)
    return unlock(path, passphrase).open(lead.wrapped, "lead-1", sealed, PLACE) == TEXT


def secret_of(path: Path) -> bytes:
    """Return the private half as it stands in a plain file."""
    return str(json.loads(path.read_text())["private"]).encode()


def test_a_plain_key_opens_without_a_passphrase(path: Path) -> None:
    public = create_hotline_key(path, None)
    assert path.stat().st_mode & 0o777 == 0o600
    assert hotline_public(path) == public
    assert not is_protected(path)
    assert opens(path, None, public)


def test_a_wrapped_key_opens_with_its_passphrase_only(path: Path) -> None:
    public = create_hotline_key(path, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert is_protected(path)
    assert hotline_public(path) == public
    assert opens(path, PASSPHRASE, public)
    for wrong in ("", PASSPHRASE.upper(), PASSPHRASE + " ", None):
        with pytest.raises(Refused) as caught:
            unlock(path, wrong)
        assert "\n" not in str(caught.value)
        assert PASSPHRASE not in str(caught.value)


def test_the_same_words_typed_otherwise_open_the_key(path: Path) -> None:
    public = create_hotline_key(path, "caf\u00e9 by the river")
    assert opens(path, "cafe\u0301 by the river", public)


def test_protect_keeps_the_pair_and_leaves_nothing_plain(path: Path) -> None:
    public = create_hotline_key(path, None)
    secret = secret_of(path)
    hard_link = path.with_name("copy")
    os.link(path, hard_link)
    stray = path.with_name(f".{path.name}.0123.staged")
    os.link(path, stray)
    protect(path, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert hotline_public(path) == public
    assert opens(path, PASSPHRASE, public)
    assert not stray.exists()
    for entry in path.parent.iterdir():
        assert secret not in entry.read_bytes()
    with pytest.raises(WrongState):
        protect(path, PASSPHRASE)


def test_a_plain_key_takes_no_passphrase(path: Path) -> None:
    create_hotline_key(path, None)
    with pytest.raises(WrongState, match="enrol"):
        unlock(path, PASSPHRASE)


def test_a_short_passphrase_is_refused_and_nothing_is_written(path: Path) -> None:
    with pytest.raises(BadInput, match="12 characters"):
        create_hotline_key(path, "short")
    assert not path.exists()
    create_hotline_key(path, None)
    with pytest.raises(BadInput, match="12 characters"):
        protect(path, "short")
    assert not is_protected(path)


def test_no_flipped_bit_gives_another_public_key(path: Path) -> None:
    public = create_hotline_key(path, None)
    content = path.read_bytes()
    refused = 0
    for altered in flips(content):
        path.write_bytes(altered)
        try:
            assert hotline_public(path) == public
        except OperatorFault:
            refused += 1
    assert refused > 0.95 * len(content) * 8


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"check": 1}', b"[" * 9000])
def test_garbage_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(OperatorFault, match="damaged"):
        unlock(path, None)


def test_other_halves_and_wild_parameters_are_refused(path: Path, tmp_path: Path) -> None:
    from keys.hotlinefile import HotlineFile, PlainKey, WrappedKey  # noqa: PLC0415 - the file's inside, here only

    create_hotline_key(path, None)
    file = HotlineFile.parsed(path.read_bytes())
    other = create_hotline_key(tmp_path / "other.key", None)
    assert isinstance(file.private, PlainKey)
    path.write_bytes(HotlineFile(public=other, private=file.private).encoded())
    with pytest.raises(OperatorFault, match="halves"):
        unlock(path, None)
    sane = WrappedKey(memory_kib=65_536, passes=3, lanes=4, salt=bytes(16), closed=bytes(60))
    for field, wild in [("memory_kib", 2**31), ("passes", 10**6), ("lanes", 0), ("salt", b"short")]:
        with pytest.raises(ValueError, match="out of bounds"):
            replace(sane, **{field: wild})  # type: ignore[arg-type]  # wild on purpose


def test_a_fingerprint_names_a_key(path: Path, tmp_path: Path) -> None:
    one, other = create_hotline_key(path, None), create_hotline_key(tmp_path / "other.key", None)
    assert fingerprint(one) != fingerprint(other)
    assert len(fingerprint(one)) == 16


def test_wrong_modes_and_a_missing_file_are_refused(path: Path) -> None:
    with pytest.raises(OperatorFault, match="kapear init"):
        hotline_public(path)
    with pytest.raises(OperatorFault, match="kapear init"):
        protect(path, PASSPHRASE)
    create_hotline_key(path, None)
    path.chmod(0o644)
    with pytest.raises(OperatorFault, match="chmod 600"):
        hotline_public(path)


@pytest.mark.parametrize("step", ["os.fdopen", "os.fsync", "pathlib.Path.replace"])
def test_a_crash_while_protecting_leaves_a_key_that_opens(path: Path, step: str) -> None:
    public = create_hotline_key(path, None)
    secret = secret_of(path)
    module, name = step.rsplit(".", 1)
    code = f"""
import os, pathlib, signal
from keys.hotline import protect
def die(*rest, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr({module}, {name!r}, die)
protect(pathlib.Path({str(path)!r}), {PASSPHRASE!r})
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert opens(path, None, public)
    protect(path, PASSPHRASE)
    assert opens(path, PASSPHRASE, public)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert secret not in path.read_bytes()


def test_the_opener_shows_nothing(path: Path) -> None:
    create_hotline_key(path, None)
    assert repr(unlock(path, None)) == "HotlineOpener(…)"
