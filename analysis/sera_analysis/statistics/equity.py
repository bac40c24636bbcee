"""How unevenly something is shared out: Gini, Theil, Atkinson, Hoover and the Lorenz curve.

Every function takes values, shape (n,), zero or more, and weights, shape (n,), that say how many each value
stands for: residents of a district, for example. A figure that the values do not define is not a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidOrderError, InvalidSampleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray


class TheilParts(NamedTuple):
    """A Theil index in all, and its share within and between groups, which add up to it."""

    total: float
    within: float
    between: float


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gini coefficient: half the mean difference of two draws, over the mean.

    Parameters
    ----------
    values, weights : array, shape (n,)
        What each unit has, and how many it stands for; equal weights by default.

    Returns
    -------
    float
        0 where all have the same, nearly 1 where one has all; not a number where all values are 0.

    Raises
    ------
    InvalidSampleError
        Where a value or weight is negative or not finite, or their numbers differ.

    Notes
    -----
    sum_ij w_i w_j |x_i - x_j| / (2 W^2 mu), with W the sum of weights and mu the weighted mean: the
    population form, whose largest value is (n - 1)/n.

    References
    ----------
    C. Gini, "Measurement of inequality of incomes," The Economic Journal 31, 124-126, 1921,
    doi 10.2307/2223319.

    Examples
    --------
    >>> round(gini([1, 2, 3, 4, 5]), 4)
    0.2667
    """
    x, w = _sorted(values, weights)
    upto = np.cumsum(w)
    # Of the pairs with unit i, those below it count its value and those above take it off.
    signed = w * x @ (2 * upto - w - upto[-1])
    return _at_least_zero(_ratio(float(signed), float(upto[-1] * (w @ x))))


def ginis(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Gini coefficients of many draws of the same units at once.

    Parameters
    ----------
    values : array, shape (draws, n)
        What each unit has in each draw.
    weights : array, shape (n,)
        How many each unit stands for, above 0.

    Returns
    -------
    array, shape (draws,)
        As `gini` of each row.
    """
    order = np.argsort(values, axis=1)
    x, w = np.take_along_axis(values, order, axis=1), weights[order]
    upto = np.cumsum(w, axis=1)
    signed = (w * x * (2 * upto - w - upto[:, -1:])).sum(axis=1)
    return divided(signed, upto[:, -1] * (w * x).sum(axis=1))


def gini_sample_corrected(values: ArrayLike) -> float:
    """Gini coefficient of equal units times n/(n - 1), which is 1 where one has all.

    Notes
    -----
    Not a number for a single unit.

    References
    ----------
    G. Deltas, "The small-sample bias of the Gini coefficient," The Review of Economics and Statistics 85,
    226-234, 2003, doi 10.1162/rest.2003.85.1.226.
    """
    number = np.size(values)
    return gini(values) * number / (number - 1) if number > 1 else float("nan")


def lorenz(values: ArrayLike, weights: ArrayLike | None = None) -> FloatArray:
    """Lorenz curve: what share of all the poorest share of units has.

    Returns
    -------
    array, shape (n + 1, 2)
        Shares of weight and of value from (0, 0) to (1, 1), poorest first; not a number where all values
        are 0.

    References
    ----------
    M. O. Lorenz, "Methods of measuring the concentration of wealth," Publications of the American Statistical
    Association 9, 209-219, 1905, doi 10.2307/2276207.
    """
    x, w = _sorted(values, weights)
    units, has = np.cumsum(w), np.cumsum(w * x)
    curve = np.zeros((x.size + 1, 2))
    curve[1:, 0] = units / units[-1]
    curve[1:, 1] = divided(has, np.full(has.shape, has[-1]))
    return curve


def theil_t(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Theil's T: mean of (x/mu) ln(x/mu), 0 ln 0 being 0.

    Returns
    -------
    float
        0 where all have the same, ln n where one of n has all [nat].

    References
    ----------
    H. Theil, "Economics and Information Theory," North-Holland, 1967.
    """
    x, w = _relative(values, weights)
    logs = np.log(np.where(x > 0, x, 1.0))
    return _at_least_zero(float(w @ (x * logs)))


def theil_l(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Theil's L, the mean log deviation: mean of ln(mu/x).

    Returns
    -------
    float
        0 where all have the same [nat]; not a number where a unit has nothing.

    References
    ----------
    A. F. Shorrocks, "The class of additively decomposable inequality measures," Econometrica 48, 613-625,
    1980, doi 10.2307/1913126.
    """
    logs, w = _log_relative(values, weights)
    if not np.isfinite(logs).all():
        return float("nan")
    return _at_least_zero(float(w @ -logs))


def theil_t_parts(values: ArrayLike, groups: Sequence[str], weights: ArrayLike | None = None) -> TheilParts:
    """Theil's T within and between groups of units.

    Notes
    -----
    Between is the T of the groups' means; within is the mean of the groups' own T, each weighted by the
    share of everything that the group has.

    References
    ----------
    H. Theil, "Economics and Information Theory," North-Holland, 1967.
    """
    x, w = _relative(values, weights)
    within = between = 0.0
    for members in _members(groups, x.size):
        share = float(w[members] @ x[members])
        if share > 0:
            within += share * theil_t(x[members], w[members])
            between += share * float(np.log(share / w[members].sum()))
    return _parts(theil_t(values, weights), within, between)


def theil_l_parts(values: ArrayLike, groups: Sequence[str], weights: ArrayLike | None = None) -> TheilParts:
    """Theil's L within and between groups of units, the groups weighted by their share of units.

    References
    ----------
    A. F. Shorrocks, "The class of additively decomposable inequality measures," Econometrica 48, 613-625,
    1980, doi 10.2307/1913126.
    """
    x, w = _relative(values, weights)
    total = theil_l(values, weights)
    if np.isnan(total):
        return TheilParts(total, total, total)
    within = between = 0.0
    for members in _members(groups, x.size):
        share = float(w[members].sum())
        if share > 0:
            within += share * theil_l(x[members], w[members])
            between -= share * float(np.log(w[members] @ x[members] / share))
    return _parts(total, within, between)


def atkinson(values: ArrayLike, aversion: float, weights: ArrayLike | None = None) -> float:
    """Atkinson's index: the share of everything that could go if the rest were shared out evenly.

    Parameters
    ----------
    values, weights : array, shape (n,)
        What each unit has, and how many it stands for.
    aversion
        Aversion to inequality, above 0: the larger, the more the poorest count.

    Returns
    -------
    float
        0 where all have the same; 1 where a unit has nothing and the aversion is 1 or more.

    Raises
    ------
    InvalidOrderError
        Where the aversion is not above 0.

    References
    ----------
    A. B. Atkinson, "On the measurement of inequality," Journal of Economic Theory 2, 244-263, 1970,
    doi 10.1016/0022-0531(70)90039-6.
    """
    if not 0 < aversion < np.inf:
        raise InvalidOrderError(f"aversion is {aversion!r}; expected a number above 0, such as 0.5, 1 or 2")
    logs, w = _log_relative(values, weights)
    if np.isnan(logs).any():
        return float("nan")
    if aversion >= 1 and not np.isfinite(logs).all():
        return 1.0
    if aversion == 1:
        return _at_least_zero(float(-np.expm1(w @ logs)))
    # A large aversion takes the poorest to a power beyond all numbers; in logarithms it does not.
    powers = (1 - aversion) * logs
    top = powers.max()
    mean = top + np.log(w @ np.exp(powers - top))
    return _at_least_zero(float(-np.expm1(mean / (1 - aversion))))


def hoover(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Hoover's index: the share of everything that would have to move for all to have the same.

    References
    ----------
    E. M. Hoover, "The measurement of industrial localization," The Review of Economics and Statistics 18,
    162-171, 1936, doi 10.2307/1927875.
    """
    x, w = _relative(values, weights)
    return float(w @ np.abs(x - 1)) / 2


def checked(values: ArrayLike, weights: ArrayLike | None = None) -> tuple[FloatArray, FloatArray]:
    """Check values and weights: numbers of one length, finite and not negative.

    Raises
    ------
    InvalidSampleError
        Where a value or weight is negative or not finite, their numbers differ, or no weight is above 0.
    """
    x = _column(values, "value")
    w = np.ones(x.shape) if weights is None else _column(weights, "weight")
    if x.shape != w.shape:
        raise InvalidSampleError(f"{x.size} values and {w.size} weights; expected one weight a value")
    if not (w > 0).any():
        raise InvalidSampleError("no weight is above 0; expected at least one unit that stands for someone")
    return x, w


def _column(numbers: ArrayLike, name: str) -> FloatArray:
    column = np.asarray(numbers, dtype=np.float64)
    if column.ndim != 1 or not column.size:
        raise InvalidSampleError(f"{name}s of shape {column.shape}; expected one row of at least one number")
    bad = ~(np.isfinite(column) & (column >= 0))
    if bad.any():
        index = int(np.argmax(bad))
        raise InvalidSampleError(
            f"{name} {index + 1} is {column[index]}; expected a finite number of 0 or more"
        )
    return column


def _sorted(values: ArrayLike, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Sort by value, without units of weight 0, scaled so that no sum runs over."""
    x, w = checked(values, weights)
    order = np.argsort(x[w > 0], kind="stable")
    x, w = x[w > 0][order], w[w > 0][order]
    return divided(x, np.full(x.shape, x.max()), 0.0), w / w.max()


def _relative(values: ArrayLike, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Divide values by their mean, and weights by their sum; units of weight 0 add nothing.

    Not a number where all values are 0.
    """
    x, w = checked(values, weights)
    w = w / w.max()
    w /= w.sum()
    # A unit without weight takes a part in no figure, so it may as well have the mean.
    x = divided(x, np.full(x.shape, x[w > 0].max()))
    mean = w @ np.where(w > 0, x, 0.0)
    relative: FloatArray = np.where(w > 0, x / mean, 1.0)
    return relative, w


def _log_relative(values: ArrayLike, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Compute the logarithm of values over their mean, -inf for 0, without passing through tiny quotients."""
    x, w = checked(values, weights)
    relative, shares = _relative(x, w)
    if np.isnan(relative).any():
        return relative, shares
    counted = w > 0
    top = x[counted].max()
    mean = shares @ np.where(counted, x / top, 0.0)
    logs = np.zeros(x.shape)
    logs[counted] = _log(x[counted]) - np.log(top) - np.log(mean)
    return logs, shares


def _log(x: FloatArray) -> FloatArray:
    logs: FloatArray = np.log(x, out=np.full(x.shape, -np.inf), where=x > 0)
    return logs


def _members(groups: Sequence[str], number: int) -> list[FloatArray]:
    if len(groups) != number:
        raise InvalidSampleError(f"{number} values and {len(groups)} groups; expected one group a value")
    names = np.asarray(groups)
    return [names == name for name in sorted(set(groups))]


def _parts(total: float, within: float, between: float) -> TheilParts:
    if np.isnan(total):
        return TheilParts(total, total, total)
    return TheilParts(total, _at_least_zero(within), _at_least_zero(between))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _at_least_zero(value: float) -> float:
    """Remove the rounding that makes equal shares a hair less than equal."""
    return value if np.isnan(value) else max(0.0, value)
