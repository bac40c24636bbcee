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
    r"(?:(?P<whole>date[ -]?time|date heure|datum zeit|fecha tiempo)|date|time)\b(?P<rest>.*)", re.IGNORECASE
)
_ZERO_OFFSET: Final = re.compile(r"(?:GMT|UTC)\s*(?P<offset>[+-]\s?\d{1,2}(?::?\d{2})?)?", re.IGNORECASE)
_ZONE: Final = re.compile(r"\((?P<zone>[A-Z][A-Za-z/ ]+)\)")
_LOGGER_SERIAL: Final = re.compile(r"LGR S/N:? ?(\d+)", re.IGNORECASE)
_FILE_SERIAL: Final = re.compile(r"(?<!\d)(\d{7,9})(?!\d)")
_TITLE: Final = re.compile(r"(?P<name>[^,(]+?)\s*[,(]\s*\(?\s*(?P<unit>[^,()\s]+)")
# What HOBO loggers note in columns of their own.
_EVENT: Final = re.compile(
    r"^(coupler|host|stopped|end of file|button|bad battery|good battery|started|logged|new interval|power|"
    r"safe shutdown|water detect|file end|interrupted|event)",
    re.IGNORECASE,
)
# What stands above the names, and in the column that numbers the rows, in programs set to English, French,
# German and Spanish.
_TITLES: Final = ("plot title", "titre de trac\u00e9", "titre du trac\u00e9", "t\u00edtulo de trazado")
_ROW_NUMBERS: Final = frozenset(("#", "n.\u00ba", "anz."))
# The logger writes it where a sensor does not answer (Onset, tech note "-888.88 data values").
_NO_SENSOR: Final = frozenset((-888.88, -888.888))
# Quantities that are worked out of others, in a thermometer's unit.
_DERIVED: Final = re.compile(r"dew|wet|heat|wind|growing|taupkt|ros\u00e9e|roc\u00edo", re.IGNORECASE)
_CELSIUS: Final = frozenset(("°c", "c", "*c", "degc", "deg c"))
_FAHRENHEIT: Final = frozenset(("°f", "f", "*f", "degf", "deg f"))
_FROM_FAHRENHEIT: Final = (1 / 1.8, -32 / 1.8)
_THERMOMETERS: Final = {
    "air": (series.AIR, measurements.AIR_TEMPERATURE),
    "soil": (series.SOIL, messages.column(measurements.SOIL_TEMPERATURE, 1)),
    "surface": (series.SOIL, messages.column(measurements.SURFACE_TEMPERATURE, 1)),
}
# One lumen a square foot: a foot is 0.3048 m.
_LUX_A_LUMEN_PER_FOOT2: Final = 1 / 0.3048**2
_QUANTITIES: Final = {
    ("rh", "%"): (series.AIR, measurements.AIR_HUMIDITY, 1.0),
    ("hr", "%"): (series.AIR, measurements.AIR_HUMIDITY, 1.0),
    ("intensity", "lux"): (series.AIR, measurements.ILLUMINANCE, 1.0),
    ("light", "lux"): (series.AIR, measurements.ILLUMINANCE, 1.0),
    ("intensity", "lum/ft²"): (series.AIR, measurements.ILLUMINANCE, _LUX_A_LUMEN_PER_FOOT2),
    ("abs pres barom", "kpa"): (series.AIR, measurements.AIR_PRESSURE, 10.0),
    ("pressure", "kpa"): (series.AIR, measurements.AIR_PRESSURE, 10.0),
    **{
        (rain, "mm"): (series.AIR, measurements.RAINFALL, 1.0)
        for rain in ("rain", "pluie", "regen", "lluvia")
    },
    ("batt", "v"): (series.HEALTH, measurements.BATTERY_VOLTAGE, 1.0),
    ("water content", "m³/m³"): (series.SOIL, messages.column(measurements.SOIL_MOISTURE, 1), 1.0),
}


class _Names(NamedTuple):
    """The row of names: where it stands, where its times are, and what it says of them."""

    place: int
    times: tuple[int, ...]
    of_times: str


def layout(file: RawRows, options: ReadingOptions) -> LoggerLayout | None:
    """Return what a HOBO export holds, None for another file.

    Raises
    ------
    UnreadableFileError
        Its names carry the serials of several loggers, or a zone without its offset.
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
        serial=_serial(file.source, [*above, *titles], options),
        columns=columns,
        first=names.place + 1,
        times=names.times,
        width=max([*names.times, *(column.place for column in columns)]) + 1,
        width_most=len(titles),
        events=tuple(index for index, title in enumerate(titles) if _is_event(title)),
        names=(tuple(titles),),
        offset_s=_offset_s(file.source, names.of_times, options),
        probes=(Probe(1, 0.0 if lies_in == "surface" else None),),
        model=_FAMILY,
        omitted=omitted,
        is_event=any,
        findings=() if options.lies_in else _assumed(columns),
    )


def _names(rows: Sequence[RawRow]) -> _Names | None:
    """Find the row of names: it has a time, and a serial or a sign of HOBO in it or above it."""
    for index, row in enumerate(rows):
        times = {at: match for at, cell in enumerate(row.cells) if (match := _TIME_TITLE.match(cell))}
        if not times or not _is_hobo(rows[: index + 1]):
            continue
        whole = [at for at, match in times.items() if match["whole"]]
        time_columns = tuple(whole[:1] or sorted(times)[:2])
        return _Names(index, time_columns, " ".join(times[at]["rest"] for at in time_columns))
    return None


def _is_hobo(rows: Sequence[RawRow]) -> bool:
    """Return whether a row of names, or what stands above it, is of this maker's programs."""
    cells = [cell for row in rows for cell in row.cells]
    numbers_rows = rows[-1].cells[0].casefold() in _ROW_NUMBERS
    return numbers_rows or any(
        _LOGGER_SERIAL.search(cell) or cell.lower().startswith(_TITLES) for cell in cells
    )


def _offset_s(source: str, text: str, options: ReadingOptions) -> int | None:
    """Return the offset [s] that the name of the time says; None where it says nothing."""
    match = _ZERO_OFFSET.search(text)
    if match is not None:
        return parse_offset_s((match["offset"] or "Z").replace(" ", ""))
    zone = _ZONE.search(text)
    if zone is not None and options.offset_s is None:
        raise UnreadableFileError(
            f"{source}: its times are in {zone['zone']}, whose offset from UTC the file does not say; give "
            "it with --offset, as --offset=-07:00"
        )
    return None


def _serial(source: str, cells: Sequence[str], options: ReadingOptions) -> str:
    """Return the logger's serial, of the names or the file's name; else what a person says, or the title."""
    serials = sorted({match[1] for cell in cells for match in _LOGGER_SERIAL.finditer(cell)})
    if len(serials) > 1:
        raise UnreadableFileError(
            f"{source}: its names carry the serials of several loggers ({', '.join(serials)}); export each "
            "logger to a file of its own"
        )
    titles = [cell.partition(":")[2].strip() for cell in cells if cell.lower().startswith(_TITLES)]
    return next(filter(None, [*serials, *_FILE_SERIAL.findall(source), options.logger, *titles]), "")


def _columns(
    titles: Sequence[str], names: _Names, options: ReadingOptions
) -> tuple[tuple[LoggerColumn, ...], tuple[OmittedColumn, ...]]:
    columns: list[LoggerColumn] = []
    omitted = []
    for index, title in enumerate(titles):
        if index in names.times or title.casefold() in ("", *_ROW_NUMBERS) or _EVENT.match(title):
            continue
        column = _column(index, title, options)
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
    name, unit = match["name"].strip().casefold(), _unit(match["unit"])
    if unit in _CELSIUS | _FAHRENHEIT and not _DERIVED.search(name):
        stream, key = _THERMOMETERS[options.lies_in or "air"]
        factor, offset = _FROM_FAHRENHEIT if unit in _FAHRENHEIT else (1.0, 0.0)
        return LoggerColumn(place, title, stream, key, factor, offset, _NO_SENSOR)
    quantity = _QUANTITIES.get((name, unit))
    return None if quantity is None else LoggerColumn(place, title, *quantity, absent=_NO_SENSOR)


def _is_event(title: str) -> bool:
    """Return whether a column holds events: by its name, or with a serial and no unit behind its name."""
    match = _TITLE.match(title)
    return _EVENT.match(title) is not None or (match is not None and match["unit"].casefold() == "lgr")


def _unit(text: str) -> str:
    """Return a unit in one spelling; a program that reads another encoding spoils the raised two."""
    unit = text.casefold()
    return "lum/ft²" if unit.startswith("lum/ft") else unit.replace("m3/m3", "m³/m³")


def _assumed(columns: Sequence[LoggerColumn]) -> tuple[Finding, ...]:
    """Note that a thermometer is taken for one of the air, unless a sensor of humidity is beside it."""
    keys = {column.key for column in columns}
    if measurements.AIR_TEMPERATURE not in keys or measurements.AIR_HUMIDITY in keys:
        return ()
    title = next(column.title for column in columns if column.key == measurements.AIR_TEMPERATURE)
    problem = (
        "the file does not say where the thermometer lies; taken for the air, else say --lies-in soil "
        "or surface"
    )
    return (Finding("assumption", None, title, "", problem, KEPT),)
