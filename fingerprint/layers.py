"""Name the layers of a child's lock-down that a machine may lack."""

from __future__ import annotations

from enum import IntEnum


class Layer(IntEnum):
    """
    A layer that depends on the kernel; its number is what the child reports.

    The others (limits, one thread, not dumpable, death with the parent) are on
    every Linux: without one of them a child does not start at all.
    """

    LANDLOCK = 0  # no file may be opened, no TCP port used
    SECCOMP = 1  # no system call but those that decoding needs

    @property
    def code(self) -> str:
        """Return the word that is shown."""
        return self.name.lower()
