"""Files of attachments, each under its salted digest: the same picture given twice is two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.atomic_file import sync_folder
from sera_store.errors import StoreUnusableError
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path


class AttachmentFiles:
    """The folder of attachments of one chronicle.

    Parameters
    ----------
    folder
        Made where there is none, for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_private(folder)

    def write(self, digest: str, content: bytes) -> None:
        """Keep a content, on disk when this returns.

        Raises
        ------
        StoreUnusableError
            It cannot be written; nothing of it is left.
        """
        try:
            write_private(self.folder / digest, content)
            sync_folder(self.folder)
        except OSError as error:
            raise StoreUnusableError(
                self.folder,
                f"an attachment cannot be written ({error.strerror})",
                "make room; nothing was kept",
            ) from error

    def read(self, digest: str) -> bytes | None:
        """Return a content, None where there is none."""
        try:
            return (self.folder / digest).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, digests: Iterable[str]) -> None:
        """Remove contents; one that is not there is none to remove."""
        for digest in digests:
            (self.folder / digest).unlink(missing_ok=True)
        sync_folder(self.folder)

    def remove_all_but(self, digests: Collection[str]) -> None:
        """Remove what a killed process left: files and drafts that no entry names."""
        for path in self.folder.iterdir():
            if path.name not in digests:
                path.unlink()
