"""
Watch two real sites on loopback, a wiki and a forum, the way an analyst would: `make realsites`.

MediaWiki comes from Debian, django-machina from PyPI into an environment of its
own. Posts appear, are edited, deleted and restored; after each, `kapear watch
check` must have seen it. Prints a JSON line a step; the first that is not as
it should be ends it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.acceptance.driver import Kapear, free_port
from tests.fingerprint.pictures import encoded, photo
from tests.realsites.wiki import Wiki

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "build" / "realsites"


def picture(seed: int, width: int = 320) -> bytes:
    return encoded(photo(width, width * 3 // 4, seed), "JPEG", quality=90)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Watched:
    """A target, and what `kapear` says of it."""

    def __init__(self, kapear: Kapear, locator: str, *options: str) -> None:
        self.kapear = kapear
        added = kapear.json(
            "watch", "add", locator, "--report", "R-1", "--authorised-by", "duty desk", "--basis", "reported", *options
        )
        self.id = str(added["id"])
        self.posts: list[dict[str, Any]] = []

    def check(self, step: str, outcome: str | None = None) -> dict[str, Any]:
        began = time.monotonic()
        visit: dict[str, Any] = self.kapear.json("watch", "check", self.id)
        keys = ("outcome", "code", "new_observations", "media_hashed", "requests")
        said = {key: visit.get(key) for key in keys}
        print(json.dumps({"step": step, **said, "seconds": round(time.monotonic() - began, 1)}), flush=True)  # noqa: T201
        assert outcome in {None, visit["outcome"]}, visit
        self.posts = self.kapear.json("watch", "posts", self.id)
        return visit

    def pictures(self) -> set[str]:
        """Return the digests of all pictures seen so far."""
        return {media["sha256"] for post in self.posts for media in post["media"] if media["sha256"]}

    def deleted(self) -> int:
        return sum(bool(post["deleted"]) for post in self.posts)


def embedded(wiki: Wiki, pictures: dict[str, bytes]) -> str:
    """Return a page's text that shows each picture in another way."""
    at = {name: wiki.file(f"{name}.jpg", content) for name, content in pictures.items() if name != "inline"}
    inline = base64.b64encode(pictures["inline"]).decode()
    ways = f"""
<picture><source type="image/webp" media="(max-width: 1px)" srcset="{at["art"]}"><img src="{at["picture"]}"></picture>
<img src="/blank.gif" data-src="{at["lazy"]}">
<img src="/blank.gif" srcset="{at["small"]} 300w, {at["middle"]} 800w, {at["large"]} 1600w">
<div style="background-image:url('{at["background"]}')">.</div><div data-bg="{at["lazybackground"]}"></div>
<img class="later" data-original="{at["original"]}"><noscript><img src="{at["noscript"]}"></noscript>
<video poster="{at["poster"]}"></video><object data="{at["object"]}" type="image/jpeg"></object>
<embed src="{at["embed"]}">
<svg width="9" height="9"><image href="{at["svg"]}"/></svg><img src="data:image/jpeg;base64,{inline}">
<style>.kite {{ background: url({at["sheet"]}) }}</style>
<script type="application/ld+json">{{"@type": "ImageObject", "contentUrl": "{at["linkeddata"]}"}}</script>
"""
    return f"Blue kites, see [[Boats]].\n\n[[File:Uploaded.jpg|200px]]\n\n<html>{ways}</html>"


NAMES = (
    "art", "picture", "lazy", "small", "middle", "large", "background", "lazybackground", "original", "noscript",
    "poster", "object", "embed", "svg", "inline", "sheet", "linkeddata",
)  # fmt: skip
NOT_READ = {"small", "large"}  # of three sizes the one that suffices


def watch_wiki(kapear: Kapear) -> None:
    pictures = {name: picture(seed) for seed, name in enumerate(NAMES, 1)}
    with Wiki(FOLDER) as wiki:
        (FOLDER / "uploads").mkdir()
        (FOLDER / "uploads" / "Uploaded.jpg").write_bytes(picture(50, 640))
        wiki.upload(FOLDER / "uploads")
        wiki.write("Boats", "Tin boats. See [[Kites]].")
        wiki.write("Kites", embedded(wiki, pictures))
        target = Watched(kapear, wiki.url("Kites"), "--depth", "1")
        target.check("wiki: a page in every way of showing pictures, and what it links to", "new")
        expected = {sha256(content) for name, content in pictures.items() if name not in NOT_READ}
        missing = {name for name in NAMES if sha256(pictures[name]) in expected - target.pictures()}
        assert not missing, f"not seen: {sorted(missing)}"
        assert not {sha256(pictures[name]) for name in NOT_READ} & target.pictures()
        known = len(target.posts)
        assert known >= 2
        seen = target.check("wiki: nothing new")
        assert seen["media_hashed"] == 0, seen
        new = picture(60)
        wiki.write("Boats", f"Tin boats, painted. <html><img src='{wiki.file('painted.jpg', new)}'></html>")
        target.check("wiki: a page linked to was edited", "new")
        assert sha256(new) in target.pictures()
        assert max(post["revision"] for post in target.posts) > 1
        wiki.delete("Boats")
        target.check("wiki: that page was deleted")
        assert target.deleted() == 1, target.posts
        wiki.restore("Boats")
        target.check("wiki: it was restored")
        assert target.deleted() == 0, target.posts
        wiki.delete("Kites")
        assert target.check("wiki: the entry was deleted")["outcome"] in {"gone", "unreachable"}
        wiki.restore("Kites")
        assert target.check("wiki: it was restored, too")["outcome"] in {"new", "unchanged"}


class Board:
    """The forum, by the lines it takes and gives."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "media").mkdir()
        port = free_port()
        self.folder, self.base = folder, f"http://127.0.0.1:{port}"
        python = HERE.parents[1] / "build" / "realsites-venv" / "bin" / "python"
        self.process = subprocess.Popen(
            [str(python), str(HERE / "board.py"), str(folder), str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.view = self.base + str(self._answer()["view"])

    def do(self, what: str, **words: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(json.dumps({"do": what, **words}), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the forum ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def picture(self, name: str, content: bytes) -> str:
        (self.folder / "media" / name).write_bytes(content)
        return f"![kite](/media/{name})"


def watch_board(kapear: Kapear) -> None:
    rules = kapear.data_dir / "forums"
    rules.mkdir()
    shutil.copy(HERE / "machina.toml", rules)
    board = Board(FOLDER / "board")
    try:
        first, second, third = picture(1), picture(2), picture(3)
        thread = board.do("post", thread="kites", text=f"Blue kites {board.picture('1.jpg', first)}")["thread"]
        numbers = [board.do("post", thread="kites", text=f"post {number}")["id"] for number in range(2, 8)]
        board.do("post", thread="boats", text=f"Tin boats {board.picture('2.jpg', second)}")
        one = Watched(kapear, board.base + thread, "--platform", "forum")
        one.check("forum: a thread of two pages", "new")
        assert (len(one.posts), one.pictures()) == (7, {sha256(first)})
        one.check("forum: nothing new", "unchanged")
        board.do("post", thread="kites", text=f"one more {board.picture('3.jpg', third)}")
        board.do("edit", post=numbers[-1], text="post 7, edited")
        seen = one.check("forum: a post, and an edit", "new")
        assert seen["new_observations"] == 2, seen
        assert (len(one.posts), one.pictures()) == (8, {sha256(first), sha256(third)})
        all_of_it = Watched(kapear, board.view, "--platform", "forum", "--depth", "1")
        all_of_it.check("forum: its view, followed into threads")
        assert sha256(second) in all_of_it.pictures()
        board.do("delete", thread="boats")
        all_of_it.check("forum: a thread was deleted")
        assert all_of_it.deleted() == 1, all_of_it.posts
        board.do("restore", thread="boats")
        all_of_it.check("forum: it was restored")
        assert all_of_it.deleted() == 0, all_of_it.posts
        board.do("delete", thread="kites")
        assert one.check("forum: the watched thread was deleted")["outcome"] in {"gone", "unreachable"}
        board.do("restore", thread="kites")
        assert one.check("forum: it was restored, too")["outcome"] in {"new", "unchanged"}
    finally:
        board.process.kill()
        board.process.communicate()


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, watch in (("wiki", watch_wiki), ("forum", watch_board)):
        if sys.argv[1:] in ([], [name]):
            kapear = Kapear(data_dir=FOLDER / f"data-{name}", environment={"KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"})
            kapear.run("init")
            watch(kapear)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
