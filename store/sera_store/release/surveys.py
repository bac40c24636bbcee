"""Counts that people made, as they may leave: by day, without the person, in an order that tells nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_store.calendar import dates_span_s
from sera_store.registry.entities import PERSON
from sera_store.release.licences import counters_left_out, may_leave
from sera_store.release.times import Resolution, released_time
from sera_vocabulary.quality import FAIL, MISSING
from sera_vocabulary.series import COUNTS

if TYPE_CHECKING:
    from datetime import date

    from sera_store.licence import Licence
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store


class ReleasedSurvey(NamedTuple):
    """One count of a person.

    Parameters
    ----------
    date
        Local day, ISO 8601.
    values
        Usable values by measurement, in the order of their names.
    """

    date: str
    values: tuple[tuple[str, float], ...]


def released_surveys(
    store: Store, garden: ReleasedGarden, first: date, last: date, licence: Licence
) -> list[ReleasedSurvey]:
    """List the counts that people made in a garden within local dates, both included.

    Simulated persons beside real ones are left out, and so is what may not be under the licence.

    They stand in the order of their days and of what they say, so that neither persons nor hours can be told.
    """
    start_s, end_s = dates_span_s(garden.timezone, first, last, amounts=True)
    surveys = []
    if not may_leave(store.registry, garden.id, licence):
        return []
    left_out = counters_left_out(store.registry, garden.id, licence).union(garden.left_out)
    persons = [node.id for node in store.registry.nodes() if node.detector == PERSON]
    for person in (name for name in persons if name not in left_out):
        for stored in store.records.current(
            series=COUNTS, garden=garden.id, node=person, start_s=start_s, end_s=end_s
        ):
            record = stored.record
            values = [
                (column, value)
                for column, value, flag in zip(record.columns, record.values, record.quality, strict=True)
                if value is not None and flag not in (FAIL, MISSING)
            ]
            if record.time_s is not None:
                day = released_time(record.time_s, garden.timezone, Resolution.DAY, amount=True)
                surveys.append(ReleasedSurvey(day, tuple(sorted(values))))
    return sorted(surveys)
