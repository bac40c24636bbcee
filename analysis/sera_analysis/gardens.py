"""One garden's readings rolled up by local day: made once, then every window is cut out of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.effort import DayTally, Watch, day_tally
from sera_analysis.readings import (
    BEAM,
    CAMERA,
    PERSON,
    Account,
    People,
    Probe,
    Span,
    nodes_seen,
    read_air,
    read_beams,
    read_cameras,
    read_people,
    read_probes,
)
from sera_analysis.soil import daily_mean, hourly, own_anchors, relative_wetness, wet_direction
from sera_analysis.sun import local_midnights, sun_times
from sera_analysis.weather import garden_weather
from sera_vocabulary import measurements as m

if TYPE_CHECKING:
    from datetime import date

    from sera_analysis.samples import FloatArray, IntArray
    from sera_analysis.weather import Weather
    from sera_store.entities import Garden, Node
    from sera_store.store import Store

Comparability = tuple[str, ...]
"""Detector and the fields of its class, sorted; only nodes that agree in it are put together."""


class Days(NamedTuple):
    """A run of local dates, the same for all gardens of a community."""

    first: date
    number: int


class Watchers(NamedTuple):
    """Nodes of one detector: what they counted by day, each node's class, what went in, and notes."""

    tally: DayTally
    comparability: dict[str, Comparability]
    account: Account
    notes: tuple[str, ...]


class Counters(NamedTuple):
    """People: surveys and hours by node and day, shape (nodes, days); visits with groups as last axis."""

    nodes: tuple[str, ...]
    surveys: FloatArray
    hours: FloatArray
    visits: FloatArray
    inferred: bool
    account: Account


class ProbeDays(NamedTuple):
    """One probe by day: relative wetness, moisture and temperature, and how its wetness was found."""

    node: str
    wetness: FloatArray
    moisture: FloatArray
    temperature: FloatArray
    days_seen: int
    direction: int
    calibrated: bool
    first_day: int


@dataclass(frozen=True, eq=False)
class GardenDays:
    """Everything of one garden that the indices are made from, by local day."""

    garden: Garden
    days: Days
    cameras: Watchers
    beams: Watchers
    people: Counters
    probes: list[ProbeDays]
    soil: Account


def roll_up(store: Store, garden: Garden, days: Days) -> GardenDays:
    """Read one garden and add its readings up by local day.

    Parameters
    ----------
    store
        Where the records and the registry are.
    garden
        Which garden.
    days
        Its local dates; records outside are left out.
    """
    midnights = local_midnights(days.first, days.number, garden.timezone)
    span = Span(garden.id, int(midnights[0]), int(midnights[-1]) + 1)
    nodes = store.registry.nodes(garden=garden.id)
    sun = sun_times(days.first, days.number, garden.latitude, garden.longitude, garden.timezone)
    weather = garden_weather(read_air(store, span), garden.latitude, garden.longitude)
    seen = _seen_nodes(store, span, nodes)
    cameras = read_cameras(store, span, _names(seen, CAMERA))
    beams = read_beams(store, span, _names(seen, BEAM))
    probes, soil = read_probes(store, span)
    return GardenDays(
        garden,
        days,
        _watchers(*cameras, seen, midnights, sun, weather),
        _watchers(*beams, seen, midnights, sun, weather),
        _counters(*read_people(store, span, _names(seen, PERSON)), midnights),
        [_probe_days(probe, midnights) for probe in probes],
        soil,
    )


def comparability(node: Node) -> Comparability:
    """Write a node's comparability class down so that equal classes are equal."""
    return (node.detector, *(f"{key}={value}" for key, value in sorted(node.comparability.items())))


def largest_class(watchers: list[Watchers]) -> Comparability | None:
    """Choose the class that watched most hours over all days; of equal ones the first by name."""
    hours: Counter[Comparability] = Counter()
    for each in watchers:
        for node, watched_h in zip(each.tally.nodes, each.tally.effort_h.sum(axis=1).tolist(), strict=True):
            hours[each.comparability[node]] += watched_h
    return min(hours, key=lambda name: (-round(hours[name], 6), name), default=None)


def of_class(watchers: Watchers, name: Comparability | None) -> DayTally:
    """Keep the nodes of one class."""
    return watchers.tally.only(
        tuple(node for node in watchers.tally.nodes if watchers.comparability[node] == name)
    )


def _seen_nodes(store: Store, span: Span, registered: list[Node]) -> dict[str, Node]:
    """Find the nodes that stand in the garden now, or stood there when they made records."""
    nodes = {node.id: node for node in registered}
    for name in nodes_seen(store, span.garden):
        node = store.registry.node(name)
        if node is not None:
            nodes.setdefault(name, node)
    return dict(sorted(nodes.items()))


def _names(nodes: dict[str, Node], detector: str) -> tuple[str, ...]:
    return tuple(name for name, node in nodes.items() if node.detector == detector)


def _watchers(
    watch: Watch,
    account: Account,
    nodes: dict[str, Node],
    midnights: IntArray,
    sun: FloatArray,
    weather: Weather,
) -> Watchers:
    tally = day_tally(watch, midnights, sun, weather)
    classes = {name: comparability(nodes[name]) for name in watch.nodes}
    return Watchers(tally, classes, account, weather.notes)


def _counters(people: People, account: Account, midnights: IntArray) -> Counters:
    day = np.searchsorted(midnights, people.time_s, side="right") - 1
    shape = (len(people.nodes), midnights.size - 1)
    day = np.minimum(day, shape[1] - 1)
    surveys, hours, visits = np.zeros(shape), np.zeros(shape), np.zeros((*shape, people.visits.shape[1]))
    np.add.at(surveys, (people.node, day), people.surveys)
    np.add.at(hours, (people.node, day), people.hours)
    np.add.at(visits, (people.node, day), people.visits)
    return Counters(people.nodes, surveys, hours, visits, people.inferred, account)


def _probe_days(probe: Probe, midnights: IntArray) -> ProbeDays:
    """Take a probe's daily means; wetness from its moisture where calibrated, else from its counts."""
    number = midnights.size - 1
    day = np.minimum(np.searchsorted(midnights, probe.time_s, side="right") - 1, number - 1)

    def by_day(name: str) -> FloatArray:
        values = probe.values.get(name)
        return np.full(number, np.nan) if values is None else daily_mean(values, day, number)

    moisture, raw = by_day(m.SOIL_MOISTURE), by_day(m.SOIL_MOISTURE_RAW)
    calibrated = _known(moisture) > 0 and _known(moisture) >= _known(raw)
    readings = probe.values.get(m.SOIL_MOISTURE if calibrated else m.SOIL_MOISTURE_RAW)
    means = moisture if calibrated else raw
    direction = 1 if calibrated or readings is None else wet_direction(hourly(readings, probe.time_s))
    seen = _known(means)
    anchors = None if readings is None else own_anchors(readings, seen, direction)
    wetness = np.full(number, np.nan) if anchors is None else relative_wetness(means, anchors)
    first = int(day.min()) if day.size else number
    return ProbeDays(
        probe.node, wetness, moisture, by_day(m.SOIL_TEMPERATURE), seen, direction, calibrated, first
    )


def _known(values: FloatArray) -> int:
    return int(np.count_nonzero(~np.isnan(values)))
