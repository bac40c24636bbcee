"""TOMST loggers (TMS-4, Thermologger): their raw download files and exports with an offset.

Raw files hold no header: index; time in UTC; the site's zone in quarter hours; T1 soil at -8 cm; T2 surface;
T3 air at 15 cm; raw moisture count; shake; error. Format after Wild et al. 2019, doi
10.1016/j.agrformet.2018.12.018, and the files themselves.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sera_gateway.importers.recording import Recording, Row, UnreadableFileError
from sera_vocabulary import measurements, messages, series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_RAW_LINE: Final = re.compile(r"^\d+;\d{1,4}[.]\d{1,2}[.]\d{2,4} \d{1,2}:\d{2}(:\d{2})?;-?\d+;")
_EXPORT_LINE: Final = re.compile(r'^"?\d+"?,\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2},')
_SERIAL: Final = re.compile(r"(?<!\d)(\d{8})(?!\d)")
# Some programs drop the time of a reading at midnight, so a bare date is midnight.
_TIME_FORMS: Final = tuple(
    f"{day}{hour}" for day in ("%Y.%m.%d", "%d.%m.%Y") for hour in (" %H:%M", " %H:%M:%S", "")
)

_NO_SENSOR_CEL: Final = -200.0
_NO_MOISTURE: Final = 65336
# The moisture channel of a TMS-4 is 12 bits wide; a larger count is no moisture.
_COUNT_MOST: Final = 4095
# The loggers' clocks drift by up to about a minute between downloads.
_UNCERTAINTY_S: Final = 60

_PROBE_DEPTHS_M: Final[tuple[tuple[int, float], ...]] = ((1, 0.08), (2, 0.0), (3, -0.15))
_SOIL, _SURFACE, _AIR = (position for position, _ in _PROBE_DEPTHS_M)


def recognises(first_line: str) -> bool:
    """Return whether a file is a TOMST download or export, by its first line."""
    return bool(_RAW_LINE.match(first_line) or _EXPORT_LINE.match(first_line))


def read(path: Path, text: str) -> list[Recording]:
    """Read one TOMST file.

    Returns
    -------
    list of Recording
        One recording. Absent sensors (-200 Cel, 65336 counts) are None.

    Raises
    ------
    UnreadableFileError
        The file's name holds no eight-digit serial, or no line can be read.
    """
    serial = _serial(path)
    rows: list[Row] = []
    refused: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(line))
        except ValueError as error:
            refused.append((number, line, str(error)))
    if not rows:
        raise UnreadableFileError(
            f"{path.name}: no line could be read; the first was refused: {refused[0][2]}"
        )
    rows, refused = _drop_repeats(sorted(rows, key=lambda row: row.seq), refused)
    return [_recording(path, serial, rows, refused)]


def _serial(path: Path) -> str:
    match = _SERIAL.search(path.stem)
    if match is None:
        raise UnreadableFileError(
            f"{path.name}: a TOMST file carries its logger's eight-digit serial in its name, as in "
            "data_94184102_0.csv; none was found. Rename the file."
        )
    return match.group(1)


def _row(line: str) -> Row:
    if _EXPORT_LINE.match(line):
        index, stamp, *cells = next(csv.reader([line]))
        moment = datetime.fromisoformat(stamp)
        seq = int(index)
    else:
        index, stamp, _zone, *cells = line.rstrip(";").split(";")
        moment = _moment(stamp)
        seq = int(index) + 1
    if seq < messages.SEQ_FIRST or len(cells) < 4:
        raise ValueError(f"expected an index and four readings, found {line!r}")
    utc_s = int(moment.timestamp())
    return Row(seq, 0, utc_s, _UNCERTAINTY_S, 0, _values(cells))


def _moment(stamp: str) -> datetime:
    for form in _TIME_FORMS:
        try:
            return datetime.strptime(stamp, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"the time {stamp!r} has none of the forms {', '.join(_TIME_FORMS)}")


def _values(cells: Sequence[str]) -> tuple[float | None, ...]:
    temperatures = [None if value == _NO_SENSOR_CEL else value for value in map(_number, cells[:3])]
    count = _number(cells[3])
    # Only a logger with all three thermometers is a TMS-4; on dendrometers the count is stem size.
    is_tms = all(value is not None for value in temperatures)
    moisture = count if is_tms and count != _NO_MOISTURE and 0 < count <= _COUNT_MOST else None
    return (moisture, *temperatures)


def _number(cell: str) -> float:
    return float(cell.replace(",", "."))


def _drop_repeats(
    rows: list[Row], refused: list[tuple[int, str, str]]
) -> tuple[list[Row], list[tuple[int, str, str]]]:
    """Keep the first row of each index; a second one with other content is refused."""
    rows_by_index: dict[int, Row] = {}
    for row in rows:
        first = rows_by_index.setdefault(row.seq, row)
        if first != row:
            refused.append((row.seq, repr(row), f"index {row.seq - 1} stands twice with other content"))
    return list(rows_by_index.values()), refused


_TMS_COLUMNS: Final[tuple[str, ...]] = (
    messages.column(measurements.SOIL_MOISTURE_RAW, _SOIL),
    messages.column(measurements.SOIL_TEMPERATURE, _SOIL),
    messages.column(measurements.SURFACE_TEMPERATURE, _SURFACE),
    messages.column(measurements.NEAR_GROUND_TEMPERATURE, _AIR),
)


def _recording(path: Path, serial: str, rows: list[Row], refused: list[tuple[int, str, str]]) -> Recording:
    started_s = rows[0].utc_s or 0
    rows = [row._replace(uptime_s=max(0, (row.utc_s or 0) - started_s)) for row in rows]
    is_tms = any(None not in row.values[1:] for row in rows)
    columns = _TMS_COLUMNS if is_tms else _TMS_COLUMNS[1:2]
    depths = _PROBE_DEPTHS_M if is_tms else _PROBE_DEPTHS_M[:1]
    if not is_tms:
        rows = [row._replace(values=row.values[1:2]) for row in rows]
    return Recording(
        source=path.name,
        origin=f"tomst/{serial}",
        detector="none",
        stream=series.SOIL,
        columns=columns,
        rows=tuple(rows),
        probes=tuple((position, "tomst", f"{serial}-{position}") for position, _ in depths),
        depths_m=depths,
        notes=(_note(serial, is_tms=is_tms),),
        refused=tuple(refused),
    )


def _note(serial: str, *, is_tms: bool) -> str:
    if is_tms:
        return (
            f"{serial}: the file does not name the soil type; raw counts stay relative until one is assumed."
        )
    return f"{serial}: one thermometer and no moisture probe; the file's other columns are left out."
