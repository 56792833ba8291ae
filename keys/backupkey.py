"""
Keep the key that backups are encrypted with in a small file of its own.

It is apart from the host's key, so that whoever is given backups to keep, and
their key, still cannot read what the host's key protects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from keys.keyfile import KeyKind, create_master, load_master, short_id

KIND = KeyKind(
    kind="backup-key",
    what="backup key file",
    mend="name the file with --key, or fetch the copy that you keep elsewhere",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BackupKey:
    """The key of this hotline's backups; `id` may be shown and compared."""

    id: str
    master: bytes = field(repr=False)


def create_backup_key(path: Path) -> BackupKey:
    """Write a new key file, mode 0600; raises OperatorFault if it exists."""
    return _key(create_master(path, KIND))


def load_backup_key(path: Path) -> BackupKey:
    """Read the key file; raises OperatorFault with the way to mend it."""
    return _key(load_master(path, KIND))


def _key(master: bytes) -> BackupKey:
    return BackupKey(id=short_id(master, KIND), master=master)
