"""
Time the import of a CSV list of a million PDQ hashes: reading, reading and staging, and until it can be asked.

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
from itertools import islice
from pathlib import Path

import numpy as np

from app import config
from app.instance import open_instance
from domain.hashlists import ListClass, ListRow
from domain.people import Actor, Role
from exchange.formats.hashlists import ReadAs, read_list
from exchange.screening import screened
from matching.matcher import ListMatcher
from triage.hash_lists import BATCH, NewList

ROWS = 1_000_000
CHUNK = 10_000
PIECE = 1 << 20
ACTOR = Actor(name="benchmark", role=Role.ADMIN, local=True)
LIST = NewList(name="benchmark", classification="demo", list_class=ListClass.OWN)

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


async def ours(file: Path, folder: Path, expected: int) -> tuple[Taken, Taken]:
    """Return what the import took, and what loading it into a matcher took."""
    settings = config.load({"KAPEAR_DATA_DIR": str(folder / "data")})
    async with open_instance(settings, create=True) as instance:
        cpu, wall = time.process_time(), time.perf_counter()
        imported = await instance.office.lists.import_list(ACTOR, LIST, rows_of(file))
        staged = time.process_time() - cpu, time.perf_counter() - wall
        if imported.hash_list.entries != expected:
            raise SystemExit(f"{imported.hash_list.entries} entries, not {expected}: {imported.figures}")
        matcher = ListMatcher()
        cpu, wall = time.process_time(), time.perf_counter()
        await instance.store.read(lambda tx: matcher.replace(tx.lists.live_entries(), tx.lists.generation()))
        return staged, (time.process_time() - cpu, time.perf_counter() - wall)


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
        staged, loaded = asyncio.run(ours(file, folder, rows))
    finally:
        shutil.rmtree(folder)
    figure(f"hashlist_read_csv_{rows}", rows, read, "csv.reader, bytes.fromhex", peer_read)
    figure(f"hashlist_import_csv_{rows}", rows, staged, "csv.reader, bytes.fromhex, sqlite3.executemany", peer)
    figure(f"hashlist_load_{rows}", rows, loaded)
    figure(f"hashlist_import_to_searchable_{rows}", rows, (staged[0] + loaded[0], staged[1] + loaded[1]))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench"), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
