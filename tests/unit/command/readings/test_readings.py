"""`sera readings`: by measurement, node, garden, community and local date; rolled up; the newest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.registry.registry import Community, Garden
from sera_store.store import Store
from store_parts import AIR

if TYPE_CHECKING:
    from pathlib import Path

ZONES = {"elm-yard": "Europe/London", "oak-yard": "Asia/Kolkata"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two gardens whose clocks differ, with a reading each at half past eleven in the evening and at noon."""
    with Store.open(tmp_path / "store") as store:
        store.registry.put(Community("avon"), since_s=0, by="test")
        for garden, zone in ZONES.items():
            store.registry.put(Garden(garden, "avon", None, "", 51.5, -2.6, zone), since_s=0, by="test")
        with store.ledger() as writes:
            for seq, (garden, zone) in enumerate(ZONES.items(), 1):
                for hour in (12, 23):
                    time_s = int(datetime(2026, 6, 1, hour, 30, tzinfo=ZoneInfo(zone)).timestamp())
                    reading = replace(
                        AIR, node=f"node-{seq}", garden=garden, seq=hour, time_s=time_s,
                        values=(float(hour), None), quality=(1, 9),
                    )  # fmt: skip
                    writes.records.append([(reading, b"hash")])
    return tmp_path


def rows(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> list[dict[str, Any]]:
    assert main(["readings", *words, "--json", "--data", str(data)]) == ExitCode.DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_dates_are_those_of_each_garden(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = rows(capsys, data, "air_temperature", "--from", "2026-06-01", "--to", "2026-06-01")

    assert [(reading["garden"], reading["time"], reading["value"]) for reading in result] == [
        ("elm-yard", "2026-06-01T12:30:00+01:00", 12.0),
        ("elm-yard", "2026-06-01T23:30:00+01:00", 23.0),
        ("oak-yard", "2026-06-01T12:30:00+05:30", 12.0),
        ("oak-yard", "2026-06-01T23:30:00+05:30", 23.0),
    ]
    assert (
        main(["readings", "air_temperature", "--from", "2026-06-02", "--data", str(data)])
        == ExitCode.CHECK_FAILED
    )
    assert "nothing to show: no air_temperature was measured there and then" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("--node", "node-2"), ("--garden", "oak-yard"), ("--garden", "oak-yard", "--community", "avon")]
)
def test_a_node_a_garden_or_a_community_can_be_asked_for(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    result = rows(capsys, data, "air_humidity", "--from", "2026-06-01", *words)
    assert [(reading["node"], reading["value"], reading["flag"]) for reading in result] == [
        ("node-2", None, 9)
    ] * 2


def test_hours_and_days_are_rolled_up_first(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = rows(capsys, data, "air_temperature", "--by", "day", "--node", "node-1")
    hours = rows(capsys, data, "air_temperature", "--by", "hour", "--node", "node-2")

    assert [(day["time"], day["mean"], day["minimum"], day["count"]) for day in days] == [
        ("2026-06-01", 17.5, 12.0, 2)
    ]
    assert [hour["time"] for hour in hours] == ["2026-06-01T12:00:00+05:30", "2026-06-01T23:00:00+05:30"]


def test_without_dates_the_newest_value_is_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["readings", "air_temperature", "--node", "node-1", "--data", str(data)]) == ExitCode.DONE
    assert capsys.readouterr().out == "2026-06-01T23:30:00+01:00  elm-yard  node-1  air_temperature  23  1\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("temperature",), "'temperature' is no measurement; expected one of"),
        (("air_temperature", "--by", "week"), "expected hour or day"),
        (("air_temperature", "--garden", "nowhere"), "garden 'nowhere' is not registered; expected "),
        (("air_temperature", "--by", "day", "--node", "node-z"), "node 'node-z' is not registered; "),
        (("air_temperature", "--from", "June"), "--from 'June' is no date"),
        (("air_temperature", "--from", "2026-06-02", "--to", "2026-06-01"), "before the first"),
    ],
)
def test_what_cannot_be_asked_is_said(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert main(["readings", *words, "--data", str(data)]) == ExitCode.BAD_INPUT
    assert message in capsys.readouterr().err
