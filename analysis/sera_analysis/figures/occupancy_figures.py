"""Figures about the share of a community's gardens that a group used, over seasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.gardens import of_class
from sera_analysis.aggregates.readings import GROUPS
from sera_analysis.figures.figures import Frame, Support, figure, refused
from sera_analysis.statistics.occupancy import group_use_refusal, site_use, use_interval, use_refusal
from sera_analysis.visits.incidence import watched_days
from sera_analysis.visits.phenology import DAYS_A_WEEK
from sera_vocabulary import indices
from sera_words.keys import Part
from sera_words.statements import Note

if TYPE_CHECKING:
    from sera_analysis.aggregates.gardens import Comparability, GardenDays
    from sera_analysis.diversity.samples import FloatArray
    from sera_store.results.results import Result

WEEKS_AS_VISITS: Final = Note.of("weeks_as_visits")
WITH_GROUP: Final = Part.of("gardens_with_group").key
NOTICED: Final = Part.of("noticed_in_a_week").key


def use_figures(frame: Frame, gardens: list[GardenDays], chosen: Comparability | None) -> list[Result]:
    """Share of gardens that each group used, or one refusal under 20 gardens with two weeks watched."""
    tables = [weekly_detections(garden, chosen, frame.window.days) for garden in gardens]
    tables = [(came, weeks) for came, weeks in tables if weeks >= 2]
    support = Support(n=len(tables), n_of="gardens", notes=(WEEKS_AS_VISITS,))
    reason = use_refusal(len(tables))
    if reason is not None:
        return [refused(frame, indices.GROUP_USE, reason, support)]
    visits = np.array([weeks for _, weeks in tables], dtype=np.float64)
    came = np.stack([each for each, _ in tables])
    return [_of_group(frame, group, came[:, number], visits, support) for number, group in enumerate(GROUPS)]


def _of_group(frame: Frame, group: str, came: FloatArray, visits: FloatArray, support: Support) -> Result:
    reason = group_use_refusal(came, visits)
    if reason is not None:
        return refused(frame, indices.GROUP_USE, reason, support, group=group)
    found = site_use(came, visits)
    support = support.but(parts={WITH_GROUP: found.naive, NOTICED: found.noticed})
    return figure(frame, indices.GROUP_USE, found.used, use_interval(found), support, group=group)


def weekly_detections(
    garden: GardenDays, chosen: Comparability | None, days: slice
) -> tuple[FloatArray, int]:
    """Count a garden's weeks with each group, shape (groups,), and its weeks with a watched day."""
    tally = of_class(garden.cameras, chosen).window(days)
    watched = watched_days(tally.daylight_h)
    week = np.arange(days.stop - days.start) // DAYS_A_WEEK
    number = int(week[-1]) + 1 if week.size else 0
    came, seen = np.zeros((number, len(GROUPS)), dtype=bool), np.zeros(number, dtype=bool)
    present = ((tally.daylight_visits > 0) & watched[..., np.newaxis]).any(axis=0)
    np.logical_or.at(came, week, present)
    np.logical_or.at(seen, week, watched.any(axis=0))
    return came.sum(axis=0).astype(np.float64), int(seen.sum())
