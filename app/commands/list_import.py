"""Read a list's file with a progress bar, and say what was in it: first what is wrong, then the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.terminal import errors, print_fields, print_json, print_rows, say
from domain.errors import BadInput
from domain.hashlists import Algorithm, ListFigures
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlists import Opener
from triage.json_views import Json, list_json
from triage.list_figures import figures_json
from triage.list_imports import Forecast, Imported, Preview
from triage.list_terms import NewList

SHOWN_BAD_ROWS = 20
PIECE = 1 << 20  # bytes read at once
USUAL = 0.98  # share of pictures' PDQ hashes with 120 to 136 bits set
SUSPECT = 0.9  # below this share they are hardly pictures' hashes …
ENOUGH = 100  # … when there are as many as this


def categories_from(options: Sequence[str]) -> dict[str, str]:
    """Read `1=kind-a` or `1`: a category's number, and what its matches are called."""
    categories: dict[str, str] = {}
    for option in options:
        number, _, what = option.partition("=")
        if not number.strip():
            raise BadInput("--category takes NUMBER=WHAT, such as 1=kind-a.")
        categories[number.strip()] = what.strip()
    return categories


@contextmanager
def import_progress(file: Path, how: ListFormat) -> Iterator[tuple[Opener, Callable[[int], None]]]:
    """
    Show on a terminal how much of the file was read.

    Yields what opens the file for reading, from its beginning each time, and
    what is told of rows that are done.
    """
    if how.is_read_twice and file.exists() and not file.is_file():
        raise BadInput(f"{file}: {how.called} is read twice, so it must be a regular file.")
    columns = (
        TextColumn("Importing"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rows]} rows"),
    )
    # Standard output stays untouched: results must never end up between the bars.
    quiet = not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, redirect_stdout=False, disable=quiet) as progress:
        task = progress.add_task("", total=None, rows=0)
        rows = 0

        def pieces() -> Iterator[bytes]:
            try:
                with file.open("rb") as untrusted:
                    size = file.stat().st_size if file.is_file() else None
                    progress.update(task, total=size and size * (2 if how.is_read_twice else 1))
                    while piece := untrusted.read(PIECE):
                        progress.advance(task, len(piece))
                        yield piece
            except OSError as fault:
                raise BadInput(f"{file} cannot be read: {fault.strerror}.") from None

        def done(count: int) -> None:
            nonlocal rows
            rows += count
            progress.update(task, rows=rows)

        yield pieces, done


def tell_bad_rows(figures: ListFigures) -> None:
    """Say on standard error which rows were refused, the first of them one by one, and what looks odd."""
    for row in figures.bad_rows[:SHOWN_BAD_ROWS]:
        say(f"{row.unit} {row.line} refused: {row.problem}")
    if figures.bad > SHOWN_BAD_ROWS:
        say(f"… and {figures.bad - SHOWN_BAD_ROWS} more rows refused.")
    if figures.balanced is not None and figures.balanced < SUSPECT and figures.entries[Algorithm.PDQ] >= ENOUGH:
        say(
            f"Warning: {figures.balanced:.0%} of the PDQ hashes have 120 to 136 bits set, and {USUAL:.0%} of pictures' "
            "hashes do. They may be hashes of another kind."
        )


def show_figures(what: Json, figures: ListFigures, *, as_json: bool) -> None:
    """Print what was imported, or would be, and what the file held."""
    if as_json:
        print_json({**what, **figures_json(figures)})
        return
    print_fields(what)
    rows: list[tuple[object, ...]] = [
        ("entries", algorithm.value, count) for algorithm, count in figures.entries.items()
    ]
    rows += [("refused", kind, count, figures.first_at[kind]) for kind, count in figures.refused.items()]
    rows += [("passed over", kind, count, figures.first_at[kind]) for kind, count in figures.passed_over.items()]
    if figures.balanced is not None:
        rows += [("of the PDQ hashes", "with 120 to 136 bits set, as pictures have", f"{figures.balanced:.1%}")]
    print_rows(("rows", "of what kind", "how many", "first at"), rows)


def preview_json(wanted: NewList, preview: Preview) -> Json:
    """Return what an import would make."""
    return {
        "dry_run": True,
        "name": wanted.name.strip(),
        "version": preview.version,
        "class": wanted.list_class.value,
        "classification": wanted.classification,
        "entries": preview.figures.good,
        "replaces_entries": preview.replaces.entries if preview.replaces else None,
        "would_be_refused": preview.refusal or None,
        "would_be_held": preview.held or None,
        **_effect_json(preview.overlap, preview.forecast),
    }


def imported_json(imported: Imported) -> Json:
    """Return what an import made."""
    effect = _effect_json(imported.overlap, imported.forecast)
    return {**list_json(imported.hash_list), "held": imported.held or None, **effect}


def _effect_json(overlap: Mapping[str, int], forecast: Forecast | None) -> Json:
    """Return what a list shares with others, and what it would mean for the desk."""
    if forecast is None:
        return {"overlap": dict(overlap)}
    return {
        "overlap": dict(overlap),
        "pictures_in_30_days": forecast.pictures,
        "pictures_compared": forecast.compared,
        "pictures_matched": forecast.matched,
        "false_leads_a_month_at_most": float(f"{forecast.false_leads:.1g}"),
    }
