"""A sealed file opens whole, with its own key, in its own order; or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from domain.errors import OperatorFault
from keys.backupkey import BackupKey, create_backup_key, load_backup_key
from keys.keyfile import create_host_keys
from keys.sealedfile import MAGIC, PIECE, SealedReader, SealedWriter

HEADER = len(MAGIC) + 1 + 8 + 32
TAG = 16


@pytest.fixture
def key(tmp_path: Path) -> BackupKey:
    return create_backup_key(tmp_path / "backup.key")


def sealed(plain: bytes, key: BackupKey, *, at_once: int = 10_000) -> bytes:
    out = io.BytesIO()
    writer = SealedWriter(out, key)
    for start in range(0, len(plain), at_once):
        writer.write(plain[start : start + at_once])
    writer.finish()
    return out.getvalue()


def opened(closed: bytes, key: BackupKey) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(closed), key)).read()


def plain_of(length: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(length))


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17])
@pytest.mark.parametrize("at_once", [777, 10 * PIECE])
def test_what_is_sealed_opens_whatever_its_length(key: BackupKey, length: int, at_once: int) -> None:
    plain = plain_of(length)
    closed = sealed(plain, key, at_once=at_once)
    assert opened(closed, key) == plain
    assert length < PIECE - 1 or plain[:24] not in closed


def test_the_same_is_never_sealed_alike(key: BackupKey) -> None:
    assert sealed(b"kites", key)[HEADER:] != sealed(b"kites", key)[HEADER:]


def test_a_file_that_breaks_off_anywhere_is_refused(key: BackupKey) -> None:
    closed = sealed(plain_of(3 * PIECE), key)
    step = PIECE + TAG
    ends = {HEADER, HEADER + 1, HEADER + step - 1, HEADER + step, HEADER + 2 * step, len(closed) - 1}
    for end in ends:
        with pytest.raises(OperatorFault, match="breaks off, or was changed"):
            opened(closed[:end], key)


def test_a_file_that_goes_on_behind_its_end_is_refused(key: BackupKey) -> None:
    with pytest.raises(OperatorFault, match="was changed"):
        opened(sealed(b"kites", key) + b"\0", key)


def test_pieces_open_in_their_order_only(key: BackupKey) -> None:
    closed = sealed(plain_of(4 * PIECE), key)
    step = PIECE + TAG
    pieces = [closed[start : start + step] for start in range(HEADER, len(closed), step)]
    for order in ((1, 0, 2, 3), (0, 2, 3), (0, 1, 1, 2, 3), (0, 1, 3)):
        with pytest.raises(OperatorFault, match="was changed"):
            opened(closed[:HEADER] + b"".join(pieces[place] for place in order), key)


def test_every_changed_byte_is_noticed(key: BackupKey) -> None:
    closed = sealed(b"blue kites", key)
    for place in range(len(closed)):
        changed = bytearray(closed)
        changed[place] ^= 1
        with pytest.raises(OperatorFault):
            opened(bytes(changed), key)


def test_another_key_is_named_as_such(key: BackupKey, tmp_path: Path) -> None:
    other = create_backup_key(tmp_path / "other.key")
    with pytest.raises(OperatorFault, match=f"backup key {key.id}, but the key file holds {other.id}"):
        opened(sealed(b"kites", key), other)


def test_what_is_no_backup_and_what_is_newer_is_told_apart(key: BackupKey) -> None:
    closed = bytearray(sealed(b"kites", key))
    closed[len(MAGIC)] = 2
    with pytest.raises(OperatorFault, match="newer version"):
        opened(bytes(closed), key)
    for stranger in (b"", b"SQLite format 3\0" * 10, bytes(closed[: HEADER - 1])):
        with pytest.raises(OperatorFault, match="no backup of Kapear's"):
            opened(stranger, key)


def test_the_key_of_backups_is_no_other_key(tmp_path: Path) -> None:
    create_host_keys(tmp_path / "host.key")
    with pytest.raises(OperatorFault, match="no backup key file"):
        load_backup_key(tmp_path / "host.key")
    with pytest.raises(OperatorFault, match="name the file with --key"):
        load_backup_key(tmp_path / "absent.key")
    made = create_backup_key(tmp_path / "backup.key")
    assert load_backup_key(tmp_path / "backup.key").master == made.master
    assert (tmp_path / "backup.key").stat().st_mode & 0o777 == 0o600
    assert repr(made.master) not in repr(made)
