"""Flower-Insect Timed counts of the UK Pollinator Monitoring Scheme, as published by survey square and day.

One row a square, date and group; `all_insects_total` is the sum of the others and would double everything.
The date is a local UK day without time of day.

Source of the form: UK PoMS, doi 10.5285/761cee06-cb94-476e-bb62-69ae634aa5ca.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sera_gateway.importers.national_grid import centre_of_square
from sera_gateway.importers.recording import Recording, Row, UnreadableFileError
from sera_vocabulary import measurements, series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEADER: Final = ("X1km_square", "date", "insect_group", "count", "n_surveys")
_TOTAL: Final = "all_insects_total"
_TIMEZONE: Final = "Europe/London"
_HALF_A_DAY_S: Final = 43_200
_GROUP_NAMES: Final = tuple(group.name for group in measurements.INSECT_GROUPS)
# What the scheme's table calls a group, by our name, where the two differ.
_SOURCE_NAMES: Final = dict(
    zip(
        _GROUP_NAMES,
        (
            "bumblebees",
            "honeybees",
            "solitary_bees",
            "wasps",
            "hoverflies",
            "other_flies",
            "butterflies_moths",
            "beetles",
            "insects_small",
            "insects_other",
        ),
        strict=True,
    )
)


def recognises(first_line: str) -> bool:
    """Return whether a file is a table of FIT counts, by its header."""
    return tuple(next(csv.reader([first_line]), ())) == _HEADER


def read(path: Path, text: str) -> list[Recording]:
    """Read a table of FIT counts: one recording a square, one row a survey day.

    Returns
    -------
    list of Recording
        Counts of the ten groups and the number of ten-minute counts; the total row is checked and dropped.

    Raises
    ------
    UnreadableFileError
        A cell is no number or date, a group is unknown or stands twice, or groups do not add up to the total.
    """
    surveys: dict[str, dict[date, dict[str, int]]] = {}
    efforts: dict[tuple[str, date], int] = {}
    for number, cells in enumerate(csv.DictReader(io.StringIO(text)), 2):
        square, day, group, count, n_surveys = _cells(path, number, cells)
        counts = surveys.setdefault(square, {}).setdefault(day, {})
        if group in counts or efforts.setdefault((square, day), n_surveys) != n_surveys:
            raise UnreadableFileError(
                f"{path.name} line {number}: {group} of {square} on {day} stands twice, or with another "
                "number of counts; expected one row a square, date and group"
            )
        counts[group] = count
    return [_recording(path, square, days, efforts) for square, days in sorted(surveys.items())]


def _cells(path: Path, number: int, cells: Mapping[str, str | None]) -> tuple[str, date, str, int, int]:
    square, day, group, count, n_surveys = (cells.get(name) or "" for name in _HEADER)
    try:
        # A day without its time: only the date is taken, so the zone does not matter here.
        parsed = datetime.strptime(day, "%d/%m/%Y %H:%M:%S").date()  # noqa: DTZ007
        counted, effort = int(count), int(n_surveys)
    except ValueError as error:
        raise UnreadableFileError(
            f"{path.name} line {number}: {error}; expected a date as 19/8/2018 00:00:00 and whole numbers"
        ) from error
    if counted < 0 or effort < 1 or not square:
        raise UnreadableFileError(
            f"{path.name} line {number}: square {square!r}, count {counted}, n_surveys {effort}; "
            "expected a square, a count of 0 or more and at least one survey"
        )
    return square, parsed, group, counted, effort


def _recording(
    path: Path, square: str, days: dict[date, dict[str, int]], efforts: dict[tuple[str, date], int]
) -> Recording:
    rows = []
    for day, counts in sorted(days.items()):
        values = (*_group_counts(path, square, day, counts), float(efforts[square, day]))
        rows.append(Row(_noon_s(day), _HALF_A_DAY_S, values))
    return Recording(
        source=path.name,
        origin=f"poms/{square}",
        detector="person",
        stream=series.COUNTS,
        columns=(*_GROUP_NAMES, measurements.SURVEYS),
        rows=tuple(rows),
        timezone=_TIMEZONE,
        place=centre_of_square(square),
        notes=(
            f"{square}: the table gives days without time of day, so no rate by hour can be made.",
            f"{square}: minutes are inferred as 10 for each of n_surveys, after the scheme's protocol.",
        ),
    )


def _group_counts(path: Path, square: str, day: date, counts: dict[str, int]) -> tuple[float | None, ...]:
    total = counts.pop(_TOTAL, None)
    unknown = sorted(set(counts) - set(_SOURCE_NAMES.values()))
    if unknown:
        raise UnreadableFileError(
            f"{path.name}: {square} on {day} has the group {unknown[0]!r}; "
            f"expected {sorted(_SOURCE_NAMES.values())}"
        )
    if total is not None and len(counts) == len(_GROUP_NAMES) and total != sum(counts.values()):
        raise UnreadableFileError(
            f"{path.name}: {square} on {day} says {total} insects in all, but its groups add up to "
            f"{sum(counts.values())}; correct the file"
        )
    # A group that is not in the table was not written down: missing, not zero.
    group_counts = (counts.get(_SOURCE_NAMES[name]) for name in _GROUP_NAMES)
    return tuple(None if count is None else float(count) for count in group_counts)


def _noon_s(day: date) -> int:
    return int(datetime.combine(day, time(12), ZoneInfo(_TIMEZONE)).timestamp())
