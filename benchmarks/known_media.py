"""
Say what a page of twenty posts with a picture each costs, when all is new and when its pictures are known.

Real visits to a loopback server, with fingerprints and the database; one JSON
line a visit. In the second every post was edited, in the third nothing is new.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.crawler.known import POSTS, costs

FOLDER = Path(__file__).resolve().parent.parent / "build" / "known"


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, cost in zip(("all new", "posts edited", "nothing new"), asyncio.run(costs(FOLDER)), strict=True):
        figures = {
            "figure": f"visit of {POSTS} posts with {POSTS} pictures, {name}",
            "requests": cost.visit.requests,
            "bytes": cost.visit.bytes,
            "pictures_asked": cost.pictures_asked,
            "picture_bytes": cost.picture_bytes,
        }
        print(json.dumps(figures), flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
