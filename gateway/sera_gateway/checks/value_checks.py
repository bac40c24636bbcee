"""The checks of a value among its neighbours: one table, for rows that come in order and for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_gateway.checks.flat_lines import flat_line_flags
from sera_gateway.checks.spikes import spike_flags
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours

FLAT_LINE: Final = "flat line"


class Check(NamedTuple):
    """One check.

    Parameters
    ----------
    reason
        What the record's detail says of a value that does not pass.
    flags
        Flags the values of a column. What it says of a value may depend on the measure before and the one
        after it, on the run of equal values it is in, and on nothing else.
    """

    reason: str
    flags: Callable[[Neighbours], NDArray[np.uint8]]


CHECKS: Final = (Check("spike", spike_flags), Check(FLAT_LINE, flat_line_flags))


def is_bad(flags: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which values do not pass."""
    return np.asarray((flags == quality.SUSPECT) | (flags == quality.FAIL), bool)
