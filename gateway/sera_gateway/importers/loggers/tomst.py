"""TOMST loggers (TMS-4, Thermologger, dendrometer): raw downloads, exports with an offset, and joined files.

Raw files hold no names: index; time in UTC; the site's zone in quarter hours; T1 soil at -8 cm; T2 surface;
T3 air at 15 cm; raw moisture count; shake; error. Format after Wild et al. 2019, doi
10.1016/j.agrformet.2018.12.018, and the files themselves. The index begins again when a logger's memory is
cleared, and so names nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sera_gateway.importers.findings import KEPT, Finding
from sera_gateway.importers.loggers.family import LoggerColumn, LoggerLayout, OmittedColumn, Probe
from sera_gateway.importers.stamps import DateOrder, Stamp, parse_stamp
from sera_store.tables.numbers import DecimalMark, parse_number
from sera_vocabulary import measurements, messages, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.importers.loggers.family import ReadingOptions
    from sera_store.tables.raw_rows import RawRow, RawRows

NAME: Final = "TOMST logger: download, export or joined downloads (CSV)"

_FAMILY: Final = "tomst"
# Eight digits of a file's name that are no date.
_SERIAL: Final = re.compile(r"(?<!\d)(?!20\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))(\d{8})(?!\d)")
_LOOKED_AT: Final = 5
_NO_SENSOR_CEL: Final = -200.0
_NO_MOISTURE: Final = 65336.0
# The moisture channel of a TMS-4 is 12 bits wide; a larger count is no moisture.
_COUNT_MOST: Final = 4095.0
_QUARTERS_MOST: Final = 56

_SOIL, _SURFACE, _AIR = Probe(1, 0.08), Probe(2, 0.0), Probe(3, -0.15)
_INDEX, _TIME, _ZONE, _T1, _T2, _T3, _COUNT, _SHAKE, _ERROR, _LOGGER = (
    "index",
    "time",
    "zone",
    "T1",
    "T2",
    "T3",
    "moisture",
    "shake",
    "error",
    "serial",
)
_RAW: Final = (_INDEX, _TIME, _ZONE, _T1, _T2, _T3, _COUNT, _SHAKE, _ERROR)
_EXPORT: Final = (_INDEX, _TIME, _T1, _T2, _T3, _COUNT)
_NEEDED: Final = (_TIME, _T1, _T2, _T3, _COUNT)
# Names that programs and people give the columns, by what they hold (letters and digits alone).
_TITLES: Final = {
    "index": _INDEX,
    "id": _INDEX,
    "datetime": _TIME,
    "date": _TIME,
    "time": _TIME,
    "utc": _TIME,
    "timezone": _ZONE,
    "zone": _ZONE,
    "tz": _ZONE,
    "moisture": _COUNT,
    "moist": _COUNT,
    "tmsmoist": _COUNT,
    "soilmoisture": _COUNT,
    "sm": _COUNT,
    "count": _COUNT,
    "shake": _SHAKE,
    "error": _ERROR,
    "errflag": _ERROR,
    "errorflag": _ERROR,
    "serial": _LOGGER,
    "serialnumber": _LOGGER,
    "logger": _LOGGER,
    "loggerid": _LOGGER,
    **{name + number: "T" + number for name in ("t", "tmst", "temp", "temperature") for number in "123"},
}


def layout(file: RawRows, options: ReadingOptions) -> LoggerLayout | None:  # noqa: ARG001 - of the contract
    """Return what a TOMST file holds, None for another file."""
    filled = [(index, row) for index, row in enumerate(file.rows) if any(row.cells)]
    if not filled:
        return None
    first, head = filled[0]
    places, first = _places(first, head, [row for _, row in filled[:_LOOKED_AT]])
    if not places:
        return None
    names = tuple(head.cells) if first > 0 and head in file.rows[:first] else ()
    rows = [row.cells for row in file.rows[first:] if tuple(row.cells) != names]
    is_tms = not all(_is_absent(rows, places[column]) for column in (_T2, _T3))
    return LoggerLayout(
        family=_FAMILY,
        serial=_serial(file.source),
        columns=_columns(places, is_tms=is_tms),
        first=first,
        times=(places[_TIME],),
        width=max(places[column] for column in _NEEDED) + 1,
        width_most=len(head.cells) if names else len(_RAW) if _ERROR in places else None,
        serial_place=places.get(_LOGGER),
        names=(names,) if names else (),
        # Its files are in UTC, whatever the site's zone beside it says.
        offset_s=0,
        date_order=_date_order(rows, places[_TIME]),
        probes=(_SOIL, _SURFACE, _AIR) if is_tms else (_SOIL,),
        model=_FAMILY,
        omitted=() if is_tms else _OMITTED,
        notes=(_note(is_tms=is_tms),),
        findings=tuple(_offset_finding(rows, places[_TIME])),
        look=_Look(places),
    )


def _serial(source: str) -> str:
    """Return the serial in a file's name, where its logger's program writes it; empty for none."""
    match = _SERIAL.search(source)
    return "" if match is None else match.group(1)


def _places(first: int, head: RawRow, rows: Sequence[RawRow]) -> tuple[dict[str, int], int]:
    """Find where each column stands, and the first row of readings: by names, or by the rows' look."""
    column_places: dict[str, int] = {}
    for index, cell in enumerate(head.cells):
        column = _TITLES.get("".join(letter for letter in cell.casefold() if letter.isalnum()))
        if column is not None:
            column_places.setdefault(column, index)
    if all(column in column_places for column in _NEEDED):
        return column_places, first + 1
    for form in (_RAW, _EXPORT):
        if any(_fits(row.cells, form) for row in rows):
            return {column: index for index, column in enumerate(form)}, first
    return {}, first


def _fits(cells: Sequence[str], form: Sequence[str]) -> bool:
    """Return whether a row is one of a form without names."""
    if len(cells) < form.index(_COUNT) + 1 or not cells[0].isdigit():
        return False
    stamp = parse_stamp(cells[1])
    if not isinstance(stamp, Stamp) or (stamp.offset_s is None) is (form is _EXPORT):
        return False
    numbers = [_number(cell) for cell in cells[2 : form.index(_COUNT) + 1]]
    return all(number is not None for number in numbers)


def _number(cell: str) -> float | None:
    number = parse_number(cell, DecimalMark.COMMA if "," in cell else DecimalMark.POINT)
    return None if number != number else number


def _is_absent(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Return whether no row has a thermometer; a Thermologger lacks the second and the third."""
    numbers = [_number(cells[place]) for cells in rows if place < len(cells)]
    return all(number in (None, _NO_SENSOR_CEL) for number in numbers)


def _columns(places: dict[str, int], *, is_tms: bool) -> tuple[LoggerColumn, ...]:
    absent = frozenset((_NO_SENSOR_CEL,))

    def column(name: str, measurement: str, probe: Probe) -> LoggerColumn:
        key = messages.column(measurement, probe.position)
        return LoggerColumn(places[name], name, series.SOIL, key, absent=absent)

    soil = column(_T1, measurements.SOIL_TEMPERATURE, _SOIL)
    if not is_tms:
        return (soil,)
    count = LoggerColumn(
        places[_COUNT],
        _COUNT,
        series.SOIL,
        messages.column(measurements.SOIL_MOISTURE_RAW, _SOIL.position),
        absent=frozenset((_NO_MOISTURE,)),
        most=_COUNT_MOST,
    )
    return (
        count,
        soil,
        column(_T2, measurements.SURFACE_TEMPERATURE, _SURFACE),
        column(_T3, measurements.NEAR_GROUND_TEMPERATURE, _AIR),
    )


_OMITTED: Final = (
    OmittedColumn(_T2, "no row has this thermometer"),
    OmittedColumn(_T3, "no row has this thermometer"),
    OmittedColumn(
        _COUNT,
        "a logger without T2 and T3 has no moisture probe; a dendrometer writes the size of a stem here",
    ),
)


def _note(*, is_tms: bool) -> str:
    if is_tms:
        return (
            "the file does not name the soil type; raw counts stay relative until one is assumed "
            "(--soil-type)."
        )
    return "one thermometer and no moisture probe: a Thermologger or a dendrometer."


def _date_order(rows: Sequence[Sequence[str]], place: int) -> DateOrder | None:
    """Return the order of dates with points, where the day stands first; strokes leave it open."""
    has_strokes = any("/" in cells[place] for cells in rows if place < len(cells))
    return None if has_strokes else DateOrder.DMY


def _offset_finding(rows: Sequence[Sequence[str]], place: int) -> list[Finding]:
    """Warn of stamps with an offset: some exports put the site's offset behind the logger's UTC."""
    stamps = (parse_stamp(cells[place]) for cells in rows if place < len(cells))
    stamp = next((stamp for stamp in stamps if isinstance(stamp, Stamp) and stamp.offset_s), None)
    if stamp is None:
        return []
    problem = (
        "taken at its word, but exports are known that write the site's offset behind what the logger "
        "calls UTC; "
        "compare a row with the raw download, and bring in that one where they differ"
    )
    return [Finding("time_offset", None, _TIME, stamp.text, problem, KEPT)]


class _Look:
    """Finds what a row says of the logger: an error flag, or a zone that no site has.

    Parameters
    ----------
    places
        Where its columns stand.
    """

    def __init__(self, places: dict[str, int]) -> None:
        self._error = places.get(_ERROR)
        self._zone = places.get(_ZONE)

    def __call__(self, number: int, cells: Sequence[str]) -> Finding | None:
        if self._error is not None and self._error < len(cells) and cells[self._error] not in ("", "0"):
            problem = (
                "the logger noted an error at this reading; 0 is none. Look at its values before they "
                "are used"
            )
            return Finding("logger_error", number, _ERROR, cells[self._error], problem, KEPT)
        if self._zone is None:
            return None
        quarters = _number(cells[self._zone])
        if quarters is None or not quarters.is_integer() or abs(quarters) > _QUARTERS_MOST:
            problem = (
                "the site's zone is expected in quarter hours, from -56 to 56; times are in UTC all the same"
            )
            return Finding("time_offset", number, _ZONE, cells[self._zone], problem, KEPT)
        return None
