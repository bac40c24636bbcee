"""Intervals that name what they speak about: t, jackknife-t and BCa over units, moving blocks over days.

An interval over units speaks about other units in the same days; one over blocks about other days of the same
units. Neither speaks about other units on other days; docs/methods/intervals.md says how far it would fail.

A statistic takes weights, shape (replicates, units), and returns one estimate a replicate: all ones is the
figure itself, a zero leaves a unit out, larger numbers repeat it.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidOrderError
from sera_analysis.statistics.student import (
    jackknife_t,
    leave_one_out_weights,
    mean_ends,
    mean_t,
    read_only,
    student,
)
from sera_analysis.thresholds import (
    BLOCK_DAYS_LEAST,
    BLOCKS_LEAST,
    BOOTSTRAP_UNITS_LEAST,
    EFFECTIVE_DAYS_LEAST,
    NO_SHORTFALL_DAYS_LEAST,
)
from sera_words.statements import IntervalMethod, Note, Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Statistic

CONFIDENCE = 0.95
REPLICATES = 2000

# A day's part in a figure cannot hang together with the next day's by more than this and still be told apart
# from a trend.
_CORRELATION_MOST = 0.95


class Interval(NamedTuple):
    """Two ends, or none with the reason; `method` says how it was made, `note` by how much it falls short."""

    low: float | None
    high: float | None
    method: IntervalMethod | None
    reason: Reason | None = None
    note: Note | None = None


def no_interval(reason: Reason) -> Interval:
    """Return an interval without ends, with the reason."""
    return Interval(None, None, None, reason)


def weighted_mean(values: FloatArray) -> Statistic:
    """Return the statistic that is the mean of the units' values, shape (units,)."""
    return lambda weights: (weights @ values) / weights.sum(axis=-1)


def unit_interval(
    statistic: Statistic,
    units: int,
    *,
    unit_name: str,
    seed: int,
    linear: bool = False,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Interval of a figure over its independent units, by the method that their number allows.

    Parameters
    ----------
    statistic
        The figure as a function of unit weights.
    units
        Number of units: nodes for a garden, gardens for a community.
    unit_name
        What a unit is, for the reason: `nodes`.
    seed
        Seed of the bootstrap; not used below 20 units.
    linear
        True where the figure is the mean of one number a unit, so that t on unit means is exact.
    confidence
        Nominal coverage, between 0 and 1.
    replicates
        Number of bootstrap replicates from 20 units on.
    within
        Span of possible values, at which the ends are cut.

    Returns
    -------
    Interval
        Both ends, or none with the reason for a single unit.

    References
    ----------
    J. W. Tukey, "Bias and confidence in not quite large samples," Annals of Mathematical Statistics 29,
    614, 1958, doi 10.1214/aoms/1177706647. B. Efron, "Better bootstrap confidence intervals," JASA 82,
    171-185, 1987, doi 10.1080/01621459.1987.10478410.
    """
    return unit_intervals(
        lambda weights: statistic(weights)[:, np.newaxis],
        units,
        unit_name=unit_name,
        seed=seed,
        linear=linear,
        confidence=confidence,
        replicates=replicates,
        within=within,
    )[0]


def mean_interval(
    values: list[float],
    *,
    unit_name: str,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Interval of the mean of one number a unit, as `unit_interval` makes it of a linear figure.

    Parameters
    ----------
    values
        A number for each unit; those of fewer than 20 units are few enough to be taken one by one.
    unit_name, seed, confidence, replicates, within
        As for `unit_interval`.
    """
    units = len(values)
    if not 2 <= units < BOOTSTRAP_UNITS_LEAST.value:
        return unit_interval(
            weighted_mean(np.array(values)),
            units,
            unit_name=unit_name,
            seed=seed,
            linear=True,
            confidence=confidence,
            replicates=replicates,
            within=within,
        )
    low, high = mean_ends(values, confidence)
    return _interval(low, high, "t", units, unit_name, within)


def unit_intervals(
    statistic: Statistic,
    units: int,
    *,
    unit_name: str,
    seed: int,
    linear: bool = False,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> list[Interval]:
    """Intervals of several figures of the same units at once, as `unit_interval` makes each.

    Parameters
    ----------
    statistic
        The figures as a function of unit weights; takes shape (replicates, units) and returns
        (replicates, figures).
    units, unit_name, seed, linear, confidence, replicates, within
        As for `unit_interval`.

    Returns
    -------
    list of Interval
        One a figure; a single one without ends where there are fewer than two units.
    """
    _check(confidence, replicates)
    if units < 2:
        return [no_interval(Reason.of("one_unit", count=units, units=unit_name))]
    if units < BOOTSTRAP_UNITS_LEAST.value:
        ends = mean_t(statistic, units, confidence) if linear else jackknife_t(statistic, units, confidence)
        method = "t" if linear else "jackknife_t"
    else:
        ends = bca(statistic, units, confidence, replicates, seed)
        method = "bca_bootstrap"
    return [_interval(low, high, method, units, unit_name, within) for low, high in ends]


def _interval(
    low: float, high: float, method: str, units: int, unit_name: str, within: tuple[float, float]
) -> Interval:
    """Cut the ends at what is possible, or give the reason why there are none."""
    if not (isfinite(low) and isfinite(high)):
        return no_interval(_units_reason("undefined_without_one", units, unit_name))
    if low == high:
        return no_interval(_units_reason("units_agree", units, unit_name))
    return Interval(max(low, within[0]), min(high, within[1]), _units_method(method, units, unit_name))


# The same few of them stand beside nearly all figures.
@lru_cache(maxsize=1_024)
def _units_reason(code: str, units: int, unit_name: str) -> Reason:
    return Reason.of(code, count=units, units=unit_name)


@lru_cache(maxsize=1_024)
def _units_method(code: str, units: int, unit_name: str) -> IntervalMethod:
    return IntervalMethod.of(code, count=units, units=unit_name)


@lru_cache(maxsize=16)
def _drawn(units: int, replicates: int, seed: int) -> FloatArray:
    """Draw how often each unit comes up; shape (replicates, units)."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=replicates)
    return read_only(drawn.astype(np.float64))


def bca(
    statistic: Statistic, units: int, confidence: float, replicates: int, seed: int
) -> list[tuple[float, float]]:
    """Bias-corrected and accelerated bootstrap over units; the same seed gives the same ends.

    Its quantiles are widened for the number of units, without which 40 units held 92.5 % instead of 95 %.

    References
    ----------
    T. C. Hesterberg, "What teachers should know about the bootstrap," American Statistician 69, 371-386,
    2015, doi 10.1080/00031305.2015.1089789.
    """
    estimates = statistic(_drawn(units, replicates, seed))
    leave_one_out = statistic(leave_one_out_weights(units))
    whole, left_out = leave_one_out[0], leave_one_out[1:]
    below = np.mean(estimates < whole, axis=0) + 0.5 * np.mean(estimates == whole, axis=0)
    bias = ndtri(np.clip(below, 0.5 / replicates, 1 - 0.5 / replicates))
    deviation = left_out.mean(axis=0) - left_out
    acceleration = divided((deviation**3).sum(axis=0), 6 * (deviation**2).sum(axis=0) ** 1.5, 0.0)
    z = bias + _expanded(units, confidence)[:, np.newaxis]
    probabilities = ndtr(bias + z / (1 - acceleration * z))
    ends = []
    for column in range(estimates.shape[1]):
        if not np.isfinite(probabilities[:, column]).all():
            ends.append((np.nan, np.nan))
            continue
        low, high = np.quantile(estimates[:, column], probabilities[:, column]).tolist()
        ends.append((low, high))
    return ends


def _expanded(units: int, confidence: float) -> FloatArray:
    """Widen normal quantiles as Student's t and n - 1 ask, since a bootstrap takes neither into account."""
    reach = student(units - 1, confidence) * np.sqrt(units / (units - 1))
    return np.array([-reach, reach])


def block_length(days: int) -> int:
    """Length of a moving block [d]: as long as eight blocks allow, since longer ones hold more of a spell."""
    return max(1, days // int(BLOCKS_LEAST.value))


@lru_cache(maxsize=8)
def moving_block_weights(days: int, replicates: int, seed: int) -> FloatArray:
    """Draw how often each day comes up when runs of days are resampled; shape (replicates, days)."""
    rng = np.random.default_rng(seed)
    length = block_length(days)
    drawn = -(-days // length)
    starts = rng.integers(0, days - length + 1, size=(replicates, drawn))
    picked = (starts[..., np.newaxis] + np.arange(length)).reshape(replicates, -1)[:, :days]
    cells = picked + days * np.arange(replicates)[:, np.newaxis]
    weights = np.bincount(cells.ravel(), minlength=replicates * days).astype(np.float64)
    return read_only(weights.reshape(replicates, days))


def day_correlation(statistic: Statistic, days: int) -> float:
    """How much a day's part in a figure tells about the next day's: lag-1 correlation, 0 to 0.95.

    Notes
    -----
    A day's part is the jackknife's pseudo-value. The short-series bias (1 + 4 r) / days is added back.

    References
    ----------
    F. H. C. Marriott and J. A. Pope, "Bias in the estimation of autocorrelations," Biometrika 41, 390-402,
    1954, doi 10.1093/biomet/41.3-4.390.
    """
    left_out = statistic(1.0 - np.eye(days))
    deviation = left_out.mean() - left_out
    spread = float(deviation @ deviation)
    if not spread > 0:
        return 0.0
    correlation = float(deviation[1:] @ deviation[:-1]) / spread
    return float(np.clip(correlation + (1 + 4 * correlation) / days, 0.0, _CORRELATION_MOST))


def variance_inflation(correlation: float, length: int | None = None) -> float:
    """How often the variance of a mean of correlated days exceeds that of independent ones.

    Within blocks of `length` days, or of a long season where None.
    """
    if length is None:
        return (1 + correlation) / (1 - correlation)
    lag = np.arange(1, length)
    return float(1 + 2 * ((1 - lag / length) * correlation**lag).sum())


def these_nodes_interval(
    statistic: Statistic,
    days: int,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Interval for these very nodes: the same moving blocks of days are drawn for all of them.

    Parameters
    ----------
    statistic
        The figure as a function of day weights.
    days
        Number of days watched, in order.
    seed, confidence, replicates, within
        As in `unit_interval`.

    Returns
    -------
    Interval
        t with the blocks' degrees of freedom on the bootstrap's standard error, or none with the reason
        where days are too few, or hang together so much that they are worth too few.

    Notes
    -----
    The blocks are an eighth of the days long. Spells longer than a block are made up for by the ratio of
    `variance_inflation` of a season and of a block, at the correlation found; k blocks in place of a free
    choice by k / (k - 1).

    References
    ----------
    H. R. Kuensch, "The jackknife and the bootstrap for general stationary observations," Annals of
    Statistics 17, 1217-1241, 1989, doi 10.1214/aos/1176347265.
    """
    _check(confidence, replicates)
    needed = int(BLOCKS_LEAST.value * BLOCK_DAYS_LEAST.value)
    if days < needed:
        return no_interval(
            Reason.of(
                "block_days_too_few",
                days=days,
                needed=needed,
                blocks=BLOCKS_LEAST.value,
                block_days=BLOCK_DAYS_LEAST.value,
            )
        )
    correlation = day_correlation(statistic, days)
    worth = days / variance_inflation(correlation)
    if worth < EFFECTIVE_DAYS_LEAST.value:
        return no_interval(
            Reason.of(
                "days_correlated",
                days=days,
                correlation=correlation,
                worth=worth,
                needed=EFFECTIVE_DAYS_LEAST.value,
            )
        )
    estimates = statistic(moving_block_weights(days, replicates, seed))
    whole = float(statistic(np.ones((1, days)))[0])
    defined = estimates[np.isfinite(estimates)]
    if defined.size < 0.95 * replicates:
        return no_interval(Reason.of("undefined_when_resampled"))
    reach = _block_reach(float(defined.std(ddof=1)), correlation, days, confidence)
    low, high = np.clip((whole - reach, whole + reach), *within)
    enough = int(NO_SHORTFALL_DAYS_LEAST.value)
    note = Note.of("shortfall_these_nodes", days=days, enough=enough) if days < enough else None
    method_record = IntervalMethod.of("moving_blocks", days=block_length(days))
    return Interval(float(low), float(high), method_record, None, note)


def _block_reach(error: float, correlation: float, days: int, confidence: float) -> float:
    """Half the width of an interval from the standard error of resampled blocks."""
    length = block_length(days)
    blocks = days // length
    missed = variance_inflation(correlation) / variance_inflation(correlation, length)
    error *= np.sqrt(max(missed, 1.0) * blocks / (blocks - 1))
    return float(student(blocks - 1, confidence) * error)


def _check(confidence: float, replicates: int) -> None:
    if not 0 < confidence < 1:
        raise InvalidOrderError(f"confidence: found {confidence!r}; expected a number between 0 and 1")
    if replicates < 2:
        raise InvalidOrderError(f"replicates: found {replicates!r}; expected at least 2")
