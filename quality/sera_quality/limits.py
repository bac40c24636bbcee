"""What is usual of a measurement, and how far it can stand out from its neighbours: one table for the ledger.

The spans are wide, for gardens from subpolar to hot climates: what a place finds unusual is a matter of its
own climatology. A spike is what a sensor or its wire does and what the quantity, with its inertia, does not
do within two hours.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sera_vocabulary import measurements as m

# Records further apart are no neighbours: by then the quantity itself may have moved so far.
REACH_S: Final = 7200


class Limit(NamedTuple):
    """Limits of one measurement, in its unit.

    Parameters
    ----------
    usual
        Outside of it a value is suspect.
    suspect_spike, fail_spike
        Difference from both neighbours, in the same direction, beyond which it is suspect, or fails.
    """

    usual: tuple[float, float]
    suspect_spike: float
    fail_spike: float


LIMITS: Final[dict[str, Limit]] = {
    # Soil buffers: at 8 cm depth even a cold downpour moves it by less than 4 degrees an hour.
    m.SOIL_TEMPERATURE: Limit((-15, 45), 4, 12),
    m.SURFACE_TEMPERATURE: Limit((-35, 75), 15, 35),
    m.NEAR_GROUND_TEMPERATURE: Limit((-40, 55), 10, 25),
    m.AIR_TEMPERATURE: Limit((-40, 48), 8, 20),
    m.AIR_HUMIDITY: Limit((3, 100), 40, 80),
    # The deepest fronts pass with some 10 hPa an hour.
    m.AIR_PRESSURE: Limit((600, 1085), 8, 25),
    # Water comes at once and goes slowly: a single wet value between dry ones is none.
    m.SOIL_MOISTURE: Limit((0.005, 0.75), 0.15, 0.4),
}
