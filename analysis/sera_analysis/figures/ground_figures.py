"""Figures about a garden's ground over months and longer: water, drying, warmth, named conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.figures.figures import Frame, Support, figure, missing_figure
from sera_analysis.figures.soil_figures import NO_PROBE, NOT_CALIBRATED
from sera_analysis.soil.soil_conditions import (
    CONDITIONS,
    WATER_CONDITIONS,
    warmth_conditions,
    water_conditions,
)
from sera_analysis.soil.soil_warmth import day_degrees, hourly_extremes
from sera_analysis.soil.soil_water import drying_rate, plant_available_water, wet_days
from sera_analysis.statistics.intervals import mean_interval
from sera_analysis.thresholds import FROST_CEL, HEAT_CEL, WARMTH_DAYS_SHARE
from sera_analysis.windows import LONG
from sera_quality.soil_texture import Texture, water_limits
from sera_store.local_clock import local_date
from sera_store.records.garden_actions import WATERING
from sera_vocabulary import indices
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_analysis.aggregates.gardens import GardenDays, ProbeDays
    from sera_analysis.diversity.samples import BoolArray, FloatArray
    from sera_quality.soil_texture import WaterLimits
    from sera_store.results.results import Result

GROUND_INDICES: Final = (
    indices.PLANT_AVAILABLE_WATER,
    indices.DRYING_RATE,
    indices.RELATIVE_DRYING_RATE,
    indices.TEMPERATURE_SUM,
    indices.FROST_DAYS,
    indices.HEAT_DAYS,
    indices.SOIL_CONDITION_DAYS,
)
NO_TEXTURE: Final = Reason.of("no_soil_texture")
NO_WETTING: Final = Reason.of("no_wetting")
NO_AIR: Final = Reason.of("no_air_thermometer")
NO_DAY: Final = Reason.of("no_full_day")


def ground_figures(frame: Frame, garden: GardenDays, support: Support) -> list[Result]:
    """Compute the ground figures of a garden over a month, a season or the span; none of shorter windows."""
    if frame.window.period not in LONG:
        return []
    limits, note = _limits(garden)
    of_soil = support.replace(notes=(*support.notes, note)) if note else support
    return [
        _plant_water(frame, garden, of_soil, limits),
        *_drying(frame, garden, support),
        _warmth_sum(frame, garden, support),
        *_air_days(frame, garden, support),
        *_conditions(frame, garden, of_soil, limits),
    ]


def _limits(garden: GardenDays) -> tuple[WaterLimits | None, Note | None]:
    """Wilting point and field capacity of a garden's soil, and the note on their source."""
    soil = garden.stated.soil
    if soil is None:
        return None, None
    limits = water_limits(Texture(soil.sand, soil.clay, soil.organic_matter_percent))
    shares = {"sand": soil.sand, "clay": soil.clay, "organic": soil.organic_matter_percent / 100}
    if not soil.source:
        return limits, Note.of("soil_limits_unsourced", **shares)
    return limits, Note.of("soil_limits", **shares, source=soil.source)


def _of_nodes(probes: list[ProbeDays], value: Callable[[ProbeDays], float]) -> dict[str, float]:
    """Mean of a number over each node's probes that have one."""
    by_node: dict[str, list[float]] = {}
    for probe in probes:
        if not np.isnan(number := value(probe)):
            by_node.setdefault(probe.node, []).append(number)
    return {node: float(np.mean(values)) for node, values in sorted(by_node.items())}


def _over_nodes(
    frame: Frame,
    index: str,
    nodes: dict[str, float],
    support: Support,
    reason: Reason,
    *,
    group: str = "",
    within: tuple[float, float] = (0.0, np.inf),
) -> Result:
    """Mean of the nodes' numbers, or the reason why there is none."""
    support = support.replace(n=len(nodes), n_of="nodes", parts=dict(nodes))
    if not nodes:
        return missing_figure(frame, index, reason, support, group=group)
    values = list(nodes.values())
    interval = mean_interval(
        values, unit_name="nodes", seed=frame.seed, replicates=frame.replicates, within=within
    )
    return figure(frame, index, sum(values) / len(values), interval, support, group=group)


def _plant_water(frame: Frame, garden: GardenDays, support: Support, limits: WaterLimits | None) -> Result:
    days = frame.window.days
    calibrated = [probe for probe in garden.probes if probe.calibrated]
    reason = _water_reason(garden, limits)

    def share(probe: ProbeDays) -> float:
        return _mean(plant_available_water(probe.moisture[days], limits)) if limits else np.nan

    nodes = {} if reason else _of_nodes(calibrated, share)
    support = support.replace(coverage=_coverage([probe.moisture[days] for probe in calibrated]))
    return _over_nodes(
        frame, indices.PLANT_AVAILABLE_WATER, nodes, support, reason or NO_DAY, within=(0.0, 1.0)
    )


def _water_reason(garden: GardenDays, limits: WaterLimits | None) -> Reason | None:
    if not garden.probes:
        return NO_PROBE
    if not any(probe.calibrated for probe in garden.probes):
        return NOT_CALIBRATED
    return NO_TEXTURE if limits is None else None


def wetted_days(garden: GardenDays) -> BoolArray | None:
    """Flag days with rain of 1 mm or a stated watering; None where neither is known; shape (days,)."""
    read = garden.air.rain_readings > 0
    rain = np.full(garden.days.number, np.nan)
    if read.any():
        most = np.where(read, garden.air.rain, -1.0).max(axis=0, initial=-1.0)
        rain = np.where(most >= 0, most, np.nan)
    watered = np.zeros(garden.days.number, dtype=bool)
    for action in garden.stated.actions:
        day = (local_date(action.time_s, garden.garden.timezone) - garden.days.first).days
        if action.kind == WATERING and 0 <= day < watered.size:
            watered[day] = True
    return wet_days(rain, watered) if read.any() or watered.any() else None


def _drying(frame: Frame, garden: GardenDays, support: Support) -> list[Result]:
    """Drying of calibrated probes in moisture, and of all probes on their own scale."""
    days, wetted = frame.window.days, wetted_days(garden)
    results = []
    for index, probes, quantity in (
        (indices.DRYING_RATE, [probe for probe in garden.probes if probe.calibrated], "moisture"),
        (indices.RELATIVE_DRYING_RATE, garden.probes, "wetness"),
    ):
        runs = (
            []
            if wetted is None
            else [drying_rate(getattr(probe, quantity)[days], wetted[days]) for probe in probes]
        )
        rates = {id(probe): run.rate for probe, run in zip(probes, runs, strict=False)}
        nodes = _of_nodes(probes, lambda probe, rates=rates: rates.get(id(probe), np.nan))  # type: ignore[misc]
        best = max(runs, key=lambda run: run.days, default=None)
        reason = (best.reason if best else None) or NO_DAY
        if not probes:
            reason = NO_PROBE if not garden.probes else NOT_CALIBRATED
        elif wetted is None:
            reason = NO_WETTING
        results.append(_over_nodes(frame, index, nodes, support, reason, within=(-np.inf, np.inf)))
    return results


def _warmth_sum(frame: Frame, garden: GardenDays, support: Support) -> Result:
    days, calendar_days = frame.window.days, frame.window.calendar_days
    support = support.replace(
        coverage=_coverage([probe.lowest[days] for probe in garden.probes]),
        notes=(*support.notes, Note.of("warmth_base")),
    )

    def warmth(probe: ProbeDays) -> float:
        degrees = day_degrees(probe.highest[days], probe.lowest[days])
        measured = degrees[~np.isnan(degrees)]
        enough = measured.size > 0 and measured.size >= WARMTH_DAYS_SHARE.value * calendar_days
        return float(measured.mean() * calendar_days) if enough else np.nan

    best = max((int(np.count_nonzero(~np.isnan(probe.lowest[days]))) for probe in garden.probes), default=0)
    needed = Reason.of("days_read_too_few", days=best, of=calendar_days, needed=WARMTH_DAYS_SHARE.value)
    nodes = _of_nodes(garden.probes, warmth)
    return _over_nodes(frame, indices.TEMPERATURE_SUM, nodes, support, needed if garden.probes else NO_PROBE)


def _air_days(frame: Frame, garden: GardenDays, support: Support) -> list[Result]:
    """Days with frost and with heat, by the air's hourly means."""
    days = frame.window.days
    lowest, highest = hourly_extremes(garden.air.readings[:, days], garden.air.total[:, days])
    is_measured = ~np.isnan(lowest)
    support = support.replace(coverage=_coverage(list(lowest)))
    results = []
    for index, is_extreme in (
        (indices.FROST_DAYS, lowest < FROST_CEL.value),
        (indices.HEAT_DAYS, highest >= HEAT_CEL.value),
    ):
        counts = {
            name: float(row.sum())
            for name, row, has_reading in zip(garden.air.nodes, is_extreme, is_measured, strict=True)
            if has_reading.any()
        }
        results.append(_over_nodes(frame, index, counts, support, NO_DAY if garden.air.nodes else NO_AIR))
    return results


def _conditions(
    frame: Frame, garden: GardenDays, support: Support, limits: WaterLimits | None
) -> list[Result]:
    """Days of each named condition, by the condition's name as the group."""
    days = frame.window.days
    days_by_node: dict[str, dict[str, list[float]]] = {name: {} for name in CONDITIONS}
    for probe in garden.probes:
        conditions = warmth_conditions(probe.temperature[days], probe.lowest[days])
        judged = dict.fromkeys(conditions, ~np.isnan(probe.temperature[days]))
        if probe.calibrated and limits is not None:
            of_water = water_conditions(probe.moisture[days], limits)
            conditions |= of_water
            judged |= dict.fromkeys(of_water, ~np.isnan(probe.moisture[days]))
        for name, rows in conditions.items():
            if judged[name].any():
                days_by_node[name].setdefault(probe.node, []).append(float(rows.sum()))
    water = _water_reason(garden, limits)
    return [
        _over_nodes(
            frame,
            indices.SOIL_CONDITION_DAYS,
            {node: float(np.mean(values)) for node, values in sorted(days_by_node[name].items())},
            support,
            (water if name in WATER_CONDITIONS else None) or (NO_DAY if garden.probes else NO_PROBE),
            group=name,
        )
        for name in CONDITIONS
    ]


def _mean(values: FloatArray) -> float:
    measured = values[~np.isnan(values)]
    return float(measured.mean()) if measured.size else np.nan


def _coverage(rows: list[FloatArray]) -> float:
    """Share of days on which any row is known."""
    if not rows or not rows[0].size:
        return 0.0
    return float((~np.isnan(np.stack(rows))).any(axis=0).mean())
