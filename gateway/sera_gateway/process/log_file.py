"""A log file that outlives starts and has an end: what is older than its bound lies in one file beside it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sera_store.private_files import FILE_MODE

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MOST: Final = 10 * 1024 * 1024


class LogFile:
    """A file that lines are appended to, readable for its owner alone.

    Lines that a full disk does not take are lost: a log must not stop what it reports on.

    Parameters
    ----------
    path
        The file; `path` with `.1` behind it is the older one.
    bytes_most
        From this size on the file becomes the older one [bytes].
    """

    def __init__(self, path: Path, bytes_most: int = BYTES_MOST) -> None:
        self.path = path
        self.older = path.with_name(f"{path.name}.1")
        self._bytes_most = bytes_most
        self._handle = self._open()
        self._bound(0)

    def fileno(self) -> int:
        """Return the file's descriptor, for a process that writes into it."""
        return self._handle

    def write(self, line: bytes) -> None:
        """Append a line."""
        with suppress(OSError):
            self._bound(len(line))
            os.write(self._handle, line)

    def close(self) -> None:
        """Close the file; closing twice changes nothing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def _bound(self, more: int) -> None:
        size = os.fstat(self._handle).st_size
        if size and size + more > self._bytes_most:
            # A disk that had no room for a new file leaves the old one open, and the next line tries again.
            with suppress(FileNotFoundError):
                self.path.replace(self.older)
            handle = self._open()
            self.close()
            self._handle = handle

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
