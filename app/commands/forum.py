"""`kapear forum`: rules by which forums are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.terminal import print_json
from domain.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Rules by which forums are read.")

MAX_BYTES = 2 << 20
SAVED = "https://forum.example/saved"  # where a saved page is taken to have stood


@app.command("test")
def try_rule(
    rule: Annotated[Path, typer.Argument(help="The rule, a TOML file.")],
    page: Annotated[Path, typer.Argument(help="A page saved as HTML.")],
) -> None:
    """Show what a rule reads in a saved page, as JSON; nothing is fetched or stored."""
    from crawler.forums.rules import load_rule  # noqa: PLC0415 - lxml and parsel are for this command only
    from crawler.parse.forum import read_forum  # noqa: PLC0415 - same
    from crawler.parse.page import TooComplex  # noqa: PLC0415 - same

    loaded = load_rule(rule)
    try:
        with page.open("rb") as file:
            html = file.read(MAX_BYTES).decode(errors="replace")
        seen = read_forum(html, page_url=SAVED, thread_url=SAVED, rules=[loaded])
    except OSError as error:
        raise BadInput(f"{page.name} cannot be read: {error.strerror}.") from None
    except TooComplex:
        raise BadInput(f"{page.name} is nested too deeply to be read.") from None
    if seen is None:
        raise BadInput(f"{rule.name} does not recognise {page.name}: mend generator, hosts or mark.")
    posts = [
        {
            "id": post.post.partition("#")[2],
            "author": post.author,
            "posted_at": post.posted_at.isoformat() if post.posted_at else None,
            "text": post.text,
            "links": list(post.links),
            "media": [{"kind": item.kind, "url": item.url, "fuller": item.fuller_url} for item in post.media],
        }
        for post in seen.posts
    ]
    print_json({"rule": seen.rule, "posts": posts, "next": seen.next, "threads": list(seen.threads)})
