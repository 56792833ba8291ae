"""Twenty seconds of damaged pictures; `make fuzz` does the same for ten minutes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from domain.fingerprints import Fingerprint, MediaStatus
from fingerprint.image import fingerprint_image
from tests.fuzz.guided import EVERY as EVERY_GUIDED
from tests.fuzz.guided import Target
from tests.fuzz.mutations import mutant, seeds
from tests.fuzz.run import EVERY, fuzz, wrong_with

ROOT = Path(__file__).parents[2]
SECONDS, MOST = 20, 1_500


async def test_no_child_is_lost_and_no_neighbour_is_wrong() -> None:
    figures = await fuzz(first=0, seconds=SECONDS, most=MOST, patience=20)
    assert figures.complaints == []
    assert figures.neighbours * EVERY >= figures.mutants > 0


def test_a_number_always_gives_the_same_damage() -> None:
    files = seeds()
    assert seeds() == files
    assert [mutant(files, number) for number in range(50)] == [mutant(files, number) for number in range(50)]
    assert len({mutant(files, number) for number in range(50)}) > 40


def test_the_corpus_begins_with_pictures_of_every_format_that_can_be_hashed() -> None:
    found = [fingerprint_image(file) for file in seeds()[:22]]
    assert all(each.pdq is not None for each in found)


def test_the_guided_harness_accepts_its_own_corpus() -> None:
    target = Target()
    for file in seeds() * (EVERY_GUIDED // len(seeds()) + 1):
        target.one(file)


def test_guided_damage_finds_nothing_in_ten_seconds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", str(tmp_path / "corpus"), "-max_total_time=10"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "stat::number_of_executed_units" in done.stderr


def test_a_wrong_answer_is_complained_of() -> None:
    right = Fingerprint(
        status=MediaStatus.UNDECODABLE, reason="damaged", size=4, sha256=hashlib.sha256(b"kite").hexdigest()
    )
    assert wrong_with(right, b"kite") == ""
    assert wrong_with(right, b"kit") == "its digest is not that of its bytes"
    for status, reason in (
        (MediaStatus.UNDECODABLE, "crashed"),
        (MediaStatus.UNDECODABLE, ""),
        (MediaStatus.HASHED, ""),
        (MediaStatus.REJECTED, "too_large"),
    ):
        assert wrong_with(Fingerprint(status=status, reason=reason, size=4, sha256=right.sha256), b"kite")
