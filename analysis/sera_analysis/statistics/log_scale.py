"""Intervals made on the scale of logarithms, and when they say too little to be given."""

from __future__ import annotations

import numpy as np

from sera_analysis.statistics.intervals import Interval, no_interval
from sera_analysis.thresholds import INTERVAL_FACTOR_MOST
from sera_words.statements import Reason


def too_wide_reason(units: int, unit_name: str) -> Reason:
    """Return the reason of an interval that would say next to nothing; see `within_factor`."""
    return Reason.of("interval_too_wide", count=units, units=unit_name, most=INTERVAL_FACTOR_MOST.value)


def within_factor(logarithms: Interval, units: int, unit_name: str) -> Interval:
    """Take an interval of a rate from the scale of logarithms, or give the reason where it is too wide.

    Parameters
    ----------
    logarithms
        Ends on the scale of natural logarithms; one without ends stays as it is.
    units, unit_name
        How many units it was made from, and what they are, for the reason.

    Returns
    -------
    Interval
        Ends in the rate's own unit. None where they lie further apart than a factor of 10 to either side of
        their geometric mean: exponentials of a large error give spans of many powers of ten.

    Examples
    --------
    >>> within_factor(Interval(0.0, np.log(4.0), None), 8, "pairs")[:2]
    (1.0, 4.0)
    >>> str(within_factor(Interval(-20.0, 20.0, None), 2, "bouts").reason)[:33]
    '2 bouts with so few insects leave'
    """
    if logarithms.low is None or logarithms.high is None:
        return logarithms
    if logarithms.high - logarithms.low > 2 * np.log(INTERVAL_FACTOR_MOST.value):
        return no_interval(too_wide_reason(units, unit_name))
    return logarithms._replace(low=float(np.exp(logarithms.low)), high=float(np.exp(logarithms.high)))
