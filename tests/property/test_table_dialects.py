"""A table of numbers, written in any dialect, is read as the same numbers or refused: never as others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sera_store.errors import TableError
from sera_store.tables.numbers import decimal_mark
from sera_store.tables.reader import table_of
from strategies import Dialect, dialects, examples

NAMES = ("Apis mellifera Linnaeus, 1758", "Käfer", "Osmia (Osmia) bicornis", 'the "red" one', "bee")


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[float]], int]:
    columns = draw(st.integers(1, 4))
    names = draw(st.permutations(NAMES))[:columns]
    decimals = draw(st.integers(0, 4))
    value = st.integers(0, 10**8).map(lambda digits: digits / 10**decimals)
    rows = draw(st.lists(st.lists(value, min_size=columns, max_size=columns), min_size=1, max_size=4))
    return names, rows, decimals


@pytest.mark.slow
@settings(max_examples=examples(400), suppress_health_check=[HealthCheck.too_slow])
@given(tables(), dialects())
def test_numbers_are_the_same_in_every_dialect_or_refused_where_they_have_two_readings(
    table: tuple[list[str], list[list[float]], int], dialect: Dialect
) -> None:
    names, values, decimals = table
    cells = [[dialect.number(value, decimals) for value in row] for row in values]
    rows = [["site", *names], *[[f"s{index}", *row] for index, row in enumerate(cells)]]
    read = table_of(dialect.write(rows), "t.csv")
    assert read.titles == rows[0]
    assert [row[0] for row in read.rows] == [row[0] for row in rows[1:]]
    columns = range(1, len(names) + 1)
    numbers, refusal = None, ""
    try:
        numbers = read.numbers(columns)
    except TableError as error:
        refusal = error.problem
    event("refused" if refusal else "read")
    if refusal:
        assert "no other cell of the column tells which" in refusal
        assert all(decimal_mark(cell) is None for row in cells for cell in row)
    else:
        assert np.array_equal(numbers, np.array(values))


@settings(max_examples=examples(150))
@given(tables(), dialects())
def test_a_file_of_one_encoding_says_which_only_where_it_was_guessed(
    table: tuple[list[str], list[list[float]], int], dialect: Dialect
) -> None:
    names, values, _ = table
    rows = [["site", *names], *[["x", *(str(int(value)) for value in row)] for row in values]]
    notes = [note.code for note in table_of(dialect.write(rows), "t.csv").notes]
    is_guessed = dialect.encoding == "windows" and "Käfer" in names
    assert notes == (["encoding_single_bytes"] if is_guessed else [])


@settings(max_examples=examples(300))
@given(st.binary(max_size=60) | st.text(',;\t|"\n\r 1.,ax=sep\u00e4', max_size=40).map(str.encode))
def test_whatever_the_bytes_are_a_table_has_rows_of_one_length_or_is_refused(data: bytes) -> None:
    try:
        table = table_of(data, "t.csv")
    except TableError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("t.csv: ")
        return
    assert len(table.grid) > 1
    assert {len(row) for row in table.grid} == {len(table.column_numbers)}
    assert len(table.row_numbers) == len(table.grid)
    assert all(any(row) for row in table.grid)
    assert all(any(column) for column in zip(*table.grid, strict=True))
