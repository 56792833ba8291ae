"""
Say which pictures and videos an element shows, however it names them.

Pages name a picture in many ways: at once or when it scrolls into view, in one
size or several, as content or as a background. What is found is an address and
a kind; nothing is fetched, and no script is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from crawler.parse.css import addresses_in
from crawler.parse.linked_data import media_in
from crawler.parse.srcset import Candidate, Choice, candidates_of, choose
from domain.observations import MediaKind

MAX_OF_A_STYLE = 50  # pictures of one style sheet
_PICTURE_FILES = frozenset({"avif", "bmp", "gif", "heic", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp"})
_VIDEO_FILES = frozenset({"3gp", "avi", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ogv", "webm", "wmv"})
_NO_PICTURE = frozenset({"css", "eot", "otf", "svg", "ttf", "woff", "woff2"})  # what else style sheets name
_PLAYLISTS = frozenset({"m3u8", "mpd", "ism"})
_FILES = frozenset({
    "7z", "apk", "atom", "bin", "doc", "docx", "exe", "flac", "gz", "ico", "iso", "js", "json", "mp3", "ogg", "pdf",
    "rar", "rss", "tar", "torrent", "txt", "wav", "xls", "xlsx", "xml", "zip",
})  # fmt: skip
_SHOWN_TYPES = frozenset({"", "image/avif", "image/gif", "image/jpeg", "image/jpg", "image/png", "image/webp"})
_SRCSETS = ("data-srcset", "data-lazy-srcset", "srcset")
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-echo", "file")
_FULLER = ("data-full-url", "data-orig-file", "data-large-file", "data-large_image", "data-zoom-image", "zoomfile")
_BACKGROUNDS = ("data-bg", "data-background", "data-background-image", "background")
_PREVIEWS = frozenset({"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"})
_PREVIEW_VIDEOS = frozenset({"og:video", "og:video:url", "og:video:secure_url"})
_NAMED_PICTURES = frozenset({"image", "thumbnail", "thumbnailurl"})  # values of itemprop


class Offer(NamedTuple):
    """
    One media item: where it may be found, best first; only the first that is an address counts.

    `fuller` is the first one's full size, where it has another.
    """

    urls: tuple[str, ...]
    kind: MediaKind = MediaKind.IMAGE
    fuller: str = ""


def kind_of(url: str) -> MediaKind | None:
    """Return what an address ends in, if that is a picture's or a video's file."""
    ending = _ending(url)
    if ending in _PICTURE_FILES:
        return MediaKind.IMAGE
    return MediaKind.VIDEO if ending in _VIDEO_FILES else None


def is_file(url: str) -> bool:
    """Return whether an address ends in the name of a file that is no page."""
    return _ending(url) in _FILES | _NO_PICTURE | _PLAYLISTS or kind_of(url) is not None


def offers_of(tag: str, element: Any) -> Iterator[Offer]:
    """Yield the media items of one element, without those of its children but where they are one picture with it."""
    read = _READERS.get(tag)
    if read is not None:
        yield from read(element)
    style = element.get("style")
    if style:
        yield from _of_style(style)
    for name in _BACKGROUNDS:
        written = element.get(name)
        if written:
            yield next(_of_style(written), Offer((written,) if "/" in written or kind_of(written) else ()))


def _img(element: Any) -> Iterator[Offer]:
    if next(element.iterancestors("picture"), None) is None:
        yield _image(element, ())


def _picture(element: Any) -> Iterator[Offer]:
    """
    Yield a `picture`: its sources and its `img` are one item, but for sources with a `media` of their own.

    Those are other cuts of it, by the standard's intent, and other cuts have other hashes.
    """
    if next(element.iterancestors("picture"), None) is not None:
        return  # so that however they are nested, each source is looked at once
    shared: list[Candidate] = []
    for source in element.iter("source"):
        if (source.get("type") or "").strip().lower() not in _SHOWN_TYPES:
            continue
        candidates = list(_candidates(source))
        if source.get("media"):
            choice = choose(candidates)
            yield Offer((choice.url,), fuller=choice.fuller)
        else:
            shared += candidates
    image = next(element.iter("img", "amp-img"), None)
    if image is not None:
        yield _image(image, shared)
    elif shared:
        choice = choose(shared)
        yield Offer((choice.url,), fuller=choice.fuller)


def _image(element: Any, shared: list[Candidate] | tuple[()]) -> Offer:
    """Return an image; a lazy page keeps the real address beside a placeholder."""
    choice = choose([*_candidates(element), *shared])
    if choice.url[:5].lower() == "data:":
        choice = Choice("")  # a placeholder, for pictures in several sizes are files
    urls = (choice.url, *_values(element, _LAZY), element.get("src") or "")
    fuller = choice.fuller or next(iter(_values(element, _FULLER)), "")
    return Offer(urls, fuller=fuller)


def _candidates(element: Any) -> Iterator[Candidate]:
    """Yield the sizes of the first `srcset` that an element has, under whichever name."""
    srcset = next(iter(_values(element, _SRCSETS)), "")
    return candidates_of(srcset, shown_width=element.get("width") or "")


def _video(element: Any) -> Iterator[Offer]:
    if next(element.iterancestors("video", "amp-video"), None) is not None:
        return
    yield Offer(_values(element, ("poster", "data-poster")), MediaKind.THUMBNAIL)
    yield Offer(tuple(_video_files(element)), MediaKind.VIDEO)


def _video_files(element: Any) -> Iterator[str]:
    """Yield the files of a `video` that are none of a playlist; its sources say the same in other formats."""
    for holder in (element, *element.iter("source")):
        kind = (holder.get("type") or "").lower()
        for url in _values(holder, ("src", "data-src")):
            if _ending(url) not in _PLAYLISTS and "mpegurl" not in kind and "dash" not in kind:
                yield url


def _embedded(element: Any) -> Iterator[Offer]:
    """Yield what an `object` or `embed` shows, if it is a picture or a video by its type or its name."""
    declared = (element.get("type") or "").strip().lower()
    for url in _values(element, ("data", "src")):
        if declared.startswith("video/") or kind_of(url) is MediaKind.VIDEO:
            yield Offer((url,), MediaKind.VIDEO)
        elif (declared.startswith("image/") and "svg" not in declared) or kind_of(url) is MediaKind.IMAGE:
            yield Offer((url,))


def _named(element: Any) -> Iterator[Offer]:
    """Yield the pictures and videos by which a page presents itself to others."""
    url = element.get("content") or element.get("href") or ""
    names = f"{element.get('property') or ''} {element.get('name') or ''}".lower().split()
    is_picture = _PREVIEWS.intersection(names) or "image_src" in (element.get("rel") or "").lower().split()
    if is_picture or (element.get("itemprop") or "").lower() in _NAMED_PICTURES:
        yield Offer((url,))
    elif _PREVIEW_VIDEOS.intersection(names) and kind_of(url) is MediaKind.VIDEO:  # else it is a player's page
        yield Offer((url,), MediaKind.VIDEO)


def _vector(element: Any) -> Iterator[Offer]:
    """Yield what `image` shows: a picture within a drawing, and elsewhere an old spelling of `img`."""
    yield Offer(_values(element, ("href", "xlink:href", "src")))


def _button(element: Any) -> Iterator[Offer]:
    if (element.get("type") or "").strip().lower() == "image":
        yield Offer(_values(element, ("src",)))


def _linked_data(element: Any) -> Iterator[Offer]:
    if (element.get("type") or "").strip().lower() == "application/ld+json":
        for url, kind in media_in(element.text or ""):
            yield Offer((url,), kind)


def _of_style(css: str) -> Iterator[Offer]:
    found = 0
    for url in addresses_in(css):
        if _ending(url) not in _NO_PICTURE and url[:14].lower() != "data:image/svg" and found < MAX_OF_A_STYLE:
            found += 1
            yield Offer((url,))


def _values(element: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those attributes that say something."""
    return tuple(value for name in names if (value := element.get(name)))


def _ending(url: str) -> str:
    """Return the ending of a file's name in an address, in lower case; "" where there is none."""
    try:
        name = urlsplit(url[:4096]).path.rpartition("/")[2]
    except ValueError:
        return ""
    return name.rpartition(".")[2].lower() if "." in name else ""


_READERS: Mapping[str, Callable[[Any], Iterator[Offer]]] = {
    "amp-img": _img,
    "amp-video": _video,
    "embed": _embedded,
    "image": _vector,
    "img": _img,
    "input": _button,
    "link": _named,
    "meta": _named,
    "object": _embedded,
    "picture": _picture,
    "script": _linked_data,
    "style": lambda element: _of_style(element.text or ""),
    "video": _video,
}
