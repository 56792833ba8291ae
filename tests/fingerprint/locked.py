"""
Lock this very process down, then try one forbidden thing: what the kernel makes of it is the answer.

Run as `python -m tests.fingerprint.locked HOW WHERE WHAT`: HOW is which locks,
WHERE the thread that tries. Prints `done`, or the name of the error.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from fingerprint.confine import confine_child
from fingerprint.kernel import PR_SET_DUMPABLE, prctl, syscall
from fingerprint.landlock import forbid_files
from fingerprint.seccomp import forbid_calls

MEMORY = 1 << 30
X32 = 0x40000000  # the same calls by the numbers of another convention of this processor
NUMBERS = {
    "x86_64": {"ptrace": 101, "process_vm_readv": 310, "io_uring_setup": 425, "openat": 257 | X32},
    "aarch64": {"ptrace": 117, "process_vm_readv": 270, "io_uring_setup": 425, "openat": 56 | X32},
}[os.uname().machine]


def by_number(name: str, *arguments: int | bytes | ctypes.Structure | None) -> None:
    if syscall(NUMBERS[name], *arguments) < 0:
        raise OSError(ctypes.get_errno(), "")


def fork() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def thread() -> None:
    second = threading.Thread(target=lambda: None)
    second.start()
    second.join()


def connect() -> None:
    # Made before the locks: only the call to connect is tried.
    try:
        SOCKET.connect(("127.0.0.1", 9))
    except ConnectionRefusedError:
        return


SOCKET = socket.socket()
ATTEMPTS: dict[str, Callable[[], object]] = {
    "open-for-read": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "open-for-write": lambda: os.open(Path.cwd(), os.O_WRONLY | os.O_TMPFILE),
    "list-directory": lambda: os.listdir("/"),  # noqa: PTH208 - one call, nothing around it
    "stat": lambda: os.stat("/etc/passwd"),  # noqa: PTH116 - same
    "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "unix-pair": socket.socketpair,
    "connect": connect,
    "memfd": lambda: os.memfd_create("lantern"),
    "pipe": os.pipe,
    "fork": fork,
    "thread": thread,
    "exec": lambda: os.execv("/bin/echo", ["echo", "done"]),  # noqa: S606 - no shell is wanted
    "ptrace": lambda: by_number("ptrace", 0, 0, 0, 0),
    "signal-parent": lambda: os.kill(os.getppid(), 0),
    "read-parent": lambda: by_number("process_vm_readv", os.getppid(), None, 0, None, 0, 0),
    "executable-memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "dumpable-again": lambda: prctl(PR_SET_DUMPABLE, 1),
    "decode": lambda: bytearray(1 << 22).count(1),  # what is not forbidden
}
LOCKS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "landlock": forbid_files,
    "seccomp": forbid_calls,
    "all": lambda: confine_child(parent=os.getppid(), memory=MEMORY),
}


def attempt(what: str) -> None:
    """Try, and say how it went without opening anything for it."""
    try:
        ATTEMPTS[what]()
    except OSError as error:
        said = errno.errorcode.get(error.errno or 0, "?")
    else:
        said = "done"
    os.write(1, said.encode())


def main() -> None:
    how, where, what = sys.argv[1:]
    signal.alarm(60)
    if where == "main":
        LOCKS[how]()
        attempt(what)
        return
    locked = threading.Event()

    def wait_and_try() -> None:
        locked.wait()
        attempt(what)

    second = threading.Thread(target=wait_and_try)
    second.start()
    LOCKS[how]()
    locked.set()
    second.join()


if __name__ == "__main__":
    main()
    os._exit(0)  # an orderly end would close the socket, which is forbidden as well
