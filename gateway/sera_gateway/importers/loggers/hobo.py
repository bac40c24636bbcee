"""Onset HOBO loggers as their programs export them: title line, units and serials in the names, events.

The names carry what settles the rest: `Date Time, GMT+02:00` and `Temp, °C (LGR S/N: 20024354, SEN S/N:
...)`, or `Temp (°C) LGR S/N: 20024354`. Which sensor
hangs where no file says. Forms as seen in exports of one logger in several settings: example data of the
package myClim (ibot-geoecology/myClim).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.importers.findings import KEPT, Finding
from sera_gateway.importers.loggers.family import LoggerColumn, LoggerLayout, OmittedColumn, Probe
from sera_gateway.importers.recording import UnreadableFileError
from sera_gateway.importers.stamps import parse_offset_s
from sera_vocabulary import measurements, messages, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.importers.loggers.family import ReadingOptions
    from sera_store.tables.raw_rows import RawRow, RawRows

NAME: Final = "Onset HOBO logger: export of HOBOware or HOBOconnect (CSV or text)"

_FAMILY: Final = "hobo"
_LOOKED_AT: Final = 5
_TIME_TITLE: Final = re.compile(
    r"(?:date[ -]?time|date|time)\b[^,(]*(?:[,(]\s*(?P<offset>(?:GMT|UTC)[^,)]*)\)?)?", re.IGNORECASE
)
_SERIAL: Final = re.compile(r"(?:LGR )?S/N:? ?(\d+)", re.IGNORECASE)
_LOGGER_SERIAL: Final = re.compile(r"LGR S/N:? ?(\d+)", re.IGNORECASE)
_TITLE: Final = re.compile(
    r"^(?P<name>[^,(]+?)\s*(?:,\s*(?P<unit>[^,(\s]+(?:/[^,(\s]+)?)|\((?P<unit_in>[^)]*)\))", re.IGNORECASE
)
# What HOBO loggers note in columns of their own.
_EVENT: Final = re.compile(
    r"^(coupler|host|stopped|end of file|button|bad battery|good battery|started|logged|new interval|power|"
    r"safe shutdown|water detect|file end|interrupted|event)",
    re.IGNORECASE,
)
_CELSIUS: Final = frozenset(("°c", "c", "*c", "degc", "deg c"))
_FAHRENHEIT: Final = frozenset(("°f", "f", "*f", "degf", "deg f"))
_FROM_FAHRENHEIT: Final = (1 / 1.8, -32 / 1.8)
_THERMOMETERS: Final = {
    "air": (series.AIR, measurements.AIR_TEMPERATURE),
    "soil": (series.SOIL, messages.column(measurements.SOIL_TEMPERATURE, 1)),
    "surface": (series.SOIL, messages.column(measurements.SURFACE_TEMPERATURE, 1)),
}
_QUANTITIES: Final = {
    ("rh", "%"): (series.AIR, measurements.AIR_HUMIDITY, 1.0),
    ("intensity", "lux"): (series.AIR, measurements.ILLUMINANCE, 1.0),
    ("light", "lux"): (series.AIR, measurements.ILLUMINANCE, 1.0),
    ("abs pres barom", "kpa"): (series.AIR, measurements.AIR_PRESSURE, 10.0),
    ("pressure", "kpa"): (series.AIR, measurements.AIR_PRESSURE, 10.0),
    ("rain", "mm"): (series.AIR, measurements.RAINFALL, 1.0),
    ("batt", "v"): (series.HEALTH, measurements.BATTERY_VOLTAGE, 1.0),
    ("water content", "m³/m³"): (series.SOIL, messages.column(measurements.SOIL_MOISTURE, 1), 1.0),
}


class _Names(NamedTuple):
    """The row of names: where it stands, where its times are, and the offset that it says [s]."""

    place: int
    times: tuple[int, ...]
    offset_s: int | None


def layout(file: RawRows, options: ReadingOptions) -> LoggerLayout | None:
    """Return what a HOBO export holds, None for another file.

    Raises
    ------
    UnreadableFileError
        Its names carry the serials of several loggers.
    """
    names = _names(file.rows[:_LOOKED_AT])
    if names is None:
        return None
    titles = file.rows[names.place].cells
    above = [cell for row in file.rows[: names.place] for cell in row.cells]
    columns, omitted = _columns(titles, names, options)
    lies_in = options.lies_in or "air"
    return LoggerLayout(
        family=_FAMILY,
        serial=options.logger or _serial(file.source, [*above, *titles]),
        columns=columns,
        first=names.place + 1,
        times=names.times,
        width=max([*names.times, *(column.place for column in columns)]) + 1,
        names=(tuple(titles),),
        offset_s=names.offset_s,
        probes=(Probe(1, 0.0 if lies_in == "surface" else None),),
        model=_FAMILY,
        omitted=omitted,
        is_event=any,
        findings=() if options.lies_in else _assumed(columns),
    )


def _names(rows: Sequence[RawRow]) -> _Names | None:
    """Find the row of names: it has a time, and a serial or a sign of HOBO in it or above it."""
    for place, row in enumerate(rows):
        matches = {at: match for at, cell in enumerate(row.cells) if (match := _TIME_TITLE.fullmatch(cell))}
        cells = [cell for above in rows[: place + 1] for cell in above.cells]
        is_hobo = any(_SERIAL.search(cell) or cell.lower().startswith("plot title") for cell in cells)
        if not matches or not is_hobo:
            continue
        offsets = [match["offset"] for match in matches.values() if match["offset"]]
        times = (
            tuple(sorted(matches)[:2])
            if "date time" not in row.cells[min(matches)].lower()
            else (min(matches),)
        )
        return _Names(place, times, parse_offset_s(offsets[0].strip()) if offsets else None)
    return None


def _serial(source: str, cells: Sequence[str]) -> str:
    serials = sorted({match[1] for cell in cells for match in _LOGGER_SERIAL.finditer(cell)})
    if len(serials) > 1:
        raise UnreadableFileError(
            f"{source}: its names carry the serials of several loggers ({', '.join(serials)}); export each "
            f"logger to a "
            "file of its own"
        )
    titles = [cell.partition(":")[2].strip() for cell in cells if cell.lower().startswith("plot title")]
    return next(iter([*serials, *filter(None, titles)]), "")


def _columns(
    titles: Sequence[str], names: _Names, options: ReadingOptions
) -> tuple[tuple[LoggerColumn, ...], tuple[OmittedColumn, ...]]:
    columns: list[LoggerColumn] = []
    omitted = []
    for place, title in enumerate(titles):
        if place in names.times or title in ("", "#") or _EVENT.match(title):
            continue
        column = _column(place, title, options)
        if column is None:
            omitted.append(OmittedColumn(title, "the vocabulary has no such quantity, or not in this unit"))
        elif any((column.stream, column.key) == (other.stream, other.key) for other in columns):
            omitted.append(
                OmittedColumn(title, "a second sensor of a kind; which of the two lies where is not said")
            )
        else:
            columns.append(column)
    return tuple(columns), tuple(omitted)


def _column(place: int, title: str, options: ReadingOptions) -> LoggerColumn | None:
    match = _TITLE.match(title)
    if match is None:
        return None
    name = match["name"].strip().casefold()
    unit = (match["unit"] or match["unit_in"] or "").strip().casefold()
    if name in ("temp", "temperature", "ambient temperature"):
        stream, key = _THERMOMETERS[options.lies_in or "air"]
        if unit in _CELSIUS:
            return LoggerColumn(place, title, stream, key)
        if unit in _FAHRENHEIT:
            return LoggerColumn(place, title, stream, key, *_FROM_FAHRENHEIT)
    quantity = _QUANTITIES.get((name, unit))
    return None if quantity is None else LoggerColumn(place, title, *quantity)


def _assumed(columns: Sequence[LoggerColumn]) -> tuple[Finding, ...]:
    """Say that a thermometer is taken for one of the air, unless a sensor of humidity is beside it."""
    keys = {column.key for column in columns}
    if measurements.AIR_TEMPERATURE not in keys or measurements.AIR_HUMIDITY in keys:
        return ()
    title = next(column.title for column in columns if column.key == measurements.AIR_TEMPERATURE)
    problem = (
        "the file does not say where the thermometer lies; taken for the air, else say --lies-in soil "
        "or surface"
    )
    return (Finding("assumption", None, title, "", problem, KEPT),)
