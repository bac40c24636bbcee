"""One row a garden and day, a dozen plain columns: gaps empty, zeros zero, effort beside every count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_vocabulary import measurements as m

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_workshop.archives.contents import Contents, Survey


class Column(NamedTuple):
    """A column of the table of days: its key, unit as a UCUM code, and how many decimals it is shown with."""

    key: str
    unit: str
    decimals: int


COLUMNS: Final = (
    Column("date", "", 0),
    Column("garden", "", 0),
    Column("hours_watched", "h", 2),
    Column("insects_seen", "", 0),
    Column("insects_per_hour", "1/h", 2),
    Column("groups_seen", "", 0),
    Column("counts_by_people", "", 0),
    Column("insects_counted", "", 0),
    Column(m.PASSAGES, "", 0),
    Column(m.AIR_TEMPERATURE, "Cel", 1),
    Column(m.RAINFALL, "mm", 1),
    Column(m.SOIL_TEMPERATURE, "Cel", 1),
    Column(m.SOIL_MOISTURE, "m3/m3", 3),
)
NUMBERS: Final = COLUMNS[2:]


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local day of a garden.

    Parameters
    ----------
    garden
        What people call it.
    values
        By the key of a column; None where nothing was watched, counted or measured, which is not zero.
    """

    day: date
    garden: str
    values: dict[str, float | None]


def day_rows(contents: Contents, mark: str = "") -> list[DayRow]:
    """Make the rows of all gardens and days of an archive's contents, by garden and day.

    Parameters
    ----------
    mark
        Follows the name of each garden: that it is simulated.
    """
    by_day: dict[tuple[str, str], list[Survey]] = {}
    for survey in contents.surveys:
        by_day.setdefault((survey.garden.id, survey.date), []).append(survey)
    count = (contents.last - contents.first).days + 1
    days = [contents.first + timedelta(days=number) for number in range(count)]
    return [
        DayRow(
            day, f"{garden.name or garden.id}{mark}", _values(by_day.get((garden.id, day.isoformat()), []))
        )
        for garden in contents.gardens
        for day in days
    ]


def _values(surveys: Sequence[Survey]) -> dict[str, float | None]:
    cameras = [survey for survey in surveys if not survey.is_human and survey.is_watched]
    people = [survey for survey in surveys if survey.is_human and survey.counts]
    hours = sum(survey.effort_h or 0.0 for survey in cameras)
    counted = sum(sum(survey.counts.values()) for survey in cameras)
    groups = {group for survey in (*cameras, *people) for group in survey.present}
    return {
        "hours_watched": hours if cameras else None,
        "insects_seen": counted if cameras else None,
        "insects_per_hour": counted / hours if hours else None,
        "groups_seen": float(len(groups)) if cameras or people else None,
        "counts_by_people": sum(survey.timed_counts for survey in people) if people else None,
        "insects_counted": sum(sum(survey.counts.values()) for survey in people) if people else None,
        m.PASSAGES: _sum(surveys, m.PASSAGES),
        m.AIR_TEMPERATURE: _mean(surveys, m.AIR_TEMPERATURE),
        # Gauges of one garden measure the same rain.
        m.RAINFALL: _largest(surveys, m.RAINFALL),
        m.SOIL_TEMPERATURE: _mean(surveys, m.SOIL_TEMPERATURE),
        m.SOIL_MOISTURE: _mean(surveys, m.SOIL_MOISTURE),
    }


def _all(surveys: Iterable[Survey], name: str) -> list[tuple[float, int]]:
    return [
        (measured.value, measured.readings)
        for survey in surveys
        for measured in survey.measured
        if measured.name == name and not survey.is_human
    ]


def _sum(surveys: Iterable[Survey], name: str) -> float | None:
    values = [value for value, _ in _all(surveys, name)]
    return sum(values) if values else None


def _largest(surveys: Iterable[Survey], name: str) -> float | None:
    return max((value for value, _ in _all(surveys, name)), default=None)


def _mean(surveys: Iterable[Survey], name: str) -> float | None:
    """Average of nodes and probes, each as much as it has readings."""
    values = _all(surveys, name)
    readings = sum(count for _, count in values)
    return sum(value * count for value, count in values) / readings if readings else None
