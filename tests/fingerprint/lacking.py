"""
Be a machine whose kernel lacks a layer, then run a command on it.

Run as `python -m tests.fingerprint.lacking LAYER COMMAND…`. The calls of that
layer answer as an older kernel does, in this process and all that it starts.
"""

from __future__ import annotations

import errno
import os
import sys

from fingerprint.landlock import CREATE_RULESET, RESTRICT_SELF
from fingerprint.seccomp import answering, bind, machine

REFUSE = 0x00050000 | errno.ENOSYS


def main() -> None:
    which = machine()
    assert which is not None
    numbers = {"landlock": (CREATE_RULESET, RESTRICT_SELF), "seccomp": (which.seccomp,)}
    layers = sys.argv[1].split(",")
    assert bind(which, answering([number for layer in layers for number in numbers[layer]], REFUSE))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
