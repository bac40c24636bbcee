"""Give a record taken before the clock was known its time, from the nearest clock synchronisation."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_vocabulary.messages import UTC_FIRST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.keys import Anchor

# Crystals of the boards are specified to 20 to 30 ppm; heat and age take the rest.
DRIFT_PPM: Final = 50


class Dating(NamedTuple):
    """A time found for a record: Unix time [s], its uncertainty [s], and the anchor it came from."""

    time_s: int
    uncertainty_s: int
    anchor_seq: int


def date(uptime_s: int, anchors: Sequence[Anchor]) -> Dating | None:
    """Date a record by the anchor of its boot that is nearest in uptime.

    Parameters
    ----------
    uptime_s
        Time since boot at which the record was taken [s].
    anchors
        Clock synchronisations of the same node, epoch and boot.

    Returns
    -------
    Dating or None
        None without an anchor, or where the time would lie before any record of ours. The uncertainty grows
        with the distance to the anchor by 50 parts in a million.
    """
    if not anchors:
        return None
    nearest = min(anchors, key=lambda anchor: (abs(anchor.uptime_s - uptime_s), anchor.seq))
    time_s = nearest.utc_s + uptime_s - nearest.uptime_s
    if time_s < UTC_FIRST_S:
        return None
    drift_s = ceil(abs(nearest.uptime_s - uptime_s) * DRIFT_PPM / 1_000_000)
    return Dating(time_s, nearest.uncertainty_s + drift_s, nearest.seq)
