"""The console in a real browser: signed in by the link, under its policy, with nothing asked of anybody else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.console.chromium import CHROMEDRIVER, CHROMIUM, Browser, chromium
from tests.console.visitor import Desk
from tests.desk import LOCAL
from tests.requirements_for import require

pytestmark = pytest.mark.browser


async def test_a_person_works_a_lead_by_keyboard_and_no_policy_is_broken(desk: Desk, tmp_path: Path) -> None:
    require("chromium", present=CHROMIUM is not None and CHROMEDRIVER is not None)
    ids = await desk.with_leads()
    secret = await desk.office.people.link_for(LOCAL, LOCAL)
    url = desk.serving.url
    async with chromium(tmp_path / "profile") as browser:
        await browser.open(f"{url}/sign-in/{secret}")
        await browser.click("main button")
        await browser.until("return location.pathname === '/' && document.readyState === 'complete'")
        assert await browser.run("return document.cookie") == ""

        await browser.press("j")
        assert await browser.run("return document.activeElement.getAttribute('href')") == f"/leads/{ids[0]}"
        await browser.press("j")
        await browser.press("k")
        await browser.press("c")
        await browser.until(f"return location.pathname === '/leads/{ids[0]}' && document.readyState === 'complete'")
        assert (await desk.office.queue.show(LOCAL, ids[0])).claimed_by == LOCAL.name

        await browser.click("#content summary")
        await browser.type("#reason", "to read what is offered")
        await browser.click("#content button")
        await browser.until("return document.querySelector('.sealed') !== null")
        assert await browser.run("return document.querySelector('.sealed').open") is False
        assert await browser.run("return document.querySelectorAll('img, iframe, object, video').length") == 0
        assert await browser.run("return document.querySelectorAll('main a[href^=http]').length") == 0

        await browser.press("?")
        assert await browser.run("return document.getElementById('shortcuts').open") is True
        for path in ("/", f"/leads/{ids[0]}", "/targets", "/reports", "/referrals", "/lists", "/audit"):
            for language in ("en", "km"):
                await browser.size(360, 740)
                await browser.open(f"{url}{path}?lang={language}")
                wide = await browser.run("return document.documentElement.scrollWidth")
                assert wide <= 360, (path, language)
                unnamed = "return [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
                assert await browser.run(f"{unnamed}.filter(field => !field.labels.length).length") == 0, path

        requested = [urlsplit(address) for address in await browser.requested()]
        assert {address.netloc for address in requested if address.scheme not in {"data", "chrome"}} == {
            urlsplit(url).netloc
        }
        assert [entry["message"] for entry in await browser.log("browser")] == []


async def test_the_policy_would_have_been_reported(desk: Desk, tmp_path: Path) -> None:
    require("chromium", present=CHROMIUM is not None and CHROMEDRIVER is not None)
    async with chromium(tmp_path / "profile") as browser:
        await browser.open(f"{desk.serving.url}/healthz")
        await browser.run(
            "const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/x.png';"
            "document.body.append(image);"
        )
        assert await _reported(browser)


async def _reported(browser: Browser) -> bool:
    """Return whether the browser says that the policy was broken; it says so soon after."""
    for _ in range(100):
        if any("Content Security Policy" in entry["message"] for entry in await browser.log("browser")):
            return True
        await asyncio.sleep(0.05)
    return False
