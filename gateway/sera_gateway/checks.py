"""Checks of values after QARTOD: pure functions that give a flag and never change a value.

Reference: U.S. Integrated Ocean Observing System (2020), QARTOD manuals; flags as in
`sera_vocabulary.quality`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_vocabulary import quality

if TYPE_CHECKING:
    from sera_vocabulary.measurements import Measurement


def gross_range(value: float | None, measurement: Measurement) -> int:
    """Flag a value by the span that its measurement can have at all.

    Returns
    -------
    int
        GOOD inside the span, FAIL outside, MISSING for None.

    Examples
    --------
    >>> from sera_vocabulary.measurements import COLUMNS, SOIL_TEMPERATURE
    >>> gross_range(14.6, COLUMNS[SOIL_TEMPERATURE]), gross_range(900.0, COLUMNS[SOIL_TEMPERATURE])
    (1, 4)
    """
    if value is None:
        return quality.MISSING
    return quality.GOOD if measurement.lowest <= value <= measurement.highest else quality.FAIL
