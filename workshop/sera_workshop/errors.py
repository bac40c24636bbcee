"""What can go wrong while a pack, a mural or a page is made."""

from __future__ import annotations


class WorkshopError(Exception):
    """Base of all errors of this part."""


class FolderUnusableError(WorkshopError):
    """A folder or file that was to be written cannot be."""


class NoGardensError(WorkshopError):
    """Nothing can be made because no garden was named."""
