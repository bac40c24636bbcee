"""`sera surveys`: tables of other countries, totals that nobody named, names in two spellings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = """square,date,group,count,n_surveys
A1,1/6/2018,all,7,4
A1,1/6/2018,bees,7,4
A1,1/6/2018,wasps,0,4
A1,9/6/2018,all,1,2
A1,9/6/2018,bees,0,2
A1,9/6/2018,wasps,1,2
"""
COUNT_OPTIONS = (
    "--watch", "square", "--watch", "date", "--visits", "count", "--effort", "n_surveys", "--group", "group",
)  # fmt: skip


def _answer(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["surveys", str(path), *options, "--json"]) == ExitCode.DONE
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def _refused(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> str:
    capsys.readouterr()
    assert main(["surveys", str(path), *options]) == ExitCode.BAD_INPUT
    return capsys.readouterr().err


# Semicolons, a decimal comma, names in German (MoBi#210).
GERMAN = """Platz;Tag;Gruppe;Anzahl;Minuten [min]
A;01.06.2024;Biene;3;10,5
A;02.06.2024;Fliege;1;10
B;01.06.2024;niemand;0;10
"""
GERMAN_OPTIONS = (
    "--watch", "platz", "--watch", "tag", "--visits", "anzahl", "--effort", "minuten", "--group", "gruppe",
    "--none", "Niemand",
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_table_of_another_country_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    path = tmp_path / "watches.csv"
    path.write_text(GERMAN, encoding=encoding)
    answer = _answer(capsys, path, *GERMAN_OPTIONS)
    assert (answer["watches"], answer["insects"], answer["effort"]) == (3, 4, 30.5)
    assert answer["rate"]["value"] == pytest.approx(4 / 30.5)
    path.write_text(GERMAN.replace("10,5", "10.5").replace(";", ","), encoding=encoding)
    assert _answer(capsys, path, *GERMAN_OPTIONS) == answer
    path.write_text(GERMAN.replace("10,5", "1.050"), encoding=encoding)
    assert "row 2, column 'Minuten [min]' (E2): '1.050' can be read as 1050 or as 1.05" in _refused(
        capsys, path, *GERMAN_OPTIONS
    )
    assert _answer(capsys, path, *GERMAN_OPTIONS, "--decimal", "comma")["effort"] == 1070


def test_a_total_that_nobody_named_is_refused_and_one_that_does_not_add_up_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(COUNTS, encoding="utf-8")
    message = _refused(capsys, path, *COUNT_OPTIONS)
    assert "row 2, column 'group' (C2): 'all' is the sum of the other groups in every watch" in message
    assert "add --total 'all'" in message
    path.write_text(COUNTS.replace("all,1", "all,3"), encoding="utf-8")
    assert (
        "all (C2) is named as a total, but is not the sum of the others everywhere; it was counted as a group"
        in _answer(capsys, path, *COUNT_OPTIONS)["notes"]
    )
    assert "no row has the group 'sum' that --total names" in _refused(
        capsys, path, *COUNT_OPTIONS, "--total", "sum"
    )


def test_a_group_in_two_spellings_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("w,g,n\n1,bee,2\n2,Bee,4\n", encoding="utf-8")
    answer = _answer(capsys, path, "--watch", "w", "--group", "g", "--visits", "n")
    assert answer["notes"] == [
        "column g: bee and Bee differ only in case, blanks or the form of Unicode; they were taken as two"
    ]
