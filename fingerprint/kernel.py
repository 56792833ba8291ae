"""Ask the kernel for what the standard library has no call for."""

from __future__ import annotations

import ctypes

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

# Loaded with the module: a locked-down child could not load it any more.
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def prctl(option: int, value: int = 0) -> int:
    """Return what prctl answers, or -1."""
    return int(_LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def syscall(number: int, *arguments: int | bytes | ctypes.Structure | None) -> int:
    """Return what the system call answers, or -1. Structures are handed over by address."""
    words = [
        ctypes.c_long(value)
        if isinstance(value, int)
        else ctypes.byref(value)
        if isinstance(value, ctypes.Structure)
        else value
        for value in arguments
    ]
    return int(_LIBC.syscall(ctypes.c_long(number), *words))
