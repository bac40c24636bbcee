"""All figures of inequality of one table, each with its value or the reason why it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from sera_analysis.statistics import equity
from sera_words.statements import TableReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray

AVERSIONS: Final = {"0.5": 0.5, "1": 1.0, "2": 2.0}

ALL_ZERO: Final = TableReason.of("values_sum_to_zero")
ONE_UNIT: Final = TableReason.of("sample_correction_of_one")
NO_GROUPS: Final = TableReason.of("no_group_column")


class Inequality(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of inequality; `None` where one is undefined, with the reason under its path.

    Parameters
    ----------
    gini, gini_sample_corrected
        Of equal units, in the population form and times n/(n - 1).
    gini_weighted, theil_t, theil_l, hoover, lorenz
        With the weights; of equal units where there are none.
    theil_t_within, theil_t_between
        Parts of `theil_t` within and between groups.
    atkinson
        With the weights, by aversion 0.5, 1 and 2.
    reasons
        Why a figure is None, by path: `theil_l`, `atkinson.1`.
    """

    gini: float | None
    gini_sample_corrected: float | None
    gini_weighted: float | None
    theil_t: float | None
    theil_l: float | None
    theil_t_within: float | None
    theil_t_between: float | None
    atkinson: dict[str, float | None]
    hoover: float | None
    lorenz: list[list[float]] | None
    reasons: dict[str, TableReason]

    def to_builtins(self) -> dict[str, Any]:
        """Turn into what JSON is made of."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def inequality(
    values: ArrayLike, weights: ArrayLike | None = None, groups: Sequence[str] | None = None
) -> Inequality:
    """Compute all figures of inequality of one table.

    Parameters
    ----------
    values, weights : array, shape (n,)
        What each unit has, and how many it stands for; equal weights by default.
    groups
        The group of each unit, for Theil's parts.

    Raises
    ------
    InvalidSampleError
        Where a value or weight is negative or not finite, or their numbers differ.

    Examples
    --------
    >>> inequality([0, 0, 0, 10]).reasons["theil_l"]
    TableReason(code='zeros_without_logarithm', arguments={'zeros': 3, 'of': 4})
    """
    x, w = equity.checked(values, weights)
    curve = equity.lorenz(x, w)
    parts = None if groups is None else equity.theil_t_parts(x, groups, w)
    figures = {
        "gini": equity.gini(x),
        "gini_sample_corrected": equity.gini_sample_corrected(x),
        "gini_weighted": equity.gini(x, w),
        "theil_t": equity.theil_t(x, w),
        "theil_l": equity.theil_l(x, w),
        "theil_t_within": np.nan if parts is None else parts.within,
        "theil_t_between": np.nan if parts is None else parts.between,
        "hoover": equity.hoover(x, w),
        **{f"atkinson.{name}": equity.atkinson(x, at, w) for name, at in AVERSIONS.items()},
    }
    numbers = {path: None if np.isnan(value) else float(value) for path, value in figures.items()}
    reasons = {path: _reason(path, x, w) for path, value in numbers.items() if value is None}
    if np.isnan(curve).any():
        reasons["lorenz"] = ALL_ZERO
    return Inequality(
        atkinson={name: numbers.pop(f"atkinson.{name}") for name in AVERSIONS},
        lorenz=None if "lorenz" in reasons else curve.tolist(),
        reasons=reasons,
        **numbers,
    )


def _reason(path: str, x: FloatArray, w: FloatArray) -> TableReason:
    """Return why a figure is undefined."""
    is_shared = bool(((w > 0) & (x > 0)).any())
    if path.startswith("theil_t_") and is_shared:
        return NO_GROUPS
    if path == "gini_sample_corrected" and x.size == 1:
        return ONE_UNIT
    if path == "theil_l" and is_shared:
        counted = w > 0
        zeros = int((x[counted] == 0).sum())
        return TableReason.of("zeros_without_logarithm", zeros=zeros, of=int(counted.sum()))
    return ALL_ZERO
