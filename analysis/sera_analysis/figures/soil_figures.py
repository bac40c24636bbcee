"""Figures about soil water and warmth, of one garden or of a community's gardens, over one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace

from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
from sera_analysis.soil.probe_means import FIELDS
from sera_analysis.soil.soil import no_wetness_reason
from sera_analysis.statistics.intervals import mean_interval
from sera_vocabulary import indices
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.garden_parts import ProbeDays
    from sera_analysis.aggregates.garden_set import GardenSet
    from sera_store.results.results import Result

NO_PROBE = Reason.of("no_soil_probe")
NOT_CALIBRATED = Reason.of("no_calibrated_probe")
NO_DAY = Reason.of("no_soil_day")
RELATIVE = Note.of("own_scale")
BY_SKEW = Note.of("direction_inferred")
WHY_LEFT_OUT: Final = ("failed", "missing")
SPANS: dict[str, tuple[float, float]] = {
    indices.RELATIVE_WETNESS: (0.0, 1.0),
    indices.SOIL_MOISTURE_MEAN: (0.0, 1.0),
    indices.SOIL_TEMPERATURE_MEAN: (-np.inf, np.inf),
}


def soil_figure(
    frame: Frame,
    index: str,
    means: dict[str, float],
    support: Support,
    *,
    unit: str,
    missing: Reason | None,
) -> Result:
    """Mean of the units' means, or why there is none."""
    parts = dict(sorted(means.items()))
    support = replace(support, n=len(means), n_of=unit, parts=parts)
    if not means:
        return missing_figure(frame, index, missing or NO_DAY, support)
    values = list(parts.values())
    interval = mean_interval(
        values, unit_name=unit, seed=frame.seed, replicates=frame.replicates, within=SPANS[index]
    )
    return figure(frame, index, sum(values) / len(values), interval, support)


def no_soil_reason(probes: list[ProbeDays], index: str) -> Reason:
    """Return what a garden lacks for a soil figure."""
    if not probes:
        return NO_PROBE
    if index == indices.SOIL_MOISTURE_MEAN and not any(probe.calibrated for probe in probes):
        return NOT_CALIBRATED
    if index == indices.RELATIVE_WETNESS and all(np.isnan(probe.wetness).all() for probe in probes):
        best = max(probes, key=lambda probe: probe.observed_days)
        return no_wetness_reason(best.observed_days, best.direction)
    return NO_DAY


def set_notes(gardens: GardenSet, index: str, days: slice) -> tuple[Note, ...]:
    """Return what a reader of a soil figure of some gardens and days must know."""
    key = ("soil notes", index)
    if key not in gardens.cache:
        gardens.cache[key] = soil_notes(gardens.probes, index)
    notes: tuple[Note, ...] = gardens.cache[key]
    failed, missing = (gardens.soil_values_left_out(FIELDS[index], why, days) for why in WHY_LEFT_OUT)
    if failed:
        notes = (*notes, Note.of("soil_values_failed", values=failed))
    return (*notes, Note.of("soil_values_missing", values=missing)) if missing else notes


def soil_notes(probes: list[ProbeDays], index: str) -> tuple[Note, ...]:
    """Return what a reader of a soil figure must know."""
    if index != indices.RELATIVE_WETNESS:
        return ()
    inferred = any(
        not (probe.calibrated or probe.is_scaled) and not np.isnan(probe.wetness).all() for probe in probes
    )
    return (RELATIVE, BY_SKEW) if inferred else (RELATIVE,)
