"""Drive Kapear as its users do: by its command, in processes of their own, against loopback platforms."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "cli")


@dataclass(frozen=True, kw_only=True)
class Kapear:
    """One installation; `environment` overrides what the defaults set, a command may take `patience` seconds."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    patience: float = 120

    @property
    def env(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("KAPEAR_")}
        return {
            **plain,
            "PYTHONPATH": str(ROOT),
            "OPENBLAS_NUM_THREADS": "1",
            "KAPEAR_DATA_DIR": str(self.data_dir),
            **self.environment,
        }

    def with_env(self, **environment: str) -> Kapear:
        return replace(self, environment={**self.environment, **environment})

    def run(self, *arguments: str, expect: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=self.env,
            cwd=cwd or self.data_dir.parent,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=self.patience,
            check=False,
        )
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    def refused(self, *arguments: str) -> str:
        """Run a command that must be refused; returns its one line."""
        lines = self.run(*arguments, expect=1).stderr.splitlines()
        assert len(lines) == 1, lines
        return lines[0]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.env,
            cwd=self.data_dir.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    @contextlib.contextmanager
    def running(self, *arguments: str, said: str = "Console:") -> Iterator[subprocess.Popen[str]]:
        """Run a command (`kapear run`) for the length of the block, from when it says what it is to say."""
        process = self.start(*(arguments or ("run",)))
        assert process.stderr is not None
        try:
            seen: list[str] = []
            for line in process.stderr:
                seen.append(line)
                if said in line:
                    break
            else:
                raise AssertionError("".join(seen))
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            with contextlib.suppress(ValueError):
                process.stderr.close()

    def watch(self, locator: str, *, report: str = "R-1") -> str:
        target = self.json(
            "watch", "add", locator, "--report", report, "--authorised-by", "duty desk", "--basis", "reported",
            "--backfill", "all",
        )  # fmt: skip
        return str(target["id"])


class Platform:
    """The bundled demo platforms, by the command that serves them."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        kapear = Kapear(data_dir=directory / "unused")
        self.process = subprocess.Popen(
            [*COMMAND, "demo", "--platform-only"],
            env=kapear.env,
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.line: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.base: str = self.line["telegram_web_base"]
        self.hash_list = directory / self.line["hash_list"]

    def environment(self) -> dict[str, str]:
        return {
            "KAPEAR_ALLOW_NETWORKS": self.line["allow_networks"],
            "KAPEAR_TELEGRAM_WEB_BASE": self.base,
            "KAPEAR_BIND": f"127.0.0.1:{free_port()}",
        }

    def log(self, *, reset: bool = False) -> dict[str, int]:
        """Return how often each path was asked for."""
        with urllib.request.urlopen(f"{self.base}/_log{'?reset=1' if reset else ''}") as answer:  # noqa: S310 - loopback
            counts: dict[str, int] = json.load(answer)
        return counts

    def planted(self, target: str | None = None) -> list[dict[str, Any]]:
        return [plant for plant in self.line["served"]["planted"] if target in {None, plant["target"]}]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Any, *, seconds: float = 60) -> Any:
    """Poll until a condition holds and return it."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it never came true")
