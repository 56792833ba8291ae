"""
A channel's history read through kills, faults, edits and deletions equals the server's truth, message by message.

A small one in the suite; `KAPEAR_TEST_TELEGRAM_MESSAGES=100000 KAPEAR_TEST_TELEGRAM_KILLS=50` is the whole.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.config import load
from app.instance import Instance, open_instance
from domain.store import Tx
from storage.store import SqlTx
from storage.tables import posts, revisions
from tests.acceptance.driver import Kapear
from tests.fingerprint.pictures import photo
from tests.telegram_server import TelegramProcess

MESSAGES = int(os.environ.get("KAPEAR_TEST_TELEGRAM_MESSAGES", "1200"))
KILLS = int(os.environ.get("KAPEAR_TEST_TELEGRAM_KILLS", "2"))
HISTORY, DIFFERENCE = "messages.getHistory", "updates.getChannelDifference"
LATE = 400  # ids below the top among which much changes at once


@dataclass
class Stored:
    """What the database holds of one post."""

    seq: int
    digest: str
    deleted: bool


@dataclass
class Expected:
    """The channel as it must have been stored: revisions and deletions, by id."""

    seq: dict[int, int] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def seen(self, truth: dict[int, list[Any]]) -> None:
        """Take in what a drained channel showed: everything new has its first revision."""
        for number in truth:
            self.seq.setdefault(number, 1)


@dataclass
class Watched:
    """A channel at the server, and the installation that watches it."""

    kapear: Kapear
    telegram: TelegramProcess
    channel: int
    target_id: str
    dice: random.Random

    def truth(self) -> dict[int, list[Any]]:
        told = self.telegram.do("truth", channel=self.channel)["messages"]
        return {int(number): said for number, said in told.items()}

    def drain(self) -> None:
        """Visit until there is nothing new, whatever stands in the way."""
        for _ in range(60):
            if self.kapear.json("watch", "check", self.target_id)["outcome"] == "unchanged":
                return
        raise AssertionError("the channel never came to rest")

    def kill_in_mid_visit(self, most: int) -> bool:
        """Start a visit, and kill it once the server was asked so often; returns whether it was still alive."""
        self.telegram.do("clear_log")
        asked = self.dice.randint(1, most)
        process = self.kapear.start("watch", "check", self.target_id)
        try:
            while process.poll() is None and len(self.telegram.do("log")["calls"]) < asked:
                time.sleep(0.01)
            time.sleep(self.dice.random() / 20)
            alive = process.poll() is None
        finally:
            process.kill()
            process.communicate(timeout=30)
        return alive

    def change(self, expected: Expected, *, count: int, above: int = 0) -> None:
        """Edit, delete and add messages; what was there is edited once at most."""
        known = [number for number in self.truth() if number > above]
        chosen = self.dice.sample(known, min(3 * count, len(known) // 2))
        edited, deleted = chosen[: 2 * len(chosen) // 3], chosen[2 * len(chosen) // 3 :]
        for number in edited:
            text = f"repainted {self.dice.random()}"
            self.telegram.do("edit", channel=self.channel, id=number, text=text)
            expected.seq[number] += 1
        self.telegram.do("delete", channel=self.channel, ids=deleted)
        expected.deleted.update(deleted)
        self.telegram.do("post", channel=self.channel, count=count)
        self.telegram.do("skip", channel=self.channel, count=3)
        self.telegram.do("album", channel=self.channel, photos=[pictures(7)] * 4, text="four kites")
        self.telegram.do("service", channel=self.channel)


def pictures(seed: int) -> dict[str, str]:
    """Return an invented picture in two of the sizes that Telegram makes, in base64."""
    sizes = {}
    for letter, side in (("x", 400), ("y", 640)):
        picture = photo(640, 480, seed).convert("RGB")
        picture.thumbnail((side, side))
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=80)
        sizes[letter] = base64.b64encode(encoded.getvalue()).decode()
    return sizes


def stored(watched: Watched) -> tuple[dict[int, Stored], dict[int, str]]:
    """Return what is stored by id, and the digest that each message of the truth must have."""
    truth = watched.truth()

    def read(tx: Tx) -> dict[int, Stored]:
        assert isinstance(tx, SqlTx)
        latest = select(posts.c.post, posts.c.seq, posts.c.deleted_at, revisions.c.content_digest).join(
            revisions, (revisions.c.post_id == posts.c.id) & (revisions.c.seq == posts.c.seq)
        )
        rows = tx.connection.execute(latest.where(posts.c.container == str(watched.channel)))
        return {
            int(row.post): Stored(seq=row.seq, digest=row.content_digest, deleted=row.deleted_at is not None)
            for row in rows
        }

    async def work() -> tuple[dict[int, Stored], dict[int, str]]:
        async with open_instance(load(watched.kapear.env)) as instance:
            return await instance.store.read(read), {
                number: digest_of(instance, said) for number, said in truth.items()
            }

    return asyncio.run(work())


def digest_of(instance: Instance, said: list[Any]) -> str:
    text, _edited, media, *_ = said
    identities = [instance.vault.digest("media", f"photo:{media}")] if media else []
    return instance.vault.digest("content", json.dumps([text, (), identities], ensure_ascii=False))


def compare(watched: Watched, expected: Expected) -> None:
    """Compare ids, revisions, deletions and digests, message by message."""
    rows, digests = stored(watched)
    assert sorted(rows) == sorted(expected.seq), "ids"
    assert {number: row.seq for number, row in rows.items()} == expected.seq, "revisions"
    assert {number for number, row in rows.items() if row.deleted} == expected.deleted, "deletions"
    living = {number: row.digest for number, row in rows.items() if not row.deleted}
    assert living == digests, "digests"


@pytest.fixture
def watched(tmp_path: Path) -> Any:
    with TelegramProcess() as telegram:
        channel = telegram.do("mixed", username="truth_kites", count=MESSAGES, sizes=pictures(3))["id"]
        environment = {**telegram.environment, "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}
        kapear = Kapear(data_dir=tmp_path / "data", environment=environment, patience=900)
        kapear.run("init")
        dice = random.Random(11)  # noqa: S311 - a repeatable test
        yield Watched(kapear, telegram, channel, kapear.watch("@truth_kites"), dice)
        log = telegram.do("log")
        assert log["failures"] == []
        assert log["forbidden"] == []


def test_what_is_stored_is_the_truth_message_by_message(watched: Watched) -> None:
    expected = Expected()
    first = KILLS - KILLS // 2
    hits = sum(watched.kill_in_mid_visit(2 + MESSAGES // 100) for _ in range(first))
    watched.drain()
    expected.seen(watched.truth())
    compare(watched, expected)

    rounds = max(1, KILLS // 4)
    for turn in range(rounds):
        watched.change(expected, count=max(10, min(200, MESSAGES // 100)))  # fewer changes than are too much to tell
        fault = [("drop", ""), ("error", "INTERNAL"), ("cut", ""), ("late", 0.2)][turn % 4]
        watched.telegram.do("fault", method=[HISTORY, DIFFERENCE][turn % 2], kind=fault[0], value=fault[1])
        hits += sum(watched.kill_in_mid_visit(6) for _ in range((KILLS // 2) // rounds))
        watched.telegram.do("expire_references")
        watched.drain()
        expected.seen(watched.truth())
    compare(watched, expected)
    assert hits >= KILLS // 2, "most kills must hit a visit that is under way"

    # So much changes that the server will not tell it: what is near the top is read again.
    watched.change(expected, count=20, above=max(watched.truth()) - LATE)
    watched.telegram.do("trim", channel=watched.channel)
    watched.drain()
    expected.seen(watched.truth())
    compare(watched, expected)
