"""
Walk every route, command and metric against promise 3: Kapear is not a finder.

Nothing may be added unseen: what is not in a reviewed table is reported, and
so are a parameter, an option or a label that the table does not name. A word
of finding in a name is reported even where a table has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry

from console.server import ROUTE_TABLE

FINDING = re.compile(
    r"search|find|rank|top|discover|trend|popular|suggest|recommend|similar|explore|browse|query|sort|order|score[-_]?by"
    r"|heat|leader|graph|export[-_]?(targets|lists|hashes)",
    re.IGNORECASE,
)
NOT_FINDING = frozenset({"stop", "stopncii"})  # words that merely hold such a syllable
BY_PLACE = re.compile(
    r"target|channel|locator|container|account|author|handle|host|url|domain|page|list", re.IGNORECASE
)


@dataclass(frozen=True)
class Reviewed:
    """What somebody decided about one route or command, and why it finds nothing."""

    shows: str
    no_finder_because: str
    parameters: frozenset[str] = frozenset()


def walk_routes(app: web.Application, reviewed: Mapping[tuple[str, str], Reviewed]) -> list[str]:
    """Return what is wrong with an application's routes; empty is well."""
    table = app[ROUTE_TABLE]
    complaints = []
    seen = set()
    for found in app.router.routes():
        path = found.resource.canonical if found.resource else "?"
        route = (found.method, path)
        seen.add(route)
        name = found.name or ""
        if _finds(path) or _finds(name):
            complaints.append(f"route {found.method} {path} ({name}) is named like a finder")
        if route not in reviewed:
            complaints.append(f"route {found.method} {path} was never reviewed")
            continue
        declared = table[route].query if route in table else frozenset()
        if declared != reviewed[route].parameters:
            complaints.append(f"route {found.method} {path} reads {sorted(declared)}, which was not reviewed")
        complaints += [f"parameter {word} of {path} is named like a finder" for word in declared if _finds(word)]
    complaints += [f"route {' '.join(route)} was reviewed and is gone" for route in sorted(set(reviewed) - seen)]
    return complaints


def walk_commands(typer_app: Any, reviewed: Mapping[str, Reviewed]) -> list[str]:
    """Return what is wrong with the commands of a Typer application; names are as typed: "watch add"."""
    import typer.main  # noqa: PLC0415 - the routes can be walked without the command line

    complaints = []
    seen = set()
    for name, command in _commands(typer.main.get_command(typer_app)):
        seen.add(name)
        options = frozenset(_option(parameter) for parameter in command.params) - {"help"}
        if _finds(name):
            complaints.append(f"command {name} is named like a finder")
        complaints += [f"option {option} of {name} is named like a finder" for option in options if _finds(option)]
        if name not in reviewed:
            complaints.append(f"command {name} was never reviewed")
        elif unknown := options - reviewed[name].parameters:
            complaints.append(f"command {name} takes {sorted(unknown)}, which was not reviewed")
    complaints += [f"command {name} was reviewed and is gone" for name in sorted(set(reviewed) - seen)]
    return complaints


def walk_metrics(registry: CollectorRegistry, reviewed: Mapping[str, frozenset[str]]) -> list[str]:
    """Return what is wrong with the metrics of a registry; `reviewed` names each with its labels."""
    complaints = []
    for family in registry.collect():
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        if not family.samples:
            complaints.append(f"metric {family.name} shows no sample, so its labels are unknown")
        if family.name not in reviewed:
            complaints.append(f"metric {family.name} was never reviewed")
        elif labels != reviewed[family.name]:
            complaints.append(f"metric {family.name} has labels {sorted(labels)}, which were not reviewed")
        complaints += [f"label {label} of {family.name} names a place" for label in labels if BY_PLACE.search(label)]
        if _finds(family.name):
            complaints.append(f"metric {family.name} is named like a finder")
    return complaints


def _finds(name: str) -> bool:
    words = [word for word in re.split(r"[^A-Za-z]+", name) if word.lower() not in NOT_FINDING]
    return any(FINDING.search(word) for word in words)


def _commands(command: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by the words that are typed for it."""
    nested = getattr(command, "commands", None)
    if not nested:
        yield prefix or command.name, command
        return
    # A group with options of its own does something too.
    if prefix and command.params:
        yield prefix, command
    for name, below in nested.items():
        yield from _commands(below, f"{prefix} {name}".strip())


def _option(parameter: Any) -> str:
    long = [name for name in parameter.opts if name.startswith("--")]
    return str((long or parameter.opts)[0]).lstrip("-")
