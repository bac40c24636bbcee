"""A garden's soil and air by local day and hour, as its roll-ups have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np

from sera_analysis.aggregates.node_days import NodeDays
from sera_analysis.thresholds import DAY_UNCERTAINTY_MOST_S, TIME_UNCERTAINTY_MOST_S
from sera_store.aggregates.cells import merged
from sera_store.aggregates.rollup_tables import HOUR
from sera_store.calendar import epoch_day
from sera_vocabulary import measurements as m
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import AIR, SOIL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sera_analysis.aggregates.days import Days
    from sera_analysis.diversity.samples import FloatArray, IntArray
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store

# The quantities of a probe, in the order of the last axis of its table.
QUANTITIES: Final = (m.SOIL_MOISTURE, m.SOIL_MOISTURE_RAW, m.SOIL_TEMPERATURE, m.SOIL_WETNESS)
# The longest day of any zone since 1970: Troll's clocks go back by two hours.
HOURS_MOST: Final = 26


@dataclass(frozen=True, eq=False)
class ProbeHours(NodeDays):
    """Probes, named `node@position`, by day and hour of the local date, for each of `QUANTITIES`.

    Parameters
    ----------
    readings : array of int, shape (probes, days, 26, quantities)
        Number of readings.
    total : array, shape (probes, days, 26, quantities)
        Their sum in the quantity's unit.
    day_total : array, shape (probes, days, quantities)
        The day's sum, to the last digit that of the roll-ups.
    failed, missing : array of int, shape (probes, days, quantities)
        Number of records that have the quantity without a value for figures: it failed a check, or none was
        given.
    """

    readings: NDArray[np.int32]
    total: FloatArray
    day_total: FloatArray
    failed: NDArray[np.int32]
    missing: NDArray[np.int32]

    @classmethod
    def empty(cls, probes: tuple[str, ...], days: int) -> Self:
        """Return a table in which nothing was read."""
        hours = (len(probes), days, HOURS_MOST, len(QUANTITIES))
        by_day = (len(probes), days, len(QUANTITIES))
        return cls(
            probes,
            np.zeros(hours, dtype=np.int32),
            np.zeros(hours),
            np.zeros(by_day),
            np.zeros(by_day, dtype=np.int32),
            np.zeros(by_day, dtype=np.int32),
        )


@dataclass(frozen=True, eq=False)
class AirHours(NodeDays):
    """Air by node and day: temperature by hour of the local date, and rain.

    Parameters
    ----------
    readings : array of int, shape (nodes, days, 26)
        Number of readings of temperature.
    total : array, shape (nodes, days, 26)
        Their sum [degC].
    rain, rain_readings : array, shape (nodes, days)
        Rain [mm], and how many readings it comes from.
    """

    readings: NDArray[np.int32]
    total: FloatArray
    rain: FloatArray
    rain_readings: FloatArray

    @classmethod
    def empty(cls, nodes: tuple[str, ...], days: int) -> Self:
        """Return a table in which nothing was read."""
        hours, table = (len(nodes), days, HOURS_MOST), (len(nodes), days)
        return cls(nodes, np.zeros(hours, dtype=np.int32), np.zeros(hours), np.zeros(table), np.zeros(table))


class _Hours(NamedTuple):
    """The hours in which one node read one column: day of the table, hour of the date, cells; and by day.

    Beside them how many records of each day of the table have the column without a usable value, by why.
    """

    node: str
    key: str
    day: IntArray
    hour: IntArray
    cells: NDArray[Any]
    whole_day: IntArray
    whole_cells: NDArray[Any]
    failed: IntArray
    missing: IntArray


def probe_hours(store: Store, garden: ReleasedGarden, days: Days) -> ProbeHours:
    """Read a garden's probes from its roll-ups; hours with a time too uncertain for a day are left out."""
    columns = [
        (f"{hours.node}@{position}", QUANTITIES.index(name), hours)
        for hours in _hours(store, garden, SOIL, QUANTITIES, days, DAY_UNCERTAINTY_MOST_S.value)
        for name, position in (parse_column(hours.key) or (hours.key, 0),)
    ]
    probes = tuple(sorted({probe for probe, _, _ in columns}))
    table = ProbeHours.empty(probes, days.number)
    for probe, quantity, hours in columns:
        row = probes.index(probe)
        np.add.at(table.readings[row, ..., quantity], (hours.day, hours.hour), hours.cells["count"])
        np.add.at(table.total[row, ..., quantity], (hours.day, hours.hour), hours.cells["sum"])
        np.add.at(table.day_total[row, :, quantity], hours.whole_day, hours.whole_cells["sum"])
        table.failed[row, :, quantity] += hours.failed.astype(np.int32)
        table.missing[row, :, quantity] += hours.missing.astype(np.int32)
    return table


def air_hours(store: Store, garden: ReleasedGarden, days: Days) -> AirHours:
    """Read a garden's air from its roll-ups; hours with a time too uncertain for an hour are left out."""
    columns = (m.AIR_TEMPERATURE, m.RAINFALL)
    node_hours = list(_hours(store, garden, AIR, columns, days, TIME_UNCERTAINTY_MOST_S.value))
    nodes = tuple(sorted({hours.node for hours in node_hours}))
    table = AirHours.empty(nodes, days.number)
    for hours in node_hours:
        row = nodes.index(hours.node)
        if hours.key == m.RAINFALL:
            np.add.at(table.rain[row], hours.whole_day, hours.whole_cells["sum"])
            np.add.at(table.rain_readings[row], hours.whole_day, hours.whole_cells["count"])
        else:
            np.add.at(table.readings[row], (hours.day, hours.hour), hours.cells["count"])
            np.add.at(table.total[row], (hours.day, hours.hour), hours.cells["sum"])
    return table


def _hours(
    store: Store,
    garden: ReleasedGarden,
    series: str,
    columns: tuple[str, ...],
    days: Days,
    uncertainty_most_s: float,
) -> Iterator[_Hours]:
    """Iterate over a garden's hours of some columns, by node and column."""
    last = days.after - timedelta(days=1)
    table = store.rollups.read(series, columns, width=HOUR, first=days.first, last=last, garden=garden.id)
    day = table.date.astype(np.int64) - epoch_day(days.first)
    for key, cells in table.cells.items():
        usable = (cells["count"] > 0) & (cells["uncertainty_s"] <= uncertainty_most_s)
        failed = cells["failed"].astype(np.int64)
        missing = cells["records"].astype(np.int64) - cells["count"] - failed
        for number, place in enumerate(table.places):
            if place.node in garden.left_out:
                continue
            of_place = table.place == number
            rows = np.flatnonzero(usable & of_place)
            lost = np.flatnonzero(of_place & (failed + missing > 0))
            if not rows.size and not lost.size:
                continue
            starts = np.flatnonzero(np.diff(day[rows], prepend=-1))
            yield _Hours(
                place.node,
                key,
                day[rows],
                table.hour[rows].astype(np.int64),
                cells[rows],
                day[rows][starts],
                merged(cells[rows], starts),
                np.bincount(day[lost], failed[lost], days.number).astype(np.int64),
                np.bincount(day[lost], missing[lost], days.number).astype(np.int64),
            )
