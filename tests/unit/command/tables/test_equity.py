"""`sera equity`: figures of any table, and a clear answer to tables that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

DISTRICTS = "name,value,weight,group\nA,12.4,8200,N\nB,18.9,5100,N\nC,7.1,12400,S\nD,25.3,3300,N\n"


def test_a_table_gives_the_promised_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "districts.csv"
    table.write_text(DISTRICTS, encoding="utf-8")
    assert main(["equity", str(table), "--json"]) == ExitCode.DONE
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert list(found) == [
        "gini",
        "gini_sample_corrected",
        "gini_weighted",
        "theil_t",
        "theil_l",
        "theil_t_within",
        "theil_t_between",
        "atkinson",
        "hoover",
        "lorenz",
        "reasons",
    ]
    assert found["theil_t_within"] + found["theil_t_between"] == pytest.approx(found["theil_t"])
    assert found["gini"] == pytest.approx(61.1 / (4 * 63.7))
    assert found["lorenz"][0] == [0, 0]
    assert found["lorenz"][-1] == [1, 1]
    assert list(found["atkinson"]) == ["0.5", "1", "2"]
    assert "not read: name" in told.err


def test_a_spreadsheets_marks_and_line_ends_do_no_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "saved.csv"
    table.write_bytes(b"\xef\xbb\xbfValue , Weight\r\n 1 ,2\r\n\r\n3,4\r\n,\r\n")
    assert main(["equity", str(table), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["gini"] == pytest.approx(0.25)


@pytest.mark.parametrize("text", ["value;weight\n1,5;2\n2;3\n", "value\tweight\n1,5\t2\n2\t3\n"])
def test_where_columns_part_otherwise_a_comma_may_stand_before_decimals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    table = tmp_path / "saved.csv"
    table.write_text(text, encoding="utf-8")
    assert main(["equity", str(table), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["gini"] == pytest.approx(0.5 / (2 * 3.5))


def test_people_read_the_reason_beside_the_missing_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "zeros.csv"
    table.write_text("value\n0\n10\n", encoding="utf-8")
    assert main(["equity", str(table)]) == ExitCode.DONE
    told = " ".join(capsys.readouterr().out.split())
    assert "Theil L - 1 of 2 units have nothing" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("value\n1\n-2\n", "row 3, column value: '-2' is no number of 0 or more"),
        ("value,weight\n1,1\n2,many\n", "row 3, column weight: 'many'"),
        ("value\n1\nnan\n", "row 3, column value: 'nan'"),
        ("value,weight\n1,\n", "row 2, column weight: ''"),
        ("value,weight\n1,1\n2\n", "row 3 has 1 cells; expected 2"),
        ("value,group\n1,\n", "row 2, column group: empty"),
        ("value,weight\n1,0\n", "column weight: every weight is 0"),
        ("value,value\n1,0\n", "'value' twice"),
        ("values\n1\n", "row 1 names the columns values; expected one of them to be 'value'"),
        ("value\n", "no row below"),
        ("", "the table is empty"),
        ('value\n"1\n', "is no CSV"),
    ],
)
def test_a_table_that_is_none_is_answered_with_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(text, encoding="utf-8")
    assert main(["equity", str(table), "--json"]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert "table.csv" in told.err
    assert said in told.err


def test_a_file_in_another_encoding_or_none_at_all_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes("value\n1\n".encode("utf-16"))
    assert main(["equity", str(table)]) == ExitCode.BAD_INPUT
    assert "UTF-8" in capsys.readouterr().err
    assert main(["equity", str(tmp_path / "nothing.csv")]) == ExitCode.BAD_INPUT
    assert "nothing.csv" in capsys.readouterr().err
