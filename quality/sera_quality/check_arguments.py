"""Arguments of the checks: what fits no series is refused with what was found and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_NUMBERS = (int, float, np.integer, np.floating)


class Span(NamedTuple):
    """From lowest to highest, both of it; None for no bound."""

    lowest: float | None = None
    highest: float | None = None

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which values lie inside."""
        inside = ~np.isnan(values)
        if self.lowest is not None:
            inside &= values >= self.lowest
        if self.highest is not None:
            inside &= values <= self.highest
        return inside


def read_series(values: ArrayLike, label: str = "values") -> NDArray[np.float64]:
    """Read one series of numbers; what is not finite counts as missing.

    Raises
    ------
    ValueError
        They are no numbers, or a table of them.
    """
    try:
        series = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{label} {values!r:.80}; expected numbers, NaN for a missing one") from None
    if series.ndim != 1:
        raise ValueError(f"{label} have {series.ndim} dimensions; expected one series")
    series[~np.isfinite(series)] = np.nan
    return series


def read_beside(values: ArrayLike, series: NDArray[np.float64], label: str) -> NDArray[np.float64]:
    """Read a series that has one number for each of another's, or raise a ValueError."""
    beside = read_series(values, label)
    if len(beside) != len(series):
        raise ValueError(f"{len(beside)} {label} for {len(series)} values; expected one a value")
    return beside


def check_numbers(**numbers: object) -> None:
    """Raise a ValueError where one is no number from 0."""
    for name, number in numbers.items():
        if not (isinstance(number, _NUMBERS) and number >= 0):
            raise ValueError(f"{name} is {number!r}; expected a number from 0")


def check_limits(**limits: object) -> None:
    """Raise a ValueError where a limit is neither None nor a number from 0."""
    check_numbers(**{name: limit for name, limit in limits.items() if limit is not None})


def check_choice(name: str, word: object, *choices: str | None) -> None:
    """Raise a ValueError where a word cannot be chosen."""
    if word not in choices:
        raise ValueError(f"{name} is {word!r}; expected one of {', '.join(map(str, choices))}")


def check_span(span: object) -> None:
    """Raise a ValueError where a span has no two bounds, or ends before it begins; None is no span."""
    if span is None:
        return
    if not isinstance(span, Span) or not all(bound is None or isinstance(bound, _NUMBERS) for bound in span):
        raise ValueError(f"span {span!r}; expected a Span of two numbers, None for no bound")
    if span.lowest is not None and span.highest is not None and not span.lowest <= span.highest:
        raise ValueError(f"span {tuple(span)} ends before it begins; expected the lowest first")
