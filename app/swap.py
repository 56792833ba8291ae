"""
Decide whether memory of this process can reach a disk through swap.

Three ways keep it from there, and the answer names which: no swap at all, a
control group that may use none (children are in it too), or swap that is
encrypted with a key that dies with the machine's uptime.
"""

from __future__ import annotations

from pathlib import Path

from app.checkup import Check, State

NAME = "swap"
MEND = (
    "turn swap off (swapoff -a, and its line in /etc/fstab), or run Kapear by the unit in deploy/ (MemorySwapMax=0), "
    "or encrypt swap with a random key (/etc/crypttab: /dev/urandom, swap)"
)
RANDOM_KEYS = ("/dev/urandom", "/dev/random", "/dev/hwrng")
HEAD_LINES = 1  # of /proc/swaps


def check_swap(root: Path = Path("/")) -> Check:
    """Look at the machine whose file system begins at `root`."""
    group = closed_group(root)
    if group is not None:
        return Check(name=NAME, state=State.OK, finding=f"memory.swap.max is 0 in the control group {group}")
    try:
        lines = (root / "proc/swaps").read_text().splitlines()[HEAD_LINES:]
    except OSError:
        return Check(name=NAME, state=State.WARNING, finding="/proc/swaps cannot be read", mend=MEND)
    devices = [line.split()[0] for line in lines if line.strip()]
    if not devices:
        return Check(name=NAME, state=State.OK, finding="off: no swap device is in use")
    open_ones = [device for device in devices if not _is_safe(root, device)]
    if not open_ones:
        finding = f"every swap device is in memory or encrypted with a random key: {', '.join(devices)}"
        return Check(name=NAME, state=State.OK, finding=finding)
    finding = f"memory may be written to {', '.join(open_ones)}, and what is written there can be read later"
    return Check(name=NAME, state=State.BROKEN, finding=finding, mend=MEND)


def closed_group(root: Path) -> str | None:
    """Return the control group, of this process or one above it, that may use no swap; None for none."""
    try:
        rows = [line.split(":", 2) for line in (root / "proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return None
    own = next((path for number, _, path in rows if number == "0"), None)
    if own is None:
        return None
    group = Path(own)
    for above in (group, *group.parents):
        limit = root / "sys/fs/cgroup" / above.relative_to("/") / "memory.swap.max"
        try:
            if limit.read_text().strip() == "0":
                return str(above)
        except OSError:  # the topmost group has no such file
            continue
    return None


def _is_safe(root: Path, device: str) -> bool:
    block = root / "sys/class/block" / Path(device).name
    if block.name.startswith("zram"):
        # In memory, unless it was given a disk to spill to.
        return _text(block / "backing_dev") in {"", "none"}
    if not _text(block / "dm/uuid").startswith("CRYPT-PLAIN-"):
        return False  # LUKS keeps its key: whoever learns the passphrase later reads the swap of today
    return _key_of(root, _text(block / "dm/name")) in RANDOM_KEYS


def _key_of(root: Path, name: str) -> str:
    """Return where the key of an encrypted device comes from, by /etc/crypttab."""
    for line in _text(root / "etc/crypttab").splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 2 and words[0] == name:  # noqa: PLR2004 - name, device, key
            return words[2]
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
