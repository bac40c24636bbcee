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
    output = capsys.readouterr()
    answer = json.loads(output.out)
    assert list(answer) == [
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
    assert answer["theil_t_within"] + answer["theil_t_between"] == pytest.approx(answer["theil_t"])
    assert answer["gini"] == pytest.approx(61.1 / (4 * 63.7))
    assert answer["lorenz"][0] == [0, 0]
    assert answer["lorenz"][-1] == [1, 1]
    assert list(answer["atkinson"]) == ["0.5", "1", "2"]
    assert "not read: name" in output.err


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
    output = " ".join(capsys.readouterr().out.split())
    assert "Theil L - 1 of 2 units have nothing" in output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("value\n1\n-2\n", "row 3, column 'value' (A3): found '-2'; expected a number of 0 or more"),
        ("value,weight\n1,1\n2,many\n", "row 3, column 'weight' (B3): found 'many'; expected a number"),
        ("value\n1\nnan\n", "row 3, column 'value' (A3): found 'nan'; expected a number"),
        ("value,weight\n1,\n", "row 2, column 'weight' (B2): found an empty cell; expected a number"),
        ("value,weight\n1,1\n2\n", "row 3 ('2') has 1 cell; expected 2"),
        (
            "value,group\n1,\n",
            "row 2, column 'group' (B2): found an empty cell; expected the name of the unit's group",
        ),
        ("value,weight\n1,0\n", "column weight: every weight is 0"),
        (
            "value,value\n1,0\n",
            "row 1, column 2 (B1): 'value' repeats the name 'value' of row 1, column 1 (A1)",
        ),
        ("values\n1\n", "row 1 names the columns values; expected one of them to be 'value'"),
        ("value\n", "no row below"),
        ("", "the table is empty"),
        ('value\n"1\n', "is no CSV"),
    ],
)
def test_a_table_that_is_none_is_answered_with_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(text, encoding="utf-8")
    assert main(["equity", str(table), "--json"]) == ExitCode.BAD_INPUT
    output = capsys.readouterr()
    assert output.out == ""
    assert "table.csv" in output.err
    assert message in output.err


def test_a_file_in_another_encoding_is_read_and_one_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    for encoding, note in (("utf-16", ""), ("cp1252", "note: the file is not UTF-8; it was read as Latin-1")):
        table.write_bytes("group,value\nKöln,1\nBonn,3\n".encode(encoding))
        assert main(["equity", str(table), "--json"]) == ExitCode.DONE
        output = capsys.readouterr()
        assert json.loads(output.out)["gini"] == pytest.approx(0.25)
        assert note in output.err
    table.write_bytes(b"PK\x03\x04 a workbook")
    assert main(["equity", str(table)]) == ExitCode.BAD_INPUT
    assert "UTF-8" in capsys.readouterr().err
    assert main(["equity", str(tmp_path / "nothing.csv")]) == ExitCode.BAD_INPUT
    assert "nothing.csv" in capsys.readouterr().err


def test_a_row_that_sums_up_the_others_is_left_out_and_one_that_only_says_so_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("district;value;weight\nA;1,5;2\nB;3;4\nTotal;4,5;6\n", encoding="utf-8")
    assert main(["equity", str(table), "--json"]) == ExitCode.DONE
    output = capsys.readouterr()
    # Two units, 1.5 and 3: half their mean difference over their mean, 0.75 / 4.5.
    assert json.loads(output.out)["gini"] == pytest.approx(1.5 / (2 * 2 * 2.25))
    assert "note: Total (A4) is the sum of all others and was left out" in output.err
    table.write_text("district,value\nA,1\nB,3\nTotal,5\n", encoding="utf-8")
    assert main(["equity", str(table)]) == ExitCode.BAD_INPUT
    assert "row 4, column 'district' (A4): 'Total' is named as a total" in capsys.readouterr().err


def test_a_value_with_two_readings_is_refused_until_somebody_says_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("value [EUR]\n1.250\n3\n", encoding="utf-8")
    assert main(["equity", str(table)]) == ExitCode.BAD_INPUT
    assert "'1.250' can be read as 1250 or as 1.25" in " ".join(capsys.readouterr().err.split())
    for mark, value in (("comma", 1250.0), ("point", 1.25)):
        assert main(["equity", str(table), "--decimal", mark, "--json"]) == ExitCode.DONE
        gini = json.loads(capsys.readouterr().out)["gini"]
        assert gini == pytest.approx(abs(value - 3) / (2 * (value + 3)))
