"""Figures of people's counts beside flowers and beside cameras, of one garden over one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.figures import insect_figures as insects
from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
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
    is_counted = effort.sum(axis=1) > 0
    support = support.replace(effort_h=hours, n=int(is_counted.sum()), n_of="places")
    if not is_counted.any():
        return missing_figure(frame, index, NO_FLOWERS, support)
    if is_counted.sum() == 1:
        rate = bout_rate(visits[is_counted][0], effort[is_counted][0])
        parts = {} if rate.dispersion is None else {DISPERSION: rate.dispersion}
        support = support.replace(notes=(*support.notes, ONE_PLACE), parts=parts)
        return figure(frame._replace(target=THESE_NODES), index, rate.rate, rate.interval, support)
    rates = visits[is_counted].sum(axis=1) / effort[is_counted].sum(axis=1)
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
    is_counted = surveys.sum(axis=1) > 0
    if np.count_nonzero(is_counted) == 1:
        visits = counters.visits[is_counted, days].sum(axis=-1)[0]
        return _of_one_place(frame, visits, surveys[is_counted][0], support)
    rates = insects.place_rates(counters, days)
    return insects.survey_figure(frame, rates, float(surveys.sum()), support, unit="places")


def _of_one_place(frame: Frame, visits: FloatArray, surveys: FloatArray, support: Support) -> Result:
    rate, number = bout_rate(visits, surveys), float(surveys.sum())
    interval = rate.interval
    if rate.bouts == 1 and number > 1:
        interval = no_interval(Reason.of("counts_in_sum", counts=number))
    parts = {insects.TEN_MINUTE_COUNTS: number}
    if rate.dispersion is not None:
        parts[DISPERSION] = rate.dispersion
    support = support.replace(n=1, n_of="places", notes=(*support.notes, ONE_PLACE), parts=parts)
    return figure(frame._replace(target=THESE_NODES), indices.VISITS_PER_SURVEY, rate.rate, interval, support)


def ratio_figure(frame: Frame, pairs: Pairs, support: Support) -> Result:
    """Visits that people see for each one a camera notices beside them, or how many pairs are missing."""
    days = frame.window.days
    tables = [table[:, days].ravel() for _, table in pairs.arrays()]
    ratio = calibration_ratio(*tables, seed=frame.seed)
    support = support.replace(
        effort_h=float(tables[1].sum()), n=ratio.pairs, n_of=PLACE_DAYS, notes=(*support.notes, NEVER_MERGED)
    )
    if ratio.value is None:
        return missing_figure(
            frame, indices.PEOPLE_TO_CAMERA, ratio.interval.reason or insects.NO_PEOPLE, support
        )
    return figure(
        frame._replace(target=THESE_NODES), indices.PEOPLE_TO_CAMERA, ratio.value, ratio.interval, support
    )
