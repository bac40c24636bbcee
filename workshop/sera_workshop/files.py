"""Write files so that the same content is the same bytes on every system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_workshop.errors import FolderUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

from contextlib import contextmanager
from typing import TYPE_CHECKING


def write_text(path: Path, text: str) -> Path:
    """Write a text as UTF-8, its line ends as they are, making the folder where needed.

    Raises
    ------
    FolderUnusableError
        The folder cannot be made or the file cannot be written.
    """
    with open_text(path) as file:
        file.write(text)
    return path


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a file for writing UTF-8, its line ends as they are, making the folder where needed.

    Raises
    ------
    FolderUnusableError
        The folder cannot be made or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise FolderUnusableError(
            f"cannot write {path}: {error.strerror}; expected a folder that may be written to. "
            "Name another folder with --out, or change its rights."
        ) from error
