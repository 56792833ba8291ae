"""
Watch every byte that a command and its children hand to the system, by strace.

The one way that media may take is the pipe into a fingerprint child. It is
known by what strace saw: a process that made that very pipe its standard input
and then became `fingerprint.child`. Whatever else is written, sent, named or
passed on is to be searched.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.driver import ROOT
from tests.retention.search import Canary

LONGEST = 4 << 20  # bytes of one call that strace writes down; a longer one is a complaint
WRITES = (
    "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg",
)  # fmt: skip
# The file's name or the program's arguments could carry bytes as well.
NAMES = (
    "open", "openat", "openat2", "creat", "mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2",
    "link", "linkat", "symlink", "symlinkat", "setxattr", "lsetxattr", "fsetxattr", "execve", "execveat",
    "memfd_create", "prctl",
)  # fmt: skip
# These move bytes that strace does not show: there must be none, but for pages of the console's own.
UNSEEN = (
    "sendfile", "splice", "tee", "vmsplice", "copy_file_range", "io_uring_setup", "process_vm_writev", "shmget",
    "add_key",
)  # fmt: skip
CALLS = (*WRITES, *NAMES, *UNSEEN, "mmap", "dup2", "dup3")

_LINE = re.compile(r"^(\w+)\((.*)\)\s+= (\S+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_FILE = re.compile(r"^(\d+)<(.*?)>(?:\(deleted\))?(?=, |$|\))")
_OLD_TO_NEW = re.compile(r"^\d+<(.*?)>, (\d+)")
_SOCKET = re.compile(r"UNIX-STREAM:\[(\d+)->(\d+)\]")
_SHORT_ANSWER = re.compile(r"1, 0x[0-9a-f]+, (\d+)")
LONGEST_ANSWER = 4096
_IN_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")


@dataclass
class Trace:
    """What was handed to the system: `streams` by process and place, and what could not be watched."""

    streams: dict[tuple[str, str], bytearray] = field(default_factory=dict)
    to_children: set[str] = field(default_factory=set)
    unseen: list[str] = field(default_factory=list)

    def leaks(self, canary: Canary) -> list[str]:
        """Return where the canary was written, and how; the way into the children is no leak."""
        met = [
            (place, canary.met_in(bytes(data)))
            for (_, place), data in self.streams.items()
            if place not in self.to_children
        ]
        return [f"{place}: {way}" for place, way in met if way] + self.unseen

    def reached_a_child(self, canary: Canary) -> bool:
        """Return whether the canary itself went the one way that is allowed."""
        return any(canary.longest_run(bytes(self._all(place))) for place in self.to_children)

    def written(self, place: str) -> bytes:
        """Return what all processes wrote to places whose name holds this."""
        return b"".join(bytes(data) for (_, name), data in self.streams.items() if place in name)

    def _all(self, place: str) -> bytes:
        return b"".join(bytes(data) for (_, name), data in self.streams.items() if name == place)


def strace(folder: Path, command: Sequence[str]) -> list[str]:
    """Return the command line that runs a command under watch; a file for each thread goes into the folder."""
    folder.mkdir()
    return [
        "strace", "-f", "-ff", "-yy", "-xx", "-qq", "-s", str(LONGEST), "--seccomp-bpf", "-e", "signal=none",
        "-e", f"trace={','.join(CALLS)}", "-o", str(folder / "t"), *command,
    ]  # fmt: skip


def traced(
    folder: Path, command: Sequence[str], *, env: dict[str, str], cwd: Path, stdin: bytes = b""
) -> tuple[Trace, subprocess.CompletedProcess[bytes]]:
    """Run a command to its end under watch."""
    done = subprocess.run(
        strace(folder, command), env=env, cwd=cwd, input=stdin, capture_output=True, timeout=120, check=False
    )
    return read_trace(folder), done


def read_trace(folder: Path) -> Trace:
    """Return what strace wrote down."""
    trace = Trace()
    files = sorted(folder.iterdir(), key=lambda path: int(path.suffix[1:]))
    assert files, "strace wrote nothing"
    for number, file in enumerate(files):
        with file.open() as lines:
            # The first line of the first is the command itself, which its user typed.
            _read_thread(trace, file.suffix[1:], lines.readlines()[0 if number else 1 :])
    return trace


def _read_thread(trace: Trace, process: str, lines: Sequence[str]) -> None:
    standard_input = ""
    is_child = False
    for line in lines:
        met = _LINE.match(line)
        if met is None:
            assert line.startswith("+++") or "= ?" in line or "<unfinished" in line, line[:200]
            continue
        call, arguments, result = met.groups()
        if call in (*WRITES, "openat") and _is_hidden(call, arguments, is_child=is_child):
            trace.unseen.append(f"not readable: {call} {arguments[:100]}")
        if call in WRITES:
            _note(trace, process, _place(arguments), arguments)
        elif call in {"dup2", "dup3"}:
            moved = _OLD_TO_NEW.match(arguments)
            if moved is not None and moved[2] == "0":
                standard_input = _plain(moved[1])
        elif call == "mmap" or call in UNSEEN:
            trace.unseen += _unwatched(call, _plain(arguments), result)
        elif "open" not in call or "O_CREAT" in arguments:
            if call == "execve" and standard_input and "fingerprint.child" in _plain(arguments):
                trace.to_children.add(_other_end(standard_input))
                is_child = True
            _note(trace, process, f"the arguments of {call}", arguments)


def _is_hidden(call: str, arguments: str, *, is_child: bool) -> bool:
    """Return whether strace was kept from looking into a call that matters; a child's short answer does not."""
    if '"' in arguments or "0x" not in arguments:
        return False
    if call == "openat":
        return "O_CREAT" in arguments
    answer = _SHORT_ANSWER.fullmatch(arguments)
    return not (is_child and call == "write" and answer and int(answer[1]) <= LONGEST_ANSWER)


def _unwatched(call: str, arguments: str, result: str) -> list[str]:
    """Return a complaint about a call whose bytes strace does not show."""
    if call == "mmap":
        # What is mapped from a file and shared is written without a call; SQLite's -shm holds page numbers.
        into_file = "PROT_WRITE" in arguments and "MAP_SHARED" in arguments and "MAP_ANONYMOUS" not in arguments
        return [f"mapped for writing: {arguments}"] if into_file and "-shm>" not in arguments else []
    own_page = call == "sendfile" and str(ROOT / "console") in arguments
    return [] if own_page or result.startswith("-") else [f"{call}: {arguments[:200]}"]


def _note(trace: Trace, process: str, place: str, arguments: str) -> None:
    stream = trace.streams.setdefault((process, place), bytearray())
    for digits, cut in _STRING.findall(arguments):
        stream += bytes.fromhex(digits.replace("\\x", ""))
        if cut:
            trace.unseen.append(f"{place}: a call of more than {LONGEST} bytes")


def _place(arguments: str) -> str:
    file = _FILE.match(arguments)
    return _plain(file[2]) if file else arguments[:40]


def _plain(text: str) -> str:
    return _IN_HEX.sub(lambda met: bytes.fromhex(met[0].replace("\\x", "")).decode("utf-8", "replace"), text)


def _other_end(place: str) -> str:
    """A pipe has one name at both ends; a pair of sockets has two."""
    ends = _SOCKET.fullmatch(place)
    return f"UNIX-STREAM:[{ends[2]}->{ends[1]}]" if ends else place
