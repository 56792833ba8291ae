"""Say what rules and lists make of an observed post, and by which key it is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from json.encoder import encode_basestring

from domain.books.rows import PendingMedia
from domain.filing import PostKey
from domain.leads import Neighbour, PostContent
from domain.mandate import MandateScope
from domain.observations import ObservedPage, ObservedPost, Platform
from domain.pages import AssessedMedia, AssessedPost
from domain.ports import TextRules, Vault
from domain.text import Attribute, TextHit

NEIGHBOURS = 5  # kept before a lead's post, and after it
MAX_NEIGHBOUR = 4_096  # code points of each: as long as a post on Telegram can be


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Judges texts within a mandate's scope, and leaves keyed digests where names would tell too much."""

    vault: Vault = field(repr=False)
    rules: TextRules
    _authors: dict[str, str] = field(default_factory=dict, repr=False)

    def key_of(self, platform: Platform, post: ObservedPost) -> PostKey:
        """Return a post's key; of a name that leads to a place or person, only a keyed digest is stored."""
        return self.key_named(platform, post.container, post.post)

    def key_named(self, platform: Platform, container: str, post: str) -> PostKey:
        """Return the key of a post by its container's and its own name."""
        if platform.is_telegram:
            return PostKey(platform=platform.keyed_as, container=container, post=post)
        digest = self.vault.digest
        named = digest("post", post) if platform.names_posts_by_url else post
        return PostKey(platform=platform, container=digest("container", container), post=named)

    def shows(self, page: ObservedPage, platform: Platform, key: PostKey) -> bool:
        """Return whether a post stands on a page; a channel's name may be another's by now, with posts of its own."""
        return any(self.key_of(platform, post) == key for post in page.posts)

    def assess(
        self,
        scope: MandateScope,
        page: ObservedPage,
        index: int,
        key: PostKey,
        media: tuple[AssessedMedia, ...],
    ) -> AssessedPost:
        """Say what rules and lists make of the page's post at `index`."""
        post = page.posts[index]
        text = post.text if scope.covers_text else ""
        hits = self.rules.find(text) if text else ()
        return AssessedPost(
            key=key,
            album=post.group,
            author_digest=self._author_digest(post.author or ""),
            posted_at=post.posted_at,
            edited_at=post.edited_at,
            content_digest=self.vault.digest("content", _seen(text, post.links, media)),
            text_hits=hits,
            identifiers=self._identifiers(text, hits),
            media=media,
            make_content=content_of(page, index, covers_text=scope.covers_text),
        )

    def _author_digest(self, author: str) -> str:
        """Return an author's keyed digest: of a page's posts most have the same."""
        digest = self._authors.get(author)
        if digest is None:
            digest = self._authors[author] = self.vault.digest("author", author)
        return digest

    def _identifiers(self, text: str, hits: tuple[TextHit, ...]) -> tuple[str, ...]:
        """Return keyed digests of the means of payment and contact that a text names."""
        if not hits:
            return ()
        named = {Attribute.PAYMENT, Attribute.CONTACT}
        words = (" ".join(text[hit.start : hit.end].lower().split()) for hit in hits if hit.attribute in named)
        return tuple(dict.fromkeys(self.vault.digest("identifier", word) for word in words))


def _seen(text: str, links: tuple[str, ...], media: tuple[AssessedMedia, ...]) -> str:
    """Return what a post's digest is taken of: its words, links and media as JSON."""
    if not links and not media:
        return f"[{encode_basestring(text)}, [], []]"  # the same, in a quarter of the time
    return json.dumps([text, links, sorted(item.identity for item in media)], ensure_ascii=False)


def reread(row: PendingMedia, item: AssessedMedia, url: str, album: str | None) -> AssessedPost:
    """Return a post of which only a media item was read again."""
    return AssessedPost(
        key=row.key,
        album=album,
        posted_at=row.posted_at,
        media=(item,),
        make_content=partial(PostContent, url=url),
    )


def content_of(
    page: ObservedPage, index: int, *, covers_text: bool, around: Sequence[ObservedPost] = ()
) -> Callable[[], PostContent]:
    """
    Return what makes the content of a page's post, for few are ever asked for theirs.

    Its neighbours are those of the page, or of `around`, where the post stands
    among more of them.
    """
    return partial(_content, page, index, covers_text=covers_text, around=around)


def best_neighbours(
    page: ObservedPage, index: int, around: Sequence[ObservedPost]
) -> tuple[tuple[ObservedPost, ...], tuple[ObservedPost, ...]]:
    """
    Return the few posts before a page's post, and after it, that have its author.

    Posts of its own album are none. On either side those of the page count, or
    those of `around` where there are more of them.
    """
    here = _neighbours(page.posts, index)
    place = place_of(around, page.posts[index])
    there = _neighbours(around, place) if place is not None else ((), ())
    return max(here[0], there[0], key=len), max(here[1], there[1], key=len)


def _neighbours(posts: Sequence[ObservedPost], index: int) -> tuple[tuple[ObservedPost, ...], tuple[ObservedPost, ...]]:
    post = posts[index]
    return _alike(post, reversed(posts[:index]))[::-1], _alike(post, posts[index + 1 :])


def place_of(posts: Sequence[ObservedPost], post: ObservedPost) -> int | None:
    """Return where a post stands among others, by its name; None where it does not."""
    named = (post.container, post.post)
    return next((place for place, other in enumerate(posts) if (other.container, other.post) == named), None)


def _content(page: ObservedPage, index: int, *, covers_text: bool, around: Sequence[ObservedPost]) -> PostContent:
    """Return what is sealed of a page's post, with its neighbours as context."""
    post = page.posts[index]
    before, after = best_neighbours(page, index, around) if covers_text else ((), ())
    return PostContent(
        url=post.url,
        text=post.text if covers_text else "",
        author=post.author,
        links=post.links,
        media_urls=tuple(item.url for item in post.media if item.url is not None),
        capture=page.capture,
        particulars=post.particulars,
        channel=page.channel,
        before=tuple(map(_neighbour, before)),
        after=tuple(map(_neighbour, after)),
    )


def _alike(post: ObservedPost, others: Iterable[ObservedPost]) -> tuple[ObservedPost, ...]:
    """Return the first few of these posts that have a post's author, without those of its own album."""
    alike = (
        other
        for other in others
        if (other.container, other.author) == (post.container, post.author)
        and (other.group is None or other.group != post.group)
    )
    return tuple(islice(alike, NEIGHBOURS))


def _neighbour(post: ObservedPost) -> Neighbour:
    return Neighbour(url=post.url, posted_at=post.posted_at, text=_cut(post.text))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_NEIGHBOUR else f"{text[:MAX_NEIGHBOUR]} […]"
