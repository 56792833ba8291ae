"""
Say which column of a list means what: by its own name, or as the importer says.

A list has either a column for the algorithm and one for the hash, or one
column for each algorithm, so that a row may hold several hashes of one file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.errors import BadInput
from domain.hashlists import Algorithm

ALGORITHM, HASH, CLASSIFICATION, ID, NOTE, QUALITY = "algorithm", "hash", "classification", "id", "note", "quality"
BY_ALGORITHM = tuple(algorithm.value for algorithm in Algorithm)
ROLES = (ALGORITHM, HASH, *BY_ALGORITHM, CLASSIFICATION, ID, NOTE, QUALITY)
PHOTO_DNA = frozenset({"photodna", "pdna"})  # nobody without a licence can compare them

_OTHER_NAMES = {"phash64": "phash", "phash8x8": "phash", "phash16x16": "phash256"}
_HASH = re.compile(r"[0-9a-fA-F]{16,}")
_SHOWN = 200  # characters of a header that a message quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the importer says of a list's columns: our word for one → its name in the file."""

    names: Mapping[str, str] = field(default_factory=dict)

    def placed(self, header: Iterable[str]) -> dict[str, str]:
        """
        Return our word for a column → its name in this header.

        What the importer did not name is known by its own name, in whatever
        case and with whatever signs between (`SHA-1`). Raises BadInput when a
        named column is not there, or when no column holds hashes.
        """
        present = [name.strip() for name in header]
        by_word = {plain(name): name for name in reversed(present)}
        placed = {role: by_word[role] for role in ROLES if role in by_word}
        by_case = {name.casefold(): name for name in reversed(present)}
        for role, name in self.names.items():
            if name.casefold() not in by_case:
                raise BadInput(f"no column is named {name[:_SHOWN]}. It has: {_listed(present)}.")
            placed[role] = by_case[name.casefold()]
        if any(role in self.names for role in BY_ALGORITHM):
            # Named columns go before those that merely have a known name.
            placed = {
                role: name for role, name in placed.items() if role in self.names or role not in {ALGORITHM, HASH}
            }
        if is_narrow(placed) or any(role in placed for role in BY_ALGORITHM):
            return placed
        raise BadInput(
            "no column holds hashes. There must be `algorithm` and `hash` (algorithm,hash,classification,id,note), "
            f"or one of {', '.join(BY_ALGORITHM)}, if need be by --columns md5=ITS_NAME. It has: {_listed(present)}."
        )


def columns_from(text: str) -> Columns:
    """Read `md5=Image MD5,id=Ref`, as an option gives it; a name with a comma stands in quotes, as in CSV."""
    names: dict[str, str] = {}
    for part in next(csv.reader([text]), []):
        role, is_pair, name = part.partition("=")
        role = role.strip().lower()
        if not is_pair or not name.strip() or role not in ROLES:
            raise BadInput(f"--columns takes OURS=THEIRS,…, where OURS is one of: {', '.join(ROLES)}.")
        names[role] = name.strip()
    return Columns(names=names)


def is_narrow(placed: Mapping[str, object]) -> bool:
    """Return whether one column says which algorithm the hash in another is of."""
    return ALGORITHM in placed and HASH in placed


def plain(name: str) -> str:
    """Return a column's or algorithm's name without case, spaces and signs; ours for those with several."""
    word = "".join(character for character in name.casefold() if character.isalnum())
    return _OTHER_NAMES.get(word, word)


def _listed(present: list[str]) -> str:
    """Return the names for a message; a file without a header has hashes there, and nobody is to see them."""
    named = ("(a hash)" if _HASH.fullmatch(name) else name for name in present if name)
    return ", ".join(named)[:_SHOWN] or "none"
