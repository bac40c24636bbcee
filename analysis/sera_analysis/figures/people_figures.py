"""Figures of people's counts beside flowers and beside cameras, of one garden over one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.figures import insect_figures as insects
from sera_analysis.figures.figures import Frame, Support, figure, refused
from sera_analysis.statistics.bouts import bout_rate
from sera_analysis.statistics.intervals import mean_interval, no_interval
from sera_analysis.statistics.paired import calibration_ratio
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import THESE_NODES
from sera_words.keys import Part
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.paired_hours import Pairs
    from sera_analysis.aggregates.tallies import Counters
    from sera_analysis.diversity.samples import FloatArray
    from sera_store.results.results import Result

NO_FLOWERS: Final = Reason.of("no_flowers_counted")
ONE_PLACE: Final = Note.of("one_place")
NEVER_MERGED: Final = Note.of("ratio_beside")
PLACE_DAYS: Final = "place_counting_days"
DISPERSION: Final = Part.of("count_dispersion").key


def flower_figure(frame: Frame, counters: Counters, support: Support) -> Result:
    """Visits per flower unit and hour, mean of the places; of one place over its days, quasi-Poisson."""
    index = indices.VISITS_PER_FLOWER_HOUR
    visits, effort = counters.flower_visits[:, frame.window.days], counters.flower_h[:, frame.window.days]
    hours = float(counters.hours[:, frame.window.days].sum())
    kept = effort.sum(axis=1) > 0
    support = support.but(effort_h=hours, n=int(kept.sum()), n_of="places")
    if not kept.any():
        return refused(frame, index, NO_FLOWERS, support)
    if kept.sum() == 1:
        found = bout_rate(visits[kept][0], effort[kept][0])
        parts = {} if found.dispersion is None else {DISPERSION: found.dispersion}
        support = support.but(notes=(*support.notes, ONE_PLACE), parts=parts)
        return figure(frame._replace(target=THESE_NODES), index, found.rate, found.interval, support)
    rates = visits[kept].sum(axis=1) / effort[kept].sum(axis=1)
    interval = mean_interval(
        rates.tolist(),
        unit_name="places",
        seed=frame.seed,
        replicates=frame.replicates,
        within=(0.0, np.inf),
    )
    return figure(frame, index, float(rates.mean()), interval, support)


def survey_figure(frame: Frame, counters: Counters, support: Support) -> Result:
    """Visits per ten-minute count, mean of the places; of one place over its days, quasi-Poisson."""
    days = frame.window.days
    surveys = counters.surveys[:, days]
    kept = surveys.sum(axis=1) > 0
    if np.count_nonzero(kept) == 1:
        visits = counters.visits[kept, days].sum(axis=-1)[0]
        return _of_one_place(frame, visits, surveys[kept][0], support)
    rates = insects.place_rates(counters, days)
    return insects.survey_figure(frame, rates, float(surveys.sum()), support, unit="places")


def _of_one_place(frame: Frame, visits: FloatArray, surveys: FloatArray, support: Support) -> Result:
    found, number = bout_rate(visits, surveys), float(surveys.sum())
    interval = found.interval
    if found.bouts == 1 and number > 1:
        interval = no_interval(Reason.of("counts_in_sum", counts=number))
    parts = {insects.TEN_MINUTE_COUNTS: number}
    if found.dispersion is not None:
        parts[DISPERSION] = found.dispersion
    support = support.but(n=1, n_of="places", notes=(*support.notes, ONE_PLACE), parts=parts)
    return figure(
        frame._replace(target=THESE_NODES), indices.VISITS_PER_SURVEY, found.rate, interval, support
    )


def ratio_figure(frame: Frame, pairs: Pairs, support: Support) -> Result:
    """Visits that people see for each one a camera notices beside them, or how many pairs are missing."""
    days = frame.window.days
    tables = [table[:, days].ravel() for _, table in pairs.arrays()]
    found = calibration_ratio(*tables, seed=frame.seed)
    support = support.but(
        effort_h=float(tables[1].sum()), n=found.pairs, n_of=PLACE_DAYS, notes=(*support.notes, NEVER_MERGED)
    )
    if found.value is None:
        return refused(frame, indices.PEOPLE_TO_CAMERA, found.interval.reason or insects.NO_PEOPLE, support)
    return figure(
        frame._replace(target=THESE_NODES), indices.PEOPLE_TO_CAMERA, found.value, found.interval, support
    )
