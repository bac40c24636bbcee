"""Forty virtual nodes of which eight misbehave: `sera fleet` names exactly those, and why."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fleet.forty_nodes import (
    BAY,
    CONTACT_S,
    DAYS,
    ELSEWHERE,
    EXPECTED,
    GARDENS,
    NODES,
    NOW_S,
    START_S,
    SWAPPED,
    fill,
)
from ledger_parts import Way
from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime.fromtimestamp(NOW_S, UTC).strftime("%Y-%m-%dT%H:%M:%S")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the fleet."""
    folder = tmp_path_factory.mktemp("fleet") / "data"
    fill(folder)
    return folder


def fleet(data: Path, *words: str) -> int:
    return main(["fleet", "--at", AT, *words, "--data", str(data)])


def report(data: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    fleet(data, "--json")
    nodes: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["nodes"]
    return nodes


def test_exactly_the_eight_are_named_and_why(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = report(data, capsys)
    result = {
        node["node"]: {finding["code"] for finding in node["findings"]} for node in nodes if node["findings"]
    }
    assert result == EXPECTED
    assert sorted(node["node"] for node in nodes) == sorted(NODES)
    assert {node["node"] for node in nodes[:8]} == set(EXPECTED)


def test_the_table_has_eighty_columns_and_the_worst_first(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet(data) == ExitCode.CHECK_FAILED
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("40 nodes: ")
    assert lines[0].endswith("32 well")
    assert lines[2].split()[:3] == ["node", "silent", "battery"]
    assert lines[3].split()[:2] == ["h", "V"]
    marks = [line[:2] for line in lines[4:] if line[3:4] != " "]
    assert marks == sorted(marks, key=["!!", "! ", "- ", "  "].index)
    text = " ".join(" ".join(lines).split())
    assert "silent for 30 h; it meant to be back after 6 h" in text
    assert "soil moisture, raw count@1: the very same number for 72 h" in text
    assert "first: sera readings soil_moisture_raw@1 --node elm-18" in text
    assert "the board names the probe c-0999, the registry c-0033" in text


def test_the_walking_list_goes_by_garden_with_what_to_bring(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet(data, "--rounds") == ExitCode.CHECK_FAILED
    printed = capsys.readouterr().out
    assert "2 x a charged battery" in printed
    assert "2 x a spare probe" in printed
    assert "[ ] elm-3: bring a charged battery" in printed
    # Wrong community and swapped probe are put right from the desk.
    assert "elm-26" not in printed
    assert "elm-33" not in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_the_rules_can_be_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet(data, "--rules") == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "silent: to look at from 3, urgent from 12 times its contact" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_one_garden_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet(data, "--garden", GARDENS[1], "--json") in (ExitCode.DONE, ExitCode.CHECK_FAILED)
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert {node["garden"] for node in nodes} == {GARDENS[1]}
    assert fleet(data, "--garden", "nowhere") == ExitCode.BAD_INPUT


def test_what_is_wrong_in_the_registry_is_mended_by_the_command_that_is_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    place = ["--latitude", "51.4", "--longitude", "-2.6", "--timezone", "Europe/London"]
    since = ["--since", "2026-01-01", "--data", str(copy)]
    assert main(["garden", "new", "sea-yard", "--community", BAY, *place, *since]) == ExitCode.DONE
    assert main(["probe", "swap", f"{SWAPPED}@1", "c-0999", *since]) == ExitCode.DONE
    # The board of elm-26 was carried to the other community after its contact before last day's first one.
    carried_s = START_S + (DAYS - 1) * 86_400 - CONTACT_S + 60
    carried = datetime.fromtimestamp(carried_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    moved = ["node", "move", ELSEWHERE, "--garden", "sea-yard", "--since", carried, "--data", str(copy)]
    assert main(moved) == ExitCode.DONE
    assert "rejected and waiting" in capsys.readouterr().out
    way = Way(copy)
    way.ledger.catch_up()
    way.close()
    findings = {node["node"]: node["findings"] for node in report(copy, capsys)}
    assert findings[SWAPPED] == findings[ELSEWHERE] == []


def test_a_fleet_in_which_all_are_well_has_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path / "data", is_well=True)
    assert fleet(tmp_path / "data") == ExitCode.DONE
    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith("0 urgent (!!), 0 to look at (!), 0 with a note (-), 40 well")
    )
    assert fleet(tmp_path / "data", "--rounds") == ExitCode.DONE
    assert "no node needs a visit" in capsys.readouterr().out
