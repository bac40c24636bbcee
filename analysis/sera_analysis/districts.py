"""Districts over one window: nodes, hours of watching and residents, and which of them are too small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.communities import DISTRICT, JointPlace, joint_frame
from sera_analysis.figures import Support, figure, refused
from sera_analysis.insect_figures import NOT_AN_ESTIMATE
from sera_analysis.intervals import no_interval
from sera_analysis.suppression import hidden_cells
from sera_analysis.thresholds import DISTRICT_NODES_LEAST
from sera_analysis.windows import SPAN
from sera_vocabulary import indices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_analysis.figures import Frame
    from sera_analysis.gardens import GardenDays
    from sera_analysis.places import Draws
    from sera_analysis.samples import BoolArray, FloatArray
    from sera_analysis.windows import Window
    from sera_store.entities import District
    from sera_store.results import Result

FEW_NODES: Final = (
    f"fewer than {DISTRICT_NODES_LEAST.value:.0f} nodes have readings here; "
    f"{DISTRICT_NODES_LEAST.value:.0f} needed, so that no host is recognised"
)
HIDDEN_BESIDE: Final = "not shown, since a small district's figure could be reckoned from it and the total"
NO_NODE: Final = "no node has readings here"
NO_RESIDENTS: Final = "how many live here is not registered; sera district new --residents says it"
HOSTS: Final = "Made from few hosts' gardens: it is about where nodes stand, not about where insects are."


@dataclass(frozen=True, eq=False)
class Spread:
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
        As registered; not a number where nobody said.
    watched
        Share of days on which anything watched.
    hidden
        Districts that are not shown: too few nodes, or one could be reckoned from them.
    """

    districts: Sequence[District]
    nodes: FloatArray
    hours: FloatArray
    residents: FloatArray
    deprivation: FloatArray
    watched: FloatArray
    hidden: BoolArray


def spread(districts: Sequence[District], gardens: Sequence[GardenDays], days: slice) -> Spread:
    """Say what of some days is in which district."""
    members = [[each for each in gardens if each.garden.district == district.id] for district in districts]
    nodes = np.array([sum([len(nodes_with_readings(each, days)) for each in own]) for own in members], float)
    hours = np.array([sum([sum(node_hours(each, days)) for each in own]) for own in members], float)
    return Spread(
        districts,
        nodes,
        hours,
        _known([district.residents or None for district in districts]),
        _known([district.deprivation for district in districts]),
        np.array([_watched(own, days) for own in members]),
        hidden_cells(nodes),
    )


def district_figures(
    districts: Sequence[District],
    gardens: Sequence[GardenDays],
    window: Window,
    draws: Draws,
    figures: Callable[[Frame, list[GardenDays]], list[Result]],
) -> list[Result]:
    """Make figures of all districts of a community over one window; small ones get a reason alone.

    Parameters
    ----------
    districts, gardens
        All of the community's.
    window, draws
        Over which days, and how intervals are drawn.
    figures
        Makes the figures of a district from its gardens.
    """
    sums = spread(districts, gardens, window.days)
    results: list[Result] = []
    for number, district in enumerate(districts):
        own = [each for each in gardens if each.garden.district == district.id]
        if not own or not (sums.nodes[number] or window.period == SPAN):
            continue
        frame = joint_frame(JointPlace(DISTRICT, district.id), own, window, draws)
        made = figures(frame, own)
        if sums.hidden[number]:
            small = sums.nodes[number] < DISTRICT_NODES_LEAST.value
            reason = FEW_NODES if small else HIDDEN_BESIDE
            made = [refused(frame, each.index, reason, Support(), group=each.group) for each in made]
        results += made
    return results


def count_figures(frame: Frame, district: District, gardens: Sequence[GardenDays]) -> list[Result]:
    """Make a district's first figures: nodes, and hours of watching for each thousand residents."""
    return _counts(frame, spread([district], gardens, frame.window.days), 0)


def _counts(frame: Frame, sums: Spread, number: int) -> list[Result]:
    """Nodes, and hours of watching for each thousand residents."""
    hours, residents = float(sums.hours[number]), float(sums.residents[number])
    nodes = int(sums.nodes[number])
    support = Support(effort_h=hours, n=nodes, n_of="nodes")
    none = no_interval(NOT_AN_ESTIMATE)
    if not nodes:
        return [refused(frame, name, NO_NODE, support) for name in (indices.NODES, indices.EFFORT_A_THOUSAND)]
    counted = figure(frame, indices.NODES, nodes, none, support)
    if not residents > 0:
        return [counted, refused(frame, indices.EFFORT_A_THOUSAND, NO_RESIDENTS, support)]
    source = sums.districts[number].source
    notes = (HOSTS, *([f"Residents after {source}."] if source else []))
    support = support.but(parts={"residents": residents, "hours": hours}, notes=notes)
    return [counted, figure(frame, indices.EFFORT_A_THOUSAND, 1000 * hours / residents, none, support)]


def nodes_with_readings(garden: GardenDays, days: slice) -> set[str]:
    """Name the nodes of a garden with any reading on some days."""
    found: set[str] = set()
    tables = (
        (garden.cameras.tally.nodes, garden.cameras.tally.effort_h),
        (garden.beams.tally.nodes, garden.beams.tally.effort_h),
        (garden.people.nodes, garden.people.surveys),
    )
    for nodes, table in tables:
        found.update([nodes[row] for row in np.flatnonzero((table[:, days] > 0).any(axis=1))])
    found.update([probe.node for probe in garden.probes if not np.isnan(probe.temperature[days]).all()])
    return found


def node_hours(garden: GardenDays, days: slice) -> list[float]:
    """Hours that each watcher of a garden watched on some days [h], those that never did left out."""
    tables = (garden.cameras.tally.effort_h, garden.beams.tally.effort_h, garden.people.hours)
    return [hours for table in tables for hours in table[:, days].sum(axis=1).tolist() if hours > 0]


def _watched(gardens: Sequence[GardenDays], days: slice) -> float:
    watched = np.zeros(days.stop - days.start, dtype=bool)
    for garden in gardens:
        for table in (garden.cameras.tally.effort_h, garden.beams.tally.effort_h, garden.people.hours):
            watched |= (table[:, days] > 0).any(axis=0)
    return float(watched.mean()) if watched.size else 0.0


def _known(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
