"""Days of gardens from every single record, as bundles were made at first: what roll-ups are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.calendar import epoch_day
from sera_store.local_clock import local_date
from sera_store.registry.entities import PERSON
from sera_store.release.days import ReleasedDay
from sera_store.release.persons import PREFIX
from sera_store.release.readings import released_readings
from sera_vocabulary.messages import parse_column
from sera_vocabulary.quality import FAIL, MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sera_store.licence import Licence
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store


def days_by_records(
    store: Store,
    garden: str,
    *,
    series: Sequence[str],
    names: Sequence[str],
    days: tuple[date, date],
    pseudonyms: Pseudonyms,
    licence: Licence | None,
) -> Iterator[ReleasedDay]:
    """Do what `released_days` does, from one record after the other."""
    entity = store.registry.garden(garden)
    assert entity is not None
    persons = {pseudonyms.of(node.id) for node in store.registry.nodes() if node.detector == PERSON}
    for reading in released_readings(
        store,
        garden,
        entity.timezone,
        series=series,
        days=(epoch_day(days[0]), epoch_day(days[1])),
        pseudonyms=pseudonyms,
        licence=licence,
    ):
        name, _ = parse_column(reading.name) or (reading.name, 0)
        if name in names and reading.value is not None and reading.flag not in (FAIL, MISSING):
            yield ReleasedDay(
                local_date(reading.time_s, entity.timezone),
                reading.node,
                reading.node in persons or reading.node.startswith(PREFIX),
                reading.series,
                reading.name,
                reading.value,
                1,
            )
