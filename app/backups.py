"""
Make a backup of an installation in one encrypted file, and make an installation from one.

    rows and files ──► lines ──► gzip ──► pieces of AES-GCM ──► a staged file ──► its name

Nothing is on the disk in between, in either direction. Key files are in no
backup: who has the file alone, or with its own key, cannot read what the
host's key and the hotline's protect.
"""

from __future__ import annotations

import gzip
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from app import config
from app.config import Config
from app.instance import Instance, make_private, require_keys, written_with
from domain.audit import SYSTEM, AuditDraft
from domain.backups import KeptFile, Manifest, Record, TableHead, TableRow, TheEnd, decoded, encoded
from domain.clock import utc_now
from domain.errors import OperatorFault
from domain.people import Actor
from domain.store import Tx
from keys import files
from keys.backupkey import BackupKey, create_backup_key, load_backup_key
from keys.sealedfile import SealedReader, SealedWriter
from storage.engine import COMPANIONS
from storage.restoring import restore
from triage.backups import Backups

KEY_FILE = "backup.key"
FORUMS = "forums"
MAX_FILE_BYTES = 1_048_576
BUFFER = 1_048_576
WHAT = "backup"

# What may lie where a backup is restored: what no backup holds, and what a person put there on purpose.
# A database may be what a killed restore left, or somebody's: whether it is empty it says itself.
WELCOME = {"host.key", "hotline.key", KEY_FILE, config.FILE, FORUMS, "visitor.lock"}
WELCOME |= {f"kapear.db{companion}" for companion in COMPANIONS}
KEPT = re.compile(rf"{re.escape(config.FILE)}|{FORUMS}/[^/]+\.toml")

_BROKEN_OFF = "The backup does not say all that it set out to; nothing was restored. Make another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """An installation made from a backup: what it holds, and what is still to be put there."""

    config: Config
    manifest: Manifest
    missing_keys: tuple[Path, ...]
    lists_to_import: tuple[str, ...]


def backup_key_file(settings: Config, given: Path | None) -> Path:
    """Return the file of the backups' key."""
    return (given or settings.data_dir / KEY_FILE).absolute()


def backup_key(file: Path, key_file: Path) -> tuple[BackupKey, bool]:
    """
    Return the key for a new backup, and whether it was made just now.

    Raises OperatorFault where the backup's file stands already.
    """
    if file.exists():
        raise OperatorFault(f"{file} exists already: Kapear never overwrites a backup; name another file.")
    is_new = not key_file.exists()
    return create_backup_key(key_file) if is_new else load_backup_key(key_file), is_new


async def make_backup(
    instance: Instance, actor: Actor, file: Path, key: BackupKey, progress: Callable[[int, int], None]
) -> Manifest:
    """Write a backup; raises OperatorFault with one line where it cannot be written, and leaves nothing of it then."""

    def seal(records: Iterator[Record], out: BinaryIO) -> None:
        sealed = SealedWriter(out, key)
        with gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=6, mtime=0) as lines:
            for record in records:
                lines.write(encoded(record))
        sealed.finish()

    def write(records: Iterator[Record]) -> None:
        files.make_new(file, partial(seal, records), WHAT)

    book = Backups(desk=instance.office.desk)
    kept = kept_files(instance.config.data_dir)
    return await book.make(actor, kept, write, key=key.id, progress=progress)


def kept_files(data_dir: Path) -> list[KeptFile]:
    """Return the small files of the data directory that belong to a backup; raises OperatorFault."""
    paths = [data_dir / config.FILE, *sorted((data_dir / FORUMS).glob("*.toml"))]
    return [KeptFile(name=str(path.relative_to(data_dir)), content=_content(path)) for path in paths if path.is_file()]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            content = source.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise OperatorFault(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_FILE_BYTES:
        raise OperatorFault(f"{path} is larger than {MAX_FILE_BYTES // 1024} KiB, so it is no file of Kapear's.")
    return content


async def restore_backup(
    file: Path,
    given_key: Path | None,
    progress: Callable[[int, int], None],
    environment: Mapping[str, str] = os.environ,
) -> Restored:
    """
    Make the installation that a backup holds, in a new folder and an empty database; all of it or nothing.

    The configuration that lies there counts before that of the backup. Raises
    OperatorFault with one line for a folder or database that is not empty, a
    wrong key, and a backup that is damaged or of a newer program.
    """
    data_dir = config.data_dir_of(environment)
    _require_empty(data_dir)
    key = load_backup_key((given_key or data_dir / KEY_FILE).absolute())
    try:
        with file.open("rb") as source:
            records = _records(io.BufferedReader(SealedReader(source, key), BUFFER))
            manifest, kept, rows = _begun(records)
            beside = next((each.content for each in kept if each.name == config.FILE), b"")
            settings = config.load(environment, beside=beside)
            make_private(data_dir)
            lists = await restore(
                settings.database_url,
                _counted(rows, manifest, progress),
                schema=manifest.schema,
                data_dir=data_dir,
                finish=partial(_finish, settings, kept, manifest),
            )
    except OSError as error:
        raise OperatorFault(f"{file} cannot be read: {error.strerror or type(error).__name__}.") from None
    missing = tuple(path for path in (settings.key_file, settings.hotline_key_file) if not path.exists())
    return Restored(config=settings, manifest=manifest, missing_keys=missing, lists_to_import=lists)


def _require_empty(data_dir: Path) -> None:
    strangers = (
        sorted(path.name for path in data_dir.iterdir() if path.name not in WELCOME) if data_dir.is_dir() else []
    )
    if strangers:
        raise OperatorFault(
            f"{data_dir} is not empty (it holds {strangers[0]}), and a backup is restored into a new folder only: "
            "name another by KAPEAR_DATA_DIR."
        )


def _records(source: io.BufferedReader) -> Iterator[Record]:
    """Return what a backup says, to its very end, which only a whole file has."""
    try:
        with gzip.GzipFile(fileobj=source, mode="rb") as lines:
            yield from map(decoded, lines)
    except (EOFError, gzip.BadGzipFile):
        raise OperatorFault(_BROKEN_OFF) from None


def _begun(records: Iterator[Record]) -> tuple[Manifest, list[KeptFile], Iterator[Record]]:
    """Return what stands before the rows, and the rest."""
    manifest = next(records, None)
    if not isinstance(manifest, Manifest):
        raise OperatorFault(_BROKEN_OFF)
    kept: list[KeptFile] = []
    for record in records:
        if not isinstance(record, KeptFile):
            return manifest, kept, chain([record], records)
        kept.append(record)
    raise OperatorFault(_BROKEN_OFF)


def _counted(
    records: Iterable[Record], manifest: Manifest, progress: Callable[[int, int], None]
) -> Iterator[TableHead | TableRow]:
    """Return tables and rows; raises OperatorFault unless the end that is told comes, and no earlier."""
    rows, told = 0, -1
    for record in records:
        match record:
            case TableHead():
                yield record
            case TableRow():
                rows += 1
                yield record
            case TheEnd():
                told = record.rows
            case _:
                raise OperatorFault(_BROKEN_OFF)
        progress(rows, manifest.rows)
    if rows != told:
        raise OperatorFault(_BROKEN_OFF)


def _finish(settings: Config, kept: Iterable[KeptFile], manifest: Manifest, tx: Tx) -> tuple[str, ...]:
    """
    Refuse keys that the data was not written with, write the small files, and say in the log what was done.

    Returns the names of the lists in force, whose entries no backup holds.
    """
    require_keys(settings, written_with(tx), only_present=True)
    for each in kept:
        path = settings.data_dir / each.name
        if not KEPT.fullmatch(each.name):
            raise OperatorFault(_BROKEN_OFF)
        if path.exists():
            continue  # a person put it there
        if path.parent != settings.data_dir:
            make_private(path.parent)
        files.write_new(path, each.content, "configuration file")
    details: dict[str, str | int] = {"made_at": manifest.made_at.isoformat(), "rows": manifest.rows}
    tx.audit.append(AuditDraft(at=utc_now(), actor=SYSTEM, action="instance.restored", details=details))
    return tuple(one.name for one in tx.lists.in_force() if one.entries and not one.is_own)
