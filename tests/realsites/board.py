"""
Serve a django-machina forum on loopback, and change it as the lines on standard input say.

Runs under the Python of its own environment (`make realsites`), knows nothing
of Kapear, and keeps all in one folder: `board.py FOLDER PORT`. Each line is a
JSON object with `do` (post, edit, delete, restore) and its words; each is
answered by one JSON line.
"""

# mypy: disable-error-code="import-not-found"
# Django and machina are not in the environment in which types are checked.

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
import django.utils.encoding
from django.conf import settings

django.utils.encoding.smart_text = (
    django.utils.encoding.smart_str
)  # the search that machina asks for wants the old name

FOLDER, PORT = Path(sys.argv[1]), int(sys.argv[2])


def configure() -> None:
    from machina import MACHINA_MAIN_TEMPLATE_DIR  # noqa: PLC0415 - Django's order

    apps = ("auth", "contenttypes", "sessions", "messages", "staticfiles", "humanize")
    rooms = ["conversation", "conversation.forum_attachments", "conversation.forum_polls", "feeds", "moderation"]
    rooms += ["search", "tracking", "member", "permission"]
    settings.configure(
        SECRET_KEY="kites",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        LANGUAGE_CODE="en",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "board.db"}},
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in apps),
            *("mptt", "haystack", "widget_tweaks", "machina", "machina.apps.forum"),
            *(f"machina.apps.forum_{name}" for name in rooms),
        ],
        MIDDLEWARE=[
            "django.middleware.http.ConditionalGetMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "machina.apps.forum_permission.middleware.ForumPermissionMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [MACHINA_MAIN_TEMPLATE_DIR],
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages", "machina.core.context_processors.metadata",
            ]},
        }],
        CACHES={name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
                for name in ("default", "machina_attachments")},
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        STATIC_URL="/static/",
        MEDIA_URL="/media/",
        MEDIA_ROOT=FOLDER / "media",
        MACHINA_MARKUP_LANGUAGE=("machina.core.markdown.markdown", {"safe_mode": False, "extras": {}}),
        MACHINA_TOPIC_POSTS_NUMBER_PER_PAGE=5,
    )  # fmt: skip
    django.setup()


configure()

from django.contrib.auth.models import AnonymousUser, User  # noqa: E402 - only once Django is configured
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import transaction  # noqa: E402
from django.urls import include, path, re_path, reverse  # noqa: E402
from django.views.static import serve  # noqa: E402
from machina.apps.forum.models import Forum  # noqa: E402
from machina.apps.forum_conversation.models import Post, Topic  # noqa: E402
from machina.apps.forum_permission.shortcuts import assign_perm  # noqa: E402

urlpatterns = [
    path("forum/", include("machina.urls")),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": FOLDER / "media"}),
    path("admin/", lambda _: None, name="login"),
]


class Board:
    """The forum's one room and who writes in it; what was deleted waits to be restored."""

    def __init__(self) -> None:
        call_command("migrate", verbosity=0)
        self.writer = User.objects.create(username="mira")
        self.room = Forum.objects.create(name="Kites", type=Forum.FORUM_POST)
        for name in ("can_see_forum", "can_read_forum"):
            assign_perm(name, AnonymousUser(), self.room)
        self.gone: dict[str, list[Any]] = {}

    def view(self) -> str:
        return str(reverse("forum:forum", args=(self.room.slug, self.room.pk)))

    def do_post(self, thread: str, text: str) -> dict[str, Any]:
        topic, _ = Topic.objects.get_or_create(
            subject=thread,
            defaults={
                "forum": self.room,
                "poster": self.writer,
                "slug": thread,
                "approved": True,
                "type": 0,
                "status": 0,
            },
        )
        post = Post.objects.create(topic=topic, poster=self.writer, subject=thread, content=text, approved=True)
        place = reverse("forum_conversation:topic", args=(self.room.slug, self.room.pk, topic.slug, topic.pk))
        return {"id": post.pk, "thread": place}

    def do_edit(self, post: int, text: str) -> dict[str, Any]:
        edited = Post.objects.get(pk=post)
        edited.content = text
        edited.save()
        return {}

    def do_delete(self, thread: str) -> dict[str, Any]:
        topic = Topic.objects.get(subject=thread)
        self.gone[thread] = [topic, *Post.objects.filter(topic=topic).order_by("pk")]
        Topic.objects.filter(pk=topic.pk).delete()
        return {}

    def do_restore(self, thread: str) -> dict[str, Any]:
        topic, *posts = self.gone.pop(thread)
        with transaction.atomic():  # a topic names its posts, and they name it
            Topic.objects.bulk_create([topic])
            Post.objects.bulk_create(posts)
        Topic.objects.get(pk=topic.pk).update_trackers()
        return {}


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main() -> None:
    board = Board()
    server = make_server("127.0.0.1", PORT, get_wsgi_application(), server_class=Threading, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"view": board.view()}), flush=True)  # noqa: T201 - its way to answer
    for line in sys.stdin:
        words = json.loads(line)
        print(json.dumps(getattr(board, f"do_{words.pop('do')}")(**words)), flush=True)  # noqa: T201 - same
    server.shutdown()


if __name__ == "__main__":
    main()
