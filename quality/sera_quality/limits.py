"""What is usual of a measurement, and how it can move from one value to the next: one table for the ledger.

The spans are wide, for gardens from subpolar to hot climates: what a place finds unusual is a matter of its
own climatology. A spike is what a sensor or its wire does and what the quantity, with its inertia, does not
do within two hours.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from sera_vocabulary import measurements as m
from sera_vocabulary.durations import HOUR_S

# Records further apart are no neighbours: by then the quantity itself may have moved so far.
REACH_S: Final = 7200


class Climate(NamedTuple):
    """What is usual in some months or quarters of the year (UTC).

    Parameters
    ----------
    period
        `month` or `quarter`.
    first, last
        From which to which one, both of them; a span that begins after its end goes on over New Year.
    lowest, highest
        Outside of them a value is suspect, in its unit.
    """

    period: Literal["month", "quarter"]
    first: int
    last: int
    lowest: float
    highest: float


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
    suspect_rate, fail_rate
        Change since the value before beyond which it is suspect, or fails [unit an hour]; a step shorter than
        an hour counts as an hour. None where any change is possible.
    rises_at_will
        Whether only a fall has a rate.
    suspect_apart, fail_apart
        Difference from the median of at least two other probes of the garden beyond which it is suspect, or
        fails; None where beds differ by more.
    suspect_air, fail_air
        Difference from the garden's air beyond which it is suspect, or fails [Cel]; None for no comparison.
    suspect_rise, fail_rise
        Rise since the value before beyond which it is suspect, or fails, where rain is measured, none fell
        and no watering is written down; None for no comparison.
    climates
        What is usual by month or quarter; of several that hold the last one counts. A climate belongs to a
        place: the table has none, gardens enter theirs.
    """

    usual: tuple[float, float]
    suspect_spike: float | None = None
    fail_spike: float | None = None
    still_s: tuple[int, int] | None = None
    suspect_rate: float | None = None
    fail_rate: float | None = None
    rises_at_will: bool = False
    suspect_apart: float | None = None
    fail_apart: float | None = None
    suspect_air: float | None = None
    fail_air: float | None = None
    suspect_rise: float | None = None
    fail_rise: float | None = None
    climates: tuple[Climate, ...] = ()


# The number that a day's course of temperature, pressure or counts leaves as it is comes from a sensor that
# reads no more. In a year of a TMS-4 (17,580 records of 15 minutes) raw counts stood still for 31 h at most.
_STILL_S: Final = (24 * HOUR_S, 40 * HOUR_S)

LIMITS: Final[dict[str, Limit]] = {
    # Soil buffers: at 8 cm depth even a cold downpour moves it by less than 4 degrees an hour. Twice that:
    # the probe was dug out. Under snow it stands still at 0.06 degrees of resolution for days (55 h in that
    # year), and so do the two above it. Bare soil in the sun and shade under shrubs differ by up to ten
    # degrees, soil under snow and the air above it by twenty.
    m.SOIL_TEMPERATURE: Limit((-15, 45), 4, 12, suspect_rate=8, suspect_apart=12, suspect_air=25),
    # Sun that comes out heats dry mulch by thirty degrees within an hour, beside shade that stays cool.
    m.SURFACE_TEMPERATURE: Limit((-35, 75), 15, 35, suspect_rate=40),
    m.NEAR_GROUND_TEMPERATURE: Limit((-40, 55), 10, 25, suspect_rate=30, suspect_apart=20, suspect_air=25),
    # The sharpest fronts bring some 15 degrees an hour; a shield in the sun reads ten too many.
    m.AIR_TEMPERATURE: Limit((-40, 48), 8, 20, _STILL_S, suspect_rate=20, suspect_apart=12),
    # Fog holds a sensor at its 100 % for days; the sun that lifts it takes half of that within an hour.
    m.AIR_HUMIDITY: Limit((3, 100), 40, 80, suspect_rate=70, suspect_apart=40),
    # The deepest fronts pass with some 10 hPa an hour; cheap sensors differ by up to 4 hPa.
    m.AIR_PRESSURE: Limit((600, 1085), 8, 25, _STILL_S, suspect_rate=15, suspect_apart=10),
    # Water comes at once and goes slowly: a single wet value between dry ones is none, and a loss of a
    # quarter within an hour is a probe in the air. A tenth from nowhere is a leak, a hose that nobody wrote
    # down, or a wire. Beds differ by all there is. A sensor that gives whole percent stands still for weeks.
    m.SOIL_MOISTURE: Limit((0.005, 0.75), 0.15, 0.4, suspect_rate=0.25, rises_at_will=True, suspect_rise=0.1),
    # Between two samples of the garden's own soil; a quarter beyond either is drier, or wetter, than those.
    m.SOIL_WETNESS: Limit((-0.25, 1.25)),
    m.SOIL_MOISTURE_RAW: Limit((0, 65535), still_s=_STILL_S),
}

# What is computed from a value is no better than that: a temperature's compensation moves it nonetheless.
COMPUTED_FROM: Final = {m.SOIL_MOISTURE_RAW: (m.SOIL_MOISTURE, m.SOIL_WETNESS)}

# How far values of two sensors may be apart [s] to be compared: half an hour, twice a usual interval.
PAIR_S: Final = 1800
# Rain and watering before a rise explain it for so long [s]: by then they are through the top of the soil.
WATER_S: Final = 3 * HOUR_S
# At least so many other probes make a median worth comparing with.
NEIGHBOURS_LEAST: Final = 2
# Where more nodes have ever stood, which is a field and no garden, none is compared with the others: the work
# grows with their square, and what is far apart is no measure.
COMPARED_MOST: Final = 16
