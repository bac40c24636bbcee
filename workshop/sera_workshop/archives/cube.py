"""The occurrence cube with effort: occurrences by month, grid cell and group, and the hours behind them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sera_vocabulary.taxa import GROUP_TAXA
from sera_workshop.archives import wording
from sera_workshop.archives.contents import GROUPS, number_text
from sera_workshop.archives.tables_text import csv_text

if TYPE_CHECKING:
    from sera_workshop.archives.contents import Contents, Survey

CUBE: Final = "occurrence-cube.csv"
COLUMNS: Final = (
    "yearMonth", "cell", "cellSide", "cellLatitude", "cellLongitude", "group", "scientificName",
    "basisOfRecord", "occurrences", "quantity", "quantityType", "surveys", "effortHours",
    "minCoordinateUncertaintyInMeters",
)  # fmt: skip
# About 1 km; places that hosts want coarser stay in their coarser cells.
_SIDE_DEG: Final = 0.01
_PER_DEGREE: Final = 1_000


@dataclass(slots=True)
class _Cell:
    occurrences: int = 0
    quantity: float = 0.0
    surveys: int = 0
    effort_h: float = 0.0
    uncertainty_m: int = 0


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    month: str
    row: int
    column: int
    side: int
    is_human: bool = field(compare=True)


def cube_text(contents: Contents) -> str:
    """Write the cube; a group that was looked for and did not come has 0 occurrences and its hours.

    Surveys of gardens whose place is hidden are in no cell, and in no row.
    """
    cells: dict[tuple[_Key, str], _Cell] = defaultdict(_Cell)
    for survey in contents.surveys:
        key = _key(survey)
        if key is None or survey.garden.place is None or not survey.is_watched:
            continue
        for group, quantity in survey.counts.items():
            cell = cells[key, group]
            cell.occurrences += quantity > 0
            cell.quantity += quantity
            cell.surveys += 1
            cell.effort_h += survey.effort_h or 0.0
            uncertainty_m = survey.garden.place.uncertainty_m
            cell.uncertainty_m = min(cell.uncertainty_m or uncertainty_m, uncertainty_m)
    order = sorted(cells, key=lambda item: (item[0], GROUPS.index(item[1])))
    return csv_text(COLUMNS, [_row(key, group, cells[key, group]) for key, group in order])


def _key(survey: Survey) -> _Key | None:
    place = survey.garden.place
    if place is None:
        return None
    side = round(max(place.grid_deg, _SIDE_DEG) * _PER_DEGREE)
    row = int(round(place.latitude * 2 * _PER_DEGREE) // (2 * side))
    column = int(round(place.longitude * 2 * _PER_DEGREE) // (2 * side))
    return _Key(survey.date[:7], row, column, side, survey.is_human)


def _row(key: _Key, group: str, cell: _Cell) -> tuple[str, ...]:
    side = key.side / _PER_DEGREE
    return (
        key.month,
        f"{side:g}:{key.row}:{key.column}",
        f"{side:g}",
        number_text((key.row + 0.5) * side),
        number_text((key.column + 0.5) * side),
        group,
        GROUP_TAXA[group].scientific_name,
        "HumanObservation" if key.is_human else "MachineObservation",
        str(cell.occurrences),
        number_text(cell.quantity),
        wording.VISITS if key.is_human else wording.DETECTIONS,
        str(cell.surveys),
        number_text(cell.effort_h, 3),
        str(cell.uncertainty_m),
    )
