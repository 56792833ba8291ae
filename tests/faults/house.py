"""An installation that watches quick channels, and processes of it that can be killed and begun again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from tests.acceptance.driver import ROOT, Kapear, free_port
from tests.faults.books import Books, Verdict, books_of
from tests.faults.channels import Channels

PATIENCE_S = 120
INTERVAL_S = 1  # the shortest that can be set
POLL_S = 0.2


@dataclass
class House:
    """An installation with its targets, one a channel."""

    kapear: Kapear
    channels: Channels
    books: Books
    targets: list[str]

    def another_machine(self, folder: Path, **environment: str) -> Kapear:
        """Return another machine of the same hotline: the same database and keys, a data directory of its own."""
        shutil.copytree(self.kapear.data_dir, folder)
        return replace(self.kapear, data_dir=folder).with_env(
            **{"KAPEAR_BIND": f"127.0.0.1:{free_port()}", **environment}
        )

    def whole(self, *, seconds: float = PATIENCE_S) -> Verdict:
        """Wait until everything that was posted is stored, and return what is wrong then; nobody must be posting."""
        limit = time.monotonic() + seconds
        counts = self.channels.counts()
        while self.books.stored() < sum(counts.values()) and time.monotonic() < limit:
            time.sleep(POLL_S)
        return self.books.verdict(counts)

    def looks_again(self, *, seconds: float) -> float:
        """Wait until a visit that began from now on has seen its target; returns how long that took, in seconds."""
        begun, before = time.monotonic(), self.books.looks()
        while self.books.looks() == before:
            assert time.monotonic() - begun < seconds, "no visit sees anything again"
            time.sleep(POLL_S)
        return time.monotonic() - begun


def furnished(
    folder: Path,
    channels: Channels,
    *,
    database_url: str = "",
    told_url: str = "",
    platform_port: int = 0,
    interval_s: int = INTERVAL_S,
) -> House:
    """
    Make an installation that watches every channel.

    `told_url` is what Kapear is told of the database, where it is another address of it; `platform_port` what it asks,
    and `interval_s` how often.
    """
    environment = {
        "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8",
        "KAPEAR_TELEGRAM_WEB_BASE": f"http://127.0.0.1:{platform_port or channels.port}",
        "KAPEAR_BIND": f"127.0.0.1:{free_port()}",
    }
    if database_url:
        environment["KAPEAR_DATABASE_URL"] = told_url or database_url
    kapear = Kapear(data_dir=folder / "data", environment=environment)
    kapear.run("init")
    (kapear.data_dir / "kapear.toml").write_text(f"visit_interval_s = {interval_s}\n")
    listed = folder / "listed.csv"
    listed.write_text(channels.hash_list)
    kapear.run("hashlist", "import", str(listed), "--format", "csv", "--name", "kites", "--classification", "known")
    targets = [kapear.watch(f"https://t.me/s/{name}") for name in channels.counts()]
    return House(kapear, channels, books_of(kapear, database_url), targets)


@dataclass
class Runner:
    """`kapear run`, or another command, in a process of its own with its log in a file."""

    kapear: Kapear
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("-m", "cli", "run")
    said: bytes = b"Console:"  # once it has begun
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it says that it has begun; a start that is refused fails."""
        seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env={**self.kapear.env, **self.environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        while wait and self.said not in self.log.read_bytes()[seen:]:
            assert self.process.poll() is None, self.log.read_text()[seen:]
            time.sleep(0.02)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> bool:
        """Kill it; returns whether it was alive."""
        assert self.process is not None
        alive = self.is_alive
        self.process.kill()
        self.process.wait(30)
        return alive

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """Ask it to end, as a service manager does; it must."""
        self.signal(signal.SIGTERM)
        assert self.process is not None
        assert self.process.wait(30) == 0

    def children(self) -> list[int]:
        """Return its fingerprint children."""
        return family(self.pid)[1:]

    def check_log(self) -> None:
        """Check that no traceback was written."""
        text = self.log.read_text()
        assert "Traceback" not in text, text[text.index("Traceback") - 500 :][:3000]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it; nothing of one that has ended."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(below for child in children for below in family(int(child)))]
