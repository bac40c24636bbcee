"""Long tables as people keep them: a row an animal, words for none, visits that were not made, rows twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

NETS = """site,date,species
elm,1 May,Bombus
elm,1 May,Bombus
elm,2 May,Apis
oak,1 May,na
oak,2 May,Apis
oak,NA,NA
"""
LONG = ("--site", "site", "--kind", "species")


def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, verb: str, *options: str
) -> tuple[int, Any]:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    capsys.readouterr()
    code = main([verb, str(path), *options, "--json"])
    output = capsys.readouterr()
    return code, json.loads(output.out) if code == ExitCode.DONE else output.err


def test_a_word_for_none_is_a_zero_and_a_visit_that_was_not_made_is_no_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, outcome = run(tmp_path, capsys, NETS, "diversity", *LONG, "--none", "NA", "--required", "date")
    assert code == ExitCode.DONE
    assert {name: site["n"] for name, site in outcome["sites"].items()} == {"elm": 3, "oak": 1}
    assert outcome["notes"] == ["1 row left out: date not noted; that is no zero."]

    options = (*LONG, "--unit", "date", "--incidence", "--none", "NA", "--required", "date")
    _, units = run(tmp_path, capsys, NETS, "diversity", *options)
    # The visit to the oak on which nobody came is one of its two units.
    assert {name: site["n"] for name, site in units["sites"].items()} == {"elm": 2, "oak": 2}


def test_without_the_word_the_row_is_refused_with_how_to_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, outcome = run(tmp_path, capsys, NETS, "diversity", *LONG, "--required", "date")
    assert code == ExitCode.BAD_INPUT
    assert "row 5, column 'species' (C5): found 'na'" in outcome
    assert "--none 'na'" in outcome


@pytest.mark.parametrize("verb", ["diversity", "dissimilarity"])
def test_rows_alike_in_every_cell_are_two_records_where_somebody_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    text = "site,species,count\nelm,Bombus,2\nelm,Bombus,2\noak,Bombus,1\noak,Apis,1\n"
    options = (*LONG, "--count", "count")
    code, message = run(tmp_path, capsys, text, verb, *options)
    assert code == ExitCode.BAD_INPUT
    assert "row 3" in message
    assert "--add-repeats" in message

    code, outcome = run(tmp_path, capsys, text, verb, *options, "--add-repeats")
    assert code == ExitCode.DONE
    if verb == "diversity":
        assert outcome["sites"]["elm"]["n"] == 4
    else:
        # 4 Bombus beside 1 and 1 Apis: |4 - 1| + 1 of 6.
        assert outcome["matrix"]["elm"]["oak"] == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("options", "report"),
    [
        (("--required", "season"), "no column 'season'"),
        (("--none", "Bombus", "--count", "count"), "found 'Bombus'; expected the name of a kind, or a count"),
        (("--required", "empty"), "nothing is noted in this column"),
    ],
)
def test_what_contradicts_the_table_is_refused_by_its_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], report: str
) -> None:
    text = "site,species,count,empty\nelm,Bombus,2,NA\noak,Apis,1,\n"
    code, message = run(tmp_path, capsys, text, "diversity", *LONG, *options)
    assert code == ExitCode.BAD_INPUT
    assert report in message


def test_words_for_none_without_the_columns_of_a_long_table_are_a_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, capsys, "site,a\nelm,1\n", "diversity", "--none", "NA")[0] == ExitCode.USAGE


def test_values_weights_and_groups_are_columns_of_any_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain_table = "value,weight,group\n1,2,a\n3,4,a\n5,1,b\n"
    foreign_table = "Park,Canopy [%],Residents,Kind,value\nx,1,2,a,9\ny,3,4,a,9\nz,5,1,b,9\n"
    _, expected = run(tmp_path, capsys, plain_table, "equity")
    columns = ("--value", "canopy", "--weight", "Residents", "--group", "kind")
    code, outcome = run(tmp_path, capsys, foreign_table, "equity", *columns)
    assert code == ExitCode.DONE
    assert outcome == expected
    code, message = run(tmp_path, capsys, foreign_table, "equity", "--value", "shade")
    assert code == ExitCode.BAD_INPUT
    assert "no column 'shade' for --value; its columns are 'Park'" in message


def test_an_archive_of_tables_says_what_to_unpack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(b"PK\x03\x04\x14\x00occurrence.txt...meta.xml")
    assert main(["diversity", str(path)]) == ExitCode.BAD_INPUT
    assert "unpack it and give the table in it" in capsys.readouterr().err
