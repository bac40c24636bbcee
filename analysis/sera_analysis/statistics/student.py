"""Student's intervals over few units, of several figures at once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Statistic


def mean_t(statistic: Statistic, units: int, confidence: float) -> list[tuple[float, float]]:
    """Student's t on the units' values, which a linear statistic gives for one unit at a time."""
    values = statistic(_single_unit_weights(units))
    return _t_ends(values.mean(axis=0).tolist(), values, confidence)


def mean_ends(values: list[float], confidence: float) -> tuple[float, float]:
    """Student's t on few values, taken one by one, which is faster than arrays of two or three."""
    units = len(values)
    mean = sum(values) / units
    error = (sum([(value - mean) ** 2 for value in values]) / ((units - 1) * units)) ** 0.5
    # Differences in the last digits are no spread.
    reach = 0.0 if error < 1e-12 * max(abs(mean), 1.0) else student(units - 1, confidence) * error
    return mean - reach, mean + reach


def jackknife_t(statistic: Statistic, units: int, confidence: float = 0.95) -> list[tuple[float, float]]:
    """Student's t on the jackknife's pseudo-values; for a mean these are the units' values themselves.

    The interval is centred on the figure as published, not on the jackknife's corrected one, so that a
    reader always finds the figure inside its interval.
    """
    estimates = statistic(leave_one_out_weights(units))
    whole = estimates[0]
    pseudo = units * whole - (units - 1) * estimates[1:]
    return _t_ends(whole.tolist(), pseudo, confidence)


def _t_ends(middle: list[float], values: FloatArray, confidence: float) -> list[tuple[float, float]]:
    """Reach from the figures as far as the spread of their units' values, shape (units, figures), asks."""
    units = values.shape[0]
    deviation = values - values.sum(axis=0) / units
    errors = np.sqrt((deviation * deviation).sum(axis=0) / ((units - 1) * units)).tolist()
    t = student(units - 1, confidence)
    # Differences in the last digits are no spread.
    reaches = [
        0.0 if error < 1e-12 * max(abs(at), 1.0) else t * error
        for at, error in zip(middle, errors, strict=True)
    ]
    return [(at - reach, at + reach) for at, reach in zip(middle, reaches, strict=True)]


@lru_cache(maxsize=256)
def student(freedom: int, confidence: float) -> float:
    """Quantile of Student's distribution that a two-sided interval reaches to."""
    return float(stdtrit(freedom, 0.5 + confidence / 2))


@lru_cache(maxsize=64)
def _single_unit_weights(units: int) -> FloatArray:
    return read_only(np.eye(units))


@lru_cache(maxsize=64)
def leave_one_out_weights(units: int) -> FloatArray:
    """Weights of all units in the first row, and of all but one in each of the others."""
    return read_only(np.concatenate([np.ones((1, units)), 1.0 - np.eye(units)]))


def read_only(weights: FloatArray) -> FloatArray:
    """Lock weights that many share."""
    weights.flags.writeable = False
    return weights
