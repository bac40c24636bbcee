"""Districts over one window: nodes, hours of watching and residents, and which of them are too small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.garden_set import WATCHER_HOURS, GardenSet
from sera_analysis.figures.community_figures import DISTRICT, ScopeKey, joint_frame
from sera_analysis.figures.figures import Support, figure, missing_figure
from sera_analysis.figures.insect_figures import NOT_AN_ESTIMATE
from sera_analysis.statistics.intervals import no_interval
from sera_analysis.statistics.suppression import hidden_cells
from sera_analysis.thresholds import DISTRICT_NODES_LEAST
from sera_analysis.windows import WHOLE
from sera_vocabulary import indices
from sera_words.keys import Part
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_analysis.aggregates.gardens import GardenDays
    from sera_analysis.diversity.samples import BoolArray, FloatArray
    from sera_analysis.figures.figures import Frame
    from sera_analysis.figures.garden_figures import Draws
    from sera_analysis.windows import Window
    from sera_store.registry.entities import District
    from sera_store.results.results import Result

FEW_NODES: Final = Reason.of("district_nodes_too_few", needed=DISTRICT_NODES_LEAST.value)
HIDDEN_BESIDE: Final = Reason.of("district_derivable")
NO_NODE: Final = Reason.of("no_node_with_readings")
NO_RESIDENTS: Final = Reason.of("district_residents_missing")
RESIDENTS: Final = Part.of("district_residents").key
HOURS: Final = Part.of("watched_hours").key
HOSTS: Final = Note.of("few_hosts")


@dataclass(frozen=True, eq=False)
class DistrictSums:
    """What of a window is in which district; all arrays of shape (districts,).

    Parameters
    ----------
    districts
        In order of their names.
    nodes
        Nodes with any reading.
    hours
        Hours of watching [h].
    residents, deprivation
        As registered; not a number where not registered.
    has_effort
        Share of days on which anything watched.
    hidden
        Districts that are not shown: too few nodes, or one could be reckoned from them.
    """

    districts: Sequence[District]
    nodes: FloatArray
    hours: FloatArray
    residents: FloatArray
    deprivation: FloatArray
    has_effort: FloatArray
    hidden: BoolArray


def district_sums(districts: Sequence[District], members: Sequence[GardenSet], days: slice) -> DistrictSums:
    """Sum some days up by district, given the gardens of each."""
    gardens_of = [own if len(own) else None for own in members]
    nodes = [
        0 if own is None else int(np.count_nonzero(own.has_readings[:, days].any(axis=1)))
        for own in gardens_of
    ]
    hours = [0.0 if own is None else _hours(own, days) for own in gardens_of]
    has_effort = [0.0 if own is None else float(own.has_effort[days].mean()) for own in gardens_of]
    return DistrictSums(
        districts,
        np.array(nodes, dtype=np.float64),
        np.array(hours),
        _or_nan([district.residents or None for district in districts]),
        _or_nan([district.deprivation for district in districts]),
        np.array(has_effort),
        hidden_cells(np.array(nodes)) if nodes else np.zeros(0, dtype=bool),
    )


def _hours(gardens: GardenSet, days: slice) -> float:
    return sum([float(gardens.hours[kind][days].sum()) for kind in WATCHER_HOURS])


def by_district(districts: Sequence[District], gardens: Sequence[GardenDays]) -> list[GardenSet]:
    """Return the gardens of each district, in the districts' order."""
    return [
        GardenSet([garden for garden in gardens if garden.garden.district == district.id])
        for district in districts
    ]


def district_figures(
    sums: DistrictSums,
    members: Sequence[GardenSet],
    window: Window,
    draws: Draws,
    figures: Callable[[Frame, Sequence[GardenDays]], list[Result]],
) -> list[Result]:
    """Compute the figures of all districts of a community over one window; small ones get a reason alone.

    Parameters
    ----------
    sums, members
        What of the window is in which district, and the gardens of each.
    window, draws
        Over which days, and how intervals are drawn.
    figures
        Makes the figures of a district from its gardens.
    """
    results: list[Result] = []
    for number, (district, own) in enumerate(zip(sums.districts, members, strict=True)):
        if not len(own) or not (sums.nodes[number] or window.period in WHOLE):
            continue
        frame = joint_frame(ScopeKey(DISTRICT, district.id), own, window, draws)
        own_results = figures(frame, own)
        if sums.hidden[number]:
            small = sums.nodes[number] < DISTRICT_NODES_LEAST.value
            reason = FEW_NODES if small else HIDDEN_BESIDE
            own_results = [
                missing_figure(frame, result.index, reason, Support(), group=result.group)
                for result in own_results
            ]
        results += own_results
    return results


def count_figures(frame: Frame, sums: DistrictSums, number: int) -> list[Result]:
    """Compute a district's first figures: nodes, and hours of watching for each thousand residents."""
    hours, residents = float(sums.hours[number]), float(sums.residents[number])
    nodes = int(sums.nodes[number])
    support = Support(effort_h=hours, n=nodes, n_of="nodes")
    none = no_interval(NOT_AN_ESTIMATE)
    if not nodes:
        return [
            missing_figure(frame, name, NO_NODE, support)
            for name in (indices.NODES, indices.EFFORT_A_THOUSAND)
        ]
    counted = figure(frame, indices.NODES, nodes, none, support)
    if not residents > 0:
        return [counted, missing_figure(frame, indices.EFFORT_A_THOUSAND, NO_RESIDENTS, support)]
    source = sums.districts[number].source
    notes = (HOSTS, *([Note.of("residents_source", source=source)] if source else []))
    support = support.replace(parts={RESIDENTS: residents, HOURS: hours}, notes=notes)
    return [counted, figure(frame, indices.EFFORT_A_THOUSAND, 1000 * hours / residents, none, support)]


def _or_nan(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
