"""Tables of soil calibrations: the polynomial of one soil, from a table of any dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.importers.calibration_tables import read_calibration
from sera_store.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path

TABLE = (
    'soiltype,a,b,c,ref\nloam,-5e-08,0.000399,-0.2029,"Wild, 2019"\n'
    "silt loam,1.7E-08,0.000118,-0.1012,\npeat,,,,\n"
)


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        TABLE.replace('"Wild, 2019"', "Wild, 2019")
        .replace(",", ";")
        .replace(".", ",")
        .replace("; 2019", ", 2019"),
    ],
)
def test_a_soil_type_has_its_polynomial_lowest_power_first(tmp_path: Path, text: str) -> None:
    path = tmp_path / "soils.csv"
    path.write_text(text, encoding="utf-8")
    loam = read_calibration(path, "Loam")
    assert loam.coefficients == (-0.2029, 0.000399, -5e-8)
    assert loam.reference == "Wild, 2019"
    silt = read_calibration(path, "silt loam")
    assert (silt.coefficients, silt.reference, silt.id) == (
        (-0.1012, 0.000118, 1.7e-8),
        "",
        "assumed-silt-loam",
    )


@pytest.mark.parametrize(
    ("soil", "text", "message"),
    [
        ("clay", TABLE, "no row has the soil type 'clay'; expected one of loam, silt loam, peat"),
        ("peat", TABLE, "row 4, column 'c' (D4): found an empty cell; expected a coefficient"),
        ("loam", TABLE.replace("silt loam", "Loam"), "'Loam' repeats the name 'loam'"),
        ("loam", TABLE.replace(",c,", ",d,"), "row 1 has no column 'c' for a coefficient"),
        ("loam", TABLE.replace("-0.2029", "many"), "row 2, column 'c' (D2): found 'many'"),
    ],
)
def test_what_is_no_calibration_is_refused_by_row_and_column(
    tmp_path: Path, soil: str, text: str, message: str
) -> None:
    path = tmp_path / "soils.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as refusal:
        read_calibration(path, soil)
    assert message in str(refusal.value)


def test_the_published_calibrations_are_read(shared: Path) -> None:
    path = shared / "real" / "soil" / "tms_vwc_calibration_parameters.csv"
    assert read_calibration(path, "sandy loam A").coefficients == (-0.214921782, 0.000339449, -3.8e-08)
