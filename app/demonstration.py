"""Set up the demo: a fresh installation, the bundled platforms, a list and a few targets."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.config import Config
from app.instance import Instance
from app.telegram_config import TelegramConfig
from demo.process import Served
from domain.cadence import Cadence
from domain.errors import OperatorFault
from domain.hashlists import ListClass
from domain.people import Actor, Role
from exchange.formats.hashlist_csv import read_csv
from triage.list_terms import NewList
from triage.watchlist import NewTarget

ACTOR = Actor(name="os:demo", role=Role.ADMIN, local=True)
DIRECTORY = Path(".demo")
POLL_S = 0.2
LONGEST_S = 180.0
_CHANNEL, _PREVIEW = "https://t.me/", "https://t.me/s/"


def fresh_directory(directory: Path = DIRECTORY) -> Path:
    """Return the demo's own directory, emptied; raises OperatorFault where it is something else."""
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise OperatorFault(f"{directory} is not a directory of the demo; move it away.")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    return directory.absolute()


def demo_config(base: Config, directory: Path, served: Served) -> Config:
    """Return a configuration for the demo's platforms: quick visits, loopback only."""
    data = directory / "data"
    return replace(
        base,
        data_dir=data,
        database_url=f"sqlite:///{data / 'kapear.db'}",
        key_file=data / "host.key",
        allow_networks=tuple(ip_network(name) for name in served.allow_networks.split(",")),
        telegram_web_base=served.telegram_web_base,
        telegram=TelegramConfig(
            api_id=served.line["telegram"]["api_id"],
            api_hash=served.line["telegram"]["api_hash"],
            session=served.line["telegram"]["session"],
        ),
        cadence=Cadence(interval=timedelta(seconds=5)),
        allow_missing_layers=True,  # the demo alone goes on by itself, and says so
        token="",
    )


async def furnish(instance: Instance, served: Served) -> list[str]:
    """Import the demo's list and add its targets; returns their ids."""
    office = instance.office
    wanted = NewList(name="demo", classification="demo-known", list_class=ListClass.ACCREDITED, authority="demo")
    await office.lists.import_list(ACTOR, wanted, read_csv([served.hash_list.read_bytes()]))
    added: list[str] = []
    # Channels that are served as previews are read as such, the one that has none through the account.
    previews = [locator.replace(_CHANNEL, _PREVIEW, 1) for locator in served.targets]
    for number, locator in enumerate([*previews, *served.line["telegram"]["targets"]], start=1):
        target = NewTarget(
            locator=locator,
            report=f"DEMO-{number}",
            authorised_by="demo",
            basis="synthetic, loopback only",
            backfill=None,
        )
        added.append((await office.watchlist.add(ACTOR, target)).target.id)
    return added


async def wait_until_visited(instance: Instance, target_ids: list[str], errors: Console) -> None:
    """Show progress until every target was visited once; raises OperatorFault when that takes too long."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task("Visiting the demo's targets", total=len(target_ids))
        visited, waited = 0, 0.0
        while visited < len(target_ids):
            if waited >= LONGEST_S:
                raise OperatorFault(
                    "The demo's targets were not all visited in time; is the machine very busy? Try again."
                )
            targets = await instance.store.read(lambda tx: tx.targets.all())
            visited = sum(target.last_outcome is not None for target in targets)
            progress.update(task, completed=visited)
            await asyncio.sleep(POLL_S)
            waited += POLL_S
