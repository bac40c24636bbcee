"""What all months of a garden say together: first days, hours by class, and the ends of its probes."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from sera_analysis.aggregates.gardens import class_hours
from sera_analysis.thresholds import POSITION_DAYS_LEAST

if TYPE_CHECKING:
    from sera_analysis.aggregates.gardens import GardenDays, ProbeDays, Watchers


class GardenSummary(msgspec.Struct, frozen=True):
    """What windows of a garden need to know of its other days.

    Parameters
    ----------
    first, after
        First day with a record, and the day after the last, as proleptic ordinals; 0 without any.
    beginnings
        First day on which cameras, beams and probes read, as ordinals; 0 for never.
    camera_hours, beam_hours
        Hours watched by comparability class.
    soil
        Digest of how each probe's wetness is found; it moves with each new day of soil readings.
    """

    first: int
    after: int
    beginnings: tuple[int, int, int]
    camera_hours: list[tuple[tuple[str, ...], float]]
    beam_hours: list[tuple[tuple[str, ...], float]]
    soil: str


def summarise(garden: GardenDays, present: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> GardenSummary:
    """Sum up what windows of a garden need to know of its other days.

    Parameters
    ----------
    garden
        The garden over all its months.
    present : array of bool, shape (days,)
        Days with any record.
    """
    first = garden.days.first.toordinal()
    there = np.flatnonzero(present)
    probes = min((probe.first_day for probe in garden.probes), default=garden.days.number)
    return GardenSummary(
        first + int(there[0]) if there.size else 0,
        first + int(there[-1]) + 1 if there.size else 0,
        (
            _beginning(garden.cameras, first),
            _beginning(garden.beams, first),
            first + probes if probes < garden.days.number else 0,
        ),
        sorted(class_hours(garden.cameras).items()),
        sorted(class_hours(garden.beams).items()),
        _soil_digest(garden.probes, first),
    )


def _beginning(watchers: Watchers, first: int) -> int:
    effort_days = np.flatnonzero((watchers.tally.effort_h > 0).any(axis=0))
    return first + int(effort_days[0]) if effort_days.size else 0


def _soil_digest(probes: list[ProbeDays], first: int) -> str:
    """Digest what a probe's wetness, or the reason for none, rests on beyond the days of a window."""
    enough = int(POSITION_DAYS_LEAST.value)
    rests_on = [
        (
            probe.node,
            probe.anchors,
            probe.direction,
            probe.calibrated,
            probe.is_scaled,
            first + probe.first_day,
            min(probe.observed_days, enough),
        )
        for probe in probes
    ]
    return blake2b(repr(rests_on).encode(), digest_size=8).hexdigest()
