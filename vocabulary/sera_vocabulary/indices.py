"""The figures that Sera makes from readings: one row an index, all that anybody must know of it.

`label` is the English display word (other languages translate `name.<index>` in `sera_words`), `aspect` what
the figure is about, `method` a code of `figure_codes.METHODS`, `reference` where the method is published.
`needs` are the detectors of which any one can give it, empty where none is needed: a figure of insect groups
never comes from beams or microphones. `is_share` marks shares that read best as percentages, `page_order`
the place among a garden's figures on a page, 0 for none.
"""

from collections import namedtuple

Index = namedtuple(
    "Index", ("name", "unit", "label", "aspect", "method", "reference", "needs", "is_share", "page_order")
)


def _row(
    name: str,
    unit: str,
    label: str,
    aspect: str,
    method: str,
    reference: str = "",
    *,
    needs: tuple[str, ...] = (),
    is_share: bool = False,
    page_order: int = 0,
) -> Index:
    return Index(name, unit, label, aspect, method, reference, tuple(needs), is_share, page_order)


# Detectors, as the registry names them.
CAMERA = "camera"
BEAM = "beam"
PERSON = "person"
_VISITS = (CAMERA, PERSON)

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

_STANDARDISATION = (
    "Choi, de Guia and Walsh 1999, American Journal of Epidemiology 149, "
    "doi 10.1093/oxfordjournals.aje.a009762"
)
_HILL = "Chao et al. 2014, Ecological Monographs 84, doi 10.1890/13-0133.1"
_POMS = "UK Pollinator Monitoring Scheme, doi 10.5285/13aed7ac-334f-4bb7-b476-4f1c3da45a13"

_WEEKLY = "Dennis et al. 2013, Methods in Ecology and Evolution 4, doi 10.1111/2041-210X.12053"
_SOLOW = "Solow, Davis and Hu 2001, Marine Ecology Progress Series 216, doi 10.3354/meps216309"
_MACKENZIE = "MacKenzie et al. 2002, Ecology 83, doi 10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2"
_BACI = "Stewart-Oaten, Murdoch and Parker 1986, Ecology 67, doi 10.2307/1939815"
_SAXTON = "Saxton and Rawls 2006, Soil Science Society of America Journal 70, doi 10.2136/sssaj2005.0117"
_MCMASTER = (
    "McMaster and Wilhelm 1997, Agricultural and Forest Meteorology 87, doi 10.1016/S0168-1923(97)00027-0"
)
_COCHRAN = "Cochran 1977, Sampling Techniques, chapter 6"
_GINI = "Gini 1921, The Economic Journal 31, doi 10.2307/2223319"
_SHORROCKS = "Shorrocks 1980, Econometrica 48, doi 10.2307/1913126"
_ATKINSON = "Atkinson 1970, Journal of Economic Theory 2, doi 10.1016/0022-0531(70)90039-6"
_KAKWANI = (
    "Kakwani, Wagstaff and van Doorslaer 1997, Journal of Econometrics 77, "
    "doi 10.1016/S0304-4076(96)01807-6; Erreygers 2009, doi 10.1016/j.jhealeco.2008.02.003"
)

INDICES = (
    _row(EFFORT, "h", "hours of watching", WATCHING, "awake_seconds"),
    _row(
        VISITS_PER_HOUR,
        "1/h",
        "visits per hour of a standard day",
        VISITORS,
        "standard_day",
        _STANDARDISATION,
        needs=(CAMERA,),
        page_order=1,
    ),
    _row(
        PASSAGES_PER_HOUR,
        "1/h",
        "passages per hour of a standard day",
        PASSERS,
        "standard_day",
        _STANDARDISATION,
        needs=(BEAM,),
        page_order=2,
    ),
    _row(
        GROUP_INCIDENCE,
        "1",
        "share of watched days on which the group came",
        VISITORS,
        "watched_day_share",
        _HILL,
        needs=_VISITS,
        is_share=True,
    ),
    _row(
        EFFECTIVE_GROUPS_Q1,
        "1",
        "effective number of insect groups (of 10), order 1",
        VISITORS,
        "hill_order_1",
        _HILL,
        needs=_VISITS,
        page_order=5,
    ),
    _row(
        EFFECTIVE_GROUPS_Q2,
        "1",
        "effective number of insect groups (of 10), order 2",
        VISITORS,
        "hill_order_2",
        _HILL,
        needs=_VISITS,
        page_order=6,
    ),
    _row(TOTAL_ACTIVITY, "1", "insect visits counted", VISITORS, "visit_sum", needs=_VISITS, page_order=4),
    _row(
        VISITS_PER_SURVEY,
        "1",
        "visits per ten-minute count",
        VISITORS,
        "survey_mean",
        _POMS,
        needs=(PERSON,),
        page_order=3,
    ),
    _row(
        RELATIVE_WETNESS,
        "1",
        "relative wetness, 0 dry to 1 wet for this probe",
        SOIL_WATER,
        "own_percentiles",
        is_share=True,
        page_order=7,
    ),
    _row(
        SOIL_MOISTURE_MEAN, "m3/m3", "mean soil moisture", SOIL_WATER, "calibrated_daily_means", page_order=8
    ),
    _row(SOIL_TEMPERATURE_MEAN, "Cel", "mean soil temperature", SOIL_WARMTH, "daily_means", page_order=9),
    _row(
        ACTIVITY_HALF_TIME,
        "1",
        "part of the day by which half of the visits have come",
        VISITORS,
        "half_of_standard_day",
        _STANDARDISATION,
        needs=(CAMERA,),
    ),
    _row(
        ACTIVITY_DAY_10,
        "d",
        "day of the year by which a tenth of the visits had come",
        VISITORS,
        "weekly_poisson",
        _WEEKLY,
        needs=(CAMERA,),
    ),
    _row(
        ACTIVITY_DAY_50,
        "d",
        "day of the year by which half of the visits had come",
        VISITORS,
        "weekly_poisson",
        _WEEKLY,
        needs=(CAMERA,),
    ),
    _row(
        ACTIVITY_DAY_90,
        "d",
        "day of the year by which nine tenths of the visits had come",
        VISITORS,
        "weekly_poisson",
        _WEEKLY,
        needs=(CAMERA,),
    ),
    _row(
        CORRECTED_VISITS,
        "1",
        "visits set right for confusion between groups",
        VISITORS,
        "label_correction",
        _SOLOW,
        needs=(CAMERA,),
    ),
    _row(
        GROUP_USE,
        "1",
        "share of gardens that the group used",
        VISITORS,
        "site_use",
        _MACKENZIE,
        needs=(CAMERA,),
    ),
    _row(
        VISITS_PER_FLOWER_HOUR,
        "1/h",
        "visits per flower unit and hour",
        VISITORS,
        "flower_survey_mean",
        _POMS,
        needs=(PERSON,),
    ),
    _row(
        VISITS_DIFFERENCE,
        "1/h",
        "difference in visits per hour on the same days",
        VISITORS,
        "same_day_differences",
        _STANDARDISATION,
        needs=(CAMERA,),
    ),
    _row(
        ACTION_EFFECT,
        "1/h",
        "change in visits per hour beyond that of other gardens",
        VISITORS,
        "before_after_control",
        _BACI,
        needs=(CAMERA,),
    ),
    _row(
        PEOPLE_TO_CAMERA,
        "1",
        "visits that people see for each one a camera notices",
        VISITORS,
        "paired_ratio",
        _COCHRAN,
        needs=_VISITS,
    ),
    _row(
        PLANT_AVAILABLE_WATER,
        "1",
        "plant-available water, 0 wilting to 1 full",
        SOIL_WATER,
        "available_water",
        _SAXTON,
    ),
    _row(
        DRYING_RATE,
        "m3/m3/d",
        "drying of calibrated soil a day after rain or watering",
        SOIL_WATER,
        "drying_runs",
    ),
    _row(
        RELATIVE_DRYING_RATE,
        "1/d",
        "drying on the probe's own scale a day after rain or watering",
        SOIL_WATER,
        "drying_runs",
    ),
    _row(
        TEMPERATURE_SUM,
        "Cel.d",
        "warmth of the soil above 5 degrees added up",
        SOIL_WARMTH,
        "degree_days",
        _MCMASTER,
    ),
    _row(FROST_DAYS, "d", "days with frost", SOIL_WARMTH, "frost_hours"),
    _row(HEAT_DAYS, "d", "days of 30 degrees and more", SOIL_WARMTH, "heat_hours"),
    _row(
        SOIL_CONDITION_DAYS,
        "d",
        "days on which the soil was in a named condition",
        SOIL_WARMTH,
        "condition_days",
    ),
    _row(NODES, "1", "nodes with readings", WATCHING, "node_count"),
    _row(
        EFFORT_A_THOUSAND,
        "h",
        "hours of watching for each thousand residents",
        SHARING,
        "hours_over_residents",
    ),
    _row(EFFORT_GINI, "1", "unevenness of watching over residents (Gini)", SHARING, "gini", _GINI),
    _row(EFFORT_THEIL, "1", "unevenness of watching over gardens (Theil)", SHARING, "theil", _SHORROCKS),
    _row(
        EFFORT_ATKINSON,
        "1",
        "unevenness of watching over residents (Atkinson)",
        SHARING,
        "atkinson",
        _ATKINSON,
    ),
    _row(
        EFFORT_CONCENTRATION,
        "1",
        "concentration of watching by deprivation",
        SHARING,
        "concentration",
        _KAKWANI,
    ),
)

INDICES_BY_NAME = {index.name: index for index in INDICES}
