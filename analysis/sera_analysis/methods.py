"""How each index is made and where the method is published: one table, written into every result."""

from __future__ import annotations

from typing import Final, NamedTuple

from sera_vocabulary import indices

VERSION: Final = "1"

_STANDARDISATION = (
    "Choi, de Guia and Walsh 1999, American Journal of Epidemiology 149, "
    "doi 10.1093/oxfordjournals.aje.a009763"
)
_HILL = "Chao et al. 2014, Ecological Monographs 84, doi 10.1890/13-0133.1"
_POMS = "UK Pollinator Monitoring Scheme, doi 10.5285/13aed7ac-334f-4bb7-b476-4f1c3da45a13"


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
}
