"""`sera surveys`: tables of other countries, totals that nobody named, names in two spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tables.surveys import COUNT_OPTIONS, COUNTS, answered, refused

if TYPE_CHECKING:
    from pathlib import Path


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
    answer = answered(capsys, path, *GERMAN_OPTIONS)
    assert (answer["watches"], answer["insects"], answer["effort"]) == (3, 4, 30.5)
    assert answer["rate"]["value"] == pytest.approx(4 / 30.5)
    path.write_text(GERMAN.replace("10,5", "10.5").replace(";", ","), encoding=encoding)
    assert answered(capsys, path, *GERMAN_OPTIONS) == answer
    path.write_text(GERMAN.replace("10,5", "1.050"), encoding=encoding)
    assert "row 2, column 'Minuten [min]' (E2): '1.050' can be read as 1050 or as 1.05" in refused(
        capsys, path, *GERMAN_OPTIONS
    )
    assert answered(capsys, path, *GERMAN_OPTIONS, "--decimal", "comma")["effort"] == 1070


def test_a_total_that_nobody_named_is_refused_and_one_that_does_not_add_up_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(COUNTS, encoding="utf-8")
    message = refused(capsys, path, *COUNT_OPTIONS)
    assert "row 2, column 'group' (C2): 'all' is the sum of the other groups in every watch" in message
    assert "add --total 'all'" in message
    path.write_text(COUNTS.replace("all,1", "all,3"), encoding="utf-8")
    assert (
        "all (C2) is named as a total, but is not the sum of the others everywhere; it was counted as a group"
        in answered(capsys, path, *COUNT_OPTIONS)["notes"]
    )
    assert "no row has the group 'sum' that --total names" in refused(
        capsys, path, *COUNT_OPTIONS, "--total", "sum"
    )


def test_a_group_in_two_spellings_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("w,g,n\n1,bee,2\n2,Bee,4\n", encoding="utf-8")
    answer = answered(capsys, path, "--watch", "w", "--group", "g", "--visits", "n")
    assert answer["notes"] == [
        "column g: bee and Bee differ only in case, blanks or the form of Unicode; they were taken as two"
    ]
