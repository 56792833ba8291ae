"""`kapear stats`: what a hotline counts, in all or by quarter, kind of platform or outcome; never by place."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from app.commands.delays import latency_words
from app.commands.reports import parsed_date
from app.commands.terminal import AsJson, at_desk, emit
from app.instance import Instance
from domain.books.rows import Division
from domain.people import Actor
from domain.quarters import quarters
from domain.store import Tx
from triage.json_views import Json, latency_json

# Of a quarter that is over, what stands today says nothing.
EVENTS = ("reports", "visits", "observations", "media", "leads_filed", "gaps", "outages", "minutes_offline")
DELAYS = ("post_to_lead", "lead_to_person")


class By(StrEnum):
    """What figures may be divided by."""

    PLATFORM = "platform"
    QUARTER = "quarter"
    OUTCOME = "outcome"


def stats(
    by: Annotated[By | None, typer.Option(help="Divide the figures by this.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count targets, visits, observations, media and leads, and tell how late leads were."""
    first = _day(since, "--from")
    last = _day(until, "--to")

    async def work(instance: Instance, actor: Actor) -> Json | list[Json]:
        if by is By.QUARTER:
            return await _by_quarter(instance, actor, first, last)
        if by is not None:
            return await _by_kind(instance, Division(by), first, last)
        latency = latency_json(await instance.office.latency.between(actor, first, last))
        return {**await instance.store.read(lambda tx: tx.figures(first, last)), "latency": latency}

    found = at_desk(work, acting=False)
    if isinstance(found, list):
        columns = list(found[0]) if found else [by or ""]
        if as_csv:
            _write([columns, *([row[column] for column in columns] for row in found)])
        else:
            emit(found, as_json=as_json, columns=columns)
    elif as_csv:
        _write([("figure", "value"), *_flat(found)])
    else:
        emit(found if as_json else {**found, "latency": "", **latency_words(found["latency"])}, as_json=as_json)


async def _by_quarter(instance: Instance, actor: Actor, first: date | None, last: date | None) -> list[Json]:
    """Return a row for each quarter, from the first report on."""
    began = first or await instance.store.read(lambda tx: tx.first_day())
    rows: list[Json] = []
    if began is None:
        return rows
    for name, start, end in quarters(began, last or instance.office.desk.now().date()):
        figures = await instance.store.read(partial(_figures, start, end))
        latency = latency_json(await instance.office.latency.between(actor, start, end))
        delays = {f"{kind}_{share}": latency[kind][share] for kind in DELAYS for share in ("p50_s", "p95_s")}
        rows.append({"quarter": name, **{event: figures[event] for event in EVENTS}, **delays})
    return rows


def _figures(first: date, last: date, tx: Tx) -> Mapping[str, int]:
    return tx.figures(first, last)


async def _by_kind(instance: Instance, division: Division, first: date | None, last: date | None) -> list[Json]:
    divided = await instance.store.read(lambda tx: tx.figures_by(division, first, last))
    return [{division.value: kind, **figures} for kind, figures in divided.items()]


def _write(rows: Sequence[Sequence[object]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


def _flat(figures: Json, prefix: str = "") -> Iterator[tuple[str, int | float | None]]:
    """Yield every figure by its path in the JSON; None, an empty cell, is not known."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else parsed_date(text, option)
