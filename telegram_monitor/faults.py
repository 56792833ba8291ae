"""
Say what each failure of Telegram means: for the visit, for the account, for the media item.
"""

from __future__ import annotations

from domain.errors import MediaUnavailable


class FileReferenceExpired(MediaUnavailable):
    """The reference to a file is too old: refetch its message, and ask again with the new one."""

    def __init__(self) -> None:
        """Carry the code."""
        super().__init__("file_reference")
