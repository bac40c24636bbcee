"""Flag the values that stand out of their series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_quality.checks import spike
from sera_vocabulary import quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours


def spike_flags(column: Neighbours) -> NDArray[np.uint8]:
    """Flag each value that stands out of the good one before and after it."""
    limit = column.limit
    # By differences: against the mean of its neighbours a good value beside a spike would stand out too.
    flags = spike(column.values, limit.suspect_spike, limit.fail_spike, "differential")
    has_both = np.zeros(len(flags), bool)
    has_both[1:-1] = column.near[:-1] & column.near[1:]
    flags[~has_both] = quality.NOT_EVALUATED
    return flags
