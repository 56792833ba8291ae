"""Drive a real Chromium through chromedriver's plain HTTP, and read what it logged."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root, where Chromium's own sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    # Nothing but this machine can be reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's own key for an element


@dataclass
class Browser:
    """One browser window."""

    http: aiohttp.ClientSession
    base: str

    async def command(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.base + path, json=body if method == "POST" else None) as response:
            answer = await response.json()
        if response.status != 200:
            raise AssertionError(f"{path}: {answer['value'].get('error')}: {answer['value'].get('message')}")
        return answer["value"]

    async def open(self, url: str) -> None:
        await self.command("POST", "/url", {"url": url})

    async def click(self, selector: str) -> None:
        found = await self.command("POST", "/element", {"using": "css selector", "value": selector})
        await self.command("POST", f"/element/{found[ELEMENT]}/click", {})

    async def type(self, selector: str, text: str) -> None:
        found = await self.command("POST", "/element", {"using": "css selector", "value": selector})
        await self.command("POST", f"/element/{found[ELEMENT]}/value", {"text": text})

    async def press(self, key: str) -> None:
        presses = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        await self.command("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": presses}]})

    async def run(self, script: str) -> Any:
        return await self.command("POST", "/execute/sync", {"script": script, "args": []})

    async def size(self, width: int, height: int) -> None:
        """Give the page this width in CSS pixels: a window has a least width, a device has not."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.cdp("Emulation.setDeviceMetricsOverride", metrics)

    async def cdp(self, command: str, parameters: dict[str, Any]) -> Any:
        return await self.command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    async def screenshot(self) -> bytes:
        """Return the whole page as PNG."""
        picture = await self.cdp("Page.captureScreenshot", {"captureBeyondViewport": True})
        return base64.b64decode(picture["data"])

    async def until(self, script: str) -> None:
        """Wait until a script returns true: a key press does not wait for the page it leads to."""
        for _ in range(200):
            if await self.run(script):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never came true: {script}")

    async def log(self, kind: str) -> list[dict[str, Any]]:
        return list(await self.command("POST", "/se/log", {"type": kind}))

    async def requested(self) -> list[str]:
        """Every address the pages asked for so far."""
        messages = [json.loads(entry["message"])["message"] for entry in await self.log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]


@asynccontextmanager
async def chromium(profile: Path, language: str = "en") -> AsyncIterator[Browser]:
    """Start a driver and a browser with a fresh profile; both end with the block."""
    assert CHROMEDRIVER is not None
    driver = await asyncio.create_subprocess_exec(
        CHROMEDRIVER, "--port=0", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        port = await _port(driver)
        async with aiohttp.ClientSession() as http:
            options = {
                "binary": CHROMIUM,
                "args": [*ARGUMENTS, f"--user-data-dir={profile}", f"--lang={language}"],
                "perfLoggingPrefs": {"enableNetwork": True},
            }
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
            root = f"http://127.0.0.1:{port}"
            async with http.post(f"{root}/session", json={"capabilities": {"alwaysMatch": wanted}}) as response:
                answer = await response.json()
            assert response.status == 200, answer
            browser = Browser(http, f"{root}/session/{answer['value']['sessionId']}")
            try:
                yield browser
            finally:
                await browser.command("DELETE", "")
    finally:
        driver.terminate()
        await driver.wait()


async def _port(driver: asyncio.subprocess.Process) -> int:
    """Read the port a driver was given from what it prints."""
    assert driver.stdout is not None
    async for line in driver.stdout:
        if b"started successfully on port" in line:
            return int(line.rstrip(b".\n").rsplit(b" ", 1)[1])
    raise AssertionError("chromedriver did not start")
