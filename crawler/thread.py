"""
Remember of a forum's threads where reading goes on: at the last page seen of each.

Pure, as `crawler.site` is, and kept encrypted between visits for the same
reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from crawler.question import Recall, digest_of

THREADS_OF_A_FORUM = 100
POSTS_REMEMBERED = 50  # of each thread's last page, to be told as deleted if the thread is
_VERSION = 1


@dataclass(slots=True, kw_only=True)
class KnownThread:
    """A thread: its last page seen, what that said of itself, the names of the posts on it, and when it was asked."""

    last: str = field(repr=False)
    asked: int = 0
    etag: str = field(default="", repr=False)
    modified: str = ""
    body: str = ""
    posts: list[str] = field(default_factory=list, repr=False)

    @property
    def recall(self) -> Recall | None:
        """Return what makes a question for the last page conditional."""
        if not (self.etag or self.modified or self.body):
            return None
        return Recall(url_digest=digest_of(self.last), etag=self.etag, modified=self.modified, body=self.body)

    def read(self, url: str, recall: Recall | None, posts: list[str]) -> None:
        """Take note of a page that was read: it is the last, until another follows."""
        self.last, self.posts = url, posts[-POSTS_REMEMBERED:]
        self.etag, self.modified, self.body = (recall.etag, recall.modified, recall.body) if recall else ("", "", "")


@dataclass(slots=True, kw_only=True)
class ForumMemory:
    """What is known of the threads of a target; `visit` counts up."""

    visit: int = 1
    threads: dict[str, KnownThread] = field(default_factory=dict, repr=False)

    @classmethod
    def loaded(cls, text: str | None) -> ForumMemory:
        """Return what `dumped` wrote, one visit later; a new memory for anything else."""
        try:
            version, visit, rows = json.loads(text or "null")
            if version != _VERSION:
                return cls()
            threads = {
                str(url): KnownThread(
                    last=str(last),
                    asked=int(asked),
                    etag=str(etag),
                    modified=str(modified),
                    body=str(body),
                    posts=[str(post) for post in posts],
                )
                for url, (last, asked, etag, modified, body, posts) in rows.items()
            }
        except (TypeError, ValueError, AttributeError):
            return cls()
        return cls(visit=int(visit) + 1, threads=threads)

    def dumped(self) -> str:
        """Return it as text."""
        rows = {
            url: [known.last, known.asked, known.etag, known.modified, known.body, known.posts]
            for url, known in self.threads.items()
        }
        return json.dumps([_VERSION, self.visit, rows], separators=(",", ":"))

    def listed(self, urls: list[str]) -> None:
        """Take note of the threads that a forum view shows; of more than are kept the longest unasked go."""
        for url in urls[:THREADS_OF_A_FORUM]:
            self.threads.setdefault(url, KnownThread(last=url))
        surplus = len(self.threads) - THREADS_OF_A_FORUM
        unlisted = sorted((known.asked, url) for url, known in self.threads.items() if url not in urls)
        for _, url in unlisted[: max(0, surplus)]:
            del self.threads[url]

    def next_thread(self) -> str | None:
        """Return the thread to read next in this visit: one never read, else the one unasked for longest."""
        waiting = [(known.asked, url) for url, known in self.threads.items() if known.asked < self.visit]
        return min(waiting, key=lambda found: found[0])[1] if waiting else None
