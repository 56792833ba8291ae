"""
Keep on the disk what is written now and read once more, under no name.

The file's name is taken away at once, so whatever ends the process, nothing of
it stays behind.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 20


class Spill:
    """Bytes that are appended, and then read piece by piece or mapped."""

    def __init__(self, folder: Path, name: str) -> None:
        """Begin with none, in a file on the folder's disk."""
        path = folder / name
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        path.unlink()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def append(self, content: bytes | NDArray[np.generic]) -> None:
        """Write at the end; raises OSError."""
        if isinstance(content, np.ndarray):
            content = np.ascontiguousarray(content).tobytes()
        left = memoryview(content)
        while left:
            written = os.pwrite(self._descriptor, left, self._size)
            self._size, left = self._size + written, left[written:]

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it from its beginning."""
        for at in range(0, self._size, PIECE):
            yield os.pread(self._descriptor, min(PIECE, self._size - at), at)

    def mapped(self, kind: type[np.generic]) -> NDArray[np.generic]:
        """Return all of it as numbers of a kind, mapped."""
        if not self._size:
            return np.zeros(0, kind)
        return np.frombuffer(mmap.mmap(self._descriptor, self._size, access=mmap.ACCESS_READ), kind)

    def close(self) -> None:
        """Let go of it; what is mapped stays as long as somebody holds it. May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
