"""Little servers that speak the documented shapes of Mastodon, Bluesky and Lemmy: paging, validators, errors."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from aiohttp import web

from crawler.source import ScrapySource
from crawler.visit import Limits
from domain.observations import ObservedPage, Platform
from domain.ports import SourceTarget
from tests.crawler.visiting import FIRST_HOUR, QUICK, source_for
from tests.net.loopback import Server, serving

ACCOUNT = "109348"
STRANGER = "400001"
DID = "did:plc:kites2kites2kites2kites2"
OTHER_DID = "did:plc:rakes2rakes2rakes2rakes2"
COMMUNITY = 17


def at(number: int) -> str:
    """Return when post n was posted: n hours after the first."""
    return (FIRST_HOUR + timedelta(hours=number)).isoformat().replace("+00:00", "Z")


def told(status: int, said: Any) -> web.Response:
    return web.json_response(said, status=status)


@dataclass
class Interface(ABC):
    """Lists the posts it has, newest first."""

    platform: ClassVar[Platform]
    locator_path: ClassVar[str]
    per_page: ClassVar[int]
    list_path: ClassVar[str]
    owner_path: ClassVar[str]
    post_path: ClassVar[str]
    no_such_post: ClassVar[tuple[int, Any]]
    private: ClassVar[tuple[int, Any]]

    ids: list[int] = field(default_factory=list)
    foreign: frozenset[int] = frozenset()  # listed, and somebody else's
    pinned: frozenset[int] = frozenset()  # stand first on the newest page, too
    errors: dict[str, tuple[int, Any]] = field(default_factory=dict)  # by the beginning of a path
    never_pages: bool = False
    closed_below: bool = False  # older pages are for those who signed in
    owner_is_gone: bool = False  # and lists nothing

    async def __call__(self, request: web.Request) -> web.Response:
        for beginning, (status, said) in self.errors.items():
            if request.path.startswith(beginning):
                if isinstance(said, str):
                    return web.Response(status=status, text=said, content_type="text/html")
                return told(status, said)
        if self.closed_below and self.token(request) is not None:
            return told(*self.private)
        answer = self.answer(request)
        if isinstance(answer, web.Response):
            return answer
        body = json.dumps(answer).encode()
        etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        headers = {"ETag": etag, "X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    @abstractmethod
    def answer(self, request: web.Request) -> Any:
        """Return what is said to a question, or a response of its own."""

    @abstractmethod
    def token(self, request: web.Request) -> str | None:
        """Return what names an older page in a question."""

    @abstractmethod
    def name_of(self, number: int) -> str:
        """Return the name of a post."""

    def page(self, below: int | None) -> list[int]:
        """Return the newest ids below a number, newest first; none of an owner who is gone."""
        if self.owner_is_gone:
            return []
        asked = None if self.never_pages else below
        shown = [each for each in sorted(self.ids, reverse=True) if asked is None or each < asked][: self.per_page]
        return [*sorted(self.pinned), *shown] if asked is None else shown

    def target(self, base: str, **more: Any) -> SourceTarget:
        return SourceTarget(platform=self.platform, locator=f"{base}{self.locator_path}", **more)

    @property
    def container(self) -> str:
        """Return the container of its posts, behind the server's name where it has one."""
        return {Platform.MASTODON: f"/{ACCOUNT}", Platform.LEMMY: f"/{COMMUNITY}"}.get(self.platform, DID)


def status_of(number: int, *, account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    media = {
        "id": f"9{number}",
        "type": "image",
        "url": f"/full/{number}.png",
        "preview_url": f"/small/{number}.png",
        "meta": {"small": {"width": 800}},
    }
    return {
        "id": str(number),
        "created_at": at(number),
        "visibility": "public",
        "content": f"<p>kite number {number}</p>",
        "reblog": None,
        "account": {"id": account, "username": "kites", "acct": "kites"},
        "media_attachments": [media],
        **more,
    }


class Mastodon(Interface):
    """One account, `kites`."""

    platform = Platform.MASTODON
    locator_path = "/@kites"
    per_page = 40
    list_path = f"/api/v1/accounts/{ACCOUNT}/statuses"
    owner_path = "/api/v1/accounts/lookup"
    post_path = "/api/v1/statuses/"
    no_such_post = (404, {"error": "Record not found"})
    private = (401, {"error": "This API requires an authenticated user"})

    def answer(self, request: web.Request) -> Any:
        if request.path == self.list_path:
            assert request.query["limit"] == "40"
            assert request.query["exclude_reblogs"] == "true"
            before = self.token(request)
            return [self._status(number) for number in self.page(int(before) if before else None)]
        if request.path == f"/api/v1/accounts/{ACCOUNT}" or request.path_qs == f"{self.owner_path}?acct=kites":
            return {"id": ACCOUNT, "username": "kites", **({"suspended": True} if self.owner_is_gone else {})}
        name = request.path.removeprefix(self.post_path)
        if name.isdecimal() and int(name) in self.ids:
            return self._status(int(name))
        return told(*self.no_such_post)

    def token(self, request: web.Request) -> str | None:
        return request.query.get("max_id")

    def name_of(self, number: int) -> str:
        return str(number)

    def _status(self, number: int) -> dict[str, Any]:
        if number in self.foreign:  # as a server shows it that knows no exclude_reblogs
            return status_of(number, reblog=status_of(number + 5000, account=STRANGER))
        return status_of(number)


def view_of(number: int, *, did: str = DID, **more: Any) -> dict[str, Any]:
    return {
        "uri": f"at://{did}/app.bsky.feed.post/3kite{number:08}",
        "cid": f"bafyreikites{number}",
        "author": {"did": did, "handle": "kites.example"},
        "record": {"$type": "app.bsky.feed.post", "text": f"kite number {number}", "createdAt": at(number)},
        "indexedAt": at(number),
        **more,
    }


class Bluesky(Interface):
    """One profile, `kites.example`; cursors are moments, as its own are."""

    platform = Platform.BLUESKY
    locator_path = "/profile/kites.example"
    per_page = 100
    list_path = "/xrpc/app.bsky.feed.getAuthorFeed"
    owner_path = "/xrpc/app.bsky.actor.getProfile"
    post_path = "/xrpc/app.bsky.feed.getPosts"
    no_such_post = (200, {"posts": []})
    private = (401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})

    def answer(self, request: web.Request) -> Any:
        asked = request.query
        if request.path == self.owner_path and asked["actor"] in {"kites.example", DID}:
            if self.owner_is_gone:
                return told(400, {"error": "AccountTakedown", "message": "Account has been suspended"})
            return {"did": DID, "handle": "kites.example"}
        if request.path == self.list_path and asked["actor"] == DID:
            if self.owner_is_gone:
                return told(400, {"error": "InvalidRequest", "message": "Profile not found"})
            assert asked["limit"] == "100"
            before = self.token(request)
            shown = self.page(int(before.partition("::")[2]) if before else None)
            older = {"cursor": f"{at(shown[-1])}::{shown[-1]}"} if shown else {}
            return {"feed": [self._entry(each) for each in shown], **older}
        if request.path == self.post_path:
            known = {f"at://{DID}/app.bsky.feed.post/{self.name_of(number)}": number for number in self.ids}
            return {"posts": [view_of(known[uri]) for uri in asked.getall("uris") if uri in known]}
        return told(400, {"error": "InvalidRequest", "message": "Profile not found"})

    def token(self, request: web.Request) -> str | None:
        return request.query.get("cursor")

    def name_of(self, number: int) -> str:
        return f"3kite{number:08}"

    def _entry(self, number: int) -> dict[str, Any]:
        if number in self.foreign:
            reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": {"did": DID}, "indexedAt": at(number)}
            return {"post": view_of(number - 500, did=OTHER_DID), "reason": reason}
        return {"post": view_of(number)}


def post_view_of(number: int, *, community: int = COMMUNITY, **more: Any) -> dict[str, Any]:
    post = {
        "id": number,
        "name": f"kite number {number}",
        "community_id": community,
        "published": at(number),
        "deleted": False,
        "removed": False,
        **more,
    }
    return {"post": post, "creator": {"name": "rake", "actor_id": "https://boats.example/u/rake"}}


@dataclass
class Lemmy(Interface):
    """One community, `kites`; `is_old` names its pages by number."""

    platform = Platform.LEMMY
    locator_path = "/c/kites"
    per_page = 50
    list_path = "/api/v3/post/list"
    owner_path = "/api/v3/community"
    post_path = "/api/v3/post"
    no_such_post = (400, {"error": "couldnt_find_post"})
    private = (400, {"error": "instance_is_private"})

    is_old: bool = False

    def answer(self, request: web.Request) -> Any:
        asked = request.query
        if request.path == self.owner_path and asked.get("name", asked.get("id")) in {"kites", str(COMMUNITY)}:
            return {"community_view": {"community": {"id": COMMUNITY, "name": "kites", "removed": self.owner_is_gone}}}
        if request.path == self.list_path:
            assert (asked["sort"], asked["limit"], asked["community_id"]) == ("New", "50", str(COMMUNITY))
            return self._list(asked.get("page_cursor"), int(asked.get("page", "1")))
        if request.path == self.post_path and int(asked["id"]) in self.ids:
            return {"post_view": post_view_of(int(asked["id"]))}
        return told(*self.no_such_post)

    def _list(self, after: str | None, page: int) -> Any:
        if self.is_old:
            ids = sorted(self.ids, reverse=True)
            start = 0 if self.never_pages else self.per_page * (page - 1)
            return {"posts": [self._view(number) for number in ids[start : start + self.per_page]]}
        shown = self.page(int(after[1:], 16) if after else None)
        return {"posts": [self._view(number) for number in shown], "next_page": f"P{shown[-1]:x}" if shown else None}

    def token(self, request: web.Request) -> str | None:
        return request.query.get("page_cursor", request.query.get("page"))

    def name_of(self, number: int) -> str:
        return str(number)

    def _view(self, number: int) -> dict[str, Any]:
        featured = number in self.pinned
        return post_view_of(number, community=3 if number in self.foreign else COMMUNITY, featured_community=featured)


@asynccontextmanager
async def asked_of(interface: Interface, limits: Limits = QUICK) -> AsyncIterator[tuple[Server, ScrapySource]]:
    """Serve an interface, and open a source that may ask it."""
    async with serving(interface) as server, source_for(server.base, limits=limits) as source:
        yield server, source


def names(interface: Interface, numbers: range | list[int]) -> list[str]:
    return [interface.name_of(number) for number in numbers]


def seen(pages: list[ObservedPage]) -> list[str]:
    return [post.post for page in pages for post in page.posts]
