"""Give a record taken before the clock was known its time, from the nearest clock synchronisation."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_vocabulary.messages import UTC_FIRST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.records.keys import Anchor, Neighbour

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


class Bracket(NamedTuple):
    """Where a boot without any anchor lies: its start and uncertainty [s], and its neighbours."""

    start_s: int
    uncertainty_s: int
    before_seq: int
    after_seq: int

    def date(self, uptime_s: int) -> Dating | None:
        """Date a record of the boot; None where the time would lie before any record of ours."""
        time_s = self.start_s + uptime_s
        return Dating(time_s, self.uncertainty_s, self.before_seq) if time_s >= UTC_FIRST_S else None


def bracket(uptimes_s: tuple[int, int], before: Neighbour, after: Neighbour) -> Bracket:
    """Place a boot without any anchor between the records before and after it.

    Parameters
    ----------
    uptimes_s
        Least and greatest uptime of the boot's records [s].
    before, after
        The nearest records with a time from a clock.

    Returns
    -------
    Bracket
        The middle of the span in which the boot can have started, with half of the span as uncertainty.

    Examples
    --------
    >>> from sera_store.records.keys import Neighbour
    >>> bracket((60, 660), Neighbour(3, 1_000_000_000, 2), Neighbour(9, 1_000_010_600, 2)).start_s
    1000004940
    """
    earliest_s = before.time_s - uptimes_s[0]
    latest_s = after.time_s - uptimes_s[1]
    half_s = ceil(abs(latest_s - earliest_s) / 2)
    uncertainty_s = half_s + max(before.uncertainty_s, after.uncertainty_s)
    return Bracket((earliest_s + latest_s) // 2, uncertainty_s, before.seq, after.seq)
