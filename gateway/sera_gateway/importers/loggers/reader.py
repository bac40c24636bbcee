"""The one reader of loggers' files: from rows of cells and a family's layout to recordings and findings."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.importers.findings import KEPT, LEFT_OUT, READ_AS_MISSING, SKIPPED, Finding
from sera_gateway.importers.loggers.family import CLOCK_UNCERTAINTY_S
from sera_gateway.importers.recording import Recording, Row, UnreadableFileError
from sera_gateway.importers.stamps import ORDER_NAMES, AmbiguousDatesError, ReadStamps, read_stamps
from sera_store.tables.numbers import DecimalMark, mark_usage, parse_number
from sera_store.tables.table import MISSING
from sera_vocabulary.messages import NO_POSITION, SEQ_MOST, UTC_FIRST_S, parse_column
from sera_vocabulary.recorded import recorded_seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_gateway.importers.loggers.family import (
        LoggerColumn,
        LoggerFamily,
        LoggerLayout,
        ReadingOptions,
    )
    from sera_store.tables.raw_rows import RawRow, RawRows

_LATEST_S: Final = UTC_FIRST_S + SEQ_MOST - 1
# Two exports of one reading, in degrees of Celsius and of Fahrenheit, are one reading: beyond the digits
# that the loggers write there is only what the conversion adds.
_DIGITS: Final = 3


class _Reading(NamedTuple):
    """A row of a file that has a time, and the number of each column."""

    number: int
    utc_s: int
    values: tuple[float | None, ...]


def read_logger(file: RawRows, family: LoggerFamily, options: ReadingOptions) -> list[Recording] | None:
    """Read a logger's file.

    Parameters
    ----------
    file
        All of its rows.
    family
        Says what they hold.
    options
        What the file does not say itself.

    Returns
    -------
    list of Recording
        One a logger and stream; what is no reading is in the findings of each logger's first. None for a
        file of another family.

    Raises
    ------
    UnreadableFileError
        Dates or decimals have two readings, the logger's name is not known, or no row holds a reading.
    """
    layout = family.layout(file, options)
    if layout is None or layout.serial_place is None:
        return None if layout is None else _read_part(file, layout, options)
    recordings = []
    for serial, part in _of_loggers(file, layout.first, layout.serial_place):
        # Loggers of several kinds may stand in one file: each is looked at by itself.
        own = family.layout(part, options)
        if own is not None:
            recordings += _read_part(part, replace(own, serial=serial, serial_place=None), options)
    return recordings


def _of_loggers(file: RawRows, first: int, place: int) -> list[tuple[str, RawRows]]:
    """Part a joined file by the serial in each row; a row without one stays with the logger above it."""
    parts: dict[str, list[RawRow]] = {}
    head, serial = file.rows[:first], ""
    for row in file.rows[first:]:
        serial = (row.cells[place] if place < len(row.cells) else "") or serial
        parts.setdefault(serial, []).append(row)
    return [(serial, file._replace(rows=[*head, *rows])) for serial, rows in parts.items()]


def _read_part(file: RawRows, layout: LoggerLayout, options: ReadingOptions) -> list[Recording]:
    """Read the file of one logger."""
    findings = [*_of_encoding(file), *layout.findings]
    rows = _rows(file.rows[layout.first :], layout, findings)
    stamps = _stamps(file, rows, layout, options, findings)
    mark = _decimal_mark(file, rows, layout, options)
    readings = [_reading(row, layout, stamps, mark, findings) for row in rows]
    present = _without_absent(layout, [reading for reading in readings if reading is not None], findings)
    findings += [Finding("column_left_out", None, name, "", why, LEFT_OUT) for name, why in layout.omitted]
    recordings = _recordings(file.source, layout, options, present, findings)
    if not recordings:
        first = next((finding for finding in findings if finding.is_loss), None)
        below = sum(any(row.cells) for row in file.rows[layout.first :])
        why = "" if first is None else f"; the first was left out, row {first.row}: {first.problem}"
        raise UnreadableFileError(
            f"{file.source}: no row holds a reading with its time, of {below} below the names; "
            f"expected rows as the logger's program writes them{why}"
        )
    offset_s = next(iter(stamps.offsets_s)) if len(stamps.offsets_s) == 1 else 0
    return [replace(recording, stamp_offset_s=offset_s) for recording in recordings]


def _of_encoding(file: RawRows) -> list[Finding]:
    """Name an encoding that was taken for granted, with a word in it to look at."""
    return [Finding("encoding", None, "", "", str(note), KEPT) for note in file.notes]


def _rows(rows: Sequence[RawRow], layout: LoggerLayout, findings: list[Finding]) -> list[RawRow]:
    """Select the rows that hold readings; the others are findings."""
    rows_read = []
    last = max((row.number for row in rows if any(row.cells)), default=0)
    for row in rows:
        cells = tuple(row.cells)
        if not any(cells):
            if row.number < last:
                findings.append(Finding("row_blank", row.number, "", "", "it holds nothing", SKIPPED))
        elif cells in layout.names:
            findings.append(
                Finding("row_of_names", row.number, "", cells[0], "files were joined here", SKIPPED)
            )
        elif len(cells) < layout.width:
            problem = (
                f"{len(cells)} cells; expected {layout.width}. The file may have been cut off here: copy "
                f"it again"
            )
            findings.append(Finding("row_too_short", row.number, "", _row_text(cells), problem, LEFT_OUT))
        elif _has_moved(cells, layout):
            problem = (
                f"{len(cells)} cells; expected {layout.width_most} at most, each below its name. Decimal "
                "commas may separate cells here: export with decimal points, or with another separator"
            )
            findings.append(Finding("row_too_long", row.number, "", _row_text(cells), problem, LEFT_OUT))
        else:
            rows_read.append(row)
    return rows_read


def _has_moved(cells: Sequence[str], layout: LoggerLayout) -> bool:
    """Return whether a row has more cells than columns, or a number where the logger writes events."""
    if layout.width_most is not None and any(cells[layout.width_most :]):
        return True
    events = [cells[place] for place in layout.events if place < len(cells)]
    return any(not math.isnan(parse_number(cell)) for cell in events)


def _row_text(cells: Iterable[str]) -> str:
    return " | ".join(cells)


def _stamps(
    file: RawRows,
    rows: Sequence[RawRow],
    layout: LoggerLayout,
    options: ReadingOptions,
    findings: list[Finding],
) -> ReadStamps:
    """Read all times, and note by what they were read."""
    texts = {row.number: " ".join(row.cells[place] for place in layout.times) for row in rows}
    offset_s = options.offset_s if layout.offset_s is None else layout.offset_s
    try:
        stamps = read_stamps(
            texts,
            order=options.date_order or layout.date_order,
            offset_s=offset_s or 0,
            half_days=options.half_days,
        )
    except AmbiguousDatesError as error:
        raise UnreadableFileError(f"{file.source}: {error}") from error
    for number, problem in stamps.problems.items():
        findings.append(Finding("time_unreadable", number, "time", texts[number], problem, LEFT_OUT))
    for number in stamps.without_time:
        problem = "a date without a time; some programs drop the time at midnight"
        findings.append(
            Finding("time_without_hour", number, "time", texts[number], problem, "read as midnight")
        )
    if stamps.is_told_by_days and stamps.order is not None:
        order = ORDER_NAMES[stamps.order]
        problem = f"dates are read as {order}: only so days follow one another; else say --date-order"
        findings.append(Finding("date_order", None, "time", next(iter(texts.values())), problem, KEPT))
    if offset_s is None and not stamps.offsets_s and stamps.times_s:
        problem = "neither the file nor --offset says how far its times are from UTC; they are read as UTC"
        findings.append(Finding("assumption", None, "time", "", problem, KEPT))
    return stamps


def _decimal_mark(
    file: RawRows, rows: Sequence[RawRow], layout: LoggerLayout, options: ReadingOptions
) -> DecimalMark:
    """Settle what stands before decimals by all numbers of the file: a logger writes all of them alike."""
    if options.decimal is not None:
        return options.decimal
    cells = [row.cells[column.place] for row in rows for column in layout.columns]
    usage = mark_usage(cells)
    if usage.point is not None and usage.comma is not None:
        raise UnreadableFileError(
            f"{file.source}: {cells[usage.point]!r} has a point before decimals, {cells[usage.comma]!r} a "
            "comma; write all alike in a copy of the file. With --decimal point or comma those of the other "
            "kind are left out by name"
        )
    if usage.comma is not None:
        return DecimalMark.COMMA
    if usage.point is not None or usage.ambiguous is None:
        return DecimalMark.POINT
    # Three decimals throughout: loggers write no mark between thousands, unless it is quoted for that.
    cell = cells[usage.ambiguous]
    if "," in cell and file.separator == ",":
        readings = f"{cell.replace(',', '.')} or as {cell.replace(',', '')}"
        raise UnreadableFileError(
            f"{file.source}: {cell!r} can be read as {readings}, and no other number in it tells which; "
            "say --decimal comma or --decimal point"
        )
    return DecimalMark.COMMA if "," in cell else DecimalMark.POINT


def _reading(
    row: RawRow, layout: LoggerLayout, stamps: ReadStamps, mark: DecimalMark, findings: list[Finding]
) -> _Reading | None:
    """Read the numbers of a row; an invalid one is left out alone."""
    utc_s = stamps.times_s.get(row.number)
    if utc_s is None:
        return None
    if not UTC_FIRST_S <= utc_s <= _LATEST_S:
        problem = "a time from 2000 to 2068 is expected; the logger's clock may not have been set"
        time = _row_text(row.cells[place] for place in layout.times)
        findings.append(Finding("time_impossible", row.number, "time", time, problem, LEFT_OUT))
        return None
    values = tuple(_value(row, column, mark, findings) for column in layout.columns)
    if all(math.isnan(value) for value in values):
        is_event = layout.is_event is not None and layout.is_event(row.cells)
        kind, problem = (
            ("row_of_event", "the logger notes an event and no reading")
            if is_event
            else ("row_without_values", "no column of it holds a number")
        )
        findings.append(Finding(kind, row.number, "", _row_text(filter(None, row.cells)), problem, SKIPPED))
        return None
    if layout.look is not None and (finding := layout.look(row.number, row.cells)) is not None:
        findings.append(finding)
    return _Reading(row.number, utc_s, values)


def _value(row: RawRow, column: LoggerColumn, mark: DecimalMark, findings: list[Finding]) -> float:
    """Read one cell; NaN where it holds no value."""
    cell = row.cells[column.place]
    if cell in MISSING:
        return math.nan
    number = parse_number(cell, mark)
    if math.isnan(number):
        problem = "expected a number; correct it in a copy of the file, or leave the cell empty"
        findings.append(Finding("not_a_number", row.number, column.title, cell, problem, LEFT_OUT))
    elif column.most is not None and number not in column.absent and not 0 < number <= column.most:
        problem = (
            f"a count of moisture is from 1 to {column.most:.0f}; a dendrometer writes the size of a "
            f"stem here"
        )
        findings.append(Finding("count_impossible", row.number, column.title, cell, problem, READ_AS_MISSING))
        return math.nan
    return number


def _without_absent(
    layout: LoggerLayout, readings: list[_Reading], findings: list[Finding]
) -> list[_Reading]:
    """Take marks of absent sensors for missing values, each one a finding, or all of a column one."""
    columns = list(zip(*(reading.values for reading in readings), strict=True)) if readings else []
    for column, numbers in zip(layout.columns, columns, strict=False):
        rows = [
            reading.number
            for reading, number in zip(readings, numbers, strict=True)
            if number in column.absent
        ]
        if len(rows) == len(readings):
            problem = f"all {len(rows)} rows hold it: the sensor is absent or broken"
            value = f"{numbers[0]:g}"
            findings.append(Finding("sensor_absent", None, column.title, value, problem, READ_AS_MISSING))
            continue
        problem = "the logger writes it where the sensor did not answer"
        findings += [
            Finding("sensor_absent", reading.number, column.title, f"{number:g}", problem, READ_AS_MISSING)
            for reading, number in zip(readings, numbers, strict=True)
            if number in column.absent
        ]
    return [
        reading._replace(
            values=tuple(
                _converted(value, column)
                for value, column in zip(reading.values, layout.columns, strict=True)
            )
        )
        for reading in readings
    ]


def _converted(number: float | None, column: LoggerColumn) -> float | None:
    """Return a number in the vocabulary's unit; None where there is none."""
    if number is None or math.isnan(number) or number in column.absent:
        return None
    if (column.factor, column.offset) == (1.0, 0.0):
        return number
    return round(number * column.factor + column.offset, _DIGITS)


def _recordings(
    source: str,
    layout: LoggerLayout,
    options: ReadingOptions,
    readings: Sequence[_Reading],
    findings: list[Finding],
) -> list[Recording]:
    """Make a recording of each logger and stream; the first takes up the findings."""
    serial = layout.serial or options.logger
    if not serial:
        raise UnreadableFileError(
            f"{source}: neither the file nor its name says which logger wrote it; give its name or number "
            "with --logger, the same for all its files"
        )
    recordings: list[Recording] = []
    for stream in dict.fromkeys(column.stream for column in layout.columns):
        rows = _unique(stream, layout, readings, findings)
        if rows:
            recordings.append(_recording(source, layout, serial, stream, rows))
    if recordings:
        recordings[0] = recordings[0].with_findings(findings, layout.notes)
    return recordings


def _unique(
    stream: str, layout: LoggerLayout, readings: Sequence[_Reading], findings: list[Finding]
) -> tuple[Row, ...]:
    """Select the values of a stream: rows that stand twice once, rows that contradict one another all."""
    places = [index for index, column in enumerate(layout.columns) if column.stream == stream]
    rows: dict[tuple[int, tuple[float | None, ...]], Row] = {}
    first_rows: dict[int, int] = {}
    for reading in readings:
        values = tuple(reading.values[place] for place in places)
        if all(value is None for value in values):
            continue
        before = rows.setdefault(
            (reading.utc_s, values), Row(reading.utc_s, CLOCK_UNCERTAINTY_S, values, reading.number)
        )
        if before.number != reading.number:
            problem = f"row {before.number} has the same time and values"
            findings.append(Finding("row_repeated", reading.number, stream, "", problem, SKIPPED))
            continue
        first = first_rows.setdefault(reading.utc_s, reading.number)
        if first != reading.number:
            findings.append(_contradiction(reading.number, first, values))
    ordered = sorted(rows.values(), key=lambda row: (recorded_seq(row.utc_s), row.number))
    return tuple(ordered)


def _contradiction(number: int, first: int, values: Sequence[float | None]) -> Finding:
    shorten = ", ".join("none" if value is None else f"{value:g}" for value in values)
    problem = (
        f"row {first} has other values at the same time, and is taken; see which is right. A file joined "
        f"of several "
        "loggers needs a column `serial`"
    )
    return Finding("two_at_one_time", number, "", shorten, problem, "kept as a dead letter")


def _recording(
    source: str, layout: LoggerLayout, serial: str, stream: str, rows: tuple[Row, ...]
) -> Recording:
    columns = tuple(column.key for column in layout.columns if column.stream == stream)
    positions = {position for _, position in (parse_column(key) or ("", NO_POSITION) for key in columns)}
    probes = [probe for probe in layout.probes if probe.position in positions]
    return Recording(
        source=source,
        origin=f"{layout.family}/{serial}",
        detector="none",
        stream=stream,
        columns=columns,
        rows=rows,
        probes=tuple((probe.position, layout.model, f"{serial}-{probe.position}") for probe in probes),
        depths_m=tuple((probe.position, probe.depth_m) for probe in probes if probe.depth_m is not None),
    )
