"""Set up Debian's MediaWiki in a folder, with SQLite and PHP's own server on loopback, and change its pages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Self

from tests.acceptance.driver import free_port, until

DEBIAN = Path("/usr/share/mediawiki")
NEEDED = "apt-get install --no-install-recommends mediawiki php-cli php-sqlite3"
SETTINGS = """
$wgRawHtml = true;
$wgEnableUploads = true;
$wgUseImageMagick = false;
$wgJobRunRate = 1;
"""


class Wiki:
    """A wiki that anybody may read; its maintenance scripts write."""

    def __init__(self, folder: Path) -> None:
        if not (DEBIAN / "index.php").exists() or shutil.which("php") is None:
            raise SystemExit(f"MediaWiki is not here: {NEEDED}")
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.root = folder / "wiki"
        (folder / "wikidata").mkdir(parents=True)
        shutil.copytree(DEBIAN, self.root, ignore_dangling_symlinks=True)
        shutil.rmtree(self.root / "images", ignore_errors=True)
        (self.root / "images").mkdir()
        options = ("--dbtype", "sqlite", "--dbpath", str(folder / "wikidata"), "--dbname", "wiki", "--scriptpath", "")
        self._script("install", *options, "--server", self.base, "--pass", "seven-blue-kites-1", "Kites", "Keeper")
        with (self.root / "LocalSettings.php").open("a") as settings:
            settings.write(SETTINGS)
        self.process = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{port}", "-t", str(self.root)],
            env={"PATH": "/usr/bin:/bin", "PHP_CLI_SERVER_WORKERS": "4"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        until(
            lambda: (
                subprocess.run(["curl", "-sf", "-o", "/dev/null", self.url("Main_Page")], check=False).returncode == 0
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)

    def url(self, page: str) -> str:
        return f"{self.base}/index.php/{page}"

    def file(self, name: str, content: bytes) -> str:
        """Put a file where the server finds it; returns its address."""
        (self.root / "images" / name).write_bytes(content)
        return f"{self.base}/images/{name}"

    def upload(self, folder: Path) -> None:
        """Let the wiki take in the pictures of a folder as its own."""
        self._script("importImages", "--extensions=png,jpg", str(folder))

    def write(self, page: str, text: str) -> None:
        self._script("edit", "-s", "written", "-u", "Keeper", page, stdin=text)

    def delete(self, page: str) -> None:
        self._script("deleteBatch", "-u", "Keeper", "/dev/stdin", stdin=page)

    def restore(self, page: str) -> None:
        self._script("undelete", "-u", "Keeper", page)

    def _script(self, name: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(
            ["php", str(self.root / "maintenance" / f"{name}.php"), *arguments],
            input=stdin, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{name}.php failed: {done.stdout[-500:]}{done.stderr[-500:]}")
