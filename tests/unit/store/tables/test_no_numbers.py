"""Cells without a number: what the message says that they are; and dates that are names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_store.errors import TableError
from sera_store.tables.dates import check_dates_alike
from sera_store.tables.no_numbers import explain_no_number
from sera_store.tables.numbers import DecimalMark, parse_number
from sera_store.tables.reader import table_of


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ("#DIV/0!", "#REF!", "#WERT!", "#NAME?", "#¡DIV/0!", "Err:502"),
            "an error of a spreadsheet's formula",
        ),
        (("NA", "n/a", "n.d.", "k.A.", "#N/A", "#NV", "NaN"), "not noted, which is no zero"),
        (("-", "–", "—", "?", ".", "--"), "none or not noted"),
        (("<5", "> 10", "≤5", "10+", "3?", "~15", "ca. 15", "about 20"), "a bound or a guess"),
        (("41%", "41 %", "0,5 %"), "a share in percent"),
        (
            ("3-Apr", "3. Apr", "4. Mai", "Apr 26", "03.04.2026", "2026-05-01", "3/4/26", "12-déc"),
            "It is a date",
        ),
        (("3-4", "10–20", "3/5", "3 to 4"), "two numbers"),
        (("00:10:00", "0:10", "2:30 pm"), "a time or duration"),
        (("1 234", "12 345 678", "1 234,5"), "blanks between its digits"),
        (("10 min", "0.4 km", "12,5g", "1.234,50 €", "€ 12", "21 °C"), "a number with a unit"),
    ],
)
def test_a_message_says_what_a_cell_is(cells: tuple[str, ...], words: str) -> None:
    for cell in cells:
        table = table_of(f"site;bee\nelm;{cell}\n".encode(), "t.csv")
        with pytest.raises(TableError) as caught:
            table.numbers([1])
        assert words in str(caught.value), cell
        assert "(B2)" in str(caught.value)


@given(st.text(max_size=12))
def test_any_text_is_explained_or_not_and_never_breaks(cell: str) -> None:
    assert isinstance(explain_no_number(cell), str)


@given(st.floats(0, 1e6, allow_nan=False).map(lambda number: f"{number:.2f}"))
def test_a_number_is_explained_as_none_of_them(cell: str) -> None:
    assert parse_number(cell, DecimalMark.POINT) >= 0
    assert explain_no_number(cell) == ""


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("2026-04-03", "03.04.2026"),
        ("2026-04-03", "3/4/2026"),
        ("3/4/2026", "3/4"),
        ("2026-04-03", "46115"),
        ("46115", "3-Apr"),
        ("3 April 2026", "2026-04-03"),
    ],
)
def test_one_day_in_two_forms_is_refused_with_both_places(first: str, other: str) -> None:
    table = table_of(f"site;day\nelm;{first}\nelm;NA\noak;{other}\n".encode(), "t.csv")
    with pytest.raises(TableError, match=r"row 4, column 'day' \(B4\).*\(B2\).*write all dates alike"):
        check_dates_alike(table, 1)


@pytest.mark.parametrize(
    "names",
    [
        ("2026-04-03", "2026-04-04 10:00"),
        ("3/4/2026", "13/04/26"),
        ("20001", "31234"),
        ("north", "3/4/2026"),
        ("12", "2026-04-03"),
        ("1", "2"),
        ("May", "June"),
    ],
)
def test_names_and_dates_in_one_form_are_taken(names: tuple[str, str]) -> None:
    check_dates_alike(table_of("\n".join(("day;x", *(f"{name};1" for name in names))).encode(), "t.csv"), 0)
