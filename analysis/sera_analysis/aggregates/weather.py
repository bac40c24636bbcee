"""Flight weather after UK PoMS, judged from a garden's own air readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.aggregates.sun import clear_sky_illuminance_lx, solar_elevation_deg
from sera_analysis.thresholds import (
    CLEAR_SKY_SHARE,
    FLIGHT_CLEAR_CEL,
    FLIGHT_CLOUDY_CEL,
    RAIN_LEAST_MM,
    WEATHER_DISTANCE_MOST_S,
)
from sera_store.calendar import intervals_of
from sera_words.statements import Note

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import BoolArray, FloatArray, IntArray

UNKNOWN, GROUNDED, FLIGHT = -1, 0, 1
SLOT_S = 1800

RAIN_NOT_MEASURED = Note.of("rain_unmeasured")
LIGHT_NOT_MEASURED = Note.of("light_unmeasured")


@dataclass(frozen=True, eq=False)
class AirReadings:
    """Air readings of one garden, a row each; not a number where a quantity was not measured.

    Parameters
    ----------
    node : array of int, shape (n,)
        Which node read.
    time_s : array, shape (n,)
        Unix time [s].
    temperature_cel, illuminance_lx, rainfall_mm : array, shape (n,)
        Air temperature [degC], light [lx], rain since the reading before [mm].
    nodes : tuple of str
        Names of the nodes.
    """

    node: IntArray
    time_s: FloatArray
    temperature_cel: FloatArray
    illuminance_lx: FloatArray
    rainfall_mm: FloatArray
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Weather:
    """Weather class by half-hour slot, for slots with readings, sorted by time; where rain or light lacks."""

    slot: IntArray
    flight: IntArray
    no_rain: BoolArray
    no_light: BoolArray

    def unmeasured(self, midnights: IntArray) -> tuple[BoolArray, BoolArray]:
        """Return on which local days some slot had no reading of rain, and of light; shapes (days,).

        Parameters
        ----------
        midnights : array of int, shape (days + 1,)
            Unix times at which the local days begin [s].
        """
        day = intervals_of(midnights, self.slot * SLOT_S + SLOT_S // 2)
        inside = (day >= 0) & (day < midnights.size - 1)
        flags = []
        for lacking in (self.no_rain, self.no_light):
            days = np.zeros(midnights.size - 1, dtype=bool)
            days[day[inside & lacking]] = True
            flags.append(days)
        return flags[0], flags[1]

    def at(self, time_s: FloatArray) -> IntArray:
        """Weather class of the slot nearest to each time [s]; unknown beyond an hour."""
        if self.slot.size == 0:
            return np.full(np.shape(time_s), UNKNOWN, dtype=np.int64)
        middle = self.slot * float(SLOT_S) + SLOT_S / 2
        right = np.clip(np.searchsorted(middle, time_s), 0, middle.size - 1)
        left = np.maximum(right - 1, 0)
        nearest = np.where(np.abs(middle[left] - time_s) <= np.abs(middle[right] - time_s), left, right)
        near = np.abs(middle[nearest] - time_s) <= WEATHER_DISTANCE_MOST_S.value + SLOT_S / 2
        return np.where(near, self.flight[nearest], UNKNOWN)


def flight_weather(
    temperature_cel: FloatArray, illuminance_lx: FloatArray, rainfall_mm: FloatArray, clear_lx: FloatArray
) -> IntArray:
    """Return where insects could fly: 1 flight weather, 0 grounded, -1 unknown for want of a temperature.

    Parameters
    ----------
    temperature_cel, illuminance_lx, rainfall_mm : array, shape (n,)
        Air temperature [degC], light [lx] and rain [mm]; not a number where not measured.
    clear_lx : array, shape (n,)
        Light that a clear sky would give [lx].

    Returns
    -------
    array of int, shape (n,)
        The class of each reading.

    Notes
    -----
    Flight weather is dry and at least 13 degC under a clear sky or 15 degC under any. A sky counts as clear
    from half of a clear sky's light. Without light the sky counts as cloudy; without rain it counts as dry.

    References
    ----------
    UK Pollinator Monitoring Scheme, Flower-Insect Timed Count: survey guidance, UKCEH.
    """
    clear = (illuminance_lx >= CLEAR_SKY_SHARE.value * clear_lx) & (clear_lx > 0)
    warm = temperature_cel >= np.where(clear, FLIGHT_CLEAR_CEL.value, FLIGHT_CLOUDY_CEL.value)
    wet = rainfall_mm >= RAIN_LEAST_MM.value
    classes = np.where(warm & ~wet, FLIGHT, GROUNDED)
    return np.where(np.isnan(temperature_cel), UNKNOWN, classes).astype(np.int64)


def garden_weather(air: AirReadings, latitude: float, longitude: float) -> Weather:
    """Class a garden's weather by half-hour slot: median over nodes of temperature, light and rain.

    Each node gives one mean temperature and light and one sum of rain a slot, so that a node that reads
    more often weighs no more; the median keeps one node in full sun from deciding. A class is no sum: it
    takes all that a reading says, its rain too, for the half hour in which it was read.
    """
    slot = np.floor(air.time_s / SLOT_S).astype(np.int64)
    slots, slot_of = np.unique(slot, return_inverse=True)
    nodes = int(air.node.max()) + 1 if air.node.size else 0
    temperature = _by_slot(slot_of, air.node, air.temperature_cel, slots.size, nodes, mean=True)
    light = _by_slot(slot_of, air.node, air.illuminance_lx, slots.size, nodes, mean=True)
    rain = _by_slot(slot_of, air.node, air.rainfall_mm, slots.size, nodes, mean=False)
    middle = (slots * SLOT_S + SLOT_S // 2).astype(np.float64)
    clear = clear_sky_illuminance_lx(solar_elevation_deg(middle, latitude, longitude))
    flight = flight_weather(temperature, light, rain, clear)
    return Weather(slots, flight, np.isnan(rain), np.isnan(light))


def _by_slot(
    slot_of: IntArray, node: IntArray, values: FloatArray, slots: int, nodes: int, *, mean: bool
) -> FloatArray:
    """Gather values to (slots, nodes) and take the median over nodes that measured; shape (slots,)."""
    has_value = ~np.isnan(values)
    cell = slot_of[has_value] * nodes + node[has_value]
    number = np.bincount(cell, minlength=slots * nodes).reshape(slots, nodes)
    total = np.bincount(cell, weights=values[has_value], minlength=slots * nodes).reshape(slots, nodes)
    node_values = np.where(number > 0, total / np.maximum(number, 1) if mean else total, np.nan)
    median = np.full(slots, np.nan)
    measured = (number > 0).any(axis=1)
    if measured.any():
        median[measured] = np.nanmedian(node_values[measured], axis=1)
    return median
