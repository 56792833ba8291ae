"""The index finds what looking at everything finds, after any sequence of what can be done to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from matching import hamming, hamming_plan, hamming_segment, hamming_table, hamming_words
from matching.hamming import HammingIndex
from tests.matching.hamming_help import Entries, brute, found, hashes_near


class AnySequence(RuleBasedStateMachine):
    """Everything is made so small that few entries pass through all that many would."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(hamming_plan, "SCAN", 1e6)  # so that tables are worth it, …
        self.patch.setattr(hamming_plan, "CANDIDATE", 1e5)  # … and keys are probed rather than entries compared
        self.patch.setattr(hamming_plan, "SMALL", 1 << 16)
        self.patch.setattr(hamming, "SCANNED", 6)
        self.patch.setattr(hamming_segment, "PIECE", 7)
        self.patch.setattr(hamming_table, "SORTED", 16)
        self.patch.setattr(hamming_table, "PROBES", 64)
        self.patch.setattr(hamming_table, "CANDIDATES", 5)
        self.patch.setattr(hamming_words, "BLOCK", 4)
        self.patch.setattr(hamming_words, "PAIRS", 8)
        self.folder: Path | None = None
        self.entries: Entries = []
        self.stored: Entries | None = None

    @initialize(size=st.sampled_from([(64, 8), (256, 31), (72, 5), (160, 0)]), seed=st.integers(0, 2**32))
    def begin(self, size: tuple[int, int], seed: int) -> None:
        self.bits, self.radius = size
        self.dice = np.random.default_rng(seed)
        self.pool = hashes_near(self.dice, self.bits, 40)
        self.index = HammingIndex(*size)
        self.folder = FOLDER / str(seed)
        self.folder.mkdir(exist_ok=True)
        self.path = self.folder / "index"

    @rule(amount=st.integers(0, 30))
    def add(self, amount: int) -> None:
        chosen = self.pool[self.dice.integers(0, len(self.pool), amount)]
        names = self.dice.integers(0, 50, amount).astype(np.uint64)
        self.index.add(names, chosen)
        self.entries += [(int(name), bytes(value)) for name, value in zip(names, chosen, strict=True)]

    @rule(amount=st.integers(0, 30))
    def remove(self, amount: int) -> None:
        names = self.dice.integers(0, 60, amount).astype(np.uint64)
        self.index.remove(names)
        gone = set(names.tolist())
        self.entries = [(name, value) for name, value in self.entries if name not in gone]

    @rule()
    def merge(self) -> None:
        self.index.merge()

    @rule()
    def save(self) -> None:
        before = self.index.generation
        self.index.save(self.path)
        assert self.index.generation == HammingIndex.stored_generation(self.path) > before
        self.stored = list(self.entries)

    @precondition(lambda self: self.stored is not None)
    @rule(verify=st.sampled_from([True, False, None]))
    def reopen(self, *, verify: bool | None) -> None:
        assert self.stored is not None
        self.index = HammingIndex.open(self.path, verify=verify)
        self.entries = list(self.stored)

    @invariant()
    def finds_what_looking_at_everything_finds(self) -> None:
        if self.folder is None:
            return
        assert len(self.index) == len(self.entries)
        queries = self.pool[self.dice.integers(0, len(self.pool), 4)]
        assert found(self.index, queries) == brute(self.entries, queries, self.radius)

    def teardown(self) -> None:
        self.patch.undo()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


FOLDER = Path()


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global FOLDER  # noqa: PLW0603 - hypothesis makes the machine without arguments
    FOLDER = tmp_path_factory.mktemp("states")


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=14, deadline=None)
