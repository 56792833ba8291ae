"""Read one hash out of one cell: hex of any case, of exactly its algorithm's length."""

from __future__ import annotations

from domain.hashlists import Algorithm, BadRow, HashEntry

MIN_QUALITY = 50  # PDQ hashes below it match pictures that have nothing in common

# What lists hold and Kapear leaves out, as the figures of an import name it.
LOW_QUALITY = "PDQ hashes of low quality"
PHOTO_DNA_HASHES = "PhotoDNA hashes"
WITHDRAWN = "withdrawn entries"
OTHER_KINDS = "fingerprints of other kinds"
NOT_KNOWN = "hashes that its giver does not know"

# What Arachnid Shield calls a picture that is on none of its lists; whoever keeps its answers keeps these, too.
NO_MATCH = "no-known-match"

# Looked up for every cell, by plain words: an enumeration's own hash is slow.
WIDTHS: dict[str, tuple[Algorithm, int]] = {word.value: (word, word.hex_length) for word in Algorithm}


def raw_hash(digits: str, width: int) -> bytes | None:
    """Return the bytes that `width` hex digits stand for, or None for anything else."""
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return None
    # fromhex skips spaces, so both lengths are compared.
    return raw if len(digits) == width == 2 * len(raw) else None


def entry_or_refusal(
    word: str, cell: object, own: tuple[str, str, str] = ("", "", ""), *, line: int, unit: str
) -> HashEntry | BadRow:
    """
    Return the entry for a hash of the algorithm with this name, or why it is none.

    `own` are the list's own words: classification, id and note.
    """
    algorithm, width = WIDTHS[word]
    raw = raw_hash(cell.strip(), width) if isinstance(cell, str) else None
    if raw is None:
        return BadRow(line=line, unit=unit, problem=wrong_digits(algorithm))
    classification, ref, note = own
    return HashEntry(algorithm=algorithm, hash=raw, classification=classification, ref=ref, note=note, line=line)


def wrong_digits(algorithm: Algorithm) -> str:
    """Return what is wrong with a hash that cannot be read."""
    longer = ", phash256 hashes 64" if algorithm is Algorithm.PHASH else ""
    return f"{algorithm} hashes have {algorithm.hex_length} hex digits{longer}"


def low_quality(cell: object) -> bool:
    """Return whether a cell names a PDQ quality that is too low to be matched."""
    try:
        return int(str(cell)[:8]) < MIN_QUALITY
    except ValueError:
        return False
