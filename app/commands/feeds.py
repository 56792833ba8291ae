"""`kapear hashlist feeds` and `pull`: hash lists that another organisation keeps up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.commands.terminal import AsJson, at_desk, emit, errors, print_fields, print_json, say
from app.instance import Instance
from domain.feeds import Feed, FeedPage, FeedState
from domain.people import Actor
from triage.feeds import Pulled
from triage.json_views import Json, list_json, rfc3339

# aiohttp takes a while to import; only a pull waits for it.
# ruff: noqa: PLC0415

SHOWN = 20  # refused entries, and pages in quarantine, told one by one


def feeds(*, as_json: AsJson = False) -> None:
    """List the configured feeds and how they stand; asks nobody."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        from app.feeds import feed_book

        book = feed_book(instance)
        states = await book.states(actor, [each.feed for each in instance.config.feeds])
        return [_feed_json(feed, state) for feed, state in states]

    columns = ("name", "kind", "list", "last_pulled", "fault", "quarantined", "every_hours", "licence_ends")
    emit(at_desk(work, acting=False), as_json=as_json, columns=columns)


def pull(
    name: Annotated[str, typer.Argument(help="The feed's name in kapear.toml.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the feed, say what is new, write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Pull what is new of a feed, and make the next version of its list; a broken-off pull goes on."""

    async def work(instance: Instance, actor: Actor) -> Pulled:
        from app.feeds import configured, open_feeds

        chosen = configured(instance.config, name)
        async with open_feeds(instance) as opened:
            with _progress() as tell:
                return await opened.book.pull(actor, chosen.feed, opened.client(chosen), tell, dry_run=dry_run)

    pulled = at_desk(work, acting=True)
    _tell(pulled)
    what = _pulled_json(pulled)
    if as_json:
        print_json(what)
    else:
        print_fields({**what, "quarantined": len(pulled.quarantined), "passed_over": sum(pulled.passed_over.values())})


@contextmanager
def _progress() -> Iterator[Callable[[FeedPage], None]]:
    """Show on a terminal how far a pull is; nobody knows how much there is."""
    columns = (
        SpinnerColumn(),
        TextColumn("Pulling"),
        TextColumn("{task.fields[pages]} pages, {task.fields[changes]} changes"),
        TimeElapsedColumn(),
    )
    quiet = not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, redirect_stdout=False, disable=quiet) as progress:
        task = progress.add_task("", total=None, pages=0, changes=0)
        changes = 0

        def tell(page: FeedPage) -> None:
            nonlocal changes
            changes += len(page.changes)
            progress.update(task, pages=page.number, changes=changes)

        yield tell


def _tell(pulled: Pulled) -> None:
    """Say on standard error what could not be read."""
    for line in pulled.first_refused[:SHOWN]:
        say(f"Refused, {line}")
    if pulled.refused > SHOWN:
        say(f"… and {pulled.refused - SHOWN} more entries refused.")
    if pulled.held:
        say(f"The new version waits for a person. {pulled.held} See `kapear hashlist show`.")
    for each in pulled.quarantined[:SHOWN]:
        say(f"Page {each.page} is in quarantine: {each.problem}. What it could hold is asked for again by later pulls.")


def _feed_json(feed: Feed, state: FeedState) -> Json:
    return {
        "name": feed.name,
        "kind": feed.kind.value,
        "list": feed.list_name,
        "class": feed.list_class.value,
        "last_pulled": rfc3339(state.pulled_at),
        "fault": state.fault or None,
        "quarantined": state.quarantined,
        "every_hours": feed.every / timedelta(hours=1),
        "licence_ends": feed.licence_ends.isoformat() if feed.licence_ends else None,
    }


def _pulled_json(pulled: Pulled) -> Json:
    effect = pulled.effect
    return {
        "name": pulled.feed.name,
        "list": list_json(pulled.hash_list)["name"] if pulled.hash_list else pulled.feed.list_name,
        "version": pulled.hash_list.version if pulled.hash_list else None,
        "held": pulled.held or None,
        "dry_run": pulled.dry_run,
        "pages": pulled.pages,
        "resumed_pages": pulled.resumed,
        "added": effect.added,
        "altered": effect.altered,
        "withdrawn": effect.withdrawn,
        "entries": effect.entries,
        "refused": pulled.refused,
        "passed_over": pulled.passed_over,
        "quarantined": [{"page": each.page, "problem": each.problem} for each in pulled.quarantined],
        "missing": pulled.missing,
    }
