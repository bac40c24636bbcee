"""Checks of values after QARTOD: pure functions that give flags and never change a value.

All take a time series as arrays, with NaN for a missing value, and give one flag a value: 1 good, 2 not
evaluated, 3 suspect, 4 fail, 9 missing. Arguments that fit no series (another length, a span that ends before
it begins, a limit that is no number) raise a ValueError that names them.

References: U.S. Integrated Ocean Observing System (2020), Manual for Real-Time Oceanographic Data Quality
Control Flags, doi 10.25923/w8y6-d298, and the QARTOD manuals of single variables, which number these tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_quality.check_arguments import (
    Span,
    check_choice,
    check_limits,
    check_numbers,
    check_span,
    read_beside,
    read_series,
)
from sera_quality.limits import LIMITS
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from numpy.typing import ArrayLike, NDArray

    from sera_vocabulary.measurements import Measurement

# For combining several checks: what one flagged outweighs what another could not evaluate.
_WORST_FIRST: Final = (quality.FAIL, quality.SUSPECT, quality.GOOD, quality.NOT_EVALUATED, quality.MISSING)


class Climate(NamedTuple):
    """What is usual over some span of time and depth.

    Parameters
    ----------
    times
        Unix time [s], or with a period the place in it: day of the year from 1, ISO week, month from 1, or
        quarter from 1, which begins with January.
    usual, possible
        Values outside the first are suspect, outside the second fail.
    depths
        Depth [m]; None for any.
    """

    times: Span
    usual: Span
    possible: Span | None = None
    depths: Span | None = None
    period: Literal["dayofyear", "weekofyear", "month", "quarter"] | None = None


def gross_range(value: float | None, measurement: Measurement) -> int:
    """Flag a value by the span that its measurement can have at all (QARTOD test 4).

    Returns
    -------
    int
        GOOD inside the span, SUSPECT outside what is usual in `sera_quality.limits`, FAIL outside what is
        possible, MISSING for None.

    Examples
    --------
    >>> from sera_vocabulary.measurements import COLUMNS, SOIL_TEMPERATURE
    >>> [gross_range(value, COLUMNS[SOIL_TEMPERATURE]) for value in (14.6, 50.0, 900.0)]
    [1, 3, 4]
    """
    if value is None:
        return quality.MISSING
    if not measurement.lowest <= value <= measurement.highest:
        return quality.FAIL
    limit = LIMITS.get(measurement.name)
    return quality.GOOD if limit is None or limit.usual[0] <= value <= limit.usual[1] else quality.SUSPECT


def ranges(values: ArrayLike, possible: Span, usual: Span | None = None) -> NDArray[np.uint8]:
    """Flag values outside a possible span as fail, and outside a usual one as suspect (QARTOD test 4).

    Raises
    ------
    ValueError
        The usual span goes beyond the possible one.
    """
    series = read_series(values)
    for span in (possible, usual):
        check_span(span)
    if usual is not None and not _lies_within(usual, possible):
        raise ValueError(f"usual span {tuple(usual)} goes beyond {tuple(possible)}; expected it inside")
    flags = np.where(possible.holds(series), quality.GOOD, quality.FAIL)
    if usual is not None:
        flags[(flags == quality.GOOD) & ~usual.holds(series)] = quality.SUSPECT
    return _with_missing(flags, series)


def climatology(
    values: ArrayLike, times_s: ArrayLike, climates: Sequence[Climate], depths_m: ArrayLike | None = None
) -> NDArray[np.uint8]:
    """Flag values by what is usual at their time of the year and depth (QARTOD test 5).

    Of several climates that hold for a value the last one counts; where none does it is not evaluated.
    """
    series = read_series(values)
    times = read_beside(times_s, series, "times").astype(np.int64)
    depths = np.full(len(series), np.nan) if depths_m is None else read_beside(depths_m, series, "depths")
    flags = np.full(len(series), quality.NOT_EVALUATED)
    for climate in climates:
        for span in (climate.times, climate.usual, climate.possible, climate.depths):
            check_span(span)
        holds = climate.times.holds(_in_period(times, climate.period)) & ~np.isnan(series)
        if climate.depths is not None:
            holds &= climate.depths.holds(depths)
        flags[holds] = np.where(climate.usual.holds(series[holds]), quality.GOOD, quality.SUSPECT)
        if climate.possible is not None:
            flags[holds & ~climate.possible.holds(series)] = quality.FAIL
    return _with_missing(flags, series)


def spike(
    values: ArrayLike,
    suspect: float | None = None,
    fail: float | None = None,
    method: Literal["average", "differential"] = "average",
) -> NDArray[np.uint8]:
    """Flag a value that stands out from the two beside it (QARTOD test 6).

    Parameters
    ----------
    suspect, fail
        Differences beyond which it is flagged, in the unit of the values; None for not at all.
    method
        `average`: difference from the mean of its neighbours. `differential`: the smaller one of the
        differences from each, where they have opposite directions.

    Returns
    -------
    array
        First and last value, and those beside a missing one, are not evaluated.
    """
    check_limits(suspect=suspect, fail=fail)
    check_choice("method", method, "average", "differential")
    series = read_series(values)
    size = np.full(len(series), np.nan)
    if len(series) > 2:
        before, after = series[1:-1] - series[:-2], series[2:] - series[1:-1]
        if method == "average":
            size[1:-1] = np.abs(series[1:-1] - (series[:-2] + series[2:]) / 2)
        else:
            least = np.minimum(np.abs(before), np.abs(after))
            size[1:-1] = np.where(before * after >= 0, before * after * 0, least)
    flags = np.where(np.isnan(size), quality.NOT_EVALUATED, quality.GOOD)
    return _with_missing(_beyond(flags, size, suspect, fail), series)


def rate_of_change(
    values: ArrayLike,
    times_s: ArrayLike,
    suspect: float | None = None,
    fail: float | None = None,
    *,
    least_step_s: float = 0,
) -> NDArray[np.uint8]:
    """Flag a value that changed faster since the one before than it can (QARTOD test 7).

    Parameters
    ----------
    suspect, fail
        Greatest rates [unit of the values a second]; None for not at all.
    least_step_s
        A shorter step counts as so long [s], so that the noise of a short interval is no rate.

    Returns
    -------
    array
        The first value, and those after a missing one, are good.
    """
    check_limits(suspect=suspect, fail=fail)
    check_numbers(least_step_s=least_step_s)
    series = read_series(values)
    times = read_beside(times_s, series, "times")
    rate = np.full(len(series), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate[1:] = np.abs(np.diff(series)) / np.maximum(np.abs(np.diff(times)), least_step_s)
    flags = np.full(len(series), quality.GOOD)
    return _with_missing(_beyond(flags, rate, suspect, fail), series)


def flat_line(
    values: ArrayLike, times_s: ArrayLike, suspect_s: float, fail_s: float, tolerance: float
) -> NDArray[np.uint8]:
    """Flag a value that has not moved for long (QARTOD test 8).

    Parameters
    ----------
    suspect_s, fail_s
        For how long [s]; counted in steps of the median interval.
    tolerance
        What it has to move within that time, in the unit of the values.
    """
    check_numbers(suspect_s=suspect_s, fail_s=fail_s, tolerance=tolerance)
    series, times = read_series(values), read_series(times_s, "times")
    flags = np.full(len(series), quality.GOOD)
    if len(series) > 1:
        step_s = float(np.median(np.diff(times)))
        for span_s, flag in ((suspect_s, quality.SUSPECT), (fail_s, quality.FAIL)):
            count = int(span_s / step_s) if step_s > 0 else len(series)
            if count < len(series):
                windows = np.lib.stride_tricks.sliding_window_view(series, count + 1)
                moved = _greatest(windows) - _least(windows)
                flags[count:][moved < tolerance] = flag
    return _with_missing(flags, series)


def gap(times_s: ArrayLike, longest_s: float) -> NDArray[np.uint8]:
    """Flag a record that comes after a gap as suspect (QARTOD test 1); the first one is not evaluated.

    Examples
    --------
    >>> gap([0, 900, 1800, 9000], longest_s=1800).tolist()
    [2, 1, 1, 3]
    """
    check_numbers(longest_s=longest_s)
    times = read_series(times_s, "times")
    flags = np.full(len(times), quality.NOT_EVALUATED)
    flags[1:] = np.where(np.diff(times) > longest_s, quality.SUSPECT, quality.GOOD)
    return flags.astype(np.uint8)


def attenuated(
    values: ArrayLike,
    times_s: ArrayLike,
    suspect: float,
    fail: float,
    *,
    window_s: float | None = None,
    least_count: int = 1,
    measure: Literal["std", "range"] = "std",
) -> NDArray[np.uint8]:
    """Flag values of a stretch that varies less than it should (QARTOD test 9).

    Parameters
    ----------
    suspect, fail
        Least variation, in the unit of the values.
    window_s
        Looks back over so long from each value [s]; None for the whole series at once.
    least_count
        With fewer values in the window a value is not evaluated.
    measure
        Standard deviation, or greatest less least.
    """
    check_numbers(suspect=suspect, fail=fail)
    check_limits(window_s=window_s)
    check_choice("measure", measure, "std", "range")
    series = read_series(values)
    times = read_beside(times_s, series, "times")
    sizes = np.full(len(series), np.nan)
    for index in range(len(series)) if window_s is not None else ():
        window = series[(times > times[index] - (window_s or 0.0)) & (times <= times[index])]
        window = window[~np.isnan(window)]
        if len(window) >= max(1, least_count):
            sizes[index] = _variation(window, measure, 1)
    if window_s is None and np.any(~np.isnan(series)):
        sizes[:] = _variation(series[~np.isnan(series)], measure, 0)
    flags = np.where(np.isnan(sizes), quality.NOT_EVALUATED, quality.GOOD)
    flags[sizes < suspect] = quality.SUSPECT
    flags[sizes < fail] = quality.FAIL
    return _with_missing(flags, series)


def neighbour(
    values: ArrayLike, neighbours: Sequence[ArrayLike], greatest: float, least_count: int = 2
) -> NDArray[np.uint8]:
    """Flag a value that differs from the median of other places at the same time (QARTOD test 13).

    Parameters
    ----------
    neighbours
        Series of other places at the same times.
    greatest
        Difference beyond which it is suspect, in the unit of the values.
    least_count
        With fewer other values at a time it is not evaluated.

    Examples
    --------
    >>> neighbour([10.0, 30.0], [[11.0, 11.0], [10.0, 12.0], [9.0, 12.5]], greatest=8).tolist()
    [1, 3]
    """
    check_numbers(greatest=greatest)
    series = read_series(values)
    beside = (
        np.stack([read_beside(row, series, "neighbours") for row in neighbours])
        if neighbours
        else np.empty((0, len(series)))
    )
    counts = (~np.isnan(beside)).sum(axis=0)
    flags = np.full(len(series), quality.NOT_EVALUATED)
    evaluated = counts >= max(1, least_count)
    middle = np.nanmedian(beside[:, evaluated], axis=0)
    apart = np.abs(series[evaluated] - middle) > greatest
    flags[evaluated] = np.where(apart, quality.SUSPECT, quality.GOOD)
    return _with_missing(flags, series)


def cross_sensor(values: ArrayLike, other: ArrayLike, greatest: float) -> NDArray[np.uint8]:
    """Flag a value that differs from another sensor's at the same place and time (QARTOD test 10).

    Examples
    --------
    >>> cross_sensor([20.0, 20.0, 20.0], [21.0, 45.0, float("nan")], greatest=15).tolist()
    [1, 3, 2]
    """
    return neighbour(values, [other], greatest, least_count=1)


def combine_flags(flag_rows: Sequence[ArrayLike]) -> NDArray[np.uint8]:
    """Combine the flags of several checks: the worst that any of them gave.

    Examples
    --------
    >>> combine_flags([[1, 1, 9], [2, 3, 9]]).tolist()
    [1, 3, 9]
    """
    lengths = {len(read_series(flags, "flags")) for flags in flag_rows}
    if len(lengths) != 1:
        raise ValueError(f"flags of {sorted(lengths)} values; expected one length")
    ranks = np.zeros(10, np.uint8)
    ranks[list(_WORST_FIRST)] = range(len(_WORST_FIRST))
    best = np.min([ranks[np.asarray(flags, int)] for flags in flag_rows], axis=0)
    return np.asarray(np.array(_WORST_FIRST, np.uint8)[best], np.uint8)


def _with_missing(flags: NDArray[np.int64], series: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.where(np.isnan(series), quality.MISSING, flags).astype(np.uint8)


def _beyond(
    flags: NDArray[np.int64], sizes: NDArray[np.float64], suspect: float | None, fail: float | None
) -> NDArray[np.int64]:
    for limit, flag in ((suspect, quality.SUSPECT), (fail, quality.FAIL)):
        if limit is not None:
            flags[sizes > limit] = flag
    return flags


def _lies_within(inner: Span, outer: Span) -> bool:
    bounds = ((outer.lowest, inner.lowest, 1), (outer.highest, inner.highest, -1))
    return all(far is None or (near is not None and (near - far) * way >= 0) for far, near, way in bounds)


def _in_period(times_s: NDArray[np.int64], period: str | None) -> NDArray[np.float64]:
    """Return the day of the year, ISO week, month or quarter of times in UTC; for no period the times."""
    check_choice("period", period, None, "dayofyear", "weekofyear", "month", "quarter")
    if period is None:
        return times_s.astype(float)
    days = times_s.astype("datetime64[s]").astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    if period == "month":
        return np.asarray(months.astype(int) % 12 + 1, float)
    if period == "quarter":
        return np.asarray(months.astype(int) % 12 // 3 + 1, float)
    if period == "dayofyear":
        return np.asarray((days - days.astype("datetime64[Y]")).astype(int) + 1, float)
    # Of the Thursday of its week: the first week of a year is the one with its first Thursday.
    weekday = (days.astype(int) + 3) % 7
    thursday = days + (3 - weekday)
    return np.asarray((thursday - thursday.astype("datetime64[Y]")).astype(int) // 7 + 1, float)


def _greatest(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(np.isnan(windows), -np.inf, windows).max(axis=1), float)


def _least(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(np.isnan(windows), np.inf, windows).min(axis=1), float)


def _variation(values: NDArray[np.float64], measure: str, lost: int) -> float:
    if measure == "range":
        return float(np.ptp(values))
    return float(np.std(values, ddof=lost)) if len(values) > lost else float("nan")
