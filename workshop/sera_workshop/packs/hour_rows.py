"""One row a garden and hour, by the garden's clock: what cameras saw, how long they watched, the warmth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sera_store.aggregates.rollup_tables import HOUR
from sera_store.local_clock import local_time
from sera_store.registry.entities import PERSON
from sera_vocabulary import measurements as m
from sera_vocabulary import series
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from datetime import date, datetime

    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store


@dataclass(slots=True)
class HourRow:
    """One hour of a garden, `begin` on its clock; None where nothing was watched or measured."""

    begin: datetime
    garden: str
    hours_watched: float | None = None
    insects_seen: float | None = None
    air_temperature: float | None = None


def hour_rows(store: Store, garden: ReleasedGarden, first: date, last: date, mark: str = "") -> list[HourRow]:
    """Make the rows of a garden's hours with a reading; people's counts have only days.

    Parameters
    ----------
    mark
        Follows the name of the garden: that it is simulated.
    """
    people = {node.id for node in store.registry.nodes() if node.detector == PERSON}
    people |= set(garden.left_out)
    rows: dict[int, HourRow] = {}
    temperatures: dict[int, list[tuple[float, int]]] = {}
    for name in (series.COUNTS, series.AIR):
        table = store.rollups.read(name, width=HOUR, first=first, last=last, garden=garden.id)
        for index in range(len(table)):
            if table.places[table.place[index]].node in people:
                continue
            start_s = int(table.start_s[index])
            begin = local_time(start_s, garden.timezone).replace(tzinfo=None)
            row = rows.setdefault(start_s, HourRow(begin, f"{garden.name or garden.id}{mark}"))
            cells = {key: column[index] for key, column in table.cells.items()}
            if name == series.AIR and m.AIR_TEMPERATURE in cells and cells[m.AIR_TEMPERATURE]["count"]:
                cell = cells[m.AIR_TEMPERATURE]
                temperatures.setdefault(start_s, []).append((float(cell["sum"]), int(cell["count"])))
            elif name == series.COUNTS:
                groups = [cells[group] for group in GROUP_NAMES if group in cells and cells[group]["count"]]
                if groups:
                    effort_h = max(float(cell["effort_s"]) for cell in groups) / HOUR_S
                    row.hours_watched = (row.hours_watched or 0.0) + effort_h
                    row.insects_seen = (row.insects_seen or 0.0) + sum(float(cell["sum"]) for cell in groups)
    for start_s, sums in temperatures.items():
        rows[start_s].air_temperature = sum(total for total, _ in sums) / sum(count for _, count in sums)
    return [rows[start_s] for start_s in sorted(rows)]
