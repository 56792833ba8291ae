"""
Turn what a database answers into one line for the person who can mend it.

A driver's own words quote values, hosts and user names: they end here. Only
the code of the answer decides, and only our own words go on.
"""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from domain.errors import BadInput, KapearError, OperatorFault, WrongState

INIT_FIRST = "There is no Kapear database here yet; run `kapear init` first."
UPGRADE_FIRST = "The database was made by an older version of this program; run `kapear upgrade`."
TOO_NEW = "The database was made by a newer version of this program; install that version, or restore a backup."
NOT_OURS = "The database URL names a database that is not Kapear's; name an empty one, or Kapear's own."
BAD_URL = "The database URL must read sqlite:///FILE or postgresql://USER@HOST/DATABASE; see KAPEAR_DATABASE_URL."

_LOCKED = "The database is locked by another program for too long; close that program and try again."
_FULL = "The disk that holds the database is full; nothing of the last step was written. Make room and try again."
_READ_ONLY = (
    "The database may not be written; check the owner and the mode of its file and folder, or its user's rights."
)
_UNREACHABLE = "PostgreSQL cannot be reached, or refuses the user or database of KAPEAR_DATABASE_URL; check both."

_SQLITE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": "The database file cannot be opened; check that its folder exists and may be written.",
    "SQLITE_NOTADB": NOT_OURS,
    "SQLITE_CORRUPT": "The database file is damaged; stop Kapear and restore a backup.",
    "SQLITE_IOERR": "The disk that holds the database answers with errors; check the disk before anything else.",
}

# SQLSTATE, longest match first: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "08": _UNREACHABLE,
    "25006": _READ_ONLY,
    "28": "PostgreSQL refuses the user or the password of KAPEAR_DATABASE_URL; check both.",
    "3D": "The database that KAPEAR_DATABASE_URL names does not exist; create it, then run `kapear init`.",
    "40": _LOCKED,
    "42501": _READ_ONLY,
    "42P01": NOT_OURS,
    "53100": _FULL,
    "53300": "PostgreSQL has no connection left; raise its max_connections or stop other programs.",
    "55P03": _LOCKED,
    "57P": "PostgreSQL is starting or stopping; try again in a moment.",
}


def fault(error: DBAPIError) -> KapearError:
    """Return what to raise in place of a database's error; quotes nothing of it but its code."""
    if isinstance(error, IntegrityError):
        return WrongState("This contradicts what is stored by now, so nothing was written; look again and retry.")
    if isinstance(error, DataError):
        return BadInput("A value is too large, or holds a character that a database cannot store (such as NUL).")
    code = _code(error)
    known = _POSTGRES if isinstance(error.orig, Exception) and hasattr(error.orig, "sqlstate") else _SQLITE
    for length in range(len(code), 1, -1):
        message = known.get(code[:length])
        if message is not None:
            return OperatorFault(message)
    if known is _POSTGRES and not code:
        return OperatorFault(_UNREACHABLE)  # the connection itself failed, so there was no answer
    return OperatorFault(f"The database refused a step with {code or type(error.orig).__name__}; nothing was written.")


def _code(error: DBAPIError) -> str:
    """Return the code a driver gave: SQLITE_… or five characters of SQLSTATE."""
    for name in ("sqlite_errorname", "sqlstate"):
        code = getattr(error.orig, name, None)
        if isinstance(code, str):
            return code
    return ""
