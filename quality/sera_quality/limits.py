"""What is usual of a measurement, and how it can move from one value to the next: one table for the ledger.

The spans are wide, for gardens from subpolar to hot climates: what a place finds unusual is a matter of its
own climatology. A spike is what a sensor or its wire does and what the quantity, with its inertia, does not
do within two hours.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sera_vocabulary import measurements as m

# Records further apart are no neighbours: by then the quantity itself may have moved so far.
REACH_S: Final = 7200
_HOUR_S: Final = 3600


class Limit(NamedTuple):
    """Limits of one measurement, in its unit.

    Parameters
    ----------
    usual
        Outside of it a value is suspect.
    suspect_spike, fail_spike
        Difference from both neighbours, in the same direction, beyond which it is suspect, or fails; None
        where any step is possible.
    still_s
        For how long [s] the very same number may come until it is suspect, and until it fails; None where
        the quantity itself, or the resolution of its sensors, may hold it for days.
    """

    usual: tuple[float, float]
    suspect_spike: float | None = None
    fail_spike: float | None = None
    still_s: tuple[int, int] | None = None


# The number that a day's course of temperature, pressure or counts leaves as it is comes from a sensor that
# reads no more. In a year of a TMS-4 (17,580 records of 15 minutes) raw counts stood still for 31 h at most.
_STILL_S: Final = (24 * _HOUR_S, 40 * _HOUR_S)

LIMITS: Final[dict[str, Limit]] = {
    # Soil buffers: at 8 cm depth even a cold downpour moves it by less than 4 degrees an hour. Under snow it
    # stands still at 0.06 degrees of resolution for days (55 h in that year), and so do the two above it.
    m.SOIL_TEMPERATURE: Limit((-15, 45), 4, 12),
    m.SURFACE_TEMPERATURE: Limit((-35, 75), 15, 35),
    m.NEAR_GROUND_TEMPERATURE: Limit((-40, 55), 10, 25),
    m.AIR_TEMPERATURE: Limit((-40, 48), 8, 20, _STILL_S),
    # Fog holds a sensor at its 100 % for days.
    m.AIR_HUMIDITY: Limit((3, 100), 40, 80),
    # The deepest fronts pass with some 10 hPa an hour.
    m.AIR_PRESSURE: Limit((600, 1085), 8, 25, _STILL_S),
    # Water comes at once and goes slowly: a single wet value between dry ones is none. A sensor that gives
    # whole percent stands still for weeks.
    m.SOIL_MOISTURE: Limit((0.005, 0.75), 0.15, 0.4),
    m.SOIL_MOISTURE_RAW: Limit((0, 65535), still_s=_STILL_S),
}

# What is computed from a value is no better than that: a temperature's compensation moves it nonetheless.
COMPUTED_FROM: Final = {m.SOIL_MOISTURE_RAW: m.SOIL_MOISTURE}
