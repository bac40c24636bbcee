"""What can go wrong while a pack, a mural or a page is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class WorkshopError(Exception):
    """Base of all errors of this part."""


class FolderUnusableError(WorkshopError):
    """A folder or file that was to be written cannot be."""


class MixedGardensError(WorkshopError):
    """Simulated gardens and real ones were to stand in one output.

    Parameters
    ----------
    simulated
        Ids of the simulated ones.
    """

    def __init__(self, simulated: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(simulated)}: simulated, and the other gardens are not; they never stand in one "
            "output: name gardens of one kind"
        )


class NoGardensError(WorkshopError):
    """Nothing can be made because no garden was named."""
