"""A straight calibration through two points, each of which may have been read several times."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Line(NamedTuple):
    """Quantity = offset + slope x raw value.

    Parameters
    ----------
    offset, slope
        In the quantity's unit, and in that a raw count.
    uncertainty
        Standard uncertainty of the quantity by how well the readings repeat, or None where each point was
        read once.
    """

    offset: float
    slope: float
    uncertainty: float | None


def two_points(first: Sequence[float], second: Sequence[float], values: tuple[float, float]) -> Line:
    """Lay a line through two points.

    Parameters
    ----------
    first, second
        Raw values read at each point; their mean is the point's.
    values
        The quantity at the first and at the second point.

    Returns
    -------
    Line
        Its uncertainty is the larger of the two standard errors of the means, times the slope: what the
        repeated readings say, and nothing of how straight the probe is or how alike soils are.

    Raises
    ------
    ValueError
        There is no reading of a point, one is no finite number, the second value is not above the first, or
        the points are not farther apart than their readings scatter.

    Examples
    --------
    >>> two_points([3000], [1000], (0.0, 0.4))
    Line(offset=0.6, slope=-0.0002, uncertainty=None)
    """
    if not first or not second or not all(map(math.isfinite, (*first, *second))):
        raise ValueError("a point has no reading, or one that is no number; expected one or more of each")
    if values[1] <= values[0]:
        raise ValueError(
            f"the wet point has {values[1]:g} and the dry one {values[0]:g}; expected more at the wet one"
        )
    low, high = statistics.fmean(first), statistics.fmean(second)
    scatter = max(_scatter(first), _scatter(second))
    if abs(high - low) <= 2 * scatter or high == low:
        raise ValueError(
            f"the points read {low:.6g} and {high:.6g}, no farther apart than their readings scatter "
            f"({scatter:.3g}); expected a clear difference: see that the probe is in the soil at both"
        )
    slope = (values[1] - values[0]) / (high - low)
    errors = [_scatter(point) / math.sqrt(len(point)) for point in (first, second) if len(point) > 1]
    return Line(
        round(values[0] - slope * low, 12),
        slope,
        abs(slope) * max(errors) if errors else None,
    )


def _scatter(readings: Sequence[float]) -> float:
    return statistics.stdev(readings) if len(readings) > 1 else 0.0
