"""Readings as they may leave: coarse times, pseudonyms of persons, and no order that tells more.

Rows of one hour or day stand in the order of what they say, so that their order tells no time; neither epoch,
sequence nor arrival is among them, since each would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_store.calendar import day_start_s, is_amount
from sera_store.registry.entities import PERSON
from sera_store.release.licences import counters_left_out, may_leave
from sera_store.release.times import released_time, released_time_s, released_uncertainty_s, resolution_of
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_store.licence import Licence
    from sera_store.records.rows import Record
    from sera_store.registry.entities import Node
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store


class ReleasedReading(NamedTuple):
    """One value of one record as it may leave.

    Parameters
    ----------
    time_s, time
        When its local hour or day begins, Unix time [s] and ISO 8601.
    node
        The node, or a person's pseudonym.
    name
        Measurement, with `@position` where a probe measured it.
    value, flag
        None where the sensor failed, and the quality flag after QARTOD.
    uncertainty_s
        How far the time may be off [s].
    simulated
        1 where a model said it, 0 where a node or a person did.
    """

    time_s: int
    time: str
    garden: str
    node: str
    series: str
    name: str
    value: float | None
    flag: int
    uncertainty_s: int
    simulated: int


def released_readings(
    store: Store,
    garden: str,
    timezone: str,
    *,
    series: Sequence[str],
    days: tuple[int, int],
    pseudonyms: Pseudonyms,
    licence: Licence | None,
    node: str | None = None,
) -> Iterator[ReleasedReading]:
    """Read the current dated values of a garden, by series and local day, as they may leave.

    Parameters
    ----------
    store
        Where the records and the registry are.
    garden, timezone
        The garden, and the IANA name of its time zone.
    series
        Which series, in the order of the rows.
    days
        First and last local day, both included, as days since 1970-01-01.
    pseudonyms
        Those of this output.
    licence
        Only what may be in an output under this one; None for what stays in the house.
    node
        Only values of this one; None for all.
    """
    nodes = {entity.id: entity for entity in store.registry.nodes()}
    if licence is not None and not may_leave(store.registry, garden, licence):
        return
    left_out = frozenset() if licence is None else counters_left_out(store.registry, garden, licence)
    for name in series:
        for first_s, end_s in _busy_days(store, name, garden, timezone, days):
            # A record at midnight holds amounts of the day that it ends and states of the one that it begins.
            records = store.records.current(
                series=name, garden=garden, node=node, start_s=first_s, end_s=end_s + 1
            )
            rows = [
                reading
                for stored in records
                if stored.record.node not in left_out
                for reading in _released(stored.record, timezone, nodes.get(stored.record.node), pseudonyms)
                if first_s <= reading.time_s < end_s
            ]
            yield from sorted(rows, key=_order)


def _busy_days(
    store: Store, series: str, garden: str, timezone: str, days: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Iterate over the spans [s] of local days on which a series may have records."""
    span = store.records.span_s(series, garden=garden)
    if span is None:
        return
    first, last = max(days[0], span[0] // DAY_S - 1), min(days[1], span[1] // DAY_S + 1)
    for day in range(first, last + 1):
        yield day_start_s(timezone, day), day_start_s(timezone, day + 1)


def _released(
    record: Record, timezone: str, entity: Node | None, pseudonyms: Pseudonyms
) -> Iterator[ReleasedReading]:
    if record.time_s is None:
        return
    by_person = entity is not None and entity.detector == PERSON
    simulated = int(entity is not None and entity.simulated)
    node = pseudonyms.of(record.node) if by_person else record.node
    for column, value, flag in zip(record.columns, record.values, record.quality, strict=True):
        name, _ = parse_column(column) or (column, 0)
        resolution = resolution_of(name, by_person=by_person)
        amount = is_amount(record.series, column)
        yield ReleasedReading(
            released_time_s(record.time_s, timezone, resolution, amount=amount),
            released_time(record.time_s, timezone, resolution, amount=amount),
            record.garden,
            node,
            record.series,
            column,
            value,
            flag,
            released_uncertainty_s(record.uncertainty_s, resolution),
            simulated,
        )


def _order(reading: ReleasedReading) -> tuple[int, str, str, bool, float, int, int]:
    value = reading.value
    return (
        reading.time_s,
        reading.node,
        reading.name,
        value is None,
        0.0 if value is None else value,
        reading.flag,
        reading.uncertainty_s,
    )
