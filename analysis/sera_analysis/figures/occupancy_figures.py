"""Figures about the share of a community's gardens that a group used, over seasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.gardens import select_class
from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
from sera_analysis.statistics.occupancy import no_group_use_reason, no_use_reason, site_use, use_interval
from sera_analysis.visits.incidence import effort_days
from sera_analysis.visits.phenology import DAYS_A_WEEK
from sera_vocabulary import indices
from sera_vocabulary.measurements import GROUP_NAMES
from sera_words.keys import Part
from sera_words.statements import Note

if TYPE_CHECKING:
    from sera_analysis.aggregates.gardens import Comparability, GardenDays
    from sera_analysis.diversity.samples import FloatArray
    from sera_store.results.results import Result

WEEKS_AS_VISITS: Final = Note.of("weeks_as_visits")
WITH_GROUP: Final = Part.of("gardens_with_group").key
NOTICED: Final = Part.of("noticed_in_a_week").key


def occupancy_figures(
    frame: Frame, gardens: list[GardenDays], node_class: Comparability | None
) -> list[Result]:
    """Share of gardens that each group used, or one reason under 20 gardens with two weeks watched."""
    tables = [weekly_detections(garden, node_class, frame.window.days) for garden in gardens]
    tables = [(came, weeks) for came, weeks in tables if weeks >= 2]
    support = Support(n=len(tables), n_of="gardens", notes=(WEEKS_AS_VISITS,))
    reason = no_use_reason(len(tables))
    if reason is not None:
        return [missing_figure(frame, indices.GROUP_USE, reason, support)]
    visits = np.array([weeks for _, weeks in tables], dtype=np.float64)
    came = np.stack([detections for detections, _ in tables])
    return [
        _of_group(frame, group, came[:, number], visits, support) for number, group in enumerate(GROUP_NAMES)
    ]


def _of_group(frame: Frame, group: str, came: FloatArray, visits: FloatArray, support: Support) -> Result:
    reason = no_group_use_reason(came, visits)
    if reason is not None:
        return missing_figure(frame, indices.GROUP_USE, reason, support, group=group)
    use = site_use(came, visits)
    support = support.replace(parts={WITH_GROUP: use.naive, NOTICED: use.noticed})
    return figure(frame, indices.GROUP_USE, use.used, use_interval(use), support, group=group)


def weekly_detections(
    garden: GardenDays, node_class: Comparability | None, days: slice
) -> tuple[FloatArray, int]:
    """Count a garden's weeks with each group, shape (groups,), and its weeks with a watched day."""
    tally = select_class(garden.cameras, node_class).window(days)
    has_effort = effort_days(tally.daylight_h)
    week = np.arange(days.stop - days.start) // DAYS_A_WEEK
    number = int(week[-1]) + 1 if week.size else 0
    came, is_watched = np.zeros((number, len(GROUP_NAMES)), dtype=bool), np.zeros(number, dtype=bool)
    present = ((tally.daylight_visits > 0) & has_effort[..., np.newaxis]).any(axis=0)
    np.logical_or.at(came, week, present)
    np.logical_or.at(is_watched, week, has_effort.any(axis=0))
    return came.sum(axis=0).astype(np.float64), int(is_watched.sum())
