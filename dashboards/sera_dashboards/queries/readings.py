"""What nodes measured and noticed in one garden."""

from __future__ import annotations

from typing import Final

from sera_dashboards.queries.influxql import (
    AMOUNTS_DAY,
    AMOUNTS_INTERVAL,
    DAY,
    INTERVAL,
    SELECTION,
    Place,
    equal,
    in_community,
    in_garden,
    name,
    select,
)
from sera_vocabulary import measurements as m
from sera_vocabulary import quality, series, status_series

_NODE: Final = (series.TAG_NODE,)
_PROBE: Final = (series.TAG_NODE, series.TAG_PROBE, series.TAG_DEPTH)


def soil(measurement: str, place: Place = SELECTION) -> str:
    """Return a quantity of the soil over time, by node, probe and depth."""
    mean = f"mean({name(measurement)})"
    return select([mean], series.SOIL, in_garden(place), _PROBE, INTERVAL, zone=place.zone)


def water_limits(place: Place = SELECTION) -> str:
    """Return where plants of the garden wilt and what its soil holds, over time."""
    limits = [f"last({name(field)}) AS {name(field)}" for field in status_series.WATER_LIMITS]
    where = [in_community(place), equal(series.TAG_SCOPE, "garden"), equal(series.TAG_SCOPE_ID, place.garden)]
    return select(limits, status_series.PLACES, where, (), INTERVAL, zone=place.zone)


def air(measurement: str, place: Place = SELECTION) -> str:
    """Return a quantity of the air over time, by node."""
    mean = f"mean({name(measurement)})"
    return select([mean], series.AIR, in_garden(place), _NODE, INTERVAL, zone=place.zone)


def visits_by_hour(place: Place = SELECTION) -> str:
    """Return what cameras and people counted, in windows of an hour or more, by insect group."""
    total = f"sum({name(series.FIELD_COUNT)})"
    groups = (series.TAG_GROUP,)
    return select([total], series.COUNTS, in_garden(place), groups, AMOUNTS_INTERVAL, zone=place.zone)


def visits_by_day(place: Place = SELECTION) -> str:
    """Return what cameras and people counted on each day, by insect group."""
    total = f"sum({name(series.FIELD_COUNT)})"
    groups = (series.TAG_GROUP,)
    return select([total], series.COUNTS, in_garden(place), groups, AMOUNTS_DAY, zone=place.zone)


def passages_by_day(place: Place = SELECTION) -> str:
    """Return what passed beams on each day, by node."""
    total = f"sum({name(m.PASSAGES)})"
    return select([total], series.VISITS, in_garden(place), _NODE, AMOUNTS_DAY, zone=place.zone)


def doubted_by_day(measurement: str, place: Place = SELECTION) -> str:
    """Return how many values of the soil the checks doubt on each day."""
    flag = measurement + series.FLAG_SUFFIX
    where = [*in_garden(place), f"{name(flag)} >= {quality.SUSPECT}"]
    return select([f"count({name(flag)})"], series.SOIL, where, (), DAY, zone=place.zone)


def checked_by_day(measurement: str, place: Place = SELECTION) -> str:
    """Return how many values of the soil there are on each day, doubted or not."""
    flag = measurement + series.FLAG_SUFFIX
    return select([f"count({name(flag)})"], series.SOIL, in_garden(place), (), DAY, zone=place.zone)


def actions(action: int, place: Place = SELECTION) -> str:
    """Return when something was done in the garden, by its place in the vocabulary's table."""
    where = [*in_garden(place), f"{name(m.GARDEN_ACTION)} = {action}"]
    return select([name(m.GARDEN_ACTION)], series.ACTION, where, zone=place.zone)
