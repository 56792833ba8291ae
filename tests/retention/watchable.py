"""
Run `kapear` so that strace may look into it without being root.

What holds media forbids others to look into it, and only root may all the same.
Without root that one protection of the main process is left out; the children
keep theirs, and of each it is then known only that it wrote short answers.
"""

from __future__ import annotations

import os
import sys

from tests.acceptance.driver import COMMAND

PROGRAM = COMMAND if os.geteuid() == 0 else (sys.executable, "-m", "tests.retention.watchable")


def be_watchable() -> None:
    from fingerprint import confine, kernel  # noqa: PLC0415 - patched before anything else imports from it

    if os.geteuid() == 0:
        return

    def all_but_one(option: int, *arguments: int) -> int:
        return 0 if option == kernel.PR_SET_DUMPABLE else kernel.prctl(option, *arguments)

    setattr(confine, "prctl", all_but_one)  # noqa: B010 - one protection of this process is left out


if __name__ == "__main__":
    be_watchable()
    import cli

    cli.main()
