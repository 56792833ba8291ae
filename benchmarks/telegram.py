"""
Time reading Telegram beside a bare Telethon loop, count what quiet channels cost, and weigh photos.

The server is the loopback one, in a process of its own; so are the contestants,
in turns, and figures are medians. The peer is `iter_messages` as it comes
(`wait_time=0`, oldest first), which keeps nothing; ours is a visit as
`kapear watch check` makes it, everything stored in SQLite. CPU time is the
contestant's alone. Photos are visited once, and matched against a list made
from their full sizes: every one that is on it must be found.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from telethon import TelegramClient
from telethon.sessions import StringSession

from app.config import load
from app.instance import Instance, open_instance
from app.visitor import Visitor, open_visitor, visit_target
from demo.dice import Dice
from demo.drawing import draw
from domain.hashlists import Algorithm, HashEntry, ListClass
from domain.outcomes import Outcome
from domain.people import Actor, Role
from domain.targets import Visit
from fingerprint.image import fingerprint_image
from triage.list_terms import NewList
from triage.watchlist import NewTarget

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = int(os.environ.get("KAPEAR_BENCH_MESSAGES", "100000"))
ROUNDS = int(os.environ.get("KAPEAR_BENCH_ROUNDS", "3"))
QUIET = 200
PHOTOS = 40
LISTED = 8
GRAIN = 6.0  # of 255, a camera's in good light; without any the smaller size is half of the full one
FOLDER = ROOT / "build" / "telegram"
BENCH = Actor(name="os:bench", role=Role.ADMIN, local=True)
STYLES = ("landscape", "gradients", "shapes")


@dataclass
class Server:
    """The loopback server, by the lines it takes and gives."""

    process: subprocess.Popen[str]
    told: dict[str, Any] = field(default_factory=dict)

    def do(self, what: str, **words: Any) -> dict[str, Any]:
        print(json.dumps({"do": what, **words}), file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.process.stdout.readline() if self.process.stdout else "")
        return answer


def environment(told: dict[str, Any], folder: str) -> dict[str, str]:
    return {
        "KAPEAR_DATA_DIR": str(FOLDER / folder),
        "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8",
        "KAPEAR_TELEGRAM_SESSION": told["session"],
        "KAPEAR_TELEGRAM_API_ID": str(told["api_id"]),
        "KAPEAR_TELEGRAM_API_HASH": told["api_hash"],
    }


def say(**figures: Any) -> None:
    print(json.dumps(figures))


# ------------------------------------------------------------------ the contestants


async def bare(told: dict[str, Any]) -> None:
    client = TelegramClient(StringSession(told["session"]), told["api_id"], told["api_hash"])
    await client.connect()
    channel = await client.get_input_entity("long_history")
    seen, wall, cpu = 0, time.perf_counter(), time.process_time()
    async for _ in client.iter_messages(channel, limit=MESSAGES, reverse=True, wait_time=0):
        seen += 1
    say(messages=seen, wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)
    await client.disconnect()


async def opened(stack: AsyncExitStack, told: dict[str, Any], folder: str) -> tuple[Instance, Visitor]:
    config = load(environment(told, folder))
    instance = await stack.enter_async_context(open_instance(config, create=True))
    return instance, await stack.enter_async_context(open_visitor(instance))


async def watch(instance: Instance, name: str) -> str:
    wanted = NewTarget(locator=f"@{name}", report="B-1", authorised_by="bench", basis="bench", backfill=None)
    return (await instance.office.watchlist.add(BENCH, wanted)).target.id


async def visited(visitor: Visitor, target_id: str) -> Visit:
    found = await visit_target(visitor, target_id)
    if found is None:
        raise SystemExit("somebody else holds the target")
    return found[0]


async def kapear(told: dict[str, Any], folder: str) -> None:
    async with AsyncExitStack() as stack:
        instance, visitor = await opened(stack, told, folder)
        target_id = await watch(instance, "long_history")
        seen, wall, cpu = 0, time.perf_counter(), time.process_time()
        while (visit := await visited(visitor, target_id)).new_observations:
            seen += visit.new_observations
        say(messages=seen, wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)


async def quiet(told: dict[str, Any], folder: str) -> None:
    """Visit every quiet channel once; the first time they are added."""
    async with AsyncExitStack() as stack:
        instance, visitor = await opened(stack, told, folder)
        known: list[str] = [view.target.id for view in await instance.office.watchlist.all(BENCH)]
        targets = known or [await watch(instance, f"quiet_{number:04d}") for number in range(1, QUIET + 1)]
        outcomes = [(await visited(visitor, target_id)).outcome for target_id in targets]
        say(unchanged=outcomes.count(Outcome.UNCHANGED), channels=len(outcomes))


async def photos(told: dict[str, Any], folder: str) -> None:
    """Visit the channel of photos with a list of some of them, in full size."""
    listed = json.loads((FOLDER / "listed.json").read_text())
    async with AsyncExitStack() as stack:
        instance, visitor = await opened(stack, told, folder)
        wanted = NewList(name="bench", classification="demo", list_class=ListClass.OWN, authority="bench")
        rows = [HashEntry(algorithm=Algorithm.PDQ, hash=bytes.fromhex(value)) for value in listed]
        await instance.office.lists.import_list(BENCH, wanted, rows)
        await visitor.refresh_lists()
        visit = await visited(visitor, await watch(instance, "photos"))
        say(bytes=visit.bytes, hashed=visit.media_hashed, matches=visit.matches)


# ------------------------------------------------------------------ the comparison


def contestant(told: dict[str, Any], role: str, folder: str = "") -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.telegram", role, folder],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compare_reading(server: Server) -> None:
    theirs, ours = [], []
    for turn in range(ROUNDS):
        theirs.append(contestant(server.told, "bare"))
        ours.append(contestant(server.told, "kapear", f"round-{turn}"))
    for seen in (*theirs, *ours):
        if seen["messages"] != MESSAGES:
            raise SystemExit(f"{seen['messages']} messages are not the {MESSAGES} there are")
    for figure, unit, of in (("messages_per_second", "messages/s", "wall"), ("cpu_us", "us/message", "cpu")):
        values = [statistics.median(MESSAGES / seen[of] for seen in side) for side in (ours, theirs)]
        shown = values if of == "wall" else [1e6 / value for value in values]
        say(
            figure=f"telegram_{figure}",
            value=round(shown[0], 1),
            unit=unit,
            peer="Telethon iter_messages, nothing kept",
            peer_value=round(shown[1], 1),
            ratio=round(values[0] / values[1], 3),
        )


def compare_quiet(server: Server) -> None:
    contestant(server.told, "quiet", "quiet")
    server.do("clear_log")
    seen = contestant(server.told, "quiet", "quiet")
    calls = [call["method"] for call in server.do("log")["calls"] if call["channel"] is not None]
    resolves = sum(call["method"] == "contacts.resolveUsername" for call in server.do("log")["calls"])
    if seen["unchanged"] != QUIET:
        raise SystemExit(f"{seen['unchanged']} of {QUIET} channels were quiet")
    say(figure="telegram_requests_per_quiet_visit", value=len(calls) / QUIET, unit="requests", resolves=resolves)


def compare_photos(server: Server) -> None:
    channel = server.do("channel", username="photos")["id"]
    full, listed = 0, []
    for number in range(PHOTOS):
        sizes = pictures(number)
        full += len(sizes["y"])
        if number % (PHOTOS // LISTED) == 0:
            listed.append((fingerprint_image(sizes["y"]).pdq or b"").hex())
        told = {letter: base64.b64encode(data).decode() for letter, data in sizes.items()}
        server.do("photo", channel=channel, sizes=told)
    (FOLDER / "listed.json").write_text(json.dumps(listed))
    seen = contestant(server.told, "photos", "photos")
    if (seen["hashed"], seen["matches"]) != (PHOTOS, LISTED):
        raise SystemExit(f"{seen['matches']} matches of {seen['hashed']} photos are not what was planted")
    say(
        figure="telegram_photo_bytes",
        value=seen["bytes"],
        unit="bytes",
        peer=f"full sizes alone; {LISTED} of {PHOTOS} photos match",
        peer_value=full,
        ratio=round(seen["bytes"] / full, 3),
    )


def pictures(number: int) -> dict[str, bytes]:
    """Return an invented picture in the sizes that Telegram would make of it: each smaller than what a camera took."""
    dice = Dice(number, "bench")
    drawn = np.asarray(draw(dice, STYLES[number % len(STYLES)], 2560, 1920), dtype=np.float32)
    grain = dice.generator.normal(0, GRAIN, drawn.shape[:2])[..., None]
    whole = Image.fromarray(np.clip(drawn + grain, 0, 255).astype(np.uint8))
    sizes = {}
    for letter, side in (("m", 320), ("x", 800), ("y", 1280)):
        small = whole.copy()
        small.thumbnail((side, side))
        encoded = io.BytesIO()
        small.save(encoded, "JPEG", quality=87)
        sizes[letter] = encoded.getvalue()
    return sizes


def compare() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    command = [sys.executable, "-m", "demo.telegram.process", "--history", str(MESSAGES), "--quiet", str(QUIET)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        server = Server(process)
        server.told = server.answer()
        try:
            compare_quiet(server)
            compare_photos(server)
            compare_reading(server)
        finally:
            process.communicate("")
            shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            compare()
        case ["bare", _]:
            asyncio.run(bare(json.loads(sys.stdin.read())))
        case [role, folder]:
            asyncio.run(
                {"kapear": kapear, "quiet": quiet, "photos": photos}[role](json.loads(sys.stdin.read()), folder)
            )
