"""Kapear with one deliberate leak: a control that the canary's search must catch."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any


def leak_log() -> None:
    """Log as programs commonly do: what is being read, with its address."""
    from app import logs  # noqa: PLC0415 - each control imports what it breaks
    from net import fetch, media  # noqa: PLC0415 - see above

    logs.configure = lambda **_: logging.basicConfig(level=logging.DEBUG)
    opened = fetch.opened

    def leaky(session: Any, url: str, **options: Any) -> Any:
        logging.getLogger("net").debug("reading %s", url)
        return opened(session, url, **options)

    media.opened = leaky  # type: ignore[attr-defined]  # the leak


def leak_file() -> None:
    """Write every piece of media that is read to a temporary file."""
    from net.media import HttpMedia  # noqa: PLC0415 - see above

    read = HttpMedia.read

    async def leaky(self: Any, offset: int, length: int) -> bytes:
        data = await read(self, offset, length)
        with (Path(os.environ["TMPDIR"]) / "piece").open("ab") as file:
            file.write(data)
        return data

    HttpMedia.read = leaky  # type: ignore[method-assign]  # the leak


def leak_database() -> None:
    """Write the words of every post into the database in plain."""
    from domain.store import Tx  # noqa: PLC0415 - see above
    from triage.intake import Intake  # noqa: PLC0415 - see above

    page = Intake._page

    async def leaky(self: Any, run: Any, observed: Any) -> None:
        def work(tx: Tx) -> None:
            for post in observed.posts:
                self.desk.note(tx, "leak", "leak", post.text[:200])

        await self.desk.store.write(work)
        await page(self, run, observed)

    Intake._page = leaky  # type: ignore[assignment]


if __name__ == "__main__":
    leak = sys.argv.pop(1)
    {"log": leak_log, "file": leak_file, "database": leak_database}[leak]()
    import cli

    cli.main()
