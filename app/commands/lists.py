"""`kapear hashlist` and `kapear rules`: what media and texts are compared with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.commands.list_import import (
    categories_from,
    import_progress,
    imported_json,
    preview_json,
    show_figures,
    tell_bad_rows,
)
from app.commands.terminal import AsJson, at_desk, emit, say
from app.instance import Instance
from domain.errors import BadInput
from domain.fingerprints import MIN_PDQ_QUALITY
from domain.hashlists import OWN_LIST, HashList, ListClass, Opinion, Severity
from domain.people import Actor
from exchange.formats.hashlist_columns import columns_from
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlists import WITH_COLUMNS, ReadAs, read_list
from triage.json_views import Json, list_json, standing_json, waiting_json
from triage.list_imports import Imported, Preview
from triage.list_terms import NewList
from triage.opinions import Said

app = typer.Typer(no_args_is_help=True, help="Hash lists.")
rules_app = typer.Typer(no_args_is_help=True, help="Text rules.")

FileName = Annotated[Path, typer.Argument(help="The list's file.")]
FormatOption = Annotated[ListFormat, typer.Option("--format", help="The file's format.")]
ColumnsOption = Annotated[
    str,
    typer.Option(help="CSV, JSON: names of the file's columns, as in md5=Image MD5,id=Ref.", metavar="OURS=THEIRS,…"),
]
CategoryOption = Annotated[
    list[str] | None,
    typer.Option(help="VICS: a category to take, and what its matches are called. Repeat it.", metavar="NUMBER=WHAT"),
]
ClassOption = Annotated[ListClass, typer.Option("--class", help="What kind of list it is.")]


@app.command("import")
def import_(
    file: FileName,
    name: Annotated[str, typer.Option(help="The list's name; importing it again makes its next version.")],
    classification: Annotated[str, typer.Option(help="What a match is called when the row does not say.")],
    file_format: FormatOption = ListFormat.CSV,
    authority: Annotated[str, typer.Option(help="Who stands behind the list.")] = "",
    list_class: ClassOption = ListClass.OWN,
    columns: ColumnsOption = "",
    category: CategoryOption = None,
    agreement: Annotated[str, typer.Option(help="The document under which the hotline may use it.")] = "",
    licence_ends: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it may be used.")
    ] = None,
    radius: Annotated[int | None, typer.Option(help="PDQ bits within which it matches; 31 unless agreed.")] = None,
    min_quality: Annotated[int, typer.Option(help="PDQ quality from which pictures are compared.")] = MIN_PDQ_QUALITY,
    severity: Annotated[Severity, typer.Option(help="How much a match of it weighs.")] = Severity.NORMAL,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the file, say what it holds, write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import a hash list; a running instance uses it within 5 seconds."""
    wanted = NewList(
        name=name,
        classification=classification,
        list_class=list_class,
        authority=authority,
        agreement=agreement,
        licence_ends=licence_ends.date() if licence_ends else None,
        radius=radius,
        min_quality=min_quality,
        severity=severity,
        columns=columns,
    )
    categories = categories_from(category or [])
    ReadAs(format=file_format, columns=columns_from(columns), categories=categories)  # refused before anything opens
    if file_format is ListFormat.STOPNCII and list_class in {ListClass.ACCREDITED, ListClass.OWN}:
        raise BadInput("StopNCII's hashes are of adults, who sent them in themselves: say --class adult-ncii.")

    async def work(instance: Instance, actor: Actor) -> Imported | Preview:
        from exchange.screening import screened  # noqa: PLC0415 - numpy is for this command only

        lists = instance.office.lists
        described = await lists.with_columns(wanted) if file_format in WITH_COLUMNS else wanted
        how = ReadAs(format=file_format, columns=columns_from(described.columns), categories=categories)
        with import_progress(file, how.format) as (pieces, done):
            rows = screened(read_list(pieces, how), unit=how.format.unit)
            return await (lists.preview if dry_run else lists.import_list)(actor, described, rows, done)

    done = at_desk(work, acting=True)
    tell_bad_rows(done.figures)
    what = imported_json(done) if isinstance(done, Imported) else preview_json(wanted, done)
    show_figures(what, done.figures, as_json=as_json)
    if done.held:
        say(f"Not in force: {done.held} See `kapear hashlist show`, then activate or discard it.")


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List hash lists: what they are, never what they hold, and which version waits for a decision."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        lists = instance.office.lists
        waiting, lacking = await lists.waiting(actor), await lists.without_files(actor)
        nothing = None, ""
        return [
            {
                **list_json(one),
                **waiting_json(*waiting.get(one.id, nothing)),
                "to_import_again": one.id in lacking,
            }
            for one in await lists.all(actor)
        ]

    rows = at_desk(work, acting=False)
    columns = ("name", "version", "class", "classification", "entries", "imported_at", "retired_at", "waits_because")
    emit(rows, as_json=as_json, columns=columns)
    if again := sorted({str(row["name"]) for row in rows if row["to_import_again"]}):
        say(f"Without their entries, and to be imported again (or retired) before any visit: {', '.join(again)}")


@app.command("retire")
def retire(
    name: Annotated[str, typer.Argument(help="The list's name.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log. The hotline's own list asks for it.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Take a hash list out of matching."""

    async def work(instance: Instance, actor: Actor) -> HashList:
        return await instance.office.lists.retire(actor, name, reason)

    retired = at_desk(work, acting=True)
    emit(list_json(retired), as_json=as_json)
    if retired.is_own:
        say(f"What you assess is not put on it any more. To go on with it: kapear hashlist activate {OWN_LIST}")


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="The list's name.")], *, as_json: AsJson = False) -> None:
    """Show how a list stands: its terms, what people say of its hashes, a version that waits for a decision."""

    async def work(instance: Instance, actor: Actor) -> Json:
        return standing_json(await instance.office.lists.show(actor, name))

    emit(at_desk(work, acting=False), as_json=as_json)


def _decide(name: str, summary: str, decide: Callable[[Instance, Actor, str], Awaitable[HashList]]) -> None:
    """Register a command that decides on the version of a list that is kept aside."""

    def command(name: Annotated[str, typer.Argument(help="The list's name.")], *, as_json: AsJson = False) -> None:
        emit(list_json(at_desk(lambda i, a: decide(i, a, name), acting=True)), as_json=as_json)

    app.command(name, help=summary)(command)


_decide(
    "activate",
    "Put a version in force that was kept aside, or the hotline's own list again.",
    lambda i, a, name: i.office.lists.activate(a, name),
)
_decide("discard", "Drop a version that was kept aside.", lambda i, a, name: i.office.lists.discard(a, name))


def _opine(name: str, summary: str, opine: Callable[[Instance, Actor, str, str], Awaitable[Said]]) -> None:
    """Register a command that says something of the hashes which a lead's pictures match."""

    def command(
        lead_id: Annotated[str, typer.Argument(help="The lead whose pictures match.")],
        hash_list: Annotated[str, typer.Option("--list", help="The list's name.")],
        *,
        as_json: AsJson = False,
    ) -> None:
        said = at_desk(lambda i, a: opine(i, a, lead_id, hash_list), acting=True)
        emit({"list": hash_list, "hashes": said.hashes, "new": said.new}, as_json=as_json)

    app.command(name, help=summary)(command)


_opine(
    "confirm",
    "Say that what a lead matched on a list belongs there.",
    lambda i, a, lead, name: i.office.opinions.say(a, lead, name, Opinion.CONFIRMED),
)
_opine(
    "dispute",
    "Say that what a lead matched on a list does not belong there.",
    lambda i, a, lead, name: i.office.opinions.say(a, lead, name, Opinion.DISPUTED),
)
_opine(
    "disable",
    "Let what a lead matched on a list match nothing any more.",
    lambda i, a, lead, name: i.office.opinions.say(a, lead, name, Opinion.DISABLED),
)
_opine(
    "enable",
    "Let what was disabled match again.",
    lambda i, a, lead, name: i.office.opinions.take_back(a, lead, name, Opinion.DISABLED),
)


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
