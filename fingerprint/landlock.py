"""
Forbid this process every file and every TCP port, through Landlock.

All rights that the running kernel knows are handled and not one rule is
added: so nothing is allowed. What is open already stays open.
"""

from __future__ import annotations

import ctypes
import os

from fingerprint.kernel import PR_SET_NO_NEW_PRIVS, prctl, syscall

# The same numbers on every architecture.
CREATE_RULESET = 444
RESTRICT_SELF = 446
_ABI_ONLY = 1

# How many rights each version of the interface added, from its first bit on.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_PORT_RIGHTS = {4: 2}  # bind and connect, TCP
_SCOPES = {6: 2}  # abstract Unix sockets and signals out of the sandbox


class _Handled(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


def abi() -> int:
    """Return the version of Landlock that this kernel offers; 0 for none."""
    return max(0, syscall(CREATE_RULESET, None, 0, _ABI_ONLY))


def handled(version: int) -> tuple[int, int, int]:
    """Return the bits of all file rights, port rights and scopes that a version of the interface knows."""
    return _bits(_FILE_RIGHTS, version), _bits(_PORT_RIGHTS, version), _bits(_SCOPES, version)


def forbid_files() -> bool:
    """Return whether from now on nothing can be opened; it was tried."""
    version = abi()
    if not version:
        return False
    files, ports, scopes = handled(version)
    rules = _Handled(files=files, ports=ports, scopes=scopes)
    # An older kernel refuses fields that it does not know only if they are set.
    ruleset = syscall(CREATE_RULESET, rules, ctypes.sizeof(rules), 0)
    if ruleset < 0:
        return False
    try:
        applied = prctl(PR_SET_NO_NEW_PRIVS, 1) == 0 and syscall(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)
    return applied and not _can_look()


def _can_look() -> bool:
    try:
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
    except PermissionError:
        return False
    return True


def _bits(rights: dict[int, int], version: int) -> int:
    count = max((bits for since, bits in rights.items() if since <= version), default=0)
    return (1 << count) - 1
