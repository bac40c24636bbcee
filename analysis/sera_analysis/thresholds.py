"""Under which effort no figure is given, and why: one table, read by every index."""

from __future__ import annotations

from typing import Final, NamedTuple


class Threshold(NamedTuple):
    """One limit: its value in `unit` and the reason why it stands where it stands."""

    value: float
    unit: str
    reason: str


PARTS_OF_DAY: Final = 12

PART_EFFORT_LEAST_H: Final = Threshold(
    0.5, "h", "a part of the day seen for less than half an hour says more about luck than about the part"
)
PARTS_LEAST: Final = Threshold(
    10, "1", "insects keep hours; a day without two or more of its parts is another day, not a standard one"
)
RATE_EFFORT_LEAST_H: Final = Threshold(
    20.0, "h", "at one visit an hour, 20 h give a count of 20 and with it a relative error of about a fifth"
)
NODE_DAYS_LEAST: Final = Threshold(
    8, "1", "with fewer than 8 days of watching, one day more or less moves a frequency by over a tenth"
)
NODE_DAY_EFFORT_LEAST_H: Final = Threshold(
    3.0, "h", "a shorter watch misses groups that came, and would turn a short day into an absence"
)
BLOCKS_LEAST: Final = Threshold(
    8, "1", "resampling fewer than 8 blocks of days gives intervals that are too short"
)
BLOCK_DAYS_LEAST: Final = Threshold(
    6, "d", "with shorter blocks intervals hold under 85 % where days hang together by 0.8, and claim 95 %"
)
EFFECTIVE_DAYS_LEAST: Final = Threshold(
    8, "1", "days in a few long spells are worth fewer than 8 independent ones, as with blocks"
)
NO_SHORTFALL_DAYS_LEAST: Final = Threshold(
    150,
    "d",
    "below, intervals of these nodes hold 85 to 93 % where days hang together by 0.8, and say so",
)
BOOTSTRAP_UNITS_LEAST: Final = Threshold(
    20, "1", "below 20 units bootstrap intervals cover less than they claim; t intervals are used there"
)
TIME_UNCERTAINTY_MOST_S: Final = Threshold(
    1800.0, "s", "a time less certain than half an hour cannot be put into a part of the day"
)
DAY_UNCERTAINTY_MOST_S: Final = Threshold(
    21600.0, "s", "a time less certain than a quarter of a day may belong to another day"
)
WEATHER_DISTANCE_MOST_S: Final = Threshold(
    3600.0, "s", "weather measured more than an hour away says nothing about a watch"
)
POSITION_DAYS_LEAST: Final = Threshold(
    10, "1", "a probe must have seen wet and dry days before its own span means anything"
)
WETTING_SKEWNESS_LEAST: Final = Threshold(
    1.0, "1", "steps of noise alone are even; wetting shows as few large steps one way"
)
DAY_READINGS_LEAST: Final = Threshold(
    12, "1", "a daily mean needs readings through the day; every two hours is the coarsest"
)
INCIDENCE_BLOCK_D: Final = Threshold(
    5, "d", "a spell of weather lasts some days; at a correlation of 0.5, days five apart share a thirtieth"
)
WEEK_EFFORT_LEAST_H: Final = Threshold(
    3.0, "h", "a week seen for less than three hours is a gap; its few visits would pass for a quiet week"
)
SEASON_WEEKS_LEAST: Final = Threshold(
    8, "1", "tenths of a season need steps shorter than the season's own tenths, or nearly so"
)
SEASON_GAP_MOST: Final = Threshold(
    0.25, "1", "with more than a quarter of the weeks missing, a date says more about the gap than the season"
)
SEASON_EDGE_MOST: Final = Threshold(
    0.25, "1", "a season that was under way when the watching began or ended has no tenth that could be dated"
)
USE_SITES_LEAST: Final = Threshold(
    20, "1", "with fewer sites the share used and the chance to notice can hardly be told apart"
)
INTERVAL_FACTOR_MOST: Final = Threshold(
    10, "1", "a rate between a tenth and ten times of itself may be that of a poor garden or of a rich one"
)
LABELS_LEAST: Final = Threshold(
    20, "1", "a share from fewer than 20 labels is uncertain by more than a fifth either way"
)
PAIRS_LEAST: Final = Threshold(
    8, "1", "with fewer than 8 pairs one lucky count decides how people and detector compare"
)
CONFUSION_CONDITION_MOST: Final = Threshold(
    20, "1", "beyond, setting counts right multiplies their chance errors by more than it mends"
)
PAIRED_DAYS_LEAST: Final = Threshold(
    14, "d", "two weeks hold workdays and weekends, mowing and rest, of both gardens"
)
PAIRED_DAY_EFFORT_LEAST_H: Final = Threshold(
    2.0, "h", "at five visits an hour, two shared hours know a day's rate to a third"
)
PARTS_SHARED_LEAST: Final = Threshold(3, "1", "fewer shared parts of the day compare moments, not days")
CONTROLS_LEAST: Final = Threshold(
    3, "1", "with one or two controls, what befell a control passes for the action's effect"
)
ACTION_DAYS_LEAST: Final = Threshold(10, "d", "fewer days before or after are one spell of weather")
ACTION_SHIFTS_LEAST: Final = Threshold(
    40, "d", "the true date is one of the dates tried; under 40 of them, 1 in 20 is two dates or one"
)
RAIN_DAY_LEAST_MM: Final = Threshold(
    1.0, "mm", "a wet day as meteorologists count them; less wets leaves, not soil"
)
DRYING_RUN_LEAST_D: Final = Threshold(2, "d", "the fall between two neighbouring daily means is mostly noise")
DRYING_DAYS_LEAST: Final = Threshold(
    6, "d", "drying follows the weather; a few days tell of that weather alone"
)
EXTREME_HOURS_LEAST: Final = Threshold(
    20, "h", "the coldest hour comes before sunrise; a day not read round the clock may have missed it"
)
WARMTH_DAYS_SHARE: Final = Threshold(
    0.9, "1", "a sum over days is too small by those that were not read; up to a tenth is filled by the mean"
)
FROST_CEL: Final = Threshold(0.0, "Cel", "water freezes")
HEAT_CEL: Final = Threshold(30.0, "Cel", "a hot day of the World Meteorological Organization's usage (TX30)")
GROWING_SOIL_CEL: Final = Threshold(5.0, "Cel", "below, roots of temperate plants take up next to nothing")
HOT_SOIL_CEL: Final = Threshold(30.0, "Cel", "above, root growth of most temperate plants falls off")
STRESS_WATER_SHARE: Final = Threshold(
    0.5, "1", "FAO 56: most garden plants are short of water below half of what is available"
)
WATERLOGGED_ABOVE_CAPACITY: Final = Threshold(
    0.05, "m3/m3", "more than draining soil holds for a day, by more than a calibration's usual error"
)
RAIN_LEAST_MM: Final = Threshold(0.2, "mm", "one tip of a common tipping-bucket rain gauge")
FLIGHT_CLEAR_CEL: Final = Threshold(
    13.0, "Cel", "UK PoMS: FIT counts at 13 degC and more where at least half of the sky is clear"
)
FLIGHT_CLOUDY_CEL: Final = Threshold(15.0, "Cel", "UK PoMS: FIT counts at 15 degC and more under any sky")
CLEAR_SKY_SHARE: Final = Threshold(
    0.5, "1", "at least half of the light of a clear sky stands for at least half of the sky clear"
)

# A PoMS FIT count lasts ten minutes; where a file gives only how many were made, minutes are inferred.
SURVEY_MINUTES: Final = 10.0

DISTRICT_NODES_LEAST: Final = Threshold(
    5, "1", "with fewer than 5 nodes a district's figure is that of a few hosts, who could be recognised"
)
DISTRICTS_LEAST: Final = Threshold(
    5, "1", "how evenly something is shared out among fewer than 5 says mostly how few they are"
)
