"""Numbers of all countries: read where their column tells how, refused with both readings where none does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sera_store.errors import TableError
from sera_store.tables.numbers import DecimalMark, parse_number
from sera_store.tables.reader import table_of


def numbers(*cells: str, decimal: DecimalMark | None = None, missing: bool = False) -> list[float]:
    """Read the cells as the one column of a table."""
    text = "value\n" + "\n".join(f'"{cell}"' for cell in cells)
    table = table_of(text.encode(), "t.csv", decimal=decimal)
    return table.numbers([0], missing=missing)[:, 0].tolist()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1", "+2", "-3", "\u22124", "007"), [1, 2, -3, -4, 7]),
        (("0.5", "12.25", ".5", "3.", "2.7E-5", "1e3"), [0.5, 12.25, 0.5, 3, 2.7e-5, 1000]),
        (("0,5", "12,25", ",5", "2,7E-5"), [0.5, 12.25, 0.5, 2.7e-5]),
        # One cell of the column settles the others.
        (("1.234", "0,5"), [1234, 0.5]),
        (("1.234", "1.234.567"), [1234, 1234567]),
        (("1.234", "1.234,5"), [1234, 1234.5]),
        (("1.234", "0.5"), [1.234, 0.5]),
        (("1.234", "0.125"), [1.234, 0.125]),
        (("1.234", "1234.567"), [1.234, 1234.567]),
        (("1.234", "1,234.5"), [1.234, 1234.5]),
        (("1,234", "1,234,567"), [1234, 1234567]),
        (("1,234", "0,5"), [1.234, 0.5]),
        (("1,234", "2.5"), [1234, 2.5]),
        (
            ("1'234", "1\u2019234\u2019567.5", "1\u00a0234", "1\u202f234\u202f567"),
            [1234, 1234567.5, 1234, 1234567],
        ),
    ],
)
def test_a_column_tells_how_its_numbers_are_written(cells: tuple[str, ...], expected: list[float]) -> None:
    assert numbers(*cells) == expected


@pytest.mark.parametrize(
    "cells", [("1.000", "2.000"), ("12", "1.234"), ("1,234",), ("-1.234", "7"), ("123.456",)]
)
def test_a_mark_before_three_digits_alone_is_refused_with_both_readings(cells: tuple[str, ...]) -> None:
    with pytest.raises(TableError) as refusal:
        numbers(*cells)
    cell = next(cell for cell in cells if not cell.isdigit())
    whole, decimal = (float(cell.replace(",", ".").replace(".", by)) for by in ("", "."))
    assert f"{cell!r} can be read as {whole:g} or as {decimal:g}" in str(refusal.value)
    assert "(A" in str(refusal.value)


def test_who_says_what_stands_before_decimals_is_believed() -> None:
    assert numbers("1.000", "2", decimal=DecimalMark.COMMA) == [1000, 2]
    assert numbers("1.000", "2", decimal=DecimalMark.POINT) == [1, 2]
    with pytest.raises(TableError, match=r"found '0\.5'"):
        numbers("0.5", decimal=DecimalMark.COMMA)


@pytest.mark.parametrize("cells", [("0.5", "0,5"), ("1.234,5", "0.25"), ("1,234,567", "7,5")])
def test_cells_that_contradict_one_another_are_both_named(cells: tuple[str, str]) -> None:
    with pytest.raises(TableError) as refusal:
        numbers(*cells)
    for cell, place in zip(cells, ("A2", "A3"), strict=True):
        assert repr(cell) in str(refusal.value)
        assert place in str(refusal.value)


@pytest.mark.parametrize(
    "cell",
    [
        "x",
        "1_0",
        "nan",
        "inf",
        "1e400",
        "\u0661",
        "1.2.3",
        "12.34.567",
        "1,2,3",
        "1 234",
        "5 %",
        "--1",
        ".",
        "+",
        "1.234.56",
    ],
)
def test_what_is_no_number_is_refused_by_row_and_column(cell: str) -> None:
    assert math.isnan(parse_number(cell)) or math.isinf(parse_number(cell))
    with pytest.raises(TableError) as refusal:
        numbers("1", cell)
    assert f"row 3, column 'value' (A3): found {cell!r}; expected a number" in str(refusal.value)


def test_what_was_not_noted_is_missing_only_where_it_may_be() -> None:
    read = numbers("1", "NA", "NaN", "n/a", "#N/A", missing=True)
    assert np.isnan(read).tolist() == [False, True, True, True, True]
    with pytest.raises(TableError, match="found 'NA'"):
        numbers("1", "NA")


def test_a_reading_that_another_cell_settled_is_in_the_notes() -> None:
    table = table_of(b"n\n1.234\n0,5\n", "t.csv")
    table.numbers([0])
    (note,) = table.notes
    assert note.code == "two_readings"
    assert note.arguments == {"place": "row 2, column 'n' (A2)", "cell": "1.234", "number": "1234"}


def test_columns_of_one_quantity_settle_one_another() -> None:
    table = table_of(b"site;a;b\nelm;1.234;0,5\n", "t.csv")
    assert table.numbers([1, 2]).tolist() == [[1234, 0.5]]
    with pytest.raises(TableError, match=r"'1\.234' can be read as 1234 or as 1\.234"):
        table.numbers([1])
