"""
Read addresses of Discourse forums, of their categories and of topics, where a person says that it is one.

Any site may be a forum, and an address does not say which software answers.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator

_SLUG = r"[^/]{1,255}"
_TOPIC = re.compile(rf"((?:/[^/]+)*?)/t/(?:(?!\d+(?:/|\.json|$)){_SLUG}/)?(\d{{1,18}})(?:/\d+|/last)?(?:\.json|/)?")
_CATEGORY = re.compile(
    rf"((?:/[^/]+)*?)/c/((?:{_SLUG}/){{0,3}}\d{{1,18}})(?:/(?:none|all))?(?:/l/latest)?(?:\.json|/)?"
)
_FORUM = re.compile(r"((?:/[^/]+)*?)(?:/latest|/categories)?(?:\.json|/)?")
_NOT_A_FORUMS = re.compile(r"/(?:u|users|g|groups|tag|tags|search|badges|admin|my|posts|t|c)(?:/|$)")
_NO_PLACE = (
    "This is neither a forum, a category nor a topic of Discourse; paste one such as "
    "https://forum.example/t/topic-name/123, https://forum.example/c/category/5 or https://forum.example/latest."
)


def read(canonical: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' interface
    """Return the locator of a topic, a category, or of all that a forum shows."""
    if not asked:
        return None
    parts = urlsplit(canonical)
    site = f"{parts.scheme}://{parts.netloc}"
    topic, category, forum = (form.fullmatch(parts.path) for form in (_TOPIC, _CATEGORY, _FORUM))
    if topic is not None:
        return f"{site}{topic[1]}/t/{topic[2]}"
    if category is not None:
        return f"{site}{category[1]}/c/{category[2]}"
    if forum is None or _NOT_A_FORUMS.search(forum[1]):
        raise BadLocator(_NO_PLACE)
    return f"{site}{forum[1]}/latest"
