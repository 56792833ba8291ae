"""
Leave this process the few system calls that decoding makes; any other kills it.

The filter is a program of a few dozen steps that the kernel runs before each
call. It kills rather than refuses. A refusal is an exception that a library
may catch, to go on without the file or the thread it asked for, and to decode
something else than everybody else sees. A death cannot be overlooked: the
parent sees it, tries once more, and calls the media item undecodable.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from fingerprint.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000

_SET_MODE_FILTER = 1
_FOR_ALL_THREADS = 1  # SECCOMP_FILTER_FLAG_TSYNC; the kernel answers a thread that it cannot bind

# Offsets in the struct that the program looks at; the lower half of an argument comes first.
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32
# Operations: load a word, compare, test bits, return.
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06

Step = tuple[int, int, int, int]  # operation, steps to skip if true, if false, value
_STEP = struct.Struct("=HBBI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """
    What a processor calls its system calls.

    `calls` may be made with any arguments: on what is open already, on the
    process's own memory, and to read the time. `mapping` are those that must
    not make memory executable.
    """

    audit: int
    seccomp: int
    calls: dict[str, int]
    mapping: dict[str, int]


MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        seccomp=317,
        calls={
            "read": 0, "write": 1, "fstat": 5, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
            "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "exit": 60,
            "gettimeofday": 96, "sysinfo": 99, "sigaltstack": 131, "gettid": 186, "futex": 202,
            "restart_syscall": 219, "clock_gettime": 228, "exit_group": 231, "getrandom": 318,
        },
        mapping={"mmap": 9, "mprotect": 10},
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        seccomp=277,
        calls={
            "read": 63, "write": 64, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "clock_gettime": 113,
            "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135,
            "rt_sigreturn": 139, "gettimeofday": 169, "getpid": 172, "gettid": 178, "sysinfo": 179,
            "brk": 214, "munmap": 215, "mremap": 216, "madvise": 233, "getrandom": 278,
        },
        mapping={"mmap": 222, "mprotect": 226},
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def machine() -> Machine | None:
    """Return what this processor calls its system calls; None for one that Kapear does not know."""
    return MACHINES.get(os.uname().machine)


def decoding_only(which: Machine) -> list[Step]:
    """Return the program: the right architecture, one of the calls, no executable memory; or death."""
    # Numbers mean something else in another architecture's calling convention.
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, which.audit), _answer(KILL_PROCESS), (_LOAD, 0, 0, _NUMBER)]
    for number in which.calls.values():
        steps += [(_EQUAL, 0, 1, number), _answer(ALLOW)]
    for number in which.mapping.values():
        steps += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _THIRD_ARGUMENT),
            (_ANY_BIT, 0, 1, mmap.PROT_EXEC),
            _answer(KILL_PROCESS),
            _answer(ALLOW),
        ]
    return [*steps, _answer(KILL_PROCESS)]


def answering(numbers: Sequence[int], answer: int) -> list[Step]:
    """Return a program that gives these calls one answer and allows all others."""
    steps: list[Step] = [(_LOAD, 0, 0, _NUMBER)]
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), _answer(answer)]
    return [*steps, _answer(ALLOW)]


def bind(which: Machine, steps: Sequence[Step]) -> bool:
    """Return whether the program now stands before every system call of every thread of this process."""
    packed = b"".join(_STEP.pack(*step) for step in steps)
    program = _Program(length=len(steps), steps=packed)
    return (
        prctl(PR_SET_NO_NEW_PRIVS, 1) == 0
        # Above zero is the number of a thread that could not be bound.
        and syscall(which.seccomp, _SET_MODE_FILTER, _FOR_ALL_THREADS, program) == 0
    )


def forbid_calls() -> bool:
    """Return whether this process is left with what decoding needs."""
    which = machine()
    return which is not None and bind(which, decoding_only(which))


def _answer(value: int) -> Step:
    return (_RETURN, 0, 0, value)
