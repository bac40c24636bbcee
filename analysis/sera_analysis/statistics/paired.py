"""People and detector at the same flowers at the same time: how many visits people see for each detected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE, Interval, no_interval, unit_interval
from sera_analysis.statistics.log_scale import within_factor
from sera_analysis.thresholds import PAIRS_LEAST
from sera_words.statements import Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Statistic


class Ratio(NamedTuple):
    """Visits that people see for each one detected, or None with the interval's reason; number of pairs."""

    value: float | None
    interval: Interval
    pairs: int


def calibration_ratio(
    people: FloatArray,
    people_h: FloatArray,
    detected: FloatArray,
    detector_h: FloatArray,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Ratio:
    """Ratio of people's rate to a detector's, from counts made side by side.

    Parameters
    ----------
    people, detected : array, shape (pairs,)
        Visits counted by people and by the detector.
    people_h, detector_h : array, shape (pairs,)
        Hours that each of them watched; pairs without effort on either side are left out.
    seed
        Seed of the interval, from 20 pairs on.

    Returns
    -------
    Ratio
        It is stated beside figures and never multiplied into them: it holds for this detector at these
        flowers.

    Notes
    -----
    The ratio of sums of rates; its interval is made on the log scale over pairs, which are the units; there
    is none where it would reach beyond a factor of 10 either way.

    References
    ----------
    W. G. Cochran, Sampling Techniques, 3rd ed., Wiley, 1977, chapter 6 (ratio of means and its jackknife).

    Examples
    --------
    >>> people = np.array([8.0, 5, 12, 3, 9, 7, 4, 10])
    >>> detected = np.array([4.0, 3, 6, 2, 4, 3, 2, 6])
    >>> hours = np.full(8, 1 / 6)
    >>> found = calibration_ratio(people, hours, detected, hours, seed=0)
    >>> round(found.value, 3), round(found.interval.low, 3), round(found.interval.high, 3)
    (1.933, 1.715, 2.179)
    """
    tables = [np.asarray(table, dtype=np.float64) for table in (people, people_h, detected, detector_h)]
    if len({table.shape for table in tables}) != 1 or tables[0].ndim != 1:
        raise InvalidSampleError("paired counts: expected four rows of the same length, one number a pair")
    both = (tables[1] > 0) & (tables[3] > 0)
    people_rates, detector_rates = (tables[i][both] / tables[i + 1][both] for i in (0, 2))
    pairs = int(both.sum())
    if pairs < PAIRS_LEAST.value:
        return Ratio(
            None, no_interval(Reason.of("pairs_too_few", pairs=pairs, needed=PAIRS_LEAST.value)), pairs
        )
    if not (people_rates.sum() > 0 and detector_rates.sum() > 0):
        return Ratio(None, no_interval(Reason.of("pairs_without_visit")), pairs)
    interval = unit_interval(
        _log_ratio(people_rates, detector_rates), pairs, unit_name="pairs", seed=seed, confidence=confidence
    )
    value = float(people_rates.sum() / detector_rates.sum())
    return Ratio(value, within_factor(interval, pairs, "pairs"), pairs)


def _log_ratio(people_rates: FloatArray, detector_rates: FloatArray) -> Statistic:
    def statistic(weights: FloatArray) -> FloatArray:
        ratio = divided(weights @ people_rates, weights @ detector_rates)
        return np.log(np.where(ratio > 0, ratio, np.nan))

    return statistic
