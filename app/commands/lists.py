"""`kapear hashlist` and `kapear rules`: what media and texts are compared with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from app.commands.terminal import AsJson, at_desk, emit, errors, say
from app.instance import Instance
from domain.errors import BadInput
from domain.hashlists import HashList, ListClass
from domain.people import Actor
from exchange.formats.hashlist_csv import read_csv
from triage.hash_lists import Imported, NewList
from triage.json_views import Json, list_json

app = typer.Typer(no_args_is_help=True, help="Hash lists.")
rules_app = typer.Typer(no_args_is_help=True, help="Text rules.")

SHOWN_BAD_ROWS = 20


class Format(StrEnum):
    """Formats of hash lists that can be read."""

    CSV = "csv"


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The list's file.")],
    name: Annotated[str, typer.Option(help="The list's name; importing it again makes its next version.")],
    classification: Annotated[str, typer.Option(help="What a match is called when the row does not say.")],
    file_format: Annotated[Format, typer.Option("--format", help="The file's format.")] = Format.CSV,
    authority: Annotated[str, typer.Option(help="Who stands behind the list.")] = "",
    list_class: Annotated[ListClass, typer.Option("--class", help="What kind of list it is.")] = ListClass.OWN,
    *,
    as_json: AsJson = False,
) -> None:
    """Import a hash list; a running instance uses it within 5 seconds."""
    wanted = NewList(name=name, classification=classification, list_class=list_class, authority=authority)
    del file_format  # CSV is the only one; typer refuses every other word

    async def work(instance: Instance, actor: Actor) -> Imported:
        with (
            file.open(encoding="utf-8-sig", errors="replace", newline="") as lines,
            Progress(console=errors, disable=not errors.is_terminal) as progress,
        ):
            task = progress.add_task("Importing", total=None)
            return await instance.office.lists.import_list(
                actor, wanted, read_csv(lines), lambda done: progress.advance(task, done)
            )

    try:
        imported = at_desk(work, acting=True)
    except OSError as fault:
        raise BadInput(f"{file} cannot be read: {fault.strerror}.") from None
    for row in imported.bad_rows[:SHOWN_BAD_ROWS]:
        say(f"Line {row.line} refused: {row.problem}")
    if len(imported.bad_rows) > SHOWN_BAD_ROWS:
        say(f"… and {len(imported.bad_rows) - SHOWN_BAD_ROWS} more rows refused.")
    emit({**list_json(imported.hash_list), "refused": len(imported.bad_rows)}, as_json=as_json)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List hash lists: what they are, never what they hold."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [list_json(hash_list) for hash_list in await instance.office.lists.all(actor)]

    columns = ("name", "version", "class", "classification", "entries", "imported_at", "retired_at")
    emit(at_desk(work, acting=False), as_json=as_json, columns=columns)


@app.command("retire")
def retire(name: Annotated[str, typer.Argument(help="The list's name.")], *, as_json: AsJson = False) -> None:
    """Take a hash list out of matching."""

    async def work(instance: Instance, actor: Actor) -> HashList:
        return await instance.office.lists.retire(actor, name)

    emit(list_json(at_desk(work, acting=True)), as_json=as_json)


@rules_app.command("list")
def list_rules(*, as_json: AsJson = False) -> None:
    """List the text rules."""
    from matching.rules import load_rules  # noqa: PLC0415 - numpy and re2 are for these two commands only

    rows = [
        {"rule": rule.id, "version": rule.version, "attribute": rule.attribute.value} for rule in load_rules().rules
    ]
    emit(rows, as_json=as_json, columns=("rule", "version", "attribute"))


@rules_app.command("test")
def try_rules(text: Annotated[str, typer.Argument(help="A text to try.")], *, as_json: AsJson = False) -> None:
    """Show which rules fire on a text."""
    from matching.rules import load_rules  # noqa: PLC0415 - numpy and re2 are for these two commands only

    hits = load_rules().find(text)
    rows = [{"rule": hit.rule, "version": hit.version, "start": hit.start, "end": hit.end} for hit in hits]
    emit(rows, as_json=as_json, columns=("rule", "version", "start", "end"))
