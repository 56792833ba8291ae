"""`kapear backup`, `kapear restore`: one encrypted file that holds an installation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app import logs
from app.backups import backup_key, backup_key_file, make_backup, restore_backup
from app.commands.terminal import AsJson, at_desk, emit, errors, say
from app.instance import Instance
from domain.backups import Manifest
from domain.people import Actor, Permission
from triage.json_views import Json, rfc3339

FileName = Annotated[Path, typer.Argument(help="The backup.")]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="The file of the backups' key; backup.key in the data directory if left out."),
]


def backup(file: FileName, key: KeyOption = None, *, as_json: AsJson = False) -> None:
    """Write this installation, but for its keys and hash lists, into one encrypted file; a running instance goes on."""
    file = file.absolute()

    async def work(instance: Instance, actor: Actor) -> Manifest:
        actor.require(Permission.BACK_UP)
        key_file = backup_key_file(instance.config, key)
        opened, is_new = backup_key(file, key_file)
        if is_new:
            say(
                f"{key_file} is new, and is the key of this backup: without it nobody can read the backup. "
                "Keep a copy of it, of host.key and of hotline.key, elsewhere than the backup."
            )
        with _progress("backing up") as progress:
            return await make_backup(instance, actor, file, opened, progress)

    manifest = at_desk(work, acting=True)
    emit({"file": str(file), **_manifest_json(manifest), "bytes": file.stat().st_size}, as_json=as_json)


def restore(file: FileName, key: KeyOption = None, *, as_json: AsJson = False) -> None:
    """Make the installation that a backup holds, in a new data directory and an empty database."""
    logs.configure(debug=False, quiet=True)
    with _progress("restoring") as progress:
        restored = asyncio.run(restore_backup(file, key, progress))
    where = str(restored.config.data_dir)
    missing = [str(path) for path in restored.missing_keys]
    lists = list(restored.lists_to_import)
    said: Json = {"restored_to": where, **_manifest_json(restored.manifest)}
    emit({**said, "keys_to_put_in_place": missing, "lists_to_import_again": lists}, as_json=as_json)
    if missing:
        say(f"Put your copy of the key files in their places (mode 0600), or nothing can be read: {', '.join(missing)}")
    if lists:
        say(f"Import these hash lists again (or retire them), for no backup holds them: {', '.join(lists)}")
    say("Then: kapear audit verify, kapear doctor, kapear run")


def _manifest_json(manifest: Manifest) -> Json:
    return {"made_at": rfc3339(manifest.made_at), "rows": manifest.rows}


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far it is, where somebody looks on."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
