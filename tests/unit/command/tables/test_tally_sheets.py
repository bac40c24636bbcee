"""Tally sheets as a spreadsheet writes them: what is read, and what is said of what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.importers.tally_sheets import TallyRow, read_tally
from sera_store.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = 1_790_000_000
HEAD = "begun;flower;bumblebees;notes\n"


def read(folder: Path, text: str) -> list[TallyRow]:
    path = folder / "sheet.csv"
    path.write_text(text, encoding="utf-8")
    return read_tally(path, "elm", lambda _: "Europe/Prague", NOW_S)


@pytest.mark.parametrize("begun", ["2026-06-01T14:30", "2026-06-01 14:30", "2026-06-01 14:30:00"])
def test_a_time_of_a_spreadsheet_is_that_of_the_page(tmp_path: Path, begun: str) -> None:
    assert read(tmp_path, HEAD + f"{begun};lavender;3;windy\n") == read(
        tmp_path, HEAD + "2026-06-01T14:30;lavender;3;windy\n"
    )


@pytest.mark.parametrize("name", ["Bumblebee", "Hummeln", "wasp"])
def test_numbers_under_an_unknown_name_are_refused_and_never_lost(tmp_path: Path, name: str) -> None:
    text = f"begun;flower;{name};hoverflies;Total;observer\n2026-06-01T14:30;lavender;3;2;5;1\n"
    with pytest.raises(TableError, match=rf"\(C2\): '{name}' is no name that is read here.*bumblebees"):
        read(tmp_path, text)
    mended = text.replace(name, "bumblebees")
    [row] = read(tmp_path, mended)
    assert row.fit_count.counts["bumblebees"] == 3


@pytest.mark.parametrize(("cell", "words"), [("3+", "a bound or a guess"), ("-", "none or not noted")])
def test_a_count_that_is_none_says_what_it_is(tmp_path: Path, cell: str, words: str) -> None:
    with pytest.raises(TableError, match=rf"\(C2\): .*{words}"):
        read(tmp_path, HEAD + f"2026-06-01T14:30;lavender;{cell};\n")
