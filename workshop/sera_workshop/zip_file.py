"""A pack as one file: the same bytes for the same contents, on every machine and at every time."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Final

from sera_store.atomic_file import replacing
from sera_workshop.errors import FolderUnusableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The first moment that the format knows: when a file was written is no part of what it says.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_MODE: Final = 0o644 << 16


def write_archive(path: Path, files: Mapping[str, Path]) -> Path:
    """Write files into one archive, in the order of their names.

    Parameters
    ----------
    path
        The archive; its folder exists.
    files
        Where the contents are, by name in the archive.

    Raises
    ------
    FolderUnusableError
        It cannot be written; the one before is still there.

    Notes
    -----
    Contents are stored as they are: what a compressor makes of them differs from one version to the next.
    """
    try:
        with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _NO_TIME)
                entry.create_system, entry.external_attr = _UNIX, _MODE
                archive.writestr(entry, files[name].read_bytes())
    except OSError as error:
        raise FolderUnusableError(
            f"cannot write {path}: {error.strerror}; expected a folder that may be written to. "
            "Name another folder, or change its rights."
        ) from error
    return path
