"""Flag the values outside of what a garden calls usual, all the year or in a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_gateway.checks.limits_in_force import table_limit
from sera_quality import checks
from sera_quality.check_arguments import Span
from sera_store.registry.check_limits import LAST_OF_PERIOD
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours
    from sera_quality.limits import Climate, Limit


def climate_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each value by what is usual at its time of the year."""
    if not limit.climates:
        return np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    climates = [part for climate in limit.climates for part in _parts(climate)]
    return checks.climatology(column.values, column.times_s, climates)


def usual_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each value by what a garden calls usual instead of the table.

    Returns
    -------
    array
        SUSPECT outside of it, GOOD where only the table's span does not hold a value, else not evaluated.
    """
    flags = np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    usual = table_limit(column.name).usual
    if limit.usual != usual:
        is_usual, is_common = (_holds(span, column.values) for span in (limit.usual, usual))
        flags[is_usual & ~is_common] = quality.GOOD
        flags[~is_usual] = quality.SUSPECT
    return flags


def _holds(span: tuple[float, float], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (values >= span[0]) & (values <= span[1]) | np.isnan(values)


def _parts(climate: Climate) -> Iterator[checks.Climate]:
    """Split what goes on over New Year."""
    spans = [(climate.first, climate.last)]
    if climate.first > climate.last:
        spans = [(climate.first, LAST_OF_PERIOD[climate.period]), (1, climate.last)]
    for first, last in spans:
        yield checks.Climate(Span(first, last), Span(climate.lowest, climate.highest), period=climate.period)
