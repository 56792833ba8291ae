"""Lead a canary along every path that media or a text can take, with strace watching."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.acceptance.driver import ROOT, Kapear, until
from tests.acceptance.site import Answer, Site
from tests.fingerprint.hostile import chunk
from tests.fingerprint.pictures import encoded, photo
from tests.retention.search import Canary, canary_of
from tests.retention.trace import Trace, read_trace, strace, traced
from tests.retention.watchable import PROGRAM

PICTURE = encoded(photo(200, 150, seed=21), "PNG")
# As much of it as a report's text may be.
TEXT = base64.b64encode(PICTURE[100:5_000]).decode()
SELLING = "Blue kites, 12 USD each, write to @harbour_kites, please."
PAGES = ("/page", "/error")
BACKUP = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"


def slow_picture() -> bytes:
    """Return a picture that is decoded for some hundred milliseconds, with a piece of the canary inside."""
    large = encoded(Image.linear_gradient("L").resize((7_000, 7_000)).convert("RGB"), "PNG", compress_level=1)
    head = large.index(b"IDAT") - 4
    return large[:head] + chunk(b"kiTe", PICTURE[100:5_000]) + large[head:]


def furnish(site: Site) -> None:
    """Serve the canary as a file, a `data:` address and base64 in a text; broken off; with an error; slow to decode."""
    whole = base64.b64encode(PICTURE).decode()
    page = f"""<html><head><title>{TEXT}</title><meta property="og:image" content="/file.png"></head><body>
    <p>{SELLING}</p><p>{whole}</p><img src="data:image/png;base64,{whole}"><a href="/{TEXT}">more</a>
    <img src="/cut.png"><img src="/half.png"><img src="/slow.png"></body></html>"""
    half = len(PICTURE) // 2
    site.answers |= {
        "/page": Answer(body=page.encode()),
        "/file.png": Answer(kind="image/png", body=PICTURE),
        "/cut.png": Answer(kind="image/png", body=PICTURE[:half]),
        # The length is a lie: the answer ends after the picture has begun to arrive.
        "/half.png": Answer(
            kind="image/png", body=lambda write: write(PICTURE[:half]), headers={"Content-Length": "9999999"}
        ),
        "/error": Answer(status=500, body=page.encode()),
        "/slow.png": Answer(kind="image/png", body=slow_picture()),
    }


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One installation, the site it watches, and a folder for what strace writes."""

    kapear: Kapear
    site: Site
    folder: Path
    canary: Canary

    @staticmethod
    def prepare(kapear: Kapear, site: Site, folder: Path) -> Walk:
        folder.mkdir()
        return Walk(kapear=kapear.with_env(KAPEAR_DEBUG="1"), site=site, folder=folder, canary=canary_of(PICTURE))

    def command(
        self, name: str, *arguments: str, stdin: bytes = b"", program: tuple[str, ...] = PROGRAM
    ) -> tuple[Trace, subprocess.CompletedProcess[bytes]]:
        """Run one command under watch."""
        command = [*program, *arguments]
        return traced(self.folder / name, command, env=self.kapear.env, cwd=self.kapear.data_dir.parent, stdin=stdin)

    @contextlib.contextmanager
    def running(self, name: str) -> Iterator[Running]:
        """Run `kapear run` under watch for the length of the block; its trace is complete afterwards."""
        process = subprocess.Popen(
            strace(self.folder / name, [*PROGRAM, "run"]),
            env=self.kapear.env,
            cwd=self.kapear.data_dir.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        seen: list[bytes] = []
        for line in process.stderr:
            seen.append(line)
            if line.startswith(b"Console:"):
                break
        else:
            raise AssertionError(b"".join(seen))
        reader = threading.Thread(target=process.stderr.read)
        reader.start()
        (kapear,) = children_of(process.pid)
        address = seen[-1].split()[1].decode()
        running = Running(pid=kapear, address=address)
        try:
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(kapear, signal.SIGTERM)
            process.wait(30)
            reader.join(10)
            process.stderr.close()
        running.trace = read_trace(self.folder / name)


@dataclass
class Running:
    """A console under watch."""

    pid: int
    address: str
    trace: Trace | None = None

    def ask(
        self, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return status and body of one request."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.address + path, data=body or None, method=method, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    def visits(self) -> int:
        """Return how many visits have ended."""
        _, figures = self.ask("GET", "/metrics")
        rows = [line for line in figures.decode().splitlines() if line.startswith("kapear_visits_total{")]
        return sum(int(float(row.rpartition(" ")[2])) for row in rows)


def console_requests(running: Running, token: str) -> list[int]:
    """Hand the canary to the console in every part of a request; returns the statuses."""
    signed = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    report = {"reference": "R-7", "received": "2026-01-31", "via": "web", "alleged": f"See {TEXT} and more"}
    spooled = (
        b'--kite\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        + PICTURE * 20  # more than a server keeps in memory
        + b"\r\n--kite--\r\n"
    )
    asked = (
        ("POST", "/api/v1/reports", json.dumps(report).encode(), signed),
        ("POST", "/api/v1/reports", json.dumps(report).encode()[:-9], signed),
        ("POST", "/api/v1/reports", json.dumps(report | {"via": TEXT}).encode(), signed),
        ("POST", "/api/v1/reports", PICTURE, signed),
        ("POST", "/api/v1/reports", spooled, signed | {"Content-Type": "multipart/form-data; boundary=kite"}),
        ("POST", "/sign-in", spooled, {"Content-Type": "multipart/form-data; boundary=kite"}),
        ("POST", "/sign-in", PICTURE, {"Content-Type": "application/x-www-form-urlencoded"}),
        ("GET", f"/api/v1/leads?status={TEXT[:2_000]}", b"", signed),
        ("GET", f"/leads/{TEXT[:2_000].replace('/', '_')}", b"", {"Cookie": f"session={TEXT[:2_000]}"}),
        ("GET", "/api/v1/leads", b"", {"Authorization": f"Bearer {TEXT[:2_000]}"}),
        ("GET", "/api/v1/targets", b"", signed),
    )  # fmt: skip
    return [running.ask(method, path, body=body, headers=headers)[0] for method, path, body, headers in asked]


def kill_a_busy_child(running: Running, site: Site) -> int:
    """Kill the fingerprint child that decodes the slow picture; returns its process id."""
    until(lambda: "/slow.png" in site.asked)
    idle = {pid: ticks(pid) for pid in fingerprint_children(running.pid)}

    def busy() -> int:
        return next(
            (pid for pid in fingerprint_children(running.pid) if ticks(pid) > idle.setdefault(pid, ticks(pid)) + 10), 0
        )

    pid = int(until(busy))
    os.kill(pid, signal.SIGKILL)
    return pid


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def fingerprint_children(pid: int) -> list[int]:
    found = []
    for child in children_of(pid):
        with contextlib.suppress(OSError):
            if b"fingerprint.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def ticks(pid: int) -> int:
    """Return the processor time that a process has used, in hundredths of a second."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
    except OSError:
        return 0


def python(code: str) -> tuple[str, ...]:
    """Return the command line of a small program of its own."""
    return (sys.executable, "-c", code)


LEAKY = (sys.executable, str(ROOT / "tests" / "retention" / "leaky.py"))
