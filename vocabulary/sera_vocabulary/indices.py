"""The figures that Sera makes from readings: one row an index, with its unit and what it may be called.

`label` is the display word, for hosts; `aspect` says which kind of detector may speak: a figure of
insect groups never comes from beams or microphones.
"""

from collections import namedtuple

Index = namedtuple("Index", ("name", "unit", "label", "aspect"))

# What a figure is about.
VISITORS = "visitors"
PASSERS = "passers"
SOIL_WATER = "soil_water"
SOIL_WARMTH = "soil_warmth"
WATCHING = "watching"
SHARING = "sharing"

EFFORT = "effort"
VISITS_PER_HOUR = "visits_per_hour"
PASSAGES_PER_HOUR = "passages_per_hour"
GROUP_INCIDENCE = "group_incidence"
EFFECTIVE_GROUPS_Q1 = "effective_groups_q1"
EFFECTIVE_GROUPS_Q2 = "effective_groups_q2"
TOTAL_ACTIVITY = "total_activity"
VISITS_PER_SURVEY = "visits_per_survey"
RELATIVE_WETNESS = "relative_wetness"
SOIL_MOISTURE_MEAN = "soil_moisture_mean"
SOIL_TEMPERATURE_MEAN = "soil_temperature_mean"
ACTIVITY_HALF_TIME = "activity_half_time"
ACTIVITY_DAY_10 = "activity_day_10"
ACTIVITY_DAY_50 = "activity_day_50"
ACTIVITY_DAY_90 = "activity_day_90"
CORRECTED_VISITS = "corrected_visits"
GROUP_USE = "group_use"
VISITS_PER_FLOWER_HOUR = "visits_per_flower_hour"
PEOPLE_TO_CAMERA = "people_to_camera"
PLANT_AVAILABLE_WATER = "plant_available_water"
DRYING_RATE = "drying_rate"
RELATIVE_DRYING_RATE = "relative_drying_rate"
TEMPERATURE_SUM = "temperature_sum"
FROST_DAYS = "frost_days"
HEAT_DAYS = "heat_days"
SOIL_CONDITION_DAYS = "soil_condition_days"
VISITS_DIFFERENCE = "visits_difference"
ACTION_EFFECT = "action_effect"
NODES = "nodes_with_readings"
EFFORT_A_THOUSAND = "effort_a_thousand"
EFFORT_GINI = "effort_gini"
EFFORT_THEIL = "effort_theil"
EFFORT_ATKINSON = "effort_atkinson"
EFFORT_CONCENTRATION = "effort_concentration"

INDICES = (
    Index(EFFORT, "h", "hours of watching", WATCHING),
    Index(VISITS_PER_HOUR, "1/h", "visits per hour of a standard day", VISITORS),
    Index(PASSAGES_PER_HOUR, "1/h", "passages per hour of a standard day", PASSERS),
    Index(GROUP_INCIDENCE, "1", "share of watched days on which the group came", VISITORS),
    Index(EFFECTIVE_GROUPS_Q1, "1", "effective number of insect groups (of 10), order 1", VISITORS),
    Index(EFFECTIVE_GROUPS_Q2, "1", "effective number of insect groups (of 10), order 2", VISITORS),
    Index(TOTAL_ACTIVITY, "1", "insect visits counted", VISITORS),
    Index(VISITS_PER_SURVEY, "1", "visits per ten-minute count", VISITORS),
    Index(RELATIVE_WETNESS, "1", "relative wetness, 0 dry to 1 wet for this probe", SOIL_WATER),
    Index(SOIL_MOISTURE_MEAN, "m3/m3", "mean soil moisture", SOIL_WATER),
    Index(SOIL_TEMPERATURE_MEAN, "Cel", "mean soil temperature", SOIL_WARMTH),
    Index(ACTIVITY_HALF_TIME, "1", "part of the day by which half of the visits have come", VISITORS),
    Index(ACTIVITY_DAY_10, "d", "day of the year by which a tenth of the visits had come", VISITORS),
    Index(ACTIVITY_DAY_50, "d", "day of the year by which half of the visits had come", VISITORS),
    Index(ACTIVITY_DAY_90, "d", "day of the year by which nine tenths of the visits had come", VISITORS),
    Index(CORRECTED_VISITS, "1", "visits set right for confusion between groups", VISITORS),
    Index(GROUP_USE, "1", "share of gardens that the group used", VISITORS),
    Index(VISITS_PER_FLOWER_HOUR, "1/h", "visits per flower unit and hour", VISITORS),
    Index(VISITS_DIFFERENCE, "1/h", "difference in visits per hour on the same days", VISITORS),
    Index(ACTION_EFFECT, "1/h", "change in visits per hour beyond that of other gardens", VISITORS),
    Index(PEOPLE_TO_CAMERA, "1", "visits that people see for each one a camera notices", VISITORS),
    Index(PLANT_AVAILABLE_WATER, "1", "plant-available water, 0 wilting to 1 full", SOIL_WATER),
    Index(DRYING_RATE, "m3/m3/d", "drying of calibrated soil a day after rain or watering", SOIL_WATER),
    Index(
        RELATIVE_DRYING_RATE,
        "1/d",
        "drying on the probe's own scale a day after rain or watering",
        SOIL_WATER,
    ),
    Index(TEMPERATURE_SUM, "Cel.d", "warmth of the soil above 5 degrees added up", SOIL_WARMTH),
    Index(FROST_DAYS, "d", "days with frost", SOIL_WARMTH),
    Index(HEAT_DAYS, "d", "days of 30 degrees and more", SOIL_WARMTH),
    Index(SOIL_CONDITION_DAYS, "d", "days on which the soil was in a named condition", SOIL_WARMTH),
    Index(NODES, "1", "nodes with readings", WATCHING),
    Index(EFFORT_A_THOUSAND, "h", "hours of watching for each thousand residents", SHARING),
    Index(EFFORT_GINI, "1", "unevenness of watching over residents (Gini)", SHARING),
    Index(EFFORT_THEIL, "1", "unevenness of watching over gardens (Theil)", SHARING),
    Index(EFFORT_ATKINSON, "1", "unevenness of watching over residents (Atkinson)", SHARING),
    Index(EFFORT_CONCENTRATION, "1", "concentration of watching by deprivation", SHARING),
)

INDICES_BY_NAME = {index.name: index for index in INDICES}
