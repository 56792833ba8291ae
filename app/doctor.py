"""
Look at what the promises rest on here: lock-down, memory, keys, database, clock, disk.

It asks the things themselves. A child is started and locked down as for a
visit, and it says which layers it lacks; a database is opened; a file is
looked at. Nothing is changed, and nothing leaves the machine.
"""

from __future__ import annotations

import os
import resource
import shutil
import stat
from datetime import datetime
from pathlib import Path

from app.checkup import GIB, LITTLE_SPACE, NO_SPACE, Check, State
from app.config import Config
from app.list_checkup import check_lists
from app.machine_clock import keeping
from app.mail import in_words
from app.swap import check_swap
from app.telegram_checkup import check_telegram
from domain.clock import utc_now
from domain.condition import WHY, Signs, Standstill, standstill
from domain.errors import KapearError, OperatorFault
from domain.timekeeping import ClockFault, ClockReading, Keeping, Require, clock_fault
from fingerprint import landlock
from fingerprint.answers import Format
from fingerprint.confine import is_protected, protect_parent
from fingerprint.layers import Layer
from fingerprint.pool import ALLOW_SETTING, FingerprintPool
from storage.opening import open_store

MEND_KERNEL = {
    Layer.LANDLOCK: "use a kernel of 5.13 or later with landlock among its security modules (lsm=landlock,… at boot)",
    Layer.SECCOMP: "use a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64; in a container, allow seccomp()",
}
NO_INSTALLATION = "there is none yet"
MEND_INSTALLATION = "make one: kapear init"


async def examine(config: Config) -> list[Check]:
    """Return every check, in the order in which somebody would mend them."""
    return [
        *await check_child(config),
        check_parent(),
        check_core_dumps(),
        check_swap(),
        *check_keys(config),
        *await check_database(config),
        await check_telegram(config),
        await check_lists(config),
        check_disk(config.data_dir),
    ]


async def check_child(config: Config) -> list[Check]:
    """Start a child as a visit does, and report what it says of its own lock-down."""
    pool = FingerprintPool(1, allow_missing_layers=True)
    try:
        async with pool:
            missing, formats = pool.missing_layers, pool.formats
    except OperatorFault as fault:
        return [Check(name="child", state=State.BROKEN, finding="it does not start", mend=str(fault))]
    expected = {kind.code for kind in Format if kind}
    lacking = sorted(expected - formats)
    return [
        _layer(Layer.LANDLOCK, missing, f"ABI {landlock.abi()}: the child can open no file", config),
        _layer(Layer.SECCOMP, missing, "the child is killed by any call that decoding does not need", config),
        Check(
            name="child",
            state=State.WARNING if lacking else State.OK,
            finding=f"decodes {', '.join(sorted(formats))} with its limits set, one thread, and nothing open"
            + (f"; not {', '.join(lacking)}" if lacking else ""),
            mend="reinstall Pillow and PyAV with these formats: make install" if lacking else "",
        ),
    ]


def _layer(layer: Layer, missing: tuple[str, ...], works: str, config: Config) -> Check:
    if layer.code not in missing:
        return Check(name=layer.code, state=State.OK, finding=works)
    told = f"; {ALLOW_SETTING} lets Kapear run without" if config.allow_missing_layers else "; kapear run refuses"
    return Check(name=layer.code, state=State.BROKEN, finding=f"missing{told}", mend=MEND_KERNEL[layer])


def check_parent() -> Check:
    """Protect this process as a visiting one is, and see whether it holds."""
    try:
        protect_parent()
    except OperatorFault as fault:
        return Check(name="parent", state=State.BROKEN, finding="it can be dumped", mend=str(fault))
    if not is_protected():
        return Check(name="parent", state=State.BROKEN, finding="it can be dumped", mend="run Kapear on Linux")
    return Check(name="parent", state=State.OK, finding="not dumpable, and closed to debuggers of its own account")


def check_core_dumps(root: Path = Path("/")) -> Check:
    """Look at what the machine does with core dumps, beside what each process forbids."""
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        pattern = (root / "proc/sys/kernel/core_pattern").read_text().strip()
    except OSError:
        finding = f"RLIMIT_CORE is {soft}; core_pattern cannot be read here"
        return Check(name="core_dumps", state=State.OK if not soft else State.WARNING, finding=finding)
    if pattern.startswith("|"):
        # The kernel ignores the limit for a program; that Kapear's processes are not dumpable still holds.
        return Check(
            name="core_dumps",
            state=State.WARNING,
            finding="core_pattern hands dumps to a program, which no limit stops; Kapear's processes are not dumpable",
            mend="sysctl kernel.core_pattern=core, or Storage=none in coredump.conf",
        )
    return Check(name="core_dumps", state=State.OK, finding=f"core_pattern writes files, and RLIMIT_CORE is {soft}")


def check_keys(config: Config) -> list[Check]:
    """Look at the modes of the key files and of their directory, not at the keys."""
    private = {"data_dir": config.data_dir, "host_key": config.key_file, "hotline_key": config.hotline_key_file}
    return [_private(name, path) for name, path in private.items()]


def _private(name: str, path: Path) -> Check:
    try:
        found = path.stat()
    except FileNotFoundError:
        return Check(name=name, state=State.WARNING, finding=NO_INSTALLATION, mend=MEND_INSTALLATION)
    except OSError:
        return Check(
            name=name, state=State.BROKEN, finding="it cannot be looked at", mend="run as the account of Kapear"
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return Check(
            name=name,
            state=State.BROKEN,
            finding=f"open to other accounts (mode {mode:04o})",
            mend=f"chmod go= {path}",
        )
    if found.st_uid not in {os.geteuid(), 0} and os.geteuid() != 0:
        return Check(name=name, state=State.WARNING, finding="of another account", mend=f"chown it: {path}")
    return Check(name=name, state=State.OK, finding=f"mode {mode:04o}")


async def check_database(config: Config) -> list[Check]:
    """Open the database and compare its schema; then compare the clock with its latest event."""
    if not config.data_dir.is_dir():
        missing = Check(name="database", state=State.WARNING, finding=NO_INSTALLATION, mend=MEND_INSTALLATION)
        idle = Check(name="monitoring", state=State.WARNING, finding=NO_INSTALLATION, mend=MEND_INSTALLATION)
        return [missing, check_clock(_clock(config, None), enrolled=False), idle, check_mail(config, "")]
    try:
        store = await open_store(config.database_url, data_dir=config.data_dir, create=False)
        try:
            newest, standing, beat, offline, unsent = await store.read(
                lambda tx: (
                    tx.audit.newest(),
                    tx.standing.get(),
                    tx.standing.last_beat(),
                    tx.outages.current(),
                    tx.messages.fault(),
                )
            )
        finally:
            await store.close()
    except KapearError as fault:
        finding = "it cannot be opened, or its schema is another"
        broken = Check(name="database", state=State.BROKEN, finding=finding, mend=str(fault))
        idle = check_monitoring((Standstill.DATABASE_AWAY,))
        return [broken, check_clock(_clock(config, None), enrolled=False), idle, check_mail(config, "")]
    works = Check(name="database", state=State.OK, finding="it answers, and its schema is of this version")
    reading = _clock(config, newest)
    wrong = clock_fault(reading, enrolled=standing.enrolled)
    signs = Signs(standing=standing, clock=wrong, beat=beat, offline_since=offline)
    return [
        works,
        check_clock(reading, enrolled=standing.enrolled),
        check_monitoring(standstill(signs, reading.now)),
        check_mail(config, unsent),
    ]


def _clock(config: Config, newest: datetime | None) -> ClockReading:
    return ClockReading(now=utc_now(), newest=newest, keeping=keeping(), require=config.require_clock_sync)


def check_clock(reading: ClockReading, *, enrolled: bool) -> Check:
    """Say whether the clock is kept by a time service, and not before what was already written down."""
    finding = reading.now.isoformat(timespec="seconds")
    fault = clock_fault(reading, enrolled=enrolled)
    if fault is ClockFault.BEHIND and reading.newest is not None:
        newest = reading.newest.isoformat(timespec="seconds")
        finding += f"; before the newest event of the audit log ({newest}), so nothing is visited or approved"
        mend = "set it: timedatectl set-ntp true; if it is right, and the log's time never was: kapear clock accept"
        return Check(name="clock", state=State.BROKEN, finding=finding, mend=mend)
    if fault is ClockFault.UNSYNCHRONISED:
        finding += "; no time service keeps it, so nothing is visited or approved"
        mend = "timedatectl set-ntp true; where it is kept otherwise, require_clock_sync = false"
        return Check(name="clock", state=State.BROKEN, finding=finding, mend=mend)
    if reading.keeping is Keeping.KEPT:
        return Check(name="clock", state=State.OK, finding=finding + "; kept by a time service")
    mend = "timedatectl set-ntp true"
    if reading.require is Require.NEVER:
        finding += "; whether it is kept is not asked (require_clock_sync = false)"
        mend = "take require_clock_sync out of kapear.toml once a time service keeps it"
    elif reading.keeping is Keeping.LOST:
        finding += "; its time service does not keep it: once enrolled, nothing would be visited"
    else:
        finding += "; no time service keeps it here, and whether another does cannot be known"
    return Check(name="clock", state=State.WARNING, finding=finding, mend=mend)


def check_monitoring(reasons: tuple[Standstill, ...]) -> Check:
    """Say whether monitoring goes on; a warning at most, for before a start it does not."""
    name = "monitoring"
    if not reasons:
        return Check(name=name, state=State.OK, finding="it goes on")
    finding, _, mend = WHY[reasons[0]].partition(": ")
    more = f" (also: {', '.join(reasons[1:])})" if reasons[1:] else ""
    return Check(name=name, state=State.WARNING, finding=finding + more, mend=mend)


def check_mail(config: Config, fault: str) -> Check:
    """Say whether people are told; `fault` is why the last letter was not taken."""
    if config.mail is None:
        finding = "nobody is told by mail when monitoring stands still"
        return Check(name="mail", state=State.WARNING, finding=finding, mend="set [mail] in kapear.toml")
    if fault:
        finding = f"the last message was not taken: {in_words(fault)}"
        return Check(name="mail", state=State.WARNING, finding=finding, mend="try it: kapear doctor --mail")
    return Check(name="mail", state=State.OK, finding="configured; the last message, if any, was taken")


def check_disk(directory: Path) -> Check:
    """Say how much room the data directory's disk has."""
    place = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(place).free
    finding = f"{free / GIB:.1f} GiB free"
    if free >= LITTLE_SPACE:
        return Check(name="disk", state=State.OK, finding=finding)
    state = State.BROKEN if free < NO_SPACE else State.WARNING
    return Check(name="disk", state=state, finding=finding, mend="make room: visits end with an error on a full disk")
