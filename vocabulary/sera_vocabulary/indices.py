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
)

INDICES_BY_NAME = {index.name: index for index in INDICES}
