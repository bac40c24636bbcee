"""One garden by local day: its tallies, its nodes' classes and its probes; every window is cut out of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.garden_parts import ProbeDays, Statements, Watchers
from sera_analysis.aggregates.garden_set import GardenDays
from sera_analysis.aggregates.readings import BEAM, CAMERA, PERSON, recorded_nodes
from sera_analysis.aggregates.tallies import SOIL, Counters, tally
from sera_analysis.diversity.samples import divided
from sera_analysis.soil.soil import SCALE, Anchors, own_anchors, relative_wetness, wet_direction
from sera_analysis.soil.soil_warmth import hourly_extremes
from sera_analysis.thresholds import DAY_READINGS_LEAST
from sera_store.registry.comparability import Comparability, comparability

if TYPE_CHECKING:
    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.aggregates.ground_hours import ProbeHours
    from sera_analysis.aggregates.tallies import GardenTally
    from sera_analysis.diversity.samples import FloatArray, IntArray
    from sera_store.registry.entities import Node
    from sera_store.release.places import ReleasedGarden
    from sera_store.store import Store

__all__ = ["Comparability", "Counters", "Days", "GardenDays", "ProbeDays", "Statements", "Watchers"]


def roll_up(store: Store, garden: ReleasedGarden, days: Days) -> GardenDays:
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
    store.rollups.catch_up()
    nodes = load_nodes(store, garden)
    detectors = {name: node.detector for name, node in nodes.items()}
    return garden_days(garden, nodes, tally(store, garden, detectors, days), statements(store, garden.id))


def statements(store: Store, garden: str) -> Statements:
    """Read what people state about a garden."""
    registry = store.registry
    return Statements(
        registry.soil(garden), tuple(store.records.actions(garden)), tuple(registry.verifications(garden))
    )


def garden_days(
    garden: ReleasedGarden, nodes: dict[str, Node], added: GardenTally, stated: Statements
) -> GardenDays:
    """Combine a garden's tally, its nodes and its probes.

    Parameters
    ----------
    garden
        Which garden.
    nodes
        Its nodes by name, as from `load_nodes`; one that never watched is there with effort 0.
    added
        What its readings add up to.
    stated
        What people state about it.
    """

    def watchers(detector: str, table: DayTally) -> Watchers:
        names = tuple([name for name, node in nodes.items() if node.detector == detector])
        classes = {name: comparability(nodes[name]) for name in names}
        inputs = added.inputs[detector]
        return Watchers(table.select_nodes(names), classes, inputs, added.no_rain, added.no_light)

    people = tuple([name for name, node in nodes.items() if node.detector == PERSON])
    return GardenDays(
        garden,
        added.days,
        watchers(CAMERA, added.cameras),
        watchers(BEAM, added.beams),
        added.people.select_nodes(people),
        added.inputs[PERSON],
        [_probe_days(added.probes, number) for number in range(len(added.probes.nodes))],
        added.inputs[SOIL],
        added.air,
        added.pairs,
        stated,
    )


def class_hours(watchers: Watchers) -> dict[Comparability, float]:
    """Add the hours watched up by comparability class."""
    hours: Counter[Comparability] = Counter()
    for node, hours_of_node in zip(
        watchers.tally.nodes, watchers.tally.effort_h.sum(axis=1).tolist(), strict=True
    ):
        hours[watchers.comparability[node]] += hours_of_node
    return dict(hours)


def largest_class(hours: list[dict[Comparability, float]]) -> Comparability | None:
    """Choose the class that watched most hours over all days; of equal ones the first by name."""
    total: Counter[Comparability] = Counter()
    for by_class in hours:
        total.update(by_class)
    return min(total, key=lambda name: (-round(total[name], 6), name), default=None)


def select_class(watchers: Watchers, name: Comparability | None) -> DayTally:
    """Select the nodes of one class."""
    return watchers.tally.select_nodes(
        tuple(node for node in watchers.tally.nodes if watchers.comparability[node] == name)
    )


def load_nodes(store: Store, garden: ReleasedGarden) -> dict[str, Node]:
    """Find the nodes that stand in the garden now, or stood there when they made records; by name.

    Simulated nodes beside real ones are not among them.
    """
    nodes = {node.id: node for node in store.registry.nodes(garden=garden.id)}
    for name in recorded_nodes(store, garden.id):
        node = store.registry.node(name)
        if node is not None:
            nodes.setdefault(name, node)
    return {name: nodes[name] for name in sorted(nodes) if name not in garden.left_out}


def _probe_days(table: ProbeHours, number: int) -> ProbeDays:
    """Compute a probe's daily means.

    Wetness is that of the probe's own scale where two samples gave one; else it is taken from its moisture
    where calibrated, else from its counts.
    """
    readings, total = table.readings[number], table.total[number]
    day_readings = readings.sum(axis=1)
    day_means = divided(table.day_total[number], day_readings.astype(float))
    means = np.where(day_readings >= DAY_READINGS_LEAST.value, day_means, np.nan)
    moisture, raw, temperature, scaled = means.T
    calibrated = _count_measured(moisture) > 0 and _count_measured(moisture) >= _count_measured(raw)
    is_scaled = _count_measured(scaled) > 0 and _count_measured(scaled) >= _count_measured(raw)
    basis = 3 if is_scaled else 0 if calibrated else 1
    hours = readings[..., basis] > 0
    hourly = total[..., basis][hours] / readings[..., basis][hours]
    direction = 1 if calibrated or is_scaled else wet_direction(hourly)
    observed_days = _count_measured(means[:, basis])
    if is_scaled:
        anchors: Anchors | None = SCALE
    else:
        anchors = own_anchors(hourly, observed_days, direction) if hourly.size else None
    wetness = np.full(moisture.shape, np.nan)
    if anchors is not None:
        wetness = relative_wetness(means[:, basis], anchors)
    days_read = np.flatnonzero(day_readings.any(axis=1))
    first = int(days_read[0]) if days_read.size else moisture.size
    node = table.nodes[number].rpartition("@")[0]
    lowest, highest = hourly_extremes(readings[..., 2], total[..., 2])
    return ProbeDays(
        node,
        wetness,
        moisture,
        temperature,
        observed_days,
        direction,
        calibrated,
        is_scaled,
        first,
        anchors,
        lowest,
        highest,
        _by_field(table.failed[number], basis),
        _by_field(table.missing[number], basis),
    )


def _by_field(counts: IntArray, basis: int) -> dict[str, IntArray]:
    """Return counts of values by day and quantity as counts by field; wetness is that of its basis."""
    return dict(zip(("moisture", "wetness", "temperature"), counts.T[[0, basis, 2]], strict=True))


def _count_measured(values: FloatArray | IntArray) -> int:
    return int(np.count_nonzero(~np.isnan(values)))
