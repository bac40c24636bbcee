"""Readings of one measurement on the dates of each garden's own clock, wherever they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_store.calendar import dates_span_s, is_amount
from sera_store.errors import InvalidEntryError, UnknownNameError
from sera_store.local_clock import NO_TIMEZONE
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import SERIES

if TYPE_CHECKING:
    from datetime import date

    from sera_store.records.series_tables import Table
    from sera_store.store import Store


class LocalReadings(NamedTuple):
    """Current records of one series in one garden that may hold a measurement."""

    garden: str
    timezone: str
    series: str
    table: Table


def series_of(measurement: str) -> list[str]:
    """Name the series that hold a measurement, `@position` or not.

    Raises
    ------
    UnknownNameError
        When the vocabulary has no such measurement.
    """
    name, _ = parse_column(measurement) or ("", 0)
    if name not in COLUMNS:
        raise UnknownNameError(
            f"{measurement!r} is no measurement; expected one of {', '.join(sorted(COLUMNS))}"
        )
    return [series.name for series in SERIES if name in series.columns]


def local_readings(
    store: Store,
    measurement: str,
    *,
    first: date,
    last: date,
    node: str | None = None,
    garden: str | None = None,
    community: str | None = None,
) -> list[LocalReadings]:
    """Read a measurement on some dates, each garden by its own clock.

    Parameters
    ----------
    measurement
        With a position only that one, without one all positions.
    first, last
        First and last date, both included; an amount at midnight belongs to the date before.
    node, garden, community
        Only records of these; None for all.

    Returns
    -------
    list of LocalReadings
        By garden and series; those without records are left out.

    Raises
    ------
    UnknownNameError
        When the vocabulary has no such measurement.
    InvalidEntryError
        When the last date is before the first.
    """
    if last < first:
        raise InvalidEntryError(f"readings from {first} to {last}: the last date is before the first")
    readings = []
    for name in series_of(measurement):
        for garden_id in store.records.gardens(name, node=node, garden=garden, community=community):
            entity = store.registry.garden(garden_id)
            timezone = entity.timezone if entity is not None else NO_TIMEZONE
            start_s, end_s = dates_span_s(timezone, first, last, amounts=is_amount(name, measurement))
            table = store.records.table(
                name,
                [measurement],
                garden=garden_id,
                community=community,
                node=node,
                start_s=start_s,
                end_s=end_s,
            )
            if len(table) and table.values:
                readings.append(LocalReadings(garden_id, timezone, name, table))
    return sorted(readings, key=lambda entry: (entry.garden, entry.series))
