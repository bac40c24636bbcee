"""What can go wrong while a pack, a mural or a page is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.licence import Licence


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


class SeveralPublishersError(WorkshopError):
    """An archive was to be made of gardens of several communities.

    Parameters
    ----------
    communities
        Their ids.
    """

    def __init__(self, communities: Sequence[str]) -> None:
        super().__init__(
            f"gardens of {len(communities)} communities ({', '.join(communities)}); an archive has one "
            "publisher: choose one with --community"
        )


class SimulatedArchiveError(WorkshopError):
    """An archive for science was to be made of simulated gardens.

    Parameters
    ----------
    simulated
        Their ids.
    """

    def __init__(self, simulated: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(simulated)}: simulated; archives for science hold what was observed. Name gardens "
            "that stand somewhere; a workshop pack can be made of these"
        )


class NoGardensError(WorkshopError):
    """Nothing can be made because no garden was named."""


class NarrowerLicenceError(WorkshopError):
    """Something was given under a narrower licence than the output is to have.

    Parameters
    ----------
    gardens
        Ids of the gardens of which it is.
    asked, needed
        The licence that was asked for, and the widest that all of it may be under.
    """

    def __init__(self, gardens: Sequence[str], asked: Licence, needed: Licence) -> None:
        super().__init__(
            f"{', '.join(gardens)}: given under {needed.deed.title}, in part at least, which is narrower "
            f"than {asked.deed.title}; leave these gardens out, or make the output under {needed}"
        )
