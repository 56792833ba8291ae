"""
Take the documentation's pictures of the console from a running demo.

Run from the root of the repository with Chromium and its driver installed:
`.venv/bin/python -m tests.console.screenshots`. Needs the development lock.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

from tests.acceptance.driver import free_port
from tests.console.chromium import Browser, chromium

SCRATCH = Path("build") / "screenshots"
DOCS = Path("docs")
WIDE, NARROW = (1280, 900), (390, 844)
LEADS = "document.querySelectorAll('tr[data-row]').length >= 5"


async def shoot(browser: Browser, name: str, size: tuple[int, int]) -> None:
    """Save the page as it stands, as wide as `size` says and as high as it is."""
    await browser.size(*size)
    height = int(await browser.run("return document.documentElement.scrollHeight"))
    await browser.size(size[0], max(size[1] // 2, height))
    (DOCS / f"{name}.png").write_bytes(await browser.screenshot())


async def take(address: str, link: str) -> None:
    """Sign in, wait for leads, and go through the pages."""
    async with chromium(SCRATCH / "profile") as browser:
        await browser.open(link)
        await browser.click("main form button")
        for _ in range(60):
            await browser.open(f"{address}/")
            if await browser.run(f"return {LEADS}"):
                break
            await asyncio.sleep(1)
        await shoot(browser, "queue", WIDE)
        await shoot(browser, "queue-narrow", NARROW)
        await browser.open(f"{address}/?lang=km")
        await shoot(browser, "queue-km", WIDE)
        await browser.open(f"{address}/?lang=en")
        lead = await browser.run("return document.querySelector('tr[data-row] a.open').href")
        await browser.open(lead)
        await shoot(browser, "lead", WIDE)
        await browser.open(f"{lead}?lang=km")
        await shoot(browser, "lead-km-narrow", NARROW)
        await browser.open(f"{address}/targets?lang=en")
        await shoot(browser, "targets", WIDE)


async def main() -> None:
    """Run a demo and photograph its console."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    root = Path.cwd()
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "demo",
        cwd=SCRATCH,
        env={**os.environ, "PYTHONPATH": str(root), "KAPEAR_BIND": f"127.0.0.1:{free_port()}"},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert demo.stderr is not None
    address = link = ""
    try:
        async for raw in demo.stderr:
            line = raw.decode().strip()
            if line.startswith("Console: "):
                address = line.removeprefix("Console: ")
            if "/sign-in/" in line:
                link = line.rpartition(" ")[2]
                break
        await take(address, link)
    finally:
        demo.terminate()
        await demo.communicate()


if __name__ == "__main__":
    asyncio.run(main())
