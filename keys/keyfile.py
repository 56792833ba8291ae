"""
Keep a master key in one small file, and derive from the host's a key for each use.

The host's file never leaves its machine in a database or a backup of one: a stolen
database without it shows neither which channels are watched nor which digests
stand for them.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import OperatorFault
from keys import files
from keys.envelopes import KEY_BYTES, derive

VERSION = 1
ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyKind:
    """What a key file is for, what people call it, and what to do when it is missing."""

    kind: str
    what: str
    mend: str


HOST = KeyKind(
    kind="host-key",
    what="host key file",
    mend="run kapear init for a new instance, or restore the file from your backup",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HostKeys:
    """
    The keys of this host.

    `id` is a fingerprint that may be shown, stored and compared: it tells a
    wrong key file from a damaged database.
    """

    id: str
    digests: bytes = field(repr=False)
    encryption: bytes = field(repr=False)

    def require(self, expected_id: str) -> None:
        """Raise OperatorFault, naming both, unless these are the keys the data was written with."""
        if self.id != expected_id:
            raise OperatorFault(
                f"this data was written with host key {expected_id}, but the key file holds {self.id}: "
                "point KAPEAR_KEY_FILE at the right file"
            )


def create_host_keys(path: Path) -> HostKeys:
    """Write a new key file, mode 0600, and return its keys; raises OperatorFault if it exists."""
    return _keys(create_master(path, HOST))


def load_host_keys(path: Path) -> HostKeys:
    """Read the key file; raises OperatorFault with the way to mend it."""
    return _keys(load_master(path, HOST))


def _keys(master: bytes) -> HostKeys:
    return HostKeys(
        id=short_id(master, HOST),
        digests=derive(master, "host digests"),
        encryption=derive(master, "host encryption"),
    )


def create_master(path: Path, kind: KeyKind) -> bytes:
    """Write a new key file, mode 0600, and return its master key; raises OperatorFault if it exists."""
    master = secrets.token_bytes(KEY_BYTES)
    shown = short_id(master, kind)
    text = {"kapear": kind.kind, "version": VERSION, "id": shown, "master": base64.b64encode(master).decode()}
    files.write_new(path, (json.dumps(text) + "\n").encode(), kind.what)
    return master


def load_master(path: Path, kind: KeyKind) -> bytes:
    """Return the master key in a file; raises OperatorFault with the way to mend it."""
    content = files.read_private(path, kind.what, mend=kind.mend)
    damaged = OperatorFault(f"the {kind.what} {path} is damaged: restore it from your backup")
    try:
        text = json.loads(content)
        if text["kapear"] != kind.kind or text["version"] != VERSION:
            raise OperatorFault(f"{path} is no {kind.what} of this version of Kapear: {kind.mend}")
        master = base64.b64decode(text["master"], validate=True)
        claimed = text["id"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise damaged from None
    # The id is derived, so it is a checksum as well.
    if len(master) != KEY_BYTES or claimed != short_id(master, kind):
        raise damaged
    return master


def short_id(master: bytes, kind: KeyKind) -> str:
    """Return the name of a key, which tells nothing of it."""
    return derive(master, f"{kind.kind.replace('-', ' ')} id", length=ID_BYTES).hex()
