"""Soil water: the relative wetness of a probe, by two samples of its soil or by its own course."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.thresholds import POSITION_DAYS_LEAST, WETTING_SKEWNESS_LEAST
from sera_words.statements import Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray

LOW_QUANTILE, HIGH_QUANTILE = 0.05, 0.95


class Anchors(NamedTuple):
    """Raw counts of one probe in dry and in wet soil; dry may be the larger one."""

    dry: float
    wet: float


# Of values that are on the scale of two samples already.
SCALE = Anchors(0.0, 1.0)


def own_anchors(values: FloatArray, observed_days: int, direction: int = 1) -> Anchors | None:
    """Return a probe's 5th and 95th percentile as dry and wet; None under 10 days or without a span.

    Parameters
    ----------
    values : array, shape (n,)
        Raw counts or soil moisture over the whole time of the probe.
    observed_days
        Days with enough readings.
    direction
        1 where values grow as the soil gets wet, -1 where they fall.
    """
    if observed_days < POSITION_DAYS_LEAST.value or direction == 0:
        return None
    low, high = np.nanquantile(values, (LOW_QUANTILE, HIGH_QUANTILE))
    if not high > low:
        return None
    return Anchors(float(low), float(high)) if direction > 0 else Anchors(float(high), float(low))


def wet_direction(raw: FloatArray) -> int:
    """Infer which way a probe's counts go as soil gets wet: 1 up, -1 down, 0 where that is not clear.

    Parameters
    ----------
    raw : array, shape (n,)
        Raw counts in order of time, one every hour or so.

    Notes
    -----
    Soil is wetted in minutes and dries over days, so the steps towards wet are few and large and those
    towards dry many and small: the sign of the steps' skewness is the way of wetting. Under a skewness of 1
    nothing is said. This is an inference, and results that rest on it say so.
    """
    steps = np.diff(raw[~np.isnan(raw)])
    spread = float(steps.std()) if steps.size else 0.0
    if spread == 0:
        return 0
    deviation = steps - steps.mean()
    skewness = float((deviation * deviation * deviation).mean()) / spread**3
    if abs(skewness) < WETTING_SKEWNESS_LEAST.value:
        return 0
    return 1 if skewness > 0 else -1


def relative_wetness(raw: FloatArray, anchors: Anchors) -> FloatArray:
    """Position of raw counts between a probe's dry and wet anchors, 0 dry to 1 wet; shape of raw.

    Parameters
    ----------
    raw : array, shape (...)
        Raw counts or their daily means.
    anchors
        The probe's own percentiles, or counts read in dry and in wet soil.

    Returns
    -------
    array, shape (...)
        Cut at 0 and 1. It compares a probe with itself, never with another, and is no water content.

    Examples
    --------
    >>> import numpy as np
    >>> relative_wetness(np.array([1000.0, 1500.0, 2500.0]), Anchors(dry=1000, wet=2000)).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.clip((raw - anchors.dry) / (anchors.wet - anchors.dry), 0.0, 1.0)


def no_wetness_reason(observed_days: int, direction: int) -> Reason:
    """Return why a probe has no relative wetness."""
    needed = int(POSITION_DAYS_LEAST.value)
    if observed_days < needed:
        more = needed - observed_days
        return Reason.of("soil_days_too_few", days=observed_days, needed=needed, more_days=more)
    if direction == 0:
        return Reason.of("probe_direction_unknown")
    return Reason.of("probe_constant")
