"""Which released readings an export is made of: of some gardens, days and series."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_store.exports.export import days_of_span
from sera_store.licence import Licence
from sera_store.release.licences import may_leave
from sera_store.release.places import released_gardens
from sera_store.release.readings import released_readings
from sera_vocabulary.series import AIR, COUNTS, SOIL, VISITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.release.persons import Pseudonyms
    from sera_store.release.places import ReleasedGarden
    from sera_store.release.readings import ReleasedReading
    from sera_store.store import Store

# What gardens say; the health of nodes is for their steward.
_SERIES = (SOIL, AIR, VISITS, COUNTS)


class Selection(NamedTuple):
    """Gardens of a community, or of all, and a span of Unix time [s], end exclusive; None for no end.

    Only what may be in an output under `licence`. Simulated nodes beside real ones are left out; gardens that
    are wholly simulated are marked.
    """

    community: str | None = None
    start_s: int | None = None
    end_s: int | None = None
    licence: Licence = Licence.CC_BY

    def gardens(self, store: Store) -> list[ReleasedGarden]:
        """List the gardens without their exact places."""
        return [
            garden
            for garden in released_gardens(store.registry, self.community)
            if may_leave(store.registry, garden.id, self.licence)
        ]

    def readings(
        self, store: Store, garden: ReleasedGarden, pseudonyms: Pseudonyms
    ) -> Iterator[ReleasedReading]:
        """Iterate over the readings of one garden as they may leave."""
        readings = released_readings(
            store,
            garden.id,
            garden.timezone,
            series=_SERIES,
            days=days_of_span(garden.timezone, self.start_s, self.end_s),
            pseudonyms=pseudonyms,
            licence=self.licence,
        )
        return (reading for reading in readings if reading.node not in garden.left_out)
