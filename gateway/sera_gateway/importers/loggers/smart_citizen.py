"""SD cards of Smart Citizen kits: lines of names, units, descriptions and ids above the readings; UTC.

Form as of the kit's firmware and fablabbcn/smartcitizen-data. A card names no kit: `--logger` does.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from sera_gateway.importers.loggers.family import LoggerColumn, LoggerLayout, OmittedColumn
from sera_gateway.importers.stamps import DateOrder, Stamp, parse_stamp
from sera_vocabulary import measurements, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.importers.loggers.family import ReadingOptions
    from sera_store.tables.raw_rows import RawRows

NAME: Final = "SD card of a Smart Citizen kit (CSV)"

_FAMILY: Final = "smart-citizen"
_TIME_NAME, _TIME_UNIT = "TIME", "ISO 8601"
_HEAD_LINES: Final = 4
# By name and unit: stream, column, factor to the vocabulary's unit, what stands for no value.
_COLUMNS: Final = {
    ("TEMP", "C"): (series.AIR, measurements.AIR_TEMPERATURE, 1.0, ()),
    ("TEMP", "ºC"): (series.AIR, measurements.AIR_TEMPERATURE, 1.0, ()),
    ("TEMP", "°C"): (series.AIR, measurements.AIR_TEMPERATURE, 1.0, ()),
    ("HUM", "%"): (series.AIR, measurements.AIR_HUMIDITY, 1.0, ()),
    ("LIGHT", "Lux"): (series.AIR, measurements.ILLUMINANCE, 1.0, ()),
    ("NOISE_A", "dBA"): (series.AIR, measurements.SOUND_LEVEL, 1.0, ()),
    ("PRESS", "kPa"): (series.AIR, measurements.AIR_PRESSURE, 10.0, ()),
    ("PRESS", "hPa"): (series.AIR, measurements.AIR_PRESSURE, 1.0, ()),
    # The kit says -1 where it has no battery.
    ("BATT", "%"): (series.HEALTH, measurements.BATTERY_CHARGE, 1.0, (-1.0,)),
}


def layout(file: RawRows, options: ReadingOptions) -> LoggerLayout | None:  # noqa: ARG001 - of the contract
    """Return what a kit's card holds, None for another file."""
    filled = [row for row in file.rows if any(row.cells)][:2]
    if len(filled) < 2 or [row.cells[0].upper() for row in filled] != [_TIME_NAME, _TIME_UNIT]:
        return None
    names, units = (row.cells for row in filled)
    place = file.rows.index(filled[0])
    first = next(
        (
            at
            for at, row in enumerate(file.rows)
            if row.cells and isinstance(parse_stamp(row.cells[0]), Stamp)
        ),
        place + _HEAD_LINES,
    )
    head = file.rows[place:first]
    columns, omitted = _columns(names, units, head[2].cells if len(head) > 2 else [])
    return LoggerLayout(
        family=_FAMILY,
        serial="",
        columns=columns,
        first=first,
        times=(0,),
        width=len(names),
        width_most=len(names),
        names=tuple(tuple(row.cells) for row in head),
        offset_s=0,
        date_order=DateOrder.YMD,
        model=_FAMILY,
        omitted=omitted,
    )


def _columns(
    names: Sequence[str], units: Sequence[str], descriptions: Sequence[str]
) -> tuple[tuple[LoggerColumn, ...], tuple[OmittedColumn, ...]]:
    """Take each column by its name and unit, or leave it out with a reason."""
    columns: list[LoggerColumn] = []
    omitted = []
    for at, (name, unit, description) in enumerate(zip_longest(names, units, descriptions, fillvalue="")):
        logger_column = _COLUMNS.get((name, unit))
        if logger_column is not None:
            stream, key, factor, absent = logger_column
            columns.append(LoggerColumn(at, name, stream, key, factor, absent=frozenset(absent)))
        elif at:
            omitted.append(OmittedColumn(name or unit, _why(unit, description)))
    return tuple(columns), tuple(omitted)


def _why(unit: str, description: str) -> str:
    if unit == "V":
        return f"volts of an input ({description or 'no description'}) that no line says the sensor of"
    return f"the vocabulary has no such quantity in {unit or 'this unit'} ({description or 'no description'})"
