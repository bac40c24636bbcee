"""Folders and files that only their owner may read: a data folder holds exact places and keys."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from sera_store.atomic_file import replacing
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def make_private(folder: Path) -> None:
    """Create a folder where there is none, with all missing folders above it, for its owner alone.

    Raises
    ------
    OSError
        The folder cannot be made, or something else has its name.
    """
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        # One by one: `parents=True` gives the folders above the mode that everything else has.
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(folder))


def require_private(folder: Path) -> None:
    """Create a folder as `make_private` does, for a database or chronicle that is opened in it.

    Raises
    ------
    StoreUnusableError
        It cannot be made; the message names it and the remedy.
    """
    try:
        make_private(folder)
    except OSError as error:
        raise StoreUnusableError(
            folder, f"cannot be made ({error.strerror})", "name a folder that this user may write to"
        ) from error


def tighten(folder: Path) -> int | None:
    """Close a folder to everybody but its owner; return the mode it had where that was wider, else None.

    A folder of another user is left as it is, since only that user may change it.
    """
    if os.name != "posix":
        return None
    before = stat.S_IMODE(folder.stat().st_mode)
    if not before & ~FOLDER_MODE or folder.stat().st_uid != os.geteuid():
        return None
    folder.chmod(FOLDER_MODE)
    return before


def write_private(path: Path, content: str | bytes) -> None:
    """Replace a file as a whole, readable for its owner alone from its first byte.

    Raises
    ------
    OSError
        The file cannot be written; the one before is still there.
    """
    with replacing(path, mode=FILE_MODE) as file:
        file.write(content.encode() if isinstance(content, str) else content)
