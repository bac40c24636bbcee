"""`sera fleet` on small fleets: long ids, nodes never heard, devices of other makers, none at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway_parts import NOW_S, plant
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_command.run import fleet_report
from sera_quality.fleet import judge_fleet
from sera_store.fleet.node_facts import NodeState
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

WELL = NodeState("elm-1", "elm-yard", "Elm Yard", "oak", "none", "", NOW_S - 10**7, NOW_S - 600, 3600)
LONGEST = "a-node-with-the-longest-id-of-32"


def lines(*states: NodeState) -> list[str]:
    return list(fleet_report.table(judge_fleet(states, NOW_S), NOW_S))


def test_a_long_id_has_a_line_of_its_own_and_the_columns_stay() -> None:
    result = lines(replace(WELL, node=LONGEST), WELL)
    assert f"   {LONGEST}" in result
    assert max(map(len, result)) <= 80
    silent = [line.split() for line in result if line.startswith("   ") and "0.2" in line]
    assert [row[-9:] for row in silent] == [["-", "-", "-", "0", "0", "-", "-", "-", "-"]] * 2


def test_largest_numbers_keep_to_eighty_columns() -> None:
    worst = replace(
        WELL,
        node=LONGEST,
        heard_s=NOW_S - 9_999 * 3600,
        battery_v=29.99,
        queue=99_999,
        missing=9_999,
        lost=9_999,
        doubtful={"soil_moisture_raw@12": 1.0},
        clock_error_s=99_999,
        signal_dbm=-130.0,
        firmware="10.20.30-and-more",
        config_refused="x" * 200,
    )
    assert max(map(len, lines(worst))) <= 80


def test_a_node_that_was_never_heard_and_a_device_with_a_charge() -> None:
    result = lines(replace(WELL, heard_s=None), replace(WELL, node="shed-1", battery_charge=9.0))
    assert any("never" in line and line.startswith("!! elm-1") for line in result)
    assert any(" 9%" in line and line.startswith("!! shed-1") for line in result)
    assert "     !! battery at 9 %" in result


@pytest.mark.parametrize(
    ("line", "colour"),
    [
        ("!! elm-1  3", "red"),
        ("     ! silent", "yellow"),
        ("   elm-1", None),
        ("40 nodes: 5 urgent (!!)", None),
    ],
)
def test_the_mark_decides_the_colour(line: str, colour: str | None) -> None:
    assert fleet_report.colour(line) == colour


def test_what_goes_into_a_pipe_has_no_colour_and_a_fresh_fleet_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "data" / "store") as store:
        assert main(["fleet", "--data", str(tmp_path / "data")]) == ExitCode.DONE
        assert "no node stands in a garden" in capsys.readouterr().out
        plant(store, ["elm-1"])
    assert main(["fleet", "--data", str(tmp_path / "data")]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "1 node: 0 urgent (!!)" in printed
    assert "\x1b" not in printed
    assert main(["fleet", "--at", "soon", "--data", str(tmp_path / "data")]) == ExitCode.BAD_INPUT
    assert "--at 'soon' is no time" in capsys.readouterr().err
