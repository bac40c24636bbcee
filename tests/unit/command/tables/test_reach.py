"""`sera reach`: what places can reach, and a clear answer to tables that say it not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

PLACES = (
    "place,residents,elm-yard,rose-court\nsupply,,10,4\nNorth,100,200,900\nWest,300,400,900\nFar,50,900,900\n"
)


def written(folder: Path, text: str) -> str:
    table = folder / "places.csv"
    table.write_text(text, encoding="utf-8")
    return str(table)


def test_a_garden_is_shared_out_among_all_who_reach_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reach", written(tmp_path, PLACES), "--reach-m", "500", "--json"]) == ExitCode.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["access"] == {"North": 10 / 400, "West": 10 / 400, "Far": 0}
    assert answer["residents_without"] == 50
    # All that anybody reaches, over all residents.
    assert answer["mean"] == pytest.approx(10 / 450)
    assert answer["gini_weighted"] == pytest.approx(1 / 9)


def test_gardens_count_alike_where_nobody_says_what_they_offer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = written(tmp_path, "place;residents;elm-yard\nNorth;100;199,5\n")
    assert main(["reach", table, "--reach-m", "200", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["access"] == {"North": 0.01}


def test_nobody_within_reach_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", written(tmp_path, PLACES), "--reach-m", "1"]) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "450 of 450 residents have none within 1 m" in output
    assert "Gini over residents: nobody has anything" in output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("place,people,elm\nNorth,1,2\n", "expected the places' name, 'residents'"),
        ("place,residents\nNorth,1\n", "a column for each garden"),
        (
            "place,residents,elm,elm\nNorth,1,2,3\n",
            "row 1, column 4 (D1): 'elm' repeats the name 'elm' of row 1, column 3 (C1)",
        ),
        (
            "place,residents,elm\nNorth,1,2\nNorth,1,3\n",
            "(A3): 'North' repeats the name 'North' of row 2, column 'place' (A2)",
        ),
        ("place,residents,elm\nNorth,1,-2\n", "row 2, column 'elm' (C2): found '-2'; expected a number"),
        (
            "place,residents,elm\nNorth,1,\n",
            "row 2, column 'elm' (C2): found an empty cell; expected a number",
        ),
        ("place,residents,elm\nNorth,0,2\n", "nobody lives anywhere"),
        ("place,residents,elm\nsupply,,2\n", "nobody lives anywhere"),
        ("place,residents,elm\nNorth,1\n", "row 2 ('North') has 2 cells; expected 3"),
        ("place,residents,elm [km]\nNorth,1,2\n", "'elm [km]' is not in metres"),
        ("place,residents,elm,Total\nNorth,1,2,2\n", "'Total' is named as a total, and no garden"),
        (
            "place,residents,elm\nNorth,1,2\nsum,2,2\n",
            "row 3, column 'place' (A3): 'sum' is named as a total",
        ),
        ("", "the table is empty"),
    ],
)
def test_a_table_that_is_none_is_named_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    assert main(["reach", written(tmp_path, text), "--reach-m", "5"]) == ExitCode.BAD_INPUT
    assert message in capsys.readouterr().err


def test_a_row_that_sums_up_the_places_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = written(tmp_path, "place\tresidents\telm [m]\nNorth\t100\t200,5\nWest\t300\t400\nTotal\t400\t0\n")
    assert main(["reach", table, "--reach-m", "300", "--json"]) == ExitCode.DONE
    output = capsys.readouterr()
    answer = json.loads(output.out)
    assert answer["access"] == {"North": 0.01, "West": 0}
    assert answer["residents"] == 400
    assert "note: Total (A4) is the sum of all others and was left out" in output.err
