"""
Time the import of a CSV list of a million PDQ hashes: reading, and until its version can be asked.

    python -m benchmarks.hashlist_import [build/bench] [rows]

Works in the given folder, cleared in the end; a JSON line a figure, rows a
second of processor time and on the wall. The peer of reading is csv.reader
with bytes.fromhex; the peer of the import puts what that yields into a table
of the same shape by sqlite3's own executemany. Neither peer checks anything,
finds repetitions or counts.
"""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from domain.fingerprints import Fingerprint, MediaStatus
from domain.hashlists import HashList, ListClass, ListRow, LiveList
from domain.ids import ListId
from exchange.formats.hashlists import ReadAs, read_list
from exchange.screening import screened
from matching.matcher import ListMatcher
from matching.shelf import FolderShelf
from triage.list_figures import Tally

ROWS = 1_000_000
CHUNK = 10_000
PIECE = 1 << 20
BATCH = 10_000  # entries, as the desk hands them on

Taken = tuple[float, float]  # seconds of processor time, and on the wall


def write_list(file: Path, rows: int) -> None:
    """Write rows of balanced hashes, as pictures have them."""
    dice = np.random.default_rng(rows)
    half = np.arange(256) < 128
    with file.open("w") as stream:
        stream.write("algorithm,hash,classification,id,note\n")
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            hashes = np.packbits(dice.permuted(np.tile(half, (count, 1)), axis=1), axis=1)
            lines = (f"pdq,{row.tobytes().hex()},kind-a,{start + number},\n" for number, row in enumerate(hashes))
            stream.writelines(lines)


def pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def rows_of(file: Path) -> Iterator[ListRow]:
    return screened(read_list(lambda: pieces(file), ReadAs()))


def peer_rows(file: Path) -> Iterator[tuple[str, str, bytes, str, str, str]]:
    with file.open(newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for algorithm, digits, classification, ref, note in reader:
            yield "list", algorithm, bytes.fromhex(digits), classification, ref, note


def timed(work: Callable[[], object]) -> Taken:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def peer_import(file: Path, folder: Path) -> None:
    database = sqlite3.connect(folder / "peer.db")
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        "CREATE TABLE entries (entry_id INTEGER PRIMARY KEY AUTOINCREMENT, list_id TEXT NOT NULL,"
        " algorithm TEXT NOT NULL, hash BLOB NOT NULL, classification TEXT NOT NULL, ref TEXT NOT NULL,"
        " note TEXT NOT NULL);"
        "CREATE INDEX by_list ON entries (list_id);"
    )
    rows = peer_rows(file)
    insert = "INSERT INTO entries (list_id, algorithm, hash, classification, ref, note) VALUES (?, ?, ?, ?, ?, ?)"
    while batch := list(islice(rows, BATCH)):
        with database:
            database.executemany(insert, batch)
    database.close()


def written(file: Path, shelf: FolderShelf, list_id: ListId) -> None:
    """Import as the desk does, but for its row in the database: read, screened, counted, written."""
    writer, tally = shelf.write(list_id), Tally()
    rows = rows_of(file)
    while batch := list(islice(rows, BATCH)):
        writer.add(tally.add(batch))
    writer.finish()


def searchable(shelf: FolderShelf, list_id: ListId, expected: int) -> None:
    """Open the version in a matcher and ask it once."""
    matcher = ListMatcher(shelf)
    hash_list = HashList(
        id=list_id, name="benchmark", version=1, list_class=ListClass.ACCREDITED, classification="demo",
        authority="", entries=expected, imported_at=datetime.now(UTC), generation=1,
    )  # fmt: skip
    matcher.replace([LiveList(hash_list=hash_list)], 1)
    known = shelf.entry(list_id, expected - 1)
    asked = Fingerprint(status=MediaStatus.HASHED, pdq=known.hash, pdq_quality=100)
    (found,) = asyncio.run(matcher.match(asked))
    if (len(matcher), found.entry_id, found.distance) != (expected, expected - 1, 0):
        raise SystemExit(f"{len(matcher)} entries, and {found} was found")


def figure(name: str, rows: int, taken: Taken, peer: str = "", peer_taken: Taken | None = None) -> None:
    line: dict[str, object] = {
        "figure": name,
        "value": round(rows / taken[0]),
        "unit": "rows/s of processor time",
        "wall_value": round(rows / taken[1]),
    }
    if peer_taken:
        line |= {
            "peer": peer,
            "peer_value": round(rows / peer_taken[0]),
            "peer_wall_value": round(rows / peer_taken[1]),
        }
        line["ratio"] = round(peer_taken[0] / taken[0], 2)
    print(json.dumps(line), flush=True)


def main(scratch: Path, rows: int) -> None:
    folder = scratch / "hashlist_import"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / "list.csv"
    write_list(file, rows)
    try:
        peer_read = timed(lambda: deque(peer_rows(file), maxlen=0))
        read = timed(lambda: deque(rows_of(file), maxlen=0))
        peer = timed(lambda: peer_import(file, folder))
        shelf, list_id = FolderShelf(folder / "lists"), ListId("benchmark")
        imported = timed(lambda: written(file, shelf, list_id))
        opened = timed(lambda: searchable(shelf, list_id, rows))
        size = sum(part.stat().st_size for part in (folder / "lists" / list_id).iterdir())
    finally:
        shutil.rmtree(folder)
    figure(f"hashlist_read_csv_{rows}", rows, read, "csv.reader, bytes.fromhex", peer_read)
    both = imported[0] + opened[0], imported[1] + opened[1]
    name = f"hashlist_import_to_searchable_{rows}"
    figure(name, rows, both, "csv.reader, bytes.fromhex, sqlite3.executemany", peer)
    print(
        json.dumps({"figure": f"hashlist_opened_{rows}", "value": round(opened[1] * 1e3, 1), "unit": "ms, asked once"})
    )
    print(json.dumps({"figure": f"hashlist_files_{rows}", "value": round(size / rows, 1), "unit": "bytes/entry"}))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench"), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
