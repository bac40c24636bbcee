"""What an act of a page is done with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation
    from sera_store.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """An installation, its open store, and for whom something is entered.

    Parameters
    ----------
    by
        Id of the person, which the history names.
    community
        What is entered has to belong to it, or to none.
    since_s
        From when on it holds, Unix time [s].
    """

    installation: Installation
    store: Store
    by: str
    community: str
    since_s: int
