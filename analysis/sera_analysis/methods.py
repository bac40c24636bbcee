"""How each index is made and where the method is published: one table, written into every result."""

from __future__ import annotations

from typing import Final, NamedTuple

from sera_vocabulary import indices

VERSION: Final = "3"

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


class Method(NamedTuple):
    """How an index is made, in a few words, and the reference."""

    text: str
    reference: str = ""


METHODS: Final[dict[str, Method]] = {
    indices.EFFORT: Method("sum of the seconds that detectors were awake"),
    indices.VISITS_PER_HOUR: Method(
        "direct standardisation to 12 equal parts of the day in flight weather, mean of nodes",
        _STANDARDISATION,
    ),
    indices.PASSAGES_PER_HOUR: Method(
        "direct standardisation to 12 equal parts of the day in flight weather, mean of nodes",
        _STANDARDISATION,
    ),
    indices.GROUP_INCIDENCE: Method("share of watched days on which the group came", _HILL),
    indices.EFFECTIVE_GROUPS_Q1: Method("Hill number of order 1 of the groups' incidence", _HILL),
    indices.EFFECTIVE_GROUPS_Q2: Method("Hill number of order 2 of the groups' incidence", _HILL),
    indices.TOTAL_ACTIVITY: Method("sum of the visits counted"),
    indices.VISITS_PER_SURVEY: Method("visits over ten-minute counts, mean of counting places", _POMS),
    indices.RELATIVE_WETNESS: Method(
        "place of the daily mean between the probe's own 5th and 95th percentile, mean of nodes"
    ),
    indices.SOIL_MOISTURE_MEAN: Method("mean of calibrated daily means, mean of nodes"),
    indices.SOIL_TEMPERATURE_MEAN: Method("mean of daily means, mean of nodes"),
    indices.ACTIVITY_HALF_TIME: Method(
        "half of the visits over 12 equal parts from sunrise (0) to sunset (12) in flight weather, "
        "mean of nodes",
        _STANDARDISATION,
    ),
    indices.ACTIVITY_DAY_10: Method("weekly index of nodes and weeks by Poisson regression", _WEEKLY),
    indices.ACTIVITY_DAY_50: Method("weekly index of nodes and weeks by Poisson regression", _WEEKLY),
    indices.ACTIVITY_DAY_90: Method("weekly index of nodes and weeks by Poisson regression", _WEEKLY),
    indices.CORRECTED_VISITS: Method("counts over the chances of being named, by local labels", _SOLOW),
    indices.GROUP_USE: Method("site occupancy with imperfect detection, called use", _MACKENZIE),
    indices.VISITS_PER_FLOWER_HOUR: Method(
        "visits over flower units times hours, mean of counting places", _POMS
    ),
    indices.PEOPLE_TO_CAMERA: Method(
        "ratio of rates of paired counts", "Cochran 1977, Sampling Techniques, chapter 6"
    ),
    indices.PLANT_AVAILABLE_WATER: Method(
        "daily mean between wilting point and field capacity, mean of nodes", _SAXTON
    ),
    indices.DRYING_RATE: Method(
        "loss a day from the second day after rain or watering to the next, mean of nodes"
    ),
    indices.RELATIVE_DRYING_RATE: Method(
        "loss a day from the second day after rain or watering to the next, mean of nodes"
    ),
    indices.TEMPERATURE_SUM: Method("day degrees above 5 degrees, method 1, mean of nodes", _MCMASTER),
    indices.FROST_DAYS: Method("days whose coldest hourly mean is below 0 degrees, mean of nodes"),
    indices.HEAT_DAYS: Method("days whose warmest hourly mean is 30 degrees or more, mean of nodes"),
    indices.VISITS_DIFFERENCE: Method(
        "mean of same-day differences over the parts of the day that both watched", _STANDARDISATION
    ),
    indices.ACTION_EFFECT: Method("before-after-control-impact with circular shifts of the date", _BACI),
    indices.SOIL_CONDITION_DAYS: Method("days on which one named rule held, mean of nodes"),
    indices.NODES: Method("nodes with any reading in the window"),
    indices.EFFORT_A_THOUSAND: Method("hours of watching over residents, times 1000"),
    indices.EFFORT_GINI: Method(
        "sum_ij w_i w_j |x_i - x_j| / (2 W^2 mu) over districts, x hours of watching a resident, "
        "w residents; chance: each node put into a district at random, as residents are",
        "Gini 1921, The Economic Journal 31, doi 10.2307/2223319",
    ),
    indices.EFFORT_THEIL: Method(
        "mean of (x/mu) ln(x/mu) over gardens, x hours of watching, within and between districts",
        "Shorrocks 1980, Econometrica 48, doi 10.2307/1913126",
    ),
    indices.EFFORT_ATKINSON: Method(
        "1 - exp(sum w ln(x/mu) / W) over districts, x hours of watching a resident, w residents; aversion 1",
        "Atkinson 1970, Journal of Economic Theory 2, doi 10.1016/0022-0531(70)90039-6",
    ),
    indices.EFFORT_CONCENTRATION: Method(
        "2 cov(x, R) / mu over districts, x hours of watching a resident, R the residents' fractional rank "
        "from the least to the most deprived",
        "Kakwani, Wagstaff and van Doorslaer 1997, Journal of Econometrics 77, "
        "doi 10.1016/S0304-4076(96)01807-6; Erreygers 2009, doi 10.1016/j.jhealeco.2008.02.003",
    ),
}
