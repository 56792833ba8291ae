"""One machine's import is matched with on every other; rows that an earlier version kept become files."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app import config
from app.instance import open_instance
from app.lists import build_missing, shelf_in
from domain.errors import OperatorFault
from domain.fingerprints import Fingerprint, MediaStatus
from domain.hashlists import Algorithm, HashEntry, ListClass
from domain.store import Store
from matching.matcher import ListMatcher
from matching.shelf import FolderShelf
from storage import open_store
from tests.acceptance.driver import COMMAND, Kapear
from tests.contracts.samples import NOW, a_list
from tests.desk import LOCAL
from triage.list_terms import NewList

KILLS = int(os.environ.get("KAPEAR_TEST_KILLS", "6"))  # `make crash` asks for 50
DIGEST = b"\x07" * 32
SEEN = Fingerprint(status=MediaStatus.HASHED, sha256=DIGEST.hex())


async def matches_on(store: Store, folder: Path) -> int:
    """Return how many lists match on a machine whose lists lie in this folder."""
    generation, live = await store.read(lambda tx: (tx.lists.generation(), tx.lists.live()))
    await build_missing(store, shelf_in(folder), live)
    matcher = ListMatcher(FolderShelf(folder))
    matcher.replace(live, generation)
    return len(await matcher.match(SEEN))


@pytest.mark.postgres
async def test_another_machine_builds_the_files_of_an_import(tmp_path: Path, empty_postgres_url: str) -> None:
    settings = replace(config.load({"KAPEAR_DATA_DIR": str(tmp_path / "one")}), database_url=empty_postgres_url)
    wanted = NewList(name="Lanterns", classification="demo", list_class=ListClass.OWN)
    entries = [
        HashEntry(algorithm=Algorithm.SHA256, hash=number.to_bytes(32, "big"), ref=f"row {number}", note="\u1780")
        for number in range(25_000)
    ]
    async with open_instance(settings, create=True) as instance:
        imported = await instance.office.lists.import_list(
            LOCAL, wanted, [*entries, HashEntry(algorithm=Algorithm.SHA256, hash=DIGEST)]
        )
        elsewhere = tmp_path / "other" / "lists"
        assert await matches_on(instance.store, elsewhere) == 1
        here, there = (shelf_in(folder) for folder in (settings.lists_dir, elsewhere))
        assert list(there.entries(imported.hash_list.id)) == list(here.entries(imported.hash_list.id))


async def test_rows_of_an_earlier_version_become_files(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/kapear.db", data_dir=tmp_path, create=True)
    staged = a_list()
    entry = HashEntry(algorithm=Algorithm.SHA256, hash=DIGEST, classification="demo")
    await store.write(lambda tx: tx.lists.stage(staged))
    await store.write(lambda tx: tx.lists.add_entries(staged.id, [entry]))
    await store.write(lambda tx: tx.lists.activate(staged.id, entries=1, now=NOW))
    assert await matches_on(store, tmp_path / "lists") == 1
    await store.close()


async def test_a_list_whose_files_are_lost_is_named(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/kapear.db", data_dir=tmp_path, create=True)
    staged = a_list("Lanterns")
    await store.write(lambda tx: tx.lists.stage(staged))
    await store.write(lambda tx: tx.lists.activate(staged.id, entries=1, now=NOW))
    with pytest.raises(OperatorFault, match="Lanterns"):
        await matches_on(store, tmp_path / "lists")
    await store.close()


def write_list(file: Path, rows: int, first: int) -> None:
    lines = (f"sha256,{(first + number):064x}\n" for number in range(1, rows + 1))
    file.write_text("algorithm,hash\n" + "".join(lines))


def test_an_import_killed_at_any_moment_leaves_one_whole_version(tmp_path: Path) -> None:
    kapear = Kapear(data_dir=tmp_path / "data")
    kapear.run("init")
    files = [tmp_path / "even.csv", tmp_path / "odd.csv"]
    rows = (30_000, 40_000)
    for file, count, first in zip(files, rows, (0, 1 << 40), strict=True):
        write_list(file, count, first)
    words = ("--name", "Lanterns", "--classification", "demo")
    kapear.run("hashlist", "import", str(files[0]), *words)
    dice = random.Random(5)  # noqa: S311 - a repeatable test
    began = time.monotonic()
    kapear.run("hashlist", "import", str(files[1]), *words)
    usual = time.monotonic() - began
    killed = 0
    for turn in range(3 * KILLS):
        began = time.monotonic()
        process = subprocess.Popen(
            [*COMMAND, "hashlist", "import", str(files[turn % 2]), *words],
            env=kapear.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(timeout=dice.uniform(0.3, 1.0) * usual)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        else:
            usual = time.monotonic() - began  # the machine may be busier or idler than before
        subprocess.run([sys.executable, "-c", ASK, *map(str, rows)], env=kapear.env, check=True)
        if killed == KILLS:
            break
    assert killed == KILLS, "the kills must hit an import that is under way"
    kapear.run("hashlist", "import", str(files[0]), *words)
    kept = list((tmp_path / "data" / "lists").iterdir())
    assert len(kept) <= KILLS + 3
    subprocess.run([sys.executable, "-c", TIDY], env=kapear.env, check=True)
    assert len(list((tmp_path / "data" / "lists").iterdir())) == 1


# Asks the version in force for every entry that it should have, and for one that it should not.
ASK = """
import asyncio, sys
from app import config
from app.instance import open_instance
async def main():
    async with open_instance(config.load()) as instance:
        (one,) = await instance.store.read(lambda tx: tx.lists.in_force())
        first = {int(sys.argv[1]): 0, int(sys.argv[2]): 1 << 40}[one.entries]
        assert one.name == "Lanterns"
        held = [int.from_bytes(entry.hash, "big") for entry in instance.office.lists.shelf.entries(one.id)]
        assert held == [first + number for number in range(1, one.entries + 1)]
asyncio.run(main())
"""
TIDY = """
import asyncio
from dataclasses import replace
from datetime import timedelta
from domain.clock import utc_now
from app import config
from app.instance import open_instance
async def main():
    async with open_instance(config.load()) as instance:
        lists = instance.office.lists
        later = replace(lists.desk, now=lambda: utc_now() + timedelta(hours=1))
        await replace(lists, desk=later).tidy()
asyncio.run(main())
"""
