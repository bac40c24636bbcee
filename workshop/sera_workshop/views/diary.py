"""What stands beside the figures of a garden: the weather of its days, and in which hours insects came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_store.aggregates.rollup_tables import DAY, HOUR
from sera_store.registry.entities import PERSON
from sera_store.release.places import released_garden
from sera_vocabulary import measurements as m
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.measurements import GROUP_NAMES
from sera_vocabulary.series import AIR, COUNTS, VISITS
from sera_workshop.views.days import Day
from sera_workshop.views.facts import names_groups

if TYPE_CHECKING:
    from datetime import date

    from sera_store.aggregates.rollup_tables import RollupTable, Width
    from sera_store.store import Store
    from sera_workshop.views.facts import GardenFacts

HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather of a day: mean temperature of the air [degree Celsius] and rain [mm]; None if not read."""

    temperature_c: float | None
    rain_mm: float | None


@dataclass(frozen=True, slots=True)
class Diary:
    """What stands beside a garden's figures.

    Parameters
    ----------
    weather
        By local date (ISO 8601).
    by_hour
        Of each of the 24 hours of the garden's clock, visits (passages where only beams watch) an hour of
        watching, all days together; None in an hour in which nothing watched.
    passages
        Where only beams watch, passages and hours of watching a day; elsewhere empty, having daily figures.
    """

    weather: dict[str, Weather]
    by_hour: tuple[float | None, ...]
    passages: tuple[Day, ...] = ()


def diary(store: Store, garden: GardenFacts, first: date, last: date) -> Diary:
    """Read the diary of a garden from roll-ups, of local dates, both included."""
    place = released_garden(store.registry, garden.id)
    left_out = set(place.left_out) if place else set()
    left_out |= {node.id for node in store.registry.nodes() if node.detector == PERSON}

    def read(series: str, width: Width) -> RollupTable:
        return store.rollups.read(series, width=width, first=first, last=last, garden=garden.id)

    if not names_groups(garden):
        days = _passages(read(VISITS, DAY), left_out, first, last)
        return Diary(_weather(read(AIR, DAY), left_out), _by_hour(read(VISITS, HOUR), left_out), days)

    return Diary(_weather(read(AIR, DAY), left_out), _by_hour(read(COUNTS, HOUR), left_out))


def _usable_rows(table: RollupTable, left_out: set[str]) -> list[int]:
    return [row for row in range(len(table)) if table.places[table.place[row]].node not in left_out]


def _weather(table: RollupTable, left_out: set[str]) -> dict[str, Weather]:
    sums: dict[str, tuple[float, int, float | None]] = {}
    for row in _usable_rows(table, left_out):
        when = str(table.date[row])
        total, count, rain = sums.get(when, (0.0, 0, None))
        air, fallen = (table.cells.get(name) for name in (m.AIR_TEMPERATURE, m.RAINFALL))
        if air is not None:
            total, count = total + float(air["sum"][row]), count + int(air["count"][row])
        if fallen is not None and fallen["count"][row]:
            # Gauges of one garden measure the same rain.
            rain = max(rain or 0.0, float(fallen["sum"][row]))
        sums[when] = (total, count, rain)
    return {
        when: Weather(total / count if count else None, rain) for when, (total, count, rain) in sums.items()
    }


def _passages(table: RollupTable, left_out: set[str], first: date, last: date) -> tuple[Day, ...]:
    counted: dict[str, tuple[float, float]] = {}
    for row in _usable_rows(table, left_out) if m.PASSAGES in table.cells else ():
        passages, effort_h = counted.get(str(table.date[row]), (0.0, 0.0))
        cell = table.cells[m.PASSAGES][row]
        counted[str(table.date[row])] = (
            passages + float(cell["watched_sum"]),
            effort_h + float(cell["effort_s"]) / HOUR_S,
        )
    dates = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    return tuple([Day(when, *counted[when]) if when in counted else Day(when, None, 0.0) for when in dates])


def _by_hour(table: RollupTable, left_out: set[str]) -> tuple[float | None, ...]:
    counted, effort_s = np.zeros(HOURS), np.zeros(HOURS)
    names = [name for name in (*GROUP_NAMES, m.PASSAGES) if name in table.cells]
    for row in _usable_rows(table, left_out):
        hour = int(table.hour[row]) % HOURS
        cells = [table.cells[name][row] for name in names if table.cells[name][row]["count"]]
        if cells:
            counted[hour] += sum(float(cell["watched_sum"]) for cell in cells)
            effort_s[hour] += max(float(cell["effort_s"]) for cell in cells)
    return tuple(
        float(counted[hour] / effort_s[hour] * HOUR_S) if effort_s[hour] else None for hour in range(HOURS)
    )
