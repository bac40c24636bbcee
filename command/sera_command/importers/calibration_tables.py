"""Tables of soil calibrations: what `sera ingest --calibrations` makes of a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sera_store.registry.entities import Calibration
from sera_store.tables.names import fold_name
from sera_store.tables.reader import read_table
from sera_vocabulary import measurements

if TYPE_CHECKING:
    from pathlib import Path

SOIL_TYPE, REFERENCE = "soiltype", "ref"
# Lowest power first: moisture [m3/m3] = a * raw^2 + b * raw + c.
_COEFFICIENTS: Final = ("c", "b", "a")


def read_calibration(path: Path, soil_type: str) -> Calibration:
    """Read the polynomial of a soil type.

    Parameters
    ----------
    path
        A table with the columns soiltype, a, b, c, and perhaps ref.
    soil_type
        The name in soiltype, whatever its case.

    Returns
    -------
    Calibration
        From raw counts to moisture [m3/m3]; serial and dates are filled in for each probe.

    Raises
    ------
    TableError
        It is no such table, or the soil type does not stand there once; the message names row and column.
    """
    table = read_table(path)
    types = table.column(SOIL_TYPE, " for the soil types")
    rows = [row for row, name in enumerate(table.cells(types)) if fold_name(name) == fold_name(soil_type)]
    if not rows:
        raise table.error(
            -1,
            types,
            f"no row has the soil type {soil_type!r}; expected one of {', '.join(table.cells(types))}",
        )
    if len(rows) > 1:
        raise table.repeat_error((rows[0], types), (rows[1], types))
    (row,) = rows
    coefficients = []
    for name in _COEFFICIENTS:
        column = table.column(name, " for a coefficient")
        value = float(table.numbers([column], missing=True)[row, 0])
        if math.isnan(value):
            raise table.not_expected(row, column, "a coefficient, a number")
        coefficients.append(value)
    reference = table.find(REFERENCE)
    return Calibration(
        id="assumed-" + "-".join(soil_type.lower().split()),
        serial="any",
        source=measurements.SOIL_MOISTURE_RAW,
        target=measurements.SOIL_MOISTURE,
        coefficients=tuple(coefficients),
        valid_from_s=0,
        reference="" if reference is None else table.rows[row][reference],
        assumption=f"the soil is assumed to be {soil_type}; the logger's file does not say",
    )
