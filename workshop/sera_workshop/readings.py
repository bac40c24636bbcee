"""The readings of gardens as a tidy table, one row a value in local time, for spreadsheets and CODAP."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sera_store.plain_text import spreadsheet_text
from sera_vocabulary import quality, series
from sera_vocabulary.messages import parse_column
from sera_workshop import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_store.records import StoredRecord
    from sera_store.store import Store
    from sera_workshop.facts import GardenFacts

# Series that a workshop looks at; the health of nodes is for their steward.
SERIES: Final = (series.SOIL, series.AIR, series.VISITS, series.COUNTS)
_DAY_S: Final = 86_400

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


COLUMNS: Final = tuple(field.name for field in fields(Reading))


def readings(store: Store, gardens: Sequence[GardenFacts], start_s: int, end_s: int) -> Iterator[Reading]:
    """Read all current dated values of some gardens.

    Parameters
    ----------
    store
        Where the records are.
    gardens
        The gardens, in the order of the rows.
    start_s, end_s
        Unix time [s], end exclusive.

    Yields
    ------
    Reading
        By garden, series, time, node and key, so that the order never depends on the order of arrival.
    """
    for facts in gardens:
        for name in SERIES:
            for first in range(start_s, end_s, _DAY_S):
                last = min(end_s, first + _DAY_S)
                found = store.records.current(series=name, garden=facts.id, start_s=first, end_s=last)
                for stored in sorted(found, key=_order):
                    yield from rows_of(stored, facts)


def _order(stored: StoredRecord) -> tuple[int, str, str, int]:
    record = stored.record
    return (record.time_s or 0, record.node, record.epoch, record.seq)


def rows_of(stored: StoredRecord, facts: GardenFacts) -> Iterator[Reading]:
    """Take one dated record apart into its values; a value that the sensor failed to give stays, empty."""
    record = stored.record
    if record.time_s is None:
        return
    local = datetime.fromtimestamp(record.time_s, UTC).astimezone(ZoneInfo(facts.timezone)).isoformat()
    for column, value, flag in zip(record.columns, record.values, record.quality, strict=True):
        name, position = parse_column(column) or (column, 0)
        yield Reading(
            local_time=local,
            garden=facts.id,
            node=record.node,
            series=record.series,
            quantity=name,
            position=position or None,
            value=value,
            unit=words.unit_of(name),
            quality=words.QUALITY[quality.MISSING] if value is None else words.QUALITY.get(flag, str(flag)),
            time_uncertainty_s=record.uncertainty_s,
        )


def cells(reading: Reading) -> tuple[Cell, ...]:
    """Give a reading as the cells of its row."""
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
