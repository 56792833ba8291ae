"""
Open an installation: its data directory, keys, database and desk.

The first audit event names the keys that the data is written with, so that a
wrong key file is recognised before anything is written with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.config import Config
from app.lists import matcher_of, shelf_in
from app.machine_clock import keeping
from app.platform_config import lacking
from domain.audit import SYSTEM, AuditDraft
from domain.clock import utc_now
from domain.errors import OperatorFault
from domain.ports import Opener
from domain.store import Store, Tx
from keys import hotline, keyfile, tokens
from keys.vault import HostVault
from storage.opening import open_store
from triage.assessments import Assessments
from triage.audit_log import AuditLog
from triage.condition import Condition
from triage.desk import Desk
from triage.hash_lists import HashLists
from triage.latency import Latencies
from triage.lookalikes import Lookalikes
from triage.office import Office
from triage.opinions import Opinions
from triage.people import People
from triage.queue import Queue
from triage.referrals import Referrals
from triage.reports import Reports
from triage.retention import Retention
from triage.suggestions import Linked
from triage.telegram import Telegram
from triage.timekeeping import Timekeeping
from triage.watchlist import WatchList

BESIDE = "not enrolled: loopback only, and the hotline's private key lies unprotected beside the data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An open installation."""

    config: Config
    store: Store
    vault: HostVault = field(repr=False)
    office: Office

    def unlock(self, passphrase: str | None) -> Opener:
        """Open the hotline's private key; slow by design where it is under a passphrase."""
        path = self.config.hotline_key_file
        return hotline.unlock(path, passphrase if hotline.is_protected(path) else None)

    def protect_key(self, passphrase: str) -> None:
        """Put the hotline's private key under a passphrase, unless it is under one."""
        if not hotline.is_protected(self.config.hotline_key_file):
            hotline.protect(self.config.hotline_key_file, passphrase)

    @property
    def key_is_protected(self) -> bool:
        """Return whether reading leads takes a passphrase."""
        return hotline.is_protected(self.config.hotline_key_file)


@asynccontextmanager
async def open_instance(config: Config, *, create: bool = False) -> AsyncIterator[Instance]:
    """
    Open the installation, or with `create` make what is missing of a new one.

    Raises OperatorFault with one line for a missing, foreign or damaged one.
    """
    if create:
        make_private(config.data_dir)
    elif not config.data_dir.is_dir():
        raise OperatorFault(f"There is no installation in {config.data_dir}; make one: kapear init")
    store = await open_store(config.database_url, data_dir=config.data_dir, create=create)
    try:
        vault = await _vault(config, store, create=create)
        yield Instance(config=config, store=store, vault=vault, office=_office(config, store, vault))
    finally:
        await store.close()


def make_private(directory: Path) -> None:
    """Make a folder for its owner only, unless it is there; raises OperatorFault."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise OperatorFault(f"{directory} cannot be made: {fault.strerror}.") from None


async def _vault(config: Config, store: Store, *, create: bool) -> HostVault:
    """Return the vault; keys are made only for a database that has no event yet."""
    names = await store.read(written_with)
    if not names and create:
        # Whole key files without a first event are what a crash in here leaves: they are used as they are.
        if not config.key_file.exists():
            keyfile.create_host_keys(config.key_file)
        if not config.hotline_key_file.exists():
            hotline.create_hotline_key(config.hotline_key_file, None)
    host_keys = keyfile.load_host_keys(config.key_file)
    public = hotline.hotline_public(config.hotline_key_file)
    if not names:
        names = {"host_key": host_keys.id, "hotline_key": hotline.fingerprint(public)}
        draft = AuditDraft(at=utc_now(), actor=SYSTEM, action="instance.initialised", details=names)
        await store.write(lambda tx: tx.audit.append(draft))
    require_keys(config, names)
    return HostVault(host_keys, public)


def written_with(tx: Tx) -> dict[str, str]:
    """Return the names of the keys that the first event tells of; empty for a new database."""
    first = next(iter(tx.audit.events()), None)
    return {} if first is None else {name: str(value) for name, value in first.draft.details.items()}


def require_keys(config: Config, names: Mapping[str, str], *, only_present: bool = False) -> None:
    """Raise OperatorFault unless the key files are those that the data was written with; or those that are there."""
    if config.key_file.exists() or not only_present:
        keyfile.load_host_keys(config.key_file).require(names["host_key"])
    if config.hotline_key_file.exists() or not only_present:
        public = hotline.hotline_public(config.hotline_key_file)
        if hotline.fingerprint(public) != names["hotline_key"]:
            raise OperatorFault(
                "hotline.key is not the key this data is sealed to; restore the right file from your backup."
            )


def _office(config: Config, store: Store, vault: HostVault) -> Office:
    desk = Desk(
        lacking=lacking(config.platforms),
        store=store,
        vault=vault,
        hosts=config.hosts,
        telegram_session=config.telegram.session,
        max_active=config.max_active_targets,
        keeping=keeping,
        require_sync=config.require_clock_sync,
    )
    shelf, trial = shelf_in(config.lists_dir), partial(matcher_of, config.lists_dir)
    return Office(
        desk=desk,
        reports=Reports(desk=desk),
        referrals=Referrals(desk=desk),
        watchlist=WatchList(desk=desk, cadence=config.cadence),
        queue=Queue(desk=desk),
        linked=Linked(desk=desk),
        lists=HashLists(desk=desk, shelf=shelf, trial=trial, growth=config.list_growth),
        opinions=Opinions(desk=desk, shelf=shelf),
        assessments=Assessments(desk=desk, lookalikes=Lookalikes(desk=desk, trial=trial)),
        telegram=Telegram(desk=desk),
        people=People(desk=desk, new_token=tokens.new_token, digest=tokens.token_digest),
        latency=Latencies(desk=desk),
        retention=Retention(desk=desk),
        audit=AuditLog(desk=desk),
        timekeeping=Timekeeping(desk=desk),
        condition=Condition(desk=desk),
    )
