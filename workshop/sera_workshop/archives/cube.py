"""The occurrence cube with effort: occurrences by month, grid cell and group, and the hours behind them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.taxa import GROUP_TAXA
from sera_workshop.archives import wording
from sera_workshop.archives.contents import number_text
from sera_workshop.archives.european_grid import cell_code
from sera_workshop.archives.tables_text import csv_text

if TYPE_CHECKING:
    from sera_store.coarse_grid import CoarsePlace
    from sera_workshop.archives.contents import Contents, Survey

COLUMNS: Final = (
    "yearMonth", "eeaCellCode", "degreeCell", "group", "scientificName", "basisOfRecord", "occurrences",
    "quantity", "quantityType", "surveys", "effortHours", "minCoordinateUncertaintyInMeters",
)  # fmt: skip
# Outside Europe: about 1 km; places that hosts want coarser stay in their coarser cells.
_SIDE_DEG: Final = 0.01
_PER_DEGREE: Final = 1_000
# The side of the cell [m] in which a place stands, by the side of its own cell [degree]; none is finer.
_SIDES_M: Final = ((0.01, 1_000), (0.1, 10_000))


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
    eea_cell: str
    degree_cell: str
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
    order = sorted(cells, key=lambda item: (item[0], GROUP_NAMES.index(item[1])))
    return csv_text(COLUMNS, [_row(key, group, cells[key, group]) for key, group in order])


def _key(survey: Survey) -> _Key | None:
    place = survey.garden.place
    if place is None:
        return None
    side_m = next(side_m for side_deg, side_m in _SIDES_M if place.grid_deg <= side_deg)
    code = cell_code(place.latitude, place.longitude, side_m)
    return _Key(survey.date[:7], code, "" if code else _degree_cell(place), survey.is_human)


def _degree_cell(place: CoarsePlace) -> str:
    """Name a cell by its side [degree], and how many such it lies north of the equator, east of Greenwich."""
    side = round(max(place.grid_deg, _SIDE_DEG) * _PER_DEGREE)
    row = int(round(place.latitude * 2 * _PER_DEGREE) // (2 * side))
    column = int(round(place.longitude * 2 * _PER_DEGREE) // (2 * side))
    return f"{side / _PER_DEGREE:g}:{row}:{column}"


def _row(key: _Key, group: str, cell: _Cell) -> tuple[str, ...]:
    return (
        key.month,
        key.eea_cell,
        key.degree_cell,
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
