"""
Take away from a process what it does not need; one way, for the rest of its life.

Limits, Landlock and seccomp bind the process or the thread that asks for them.
So a child asks when everything is imported, and only while it has one thread.
"""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

from domain.errors import OperatorFault
from fingerprint.kernel import PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_PDEATHSIG, prctl
from fingerprint.landlock import forbid_files
from fingerprint.layers import Layer
from fingerprint.seccomp import forbid_calls

CPU_SECONDS = 3600  # far above a child's share of jobs: the last bound, if the parent's clock should fail
STANDARD_FILES = 3  # input, output, errors: all that a child has open
NOT_ALONE = 3  # exit code: there is a second thread, which the locks might not bind


def protect_parent() -> None:
    """
    Keep this process out of core dumps and away from debuggers of the same user.

    It holds media bytes for the moment before a child has them. Does not
    outlive exec. Raises OperatorFault where the system refuses.
    """
    _lower(resource.RLIMIT_CORE, 0)
    if prctl(PR_SET_DUMPABLE, 0) != 0:
        raise OperatorFault("The system refuses to keep this process out of core dumps (prctl); Kapear needs Linux.")


def is_protected() -> bool:
    """Return whether `protect_parent` holds for this process."""
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) and prctl(PR_GET_DUMPABLE) == 0


def confine_child(*, parent: int, memory: int) -> frozenset[Layer]:
    """
    Lock this child down and return the layers that this machine lacks.

    Called after every import: later nothing can be opened. `memory` bounds the
    address space in bytes, what is already mapped included. Ends the process
    where anything but a layer of the kernel's fails.
    """
    # Looked at before the directory is out of reach. Nobody else can start a thread in between.
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise SystemExit(NOT_ALONE)
    os.closerange(STANDARD_FILES, os.sysconf("SC_OPEN_MAX"))
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_AS, memory)
    _lower(resource.RLIMIT_CPU, CPU_SECONDS)
    _lower(resource.RLIMIT_NPROC, 0)
    # Bound to the thread that started this child: the pool's loop must outlive its children.
    if prctl(PR_SET_DUMPABLE, 0) != 0 or prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise SystemExit(1)
    if os.getppid() != parent:
        raise SystemExit(1)  # the parent died before the lines above
    missing = set()
    if not forbid_files():
        missing.add(Layer.LANDLOCK)
    _lower(resource.RLIMIT_NOFILE, STANDARD_FILES)  # Landlock needed one more for a moment
    if not forbid_calls():
        missing.add(Layer.SECCOMP)
    return frozenset(missing)


def _lower(which: int, limit: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(which, (limit, limit))
