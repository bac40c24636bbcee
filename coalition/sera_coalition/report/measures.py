"""What the open report measures, by district or over all of them: one table."""

from __future__ import annotations

from typing import Final, NamedTuple

from sera_vocabulary import indices


class Measure(NamedTuple):
    """One quantity of the report.

    Parameters
    ----------
    name
        What claims and the file of the report call it.
    unit
        `%`, `/1000` (for each thousand residents), `h/1000`, `/h`, or `1` for an index or a number.
    decimals
        How many are published.
    is_by_district
        Whether it is said of each district; else of all of them together.
    is_of_sensors
        Whether it depends on where sensors happen to stand: then no districts are compared by it.
    """

    name: str
    unit: str
    decimals: int
    is_by_district: bool = True
    is_of_sensors: bool = False

    @property
    def step(self) -> float:
        """The last decimal that is published."""
        return float(10.0**-self.decimals)


WITHOUT_OUTLET: Final = "without_outlet"
OUTLETS_A_THOUSAND: Final = "outlets_a_thousand"
WITHOUT_GARDEN: Final = "without_garden"
GARDENS_A_THOUSAND: Final = "gardens_a_thousand"
OUTLETS_GINI: Final = "outlets_gini"
GARDENS_GINI: Final = "gardens_gini"

MEASURES: Final = (
    Measure(WITHOUT_OUTLET, "%", 0),
    Measure(OUTLETS_A_THOUSAND, "/1000", 2),
    Measure(WITHOUT_GARDEN, "%", 0),
    Measure(GARDENS_A_THOUSAND, "/1000", 2),
    Measure(OUTLETS_GINI, "1", 2, is_by_district=False),
    Measure(GARDENS_GINI, "1", 2, is_by_district=False),
    Measure(indices.NODES, "1", 0, is_of_sensors=True),
    Measure(indices.EFFORT_A_THOUSAND, "h/1000", 0, is_of_sensors=True),
    Measure(indices.VISITS_PER_HOUR, "/h", 2, is_of_sensors=True),
)
MEASURES_BY_NAME: Final = {measure.name: measure for measure in MEASURES}
# Of the measures of watching, those that the store keeps by district.
OF_SENSORS: Final = tuple(measure.name for measure in MEASURES if measure.is_of_sensors)
