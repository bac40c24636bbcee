"""Replace a folder of pages as a whole, and no folder that holds something else."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sera_pages.errors import PagesError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Known by this file is a folder of ours, which is replaced as a whole.
MARK: Final = "published-by-sera.txt"
_MARK_TEXT: Final = "Written by Sera, which replaces this folder as a whole.\n"


class NotPublishedError(PagesError):
    """A page cannot be made, or the folder holds something else."""


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Make a folder beside one, in whose place it is put once the body has ended well.

    Raises
    ------
    NotPublishedError
        The folder holds something that Sera did not write.
    OSError
        It cannot be written; the one before is still there.
    """
    if folder.exists() and not (folder / MARK).is_file() and any(folder.iterdir()):
        raise NotPublishedError(f"{folder} holds files that Sera did not write; name a new or empty folder")
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        (draft / MARK).write_text(_MARK_TEXT, encoding="utf-8")
        _take_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _take_place(draft: Path, folder: Path) -> None:
    """Put a folder that is whole in the place of the one before."""
    before = folder.with_name(f".{folder.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    draft.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
