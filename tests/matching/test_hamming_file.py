from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from domain.errors import OperatorFault
from matching import hamming_plan
from matching.hamming import HammingIndex
from matching.hamming_header import parsed
from matching.hamming_ids import Counted, listed
from tests.matching.hamming_help import brute, flipped, found, ids, noise

KILLS = 12
ALWAYS, SOMETIMES = 50_000, 700  # entries: of both versions, and of one alone


def saved(path: Path, entries: int = 100, *, twice: bool = False) -> HammingIndex:
    """Save entries with ids that follow each other, or of which one is there twice."""
    index = HammingIndex(256, 31)
    names = np.arange(entries, dtype=np.uint64)
    names[1] -= twice
    index.add(names, noise(np.random.default_rng(1), 256, entries))
    index.save(path)
    return index


@pytest.fixture
def tabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small file that has all sections."""
    monkeypatch.setattr(hamming_plan, "SCAN", 1e6)
    saved(tmp_path / "pdq", 1000, twice=True)
    return tmp_path / "pdq"


@pytest.mark.parametrize(("first", "count"), [(0, 1), (0, 600), (7, 600), ((1 << 63) - 700, 600)])
def test_ids_that_follow_each_other_take_no_room_and_are_all_there(tmp_path: Path, first: int, count: int) -> None:
    index = HammingIndex(64, 8)
    names = np.arange(first, first + count, dtype=np.uint64)
    hashes = noise(np.random.default_rng(3), 64, count)
    for part in np.array_split(np.random.default_rng(1).permutation(count), 3):
        index.add(names[part], hashes[part])
    index.save(tmp_path / "counted")
    index = HammingIndex.open(tmp_path / "counted")
    assert isinstance(index._state[0].ids, Counted)
    assert (tmp_path / "counted").stat().st_size < 4096 + 64 + count * 8
    for known in range(0, count, 97):
        assert (0, 0, first + known) in found(index, hashes[known : known + 1])
    named, rows = index.between(first + 5, first + 8)
    assert named.tolist() == list(range(first + 5, min(first + 8, first + count)))
    assert rows.tobytes() == hashes[5:8].tobytes()
    index.remove(np.array([0, first, first + 1, first + count, 1 << 63], np.uint64))
    assert len(index) == max(0, count - 2)
    index.add(names[:2], hashes[:2])
    index.remove(names[-1:])
    index.save(tmp_path / "counted")
    again = HammingIndex.open(tmp_path / "counted")
    assert again.between(0, 1 << 63)[0].tolist() == names[:-1].tolist()


def test_ids_with_a_gap_or_one_that_is_there_twice_are_listed(tmp_path: Path) -> None:
    for names in ([0, 1, 3], [0, 0, 2], [5, 6, 6]):
        index = HammingIndex(64, 8)
        index.add(ids(*names), noise(np.random.default_rng(3), 64, 3))
        index.save(tmp_path / "listed")
        assert HammingIndex.open(tmp_path / "listed").between(0, 9)[0].tolist() == names


def test_an_opened_index_is_mapped_keeps_its_settings_and_grows(tabled: Path) -> None:
    index = HammingIndex.open(tabled)
    assert (index.bits, index.radius, len(index)) == (256, 31, 1000)
    (part,) = index._state
    assert part.table is not None
    for mapped in (listed(part.ids), part.hashes.front, part.hashes.back, part.table.positions, part.table.offsets):
        assert not mapped.flags.owndata
        assert not mapped.flags.writeable
    index.add(ids(7777), np.zeros((1, 32), np.uint8))
    index.remove(ids(*range(50)))
    assert found(index, np.zeros((1, 32), np.uint8)) == [(0, 0, 7777)]
    # Saving over the file that is mapped leaves those who have it open undisturbed.
    other = HammingIndex.open(tabled)
    index.save(tabled)
    assert len(other) == 1000
    assert len(HammingIndex.open(tabled)) == 951
    assert not index._state[0].hashes.front.flags.owndata  # who saved goes on with the file
    assert sorted(file.name for file in tabled.parent.iterdir()) == ["pdq"]


def test_each_save_is_the_next_generation(tmp_path: Path) -> None:
    path = tmp_path / "pdq"
    index = saved(path)
    assert (index.generation, HammingIndex.stored_generation(path)) == (1, 1)
    other = HammingIndex.open(path)
    index.save(path)
    index.save(path)
    assert (index.generation, other.generation) == (3, 1)
    other.save(path)  # from an older state, and yet a newer file
    assert (other.generation, HammingIndex.stored_generation(path)) == (4, 4)
    assert HammingIndex(64, 8).generation == 0


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    HammingIndex(64, 8).save(tmp_path / "empty")
    assert len(HammingIndex.open(tmp_path / "empty")) == 0


def test_a_torn_write_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pdq"
    index = saved(path)
    index.add(ids(1), np.zeros((1, 32), np.uint8))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        index.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["pdq"]
    assert len(HammingIndex.open(path)) == 100
    assert len(index) == 101
    monkeypatch.undo()
    index.save(path)
    assert len(HammingIndex.open(path)) == 101


def test_only_one_may_write(tmp_path: Path) -> None:
    path = tmp_path / "pdq"
    index = saved(path)
    fresh = tmp_path / "pdq.new"
    with fresh.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OperatorFault, match="being written by somebody else"):
            index.save(path)
        assert fresh.exists()
    # What a killed writer left is in nobody's way.
    whole = path.read_bytes()
    path.unlink()
    fresh.write_bytes(b"half of something" * 10_000)
    index.save(path)
    assert path.read_bytes() == whole
    assert [file.name for file in tmp_path.iterdir()] == ["pdq"]


def test_who_opens_the_new_file_as_another_puts_it_in_place_leaves_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, fresh = tmp_path / "pdq", tmp_path / "pdq.new"
    index = saved(path)
    whole = path.read_bytes()
    real = fcntl.flock

    def just_before(descriptor: int, operation: int) -> None:
        fresh.write_bytes(whole)
        fresh.rename(path)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", just_before)
    with pytest.raises(OperatorFault, match="being written by somebody else"):
        index.save(path)
    assert path.read_bytes() == whole


def test_a_flipped_bit_anywhere_is_noticed(tabled: Path) -> None:
    whole = tabled.read_bytes()
    header = parsed(whole[:4096], tabled, size=len(whole))
    assert len(header.places) == 5
    places = [0, 8, 12, 16, 20, 24, 32, 41, 60, 500, 2000, 4091, 4092, 4095]
    for begin, end in header.places:
        assert begin < end
        places += [begin, (begin + end) // 2, end - 1]
    for at in places:
        content = bytearray(whole)
        content[at] ^= 4
        tabled.write_bytes(content)
        with pytest.raises(OperatorFault, match=r"damaged|earlier"):
            HammingIndex.open(tabled)


@pytest.mark.parametrize("keep", [0, 10, 64, 1000, 4096, 5000, -1])
def test_a_file_cut_short_is_refused(tabled: Path, keep: int) -> None:
    tabled.write_bytes(tabled.read_bytes()[:keep])
    with pytest.raises(OperatorFault, match="damaged"):
        HammingIndex.open(tabled, verify=False)
    with pytest.raises(OperatorFault, match="damaged"):
        HammingIndex.stored_generation(tabled)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for name in ("none", "."):
        with pytest.raises(OperatorFault, match="cannot be read"):
            HammingIndex.open(tmp_path / name)
    (tmp_path / "zip").write_bytes(b"PK\x03\x04" * 5000)
    with pytest.raises(OperatorFault, match="damaged") as refused:
        HammingIndex.open(tmp_path / "zip")
    assert "\n" not in str(refused.value)


def test_a_file_of_an_earlier_version_is_named_so(tmp_path: Path) -> None:
    first = struct.pack("<8sIIIQI", b"KAPEARHI", 1, 64, 8, 1, 0).ljust(60, b"\0")
    (tmp_path / "old").write_bytes(first + struct.pack("<I", zlib.crc32(first)) + bytes(16))
    with pytest.raises(OperatorFault, match="earlier version"):
        HammingIndex.open(tmp_path / "old")


def test_a_file_without_tags_is_read_and_is_written_with_tags(tabled: Path) -> None:
    content = bytearray(tabled.read_bytes())
    header = parsed(bytes(content[:4096]), tabled, size=len(content))
    begin, end = header.places[3]
    positions = np.frombuffer(content, "<u4", (end - begin) // 4, begin)
    assert header.tag == 22
    positions &= 1023
    content[8:12] = struct.pack("<I", 3)
    checks = struct.pack("<I", header.checks[3])
    at = content.index(checks)
    content[at : at + 4] = struct.pack("<I", zlib.crc32(content[begin:end]))
    content[4092:4096] = struct.pack("<I", zlib.crc32(content[:4092]))
    queries = noise(np.random.default_rng(1), 256, 1000)  # the entries
    queries[::2] = flipped(np.random.default_rng(2), queries[::2], np.full(500, 31))
    expected = found(HammingIndex.open(tabled), queries)
    assert len(expected) >= len(queries)
    tabled.write_bytes(content)
    index = HammingIndex.open(tabled, verify=True)
    assert found(index, queries) == expected
    index.save(tabled)
    header = parsed(tabled.read_bytes()[:4096], tabled, size=len(content))
    assert header.tag == 22
    assert found(HammingIndex.open(tabled), queries) == expected


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (8, 0),  # version
        (8, 5),
        (12, 0),  # bits
        (12, 257),
        (12, 1 << 31),
        (16, 256),  # radius
        (16, 30),  # … for which these chunks are not tight
        (20, 65),  # chunks
        (20, 1),
        (24, 999),  # entries
        (28, 1),  # … of which there are far too many
        (40, 1),  # ids that are listed: all or none
        (56, 1),  # where the first chunk begins
        (60, 200),  # its width
        (64, 27),  # its radius
    ],
)
def test_a_header_that_makes_no_sense_is_refused_though_its_check_sum_holds(tabled: Path, at: int, value: int) -> None:
    content = bytearray(tabled.read_bytes())
    content[at : at + 4] = struct.pack("<I", value)
    content[4092:4096] = struct.pack("<I", zlib.crc32(content[:4092]))
    tabled.write_bytes(content)
    with pytest.raises(OperatorFault, match="damaged"):
        HammingIndex.open(tabled, verify=False)


@pytest.mark.parametrize("section", [3, 4])
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"\xff\xff\xff\x7f", b"\x40\0\0\0", b"\1\2\3\4"])
def test_a_large_file_that_is_damaged_inside_ends_in_one_clear_line_at_worst(
    tabled: Path, section: int, filling: bytes
) -> None:
    content = bytearray(tabled.read_bytes())
    begin, end = parsed(bytes(content[:4096]), tabled, size=len(content)).places[section]
    content[begin:end] = (filling * (end - begin))[: end - begin]
    tabled.write_bytes(content)
    with pytest.raises(OperatorFault, match="damaged"):
        HammingIndex.open(tabled, verify=True)
    index = HammingIndex.open(tabled, verify=False)  # as files are opened that are too large to be read through
    with suppress(OperatorFault):
        _, id_, distance = index.search(noise(np.random.default_rng(1), 256, 1000))
        assert set(id_.tolist()) <= set(range(1000))
        assert set(distance.tolist()) <= set(range(32))


def test_a_position_that_no_entry_has_is_told_in_one_clear_line(tabled: Path) -> None:
    content = bytearray(tabled.read_bytes())
    begin, end = parsed(bytes(content[:4096]), tabled, size=len(content)).places[3]
    positions = np.frombuffer(content, "<u4", (end - begin) // 4, begin)
    positions |= 1023  # of 1000; their tags stay
    tabled.write_bytes(content)
    with pytest.raises(OperatorFault, match=r"^The index is damaged; import or rebuild it\.$"):
        HammingIndex.open(tabled, verify=False).search(noise(np.random.default_rng(1), 256, 1000))


SAVING = """
import sys
import numpy as np
from matching.hamming import HammingIndex

index = HammingIndex.open(sys.argv[1])
names = np.arange(50_000, 50_700, dtype=np.uint64)
hashes = np.random.default_rng(2).integers(0, 256, (700, 32), dtype=np.uint8)
print("ready", flush=True)
while True:
    index.remove(names)
    index.save(sys.argv[1])
    index.add(names, hashes)
    index.merge()
    index.save(sys.argv[1])
"""


def until_it_is_there(path: Path) -> None:
    """Wait for a file that somebody writes."""
    deadline = time.monotonic() + 30
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.001)


def test_whenever_a_writer_is_killed_the_file_is_one_of_two_versions(tmp_path: Path) -> None:
    path = tmp_path / "pdq"
    index = saved(path, ALWAYS)
    extra = noise(np.random.default_rng(2), 256, SOMETIMES)
    queries = np.concatenate((extra[:3], noise(np.random.default_rng(1), 256, ALWAYS)[:3]))
    with_extra = [(ALWAYS + row, bytes(value)) for row, value in enumerate(extra)]
    first = [(row, bytes(value)) for row, value in enumerate(queries[3:])]
    versions = {
        ALWAYS: brute(first, queries, 31),
        ALWAYS + SOMETIMES: brute(first + with_extra, queries, 31),
    }
    assert found(index, queries) == versions[ALWAYS]
    dice = np.random.default_rng(17)
    generation, torn = 0, 0
    for kill in range(KILLS):
        child = subprocess.Popen([sys.executable, "-c", SAVING, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        if kill % 2:
            time.sleep(dice.uniform(0.0, 0.3))
        else:  # in the middle, however slow this machine is just now
            until_it_is_there(path.with_name("pdq.new"))
        child.kill()
        child.wait()
        child.stdout.close()
        torn += path.with_name("pdq.new").exists()
        index = HammingIndex.open(path, verify=True)
        assert found(index, queries) == versions[len(index)]
        assert index.generation >= generation
        generation = index.generation
    assert torn  # some were hit in the middle
    index.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["pdq"]
