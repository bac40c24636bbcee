"""Rows of files that machines wrote: any separator, no names, lines above, and rows that were cut off."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_store.errors import TableError
from sera_store.tables.raw_rows import raw_rows_of


@pytest.mark.parametrize(
    ("text", "separator", "width"),
    [
        ("0;2020.10.06 09:00;4;10,5;10,25\n1;2020.10.06 09:15;4;10,5;10,25\n", ";", 5),
        ("Plot Title: 7\n#,Date,Temp\n1,2,3\n2,3,4\n", ",", 3),
        ("0;1;2;3\n1;1;2;3\n2;1;2", ";", 4),
        ("a,b\tc,d\ne,f\tg,h\n", "\t", 2),
        ("sep=|\na,1|b;2\n", "|", 2),
        ("one\ntwo\n", ",", 1),
    ],
)
def test_the_separator_is_what_splits_most_rows_alike(text: str, separator: str, width: int) -> None:
    rows = raw_rows_of(text.encode(), "file.csv")
    assert rows.separator == separator
    assert max(len(row.cells) for row in rows.rows) == width


def test_a_row_that_was_cut_off_and_a_blank_one_come_as_they_are_with_their_numbers() -> None:
    rows = raw_rows_of(b"0;1;2\n\n1;1", "file.csv")
    assert [(row.number, row.cells) for row in rows.rows] == [(1, ["0", "1", "2"]), (2, []), (3, ["1", "1"])]


def test_a_quote_that_does_not_end_is_refused_with_its_row() -> None:
    with pytest.raises(TableError, match="row 2 is no CSV"):
        raw_rows_of(b'a;b\n"c;d\n', "file.csv")


cells = st.text(st.sampled_from("abc 019.,;\t|\"'"), max_size=6).map(str.strip)


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(cells.filter(bool), min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    st.sampled_from(";,\t|"),
)
def test_a_declared_separator_gives_back_all_cells(table: list[list[str]], separator: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    rows = raw_rows_of(f"sep={separator}\n{text.getvalue()}".encode(), "file.csv")
    assert [row.cells for row in rows.rows] == table
