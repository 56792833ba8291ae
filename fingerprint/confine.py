"""Take away from a process what it does not need; one way, for the rest of its life."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from domain.errors import OperatorFault

_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4


def protect_parent() -> None:
    """
    Keep this process out of core dumps and away from debuggers of the same user.

    It holds media bytes for the moment before a child has them. Does not
    outlive exec. Raises OperatorFault where the system refuses.
    """
    _lower(resource.RLIMIT_CORE, 0)
    _prctl(_PR_SET_DUMPABLE, 0)


def is_protected() -> bool:
    """Return whether `protect_parent` holds for this process."""
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) and _prctl(_PR_GET_DUMPABLE, 0) == 0


def confine_child(*, parent: int, memory: int) -> None:
    """
    Bound what this child may use, and let it die with its parent.

    Called after every import: later ones may not fit. `memory` bounds the
    address space in bytes, what is already mapped included.
    """
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_AS, memory)
    _prctl(_PR_SET_DUMPABLE, 0)
    # Bound to the thread that started this child: the pool's loop must outlive its children.
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)  # the parent died before the line above


def _lower(which: int, limit: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(which, (limit, limit))


def _prctl(option: int, value: int) -> int:
    result = int(ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0))
    if result < 0:
        raise OperatorFault("The system refuses to keep this process out of core dumps (prctl); Kapear needs Linux.")
    return result
