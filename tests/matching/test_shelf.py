from __future__ import annotations

import fcntl
import os
import resource
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from domain.errors import KapearError, OperatorFault
from domain.hashlists import Algorithm, HashEntry
from domain.ids import ListId
from domain.ports import ListShelf
from matching import list_words, list_writer
from matching.shelf import FolderShelf
from tests.contracts.list_shelf import ListShelfContract, an_entry, an_id, stored
from tests.matching.list_help import a_list

KITES = ListId("0190a-kites")


@pytest.fixture
def shelf(tmp_path: Path) -> ListShelf:
    return FolderShelf(tmp_path / "lists")


class TestFolderShelf(ListShelfContract):
    pass


@pytest.fixture
def written(tmp_path: Path) -> tuple[FolderShelf, Path, list[HashEntry]]:
    """Return a shelf with one version, its folder and its entries."""
    shelf = FolderShelf(tmp_path / "lists")
    entries = a_list(400)
    list_id = stored(shelf, entries)
    return shelf, tmp_path / "lists" / list_id, entries


def test_a_version_is_a_folder_of_files_that_only_its_owner_reads(
    written: tuple[FolderShelf, Path, list[HashEntry]],
) -> None:
    _, folder, _ = written
    assert sorted(file.name for file in folder.iterdir()) == sorted([*Algorithm, "words"])
    assert folder.stat().st_mode & 0o77 == 0
    assert folder.parent.stat().st_mode & 0o77 == 0


def test_entries_that_say_nothing_take_no_room_for_words(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "lists")
    quiet = [an_entry(number) for number in range(10_000)]
    size = (tmp_path / "lists" / stored(shelf, quiet) / "words").stat().st_size
    assert size < 10_000 * 3 + 1000  # algorithm and classification


def test_more_classifications_than_the_table_holds_are_kept_beside_the_notes(
    shelf: ListShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_writer, "MAX_CLASSES", 3)
    entries = a_list(50)
    assert list(shelf.entries(stored(shelf, entries[:20], entries[20:]))) == entries


def test_a_lone_half_of_a_pair_comes_back(shelf: ListShelf) -> None:
    entry = HashEntry(algorithm=Algorithm.MD5, hash=bytes(16), classification="\ud800", ref="\udfff", note="a\0b")
    assert list(shelf.entries(stored(shelf, [entry]))) == [entry]


def test_a_version_from_before_the_wide_phash_is_read_on(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "lists")
    entries = [each for each in a_list(400) if each.algorithm is not Algorithm.PHASH256]
    list_id = stored(shelf, entries)
    words = tmp_path / "lists" / list_id / "words"
    file = words.read_bytes()
    magic, _, *numbers = struct.unpack_from("<8sI6Q7Q7I", file)
    before = struct.pack("<8sI5Q7Q7I", magic, 1, *numbers[:5], *numbers[6:]).ljust(252, b"\0")
    words.write_bytes(before + struct.pack("<I", zlib.crc32(before)) + file[256:])
    assert list(FolderShelf(tmp_path / "lists").entries(list_id)) == entries


# Damage.


def told(shelf: FolderShelf, list_id: str, entries: list[HashEntry]) -> str:
    """Return the one line that tells of damage, or nothing where all entries are what they were."""
    try:
        found = list(shelf.entries(ListId(list_id)))
    except OperatorFault as fault:
        return str(fault)
    return "" if found == entries else "other entries\n"


@pytest.mark.parametrize("name", [*Algorithm, "words"])
def test_a_damaged_file_is_told_in_one_clear_line(
    written: tuple[FolderShelf, Path, list[HashEntry]], name: str
) -> None:
    shelf, folder, entries = written
    file = folder / name
    whole = file.read_bytes()
    start = 256 if name == "words" else 4096
    lines = []
    places = [*range(0, 60, 7), start - 2, start, start + 9, *range(start, len(whole), len(whole) // 20)]
    for place in places:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        lines.append(told(shelf, folder.name, entries))
    assert lines.count("") <= 3  # a gap between two sections holds nothing
    for content in (b"", whole[: len(whole) // 2], whole[:-1], whole + b"\0", b"PK\x03\x04" * (len(whole) // 4)):
        file.write_bytes(content)
        lines.append(told(shelf, folder.name, entries) or "unnoticed\n")
    file.unlink()
    lines.append(told(shelf, folder.name, entries) or "unnoticed\n")
    assert [line for line in lines if "\n" in line] == []


def test_files_of_two_versions_do_not_pass_for_one(written: tuple[FolderShelf, Path, list[HashEntry]]) -> None:
    shelf, folder, entries = written
    other = folder.with_name(stored(shelf, entries[:-50]))
    (other / "pdq").rename(folder / "pdq")
    with pytest.raises(OperatorFault, match="do not belong together"):
        shelf.entries(ListId(folder.name))


def test_damage_in_a_file_too_large_to_be_read_through_is_told_at_worst_where_it_is_read(
    written: tuple[FolderShelf, Path, list[HashEntry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, folder, entries = written
    monkeypatch.setattr(list_words, "CHECKED_AT_ONCE", 0)
    file = folder / "words"
    whole = file.read_bytes()
    dice = np.random.default_rng(3)
    for place in dice.integers(256, len(whole), 200).tolist():
        file.write_bytes(whole[:place] + dice.bytes(2) + whole[place + 2 :])
        with suppress(OperatorFault):
            found = list(shelf.entries(ListId(folder.name)))
            assert [entry.hash for entry in found] == [entry.hash for entry in entries]


# A full disk.


def test_a_full_disk_leaves_nothing_behind_and_the_old_version_in_force(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "lists")
    old = stored(shelf, [an_entry(1)])
    entries = a_list(20_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    lines = []
    for limit in (0, 1 << 10, 40_000, 90_000, 150_000, 200_000, 300_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(OperatorFault, match="File too large") as fault:
                stored(shelf, entries)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        lines.append(str(fault.value))
        assert [file.name for file in (tmp_path / "lists").iterdir()] == [old]
    assert all("\n" not in line for line in lines)
    assert list(shelf.entries(old)) == [an_entry(1)]
    assert list(shelf.entries(stored(shelf, entries))) == entries


def test_a_folder_that_cannot_be_written_to_is_told_in_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "lists").write_text("a file")
    with pytest.raises(OperatorFault, match="No hash list can be written"):
        FolderShelf(tmp_path / "lists").write(an_id())


def test_what_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "lists")
    kept = stored(shelf)
    strange = ["lost+found", "notes.txt", "a.old", ".hidden"]
    for name in strange[:2]:
        (tmp_path / "lists" / name).mkdir()
    for name in strange[2:]:
        (tmp_path / "lists" / name).write_text("")
    assert shelf.keep_only([]) == 1
    assert sorted(file.name for file in (tmp_path / "lists").iterdir()) == sorted(strange)
    assert not shelf.holds(kept)


# Killed writers.

KILLS = int(os.environ.get("KAPEAR_TEST_KILLS", "50"))
WRITING = """
import sys
from pathlib import Path
from domain.ids import ListId
from matching.shelf import FolderShelf
from tests.matching.list_help import a_list

shelf = FolderShelf(Path(sys.argv[1]))
entries = a_list(4_000, seed=2)
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    writer = shelf.write(ListId(f"v{number}"))
    for first in range(0, len(entries), 1_000):
        writer.add(entries[first : first + 1_000])
    writer.finish()
    shelf.keep_only([ListId("0190a-kites"), ListId(f"v{number}")])
    print(number, flush=True)
    number += 1
"""


def test_whenever_a_writer_is_killed_each_version_is_whole_or_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    shelf = FolderShelf(folder)
    old, new = a_list(500), a_list(4_000, seed=2)
    writer = shelf.write(KITES)
    writer.add(old)
    writer.finish()
    dice = np.random.default_rng(int.from_bytes(os.urandom(4)))
    number, torn, finished = 0, 0, 0
    while torn + finished < KILLS:
        end_by = dice.uniform(0.0, 0.15)
        finished_before = finished
        number, was_torn = killed(folder, number, end_by)
        torn += was_torn
        finished += not was_torn
        assert list(shelf.entries(KITES)) == old
        standing = [file.name for file in folder.iterdir() if "." not in file.name and file.name != KITES]
        for name in standing:
            assert list(shelf.entries(ListId(name))) == new
            assert shelf.overlap(ListId(name), ListId(name)) == len(new)
        # The very version that was being written can be written, and what the killed one left is gone.
        again = ListId(f"v{number}")
        if not shelf.holds(again):
            assert not shelf.is_being_written(again)
            writer = shelf.write(again)
            writer.add(new)
            writer.finish()
        assert list(shelf.entries(again)) == new
        shelf.keep_only([KITES])
        assert [file.name for file in folder.iterdir()] == [KITES]
        assert finished >= finished_before
        number += 1
    assert torn  # some were hit in the middle


def killed(folder: Path, number: int, after: float) -> tuple[int, bool]:
    """Let a process write versions from this number on and kill it; return the last number, and whether it was torn."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(folder), str(number)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    try:
        child.wait(after)  # it does not end by itself
    except subprocess.TimeoutExpired:
        child.kill()
    child.wait()
    said = child.stdout.read().split()
    child.stdout.close()
    last = int(said[-1]) + 1 if said else number
    return last, any(file.name.endswith((".new", ".gone")) for file in folder.iterdir())


def test_a_living_writer_is_not_disturbed_and_a_dead_one_is_cleared_up(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    shelf = FolderShelf(folder)
    writer = shelf.write(KITES)
    (folder / "dead.new").mkdir()
    (folder / "dead.new" / "pdq.new").write_bytes(b"half of something" * 1000)
    (folder / "gone.gone").mkdir()
    assert shelf.keep_only([]) == 0
    assert [file.name for file in folder.iterdir()] == [f"{KITES}.new"]
    descriptor = os.open(folder / f"{KITES}.new", os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    writer.add([an_entry(1)])
    writer.finish()
    assert list(shelf.entries(KITES)) == [an_entry(1)]


def test_an_entry_of_another_length_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "lists")
    writer = shelf.write(KITES)
    with pytest.raises(KapearError, match="another length"):
        writer.add([an_entry(1), HashEntry(algorithm=Algorithm.PDQ, hash=bytes(31))])
    assert list((tmp_path / "lists").iterdir()) == []
