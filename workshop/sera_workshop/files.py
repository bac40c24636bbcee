"""Write files as a whole or not at all, the same bytes for the same content on every system."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sera_store.atomic_file import replacing, replacing_text
from sera_workshop.errors import FolderUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO


def write_text(path: Path, text: str) -> Path:
    """Write a text as UTF-8, its line ends as they are, making the folder where needed.

    Raises
    ------
    FolderUnusableError
        The folder cannot be made or the file cannot be written; the file before is still there.
    """
    with open_text(path) as file:
        file.write(text)
    return path


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file, making its folder where needed.

    Raises
    ------
    FolderUnusableError
        The folder cannot be made or the file cannot be written; the file before is still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, is_synced=False) as file:
            file.write(content)
    except OSError as error:
        raise _unusable(path, error) from error
    return path


def remove_file(path: Path) -> None:
    """Remove a file.

    Raises
    ------
    FolderUnusableError
        It cannot be removed.
    """
    try:
        path.unlink()
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> FolderUnusableError:
    return FolderUnusableError(
        f"cannot write {path}: {error.strerror}; expected a folder that may be written to. "
        "Name another folder with --out, or change its rights."
    )


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a file for writing UTF-8, its line ends as they are, making the folder where needed.

    Who reads the file meanwhile, a browser for example, gets the one before, until the body has ended.

    Raises
    ------
    FolderUnusableError
        The folder cannot be made or the file cannot be written; the file before is still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing_text(path) as file:
            yield file
    except OSError as error:
        raise _unusable(path, error) from error
