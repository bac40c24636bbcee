"""Replace a file as a whole: a reader gets what was there before or what is there now, never a part."""

from __future__ import annotations

import os
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing_by_draft(path: Path) -> Iterator[Path]:
    """Name a draft beside a file, which takes its place once the body, which writes it, has ended well.

    Raises
    ------
    OSError
        The file cannot be written; the one before is still there, and of the draft nothing.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, *, mode: int = 0o666, is_synced: bool = True) -> Iterator[BinaryIO]:
    """Open a draft beside a file, which takes its place once the body has ended well.

    Parameters
    ----------
    path
        The file; its folder exists.
    mode
        Rights of the file from its first byte on, of which the process's mask takes some away.
    is_synced
        Whether the content is safe on disk before it takes its place: not needed for what is worthless after
        a power cut.

    Raises
    ------
    OSError
        The file cannot be written; the one before is still there, and of the draft nothing.
    """
    with replacing_by_draft(path) as draft:
        # Exclusively: a file or link that another user put there is neither followed nor written into.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            yield file
            if is_synced:
                file.flush()
                os.fsync(file.fileno())


@contextmanager
def replacing_text(path: Path) -> Iterator[TextIOWrapper]:
    """Open a draft as `replacing` does, for text in UTF-8 whose line ends stay as they are."""
    with replacing(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        # It flushes; whoever opened the file below closes it.
        text.detach()


def sync_folder(folder: Path) -> None:
    """Make safe that a file is there, or is gone."""
    # A new file is safe only when the folder that names it is; Windows has no such call and no such need.
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
