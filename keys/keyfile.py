"""
Keep the host's master key in one small file, and derive from it a key for each use.

The file never leaves its machine in a database or a backup of one: a stolen
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

KIND = "host-key"
VERSION = 1
ID_BYTES = 8
WHAT = "host key file"
MEND = "run kapear init for a new instance, or restore the file from your backup"


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
    master = secrets.token_bytes(KEY_BYTES)
    keys = _keys(master)
    text = {"kapear": KIND, "version": VERSION, "id": keys.id, "master": base64.b64encode(master).decode()}
    files.write_new(path, (json.dumps(text) + "\n").encode(), WHAT)
    return keys


def load_host_keys(path: Path) -> HostKeys:
    """Read the key file; raises OperatorFault with the way to mend it."""
    content = files.read_private(path, WHAT, mend=MEND)
    damaged = OperatorFault(f"the {WHAT} {path} is damaged: restore it from your backup")
    try:
        text = json.loads(content)
        if text["kapear"] != KIND or text["version"] != VERSION:
            raise OperatorFault(f"{path} is no {WHAT} of this version of Kapear: {MEND}")
        master = base64.b64decode(text["master"], validate=True)
        claimed = text["id"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise damaged from None
    keys = _keys(master)
    # The id is derived, so it is a checksum as well.
    if len(master) != KEY_BYTES or claimed != keys.id:
        raise damaged
    return keys


def _keys(master: bytes) -> HostKeys:
    return HostKeys(
        id=derive(master, "host key id", length=ID_BYTES).hex(),
        digests=derive(master, "host digests"),
        encryption=derive(master, "host encryption"),
    )
