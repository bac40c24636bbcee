"""The readings of gardens as a tidy table, one row a value by hour or day, for spreadsheets and CODAP."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_store.calendar import local_days
from sera_store.plain_text import spreadsheet_text
from sera_store.release.readings import ReleasedReading, released_readings
from sera_vocabulary import quality, series
from sera_vocabulary.messages import parse_column
from sera_workshop.views import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_store.licence import Licence
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store
    from sera_workshop.views.facts import GardenFacts

# Series that a workshop looks at; the health of nodes is for their steward.
SERIES: Final = (series.SOIL, series.AIR, series.VISITS, series.COUNTS)

SIMULATED: Final = "simulated"

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one record; the fields are the table's columns, in their order."""

    local_time: str
    garden: str
    node: str
    series: str
    quantity: str
    position: int | None
    value: float | None
    unit: str
    quality: str
    time_uncertainty_s: int
    simulated: str


COLUMNS: Final = tuple(field.name for field in fields(Reading))


def readings(
    store: Store,
    gardens: Sequence[GardenFacts],
    start_s: int,
    end_s: int,
    pseudonyms: Pseudonyms,
    licence: Licence,
) -> Iterator[Reading]:
    """Read all current dated values of some gardens as they may leave: coarse times, no person's id.

    Parameters
    ----------
    store
        Where the records are.
    gardens
        The gardens, in the order of the rows.
    start_s, end_s
        Unix time [s], end exclusive; the whole local days that they touch are read.
    pseudonyms
        Those of this pack.
    licence
        That of this pack.

    Yields
    ------
    Reading
        By garden, series and day, then by what the rows say, so that their order tells no time.
    """
    for facts in gardens:
        first, last = local_days(facts.timezone, np.array([start_s, end_s - 1], np.int64)).tolist()
        released = released_readings(
            store,
            facts.id,
            facts.timezone,
            series=SERIES,
            days=(first, last),
            pseudonyms=pseudonyms,
            licence=licence,
        )
        # Of a model beside real nodes nothing is among the readings, as in figures.
        yield from (_reading(reading) for reading in released if facts.is_simulated or not reading.simulated)


def _reading(released: ReleasedReading) -> Reading:
    """Word one value; one that the sensor failed to give stays, empty."""
    name, position = parse_column(released.name) or (released.name, 0)
    flag = quality.MISSING if released.value is None else released.flag
    return Reading(
        local_time=released.time,
        garden=released.garden,
        node=released.node,
        series=released.series,
        quantity=name,
        position=position or None,
        value=released.value,
        unit=words.unit_of(name),
        quality=words.QUALITY.get(flag, str(flag)),
        time_uncertainty_s=released.uncertainty_s,
        simulated=SIMULATED if released.simulated else "",
    )


def cells(reading: Reading) -> tuple[Cell, ...]:
    """Return a reading as the cells of its row."""
    return astuple(reading)


def safe(cell: Cell) -> str | int | float:
    """Make a cell that no spreadsheet takes for a formula; numbers stay numbers.

    Examples
    --------
    >>> safe("=1+1"), safe(-3.5), safe(None)
    ("'=1+1", -3.5, '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return spreadsheet_text(cell)
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15 else cell


def csv_rows(rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as CSV after RFC 4180, with every cell made safe."""
    text = io.StringIO()
    csv.writer(text).writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a table with its head line as CSV."""
    return csv_rows([columns]) + csv_rows(rows)
