"""The checks of a value among its neighbours: one table, for rows that come in order and for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_gateway.checks import series_flags
from sera_gateway.checks.climates import climate_flags, usual_flags
from sera_gateway.checks.flat_lines import flat_line_flags
from sera_gateway.checks.spikes import rate_flags, spike_flags
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours
    from sera_quality.limits import Limit


class Check(NamedTuple):
    """One check.

    Parameters
    ----------
    reason
        What the record's detail says of a value that does not pass.
    flags
        Flags the values of a column by a limit.
    """

    reason: str
    flags: Callable[[Neighbours, Limit], NDArray[np.uint8]]


# What these say of a value depends on the measure before and the one after it, on the run of equal values it
# is in, and on nothing else: rows that come in order are checked by them with nothing read beside them.
CHECKS: Final = (Check(series_flags.SPIKE, spike_flags), Check(series_flags.FLAT_LINE, flat_line_flags))
# What these say depends on a third measure, or on what a garden has of its own: rows that they may flag are
# looked at with all that is beside them.
FURTHER_CHECKS: Final = (
    Check(series_flags.RATE, rate_flags),
    Check(series_flags.CLIMATE, climate_flags),
    Check(series_flags.USUAL, usual_flags),
)


def is_bad(flags: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which values do not pass."""
    return np.asarray((flags == quality.SUSPECT) | (flags == quality.FAIL), bool)
