"""Start the demo's platforms in a process of their own, and end them with their owner."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from domain.errors import OperatorFault

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 5
LONGEST_LINE = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The line the platforms announce themselves with; `line` is the whole of it."""

    allow_networks: str
    telegram_web_base: str
    targets: tuple[str, ...]
    hash_list: Path
    posts: dict[str, list[str]]
    planted: list[dict[str, Any]]
    line: dict[str, Any]

    @classmethod
    def parsed(cls, text: bytes) -> Self:
        """Read the line."""
        line = json.loads(text)
        return cls(
            allow_networks=line["allow_networks"],
            telegram_web_base=line["telegram_web_base"],
            targets=tuple(line["targets"]),
            hash_list=Path(line["hash_list"]),
            posts=line["served"]["posts"],
            planted=line["served"]["planted"],
            line=line,
        )


class DemoPlatform:
    """
    The platforms, running for as long as the `async with` block.

    They end by themselves when this process dies, however it dies: the pipe to
    their stdin closes with it.
    """

    def __init__(self, *, directory: Path, live: bool = False, seed: int = 1, anchor: datetime | None = None) -> None:
        """Remember what to start; `directory` gets the hash list."""
        self._arguments = ["--dir", str(directory), "--seed", str(seed)]
        self._arguments += ["--live"] if live else []
        self._arguments += ["--anchor", anchor.isoformat()] if anchor else []
        self._process: Process | None = None

    async def __aenter__(self) -> Served:
        """Start, and return what is served once it is; raises OperatorFault."""
        # This tree's own `demo`, wherever the caller stands; one thread is plenty for small arrays.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KAPEAR_")}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH"))))
        environment["OPENBLAS_NUM_THREADS"] = "1"
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "demo.platform",
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            limit=LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends this in order
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline() if process.stdout is not None else b""
            return Served.parsed(line)
        except (TimeoutError, ValueError, KeyError):
            await self._end(process)
            raise OperatorFault("the demo's platforms did not start: see the lines above") from None
        except BaseException:
            await self._end(process)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its stdin and wait for it to go."""
        if self._process is not None:
            await self._end(self._process)

    async def _end(self, process: Process) -> None:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
