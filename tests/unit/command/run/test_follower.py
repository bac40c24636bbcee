"""`sera follower` and what `sera gateway status` says of followers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.database.follower_status import FollowerState
from sera_store.database.rejected_lines import RejectedLine
from sera_store.store import Store
from store_parts import AIR

if TYPE_CHECKING:
    from pathlib import Path

NAME = "influxdb"
NOW_S = 1_790_000_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of five records whose follower has finished four of them."""
    with Store.open(tmp_path / "store") as store:
        with store.ledger() as writes:
            records = [replace(AIR, seq=seq, time_s=NOW_S + seq * 86_400) for seq in range(1, 6)]
            writes.records.append([(record, b"hash") for record in records])
        store.cursors.move(NAME, 4)
        store.followers.note(NAME, FollowerState.REFUSED, "401: give a valid one", NOW_S)
        store.rejected_lines.add([RejectedLine(NAME, 2, "400 bad", "air a=1 1")])
    return tmp_path


def run(data: Path, *words: str) -> int:
    return main(["follower", *words, "--data", str(data)])


def test_an_alarm_is_seen_in_the_list_and_in_the_gateways_status(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "list") == ExitCode.DONE
    assert main(["gateway", "status", "--data", str(data)]) == ExitCode.DONE
    output = capsys.readouterr().out
    line = (
        "influxdb: ALARM, refused, at row 4, 1 behind, 1 lines refused (sera follower refused), "
        "since 2026-09-21 14:13 UTC: 401: give a valid one"
    )
    assert output.splitlines()[0] == line
    assert f"follower {line}" in output

    assert main(["gateway", "status", "--json", "--data", str(data)]) == ExitCode.DONE
    [answer] = json.loads(capsys.readouterr().out)["followers"]
    assert (answer["name"], answer["alarm"], answer["behind"]) == (NAME, True, 1)


def test_a_follower_is_paused_and_resumed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "pause", NAME) == ExitCode.DONE
    with Store.open(data / "store") as store:
        assert store.followers.is_paused(NAME)
    assert run(data, "resume", NAME) == ExitCode.DONE
    run(data, "list", "--json")
    [answer] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (answer["state"], answer["alarm"]) == ("following", False)


@pytest.mark.parametrize(
    ("start", "position"),
    [("start", 0), ("1", 0), ("3", 2), ("2026-09-25T00:00", 3), ("2026-09-25T00:00+00:00", 3)],
)
def test_a_replay_begins_at_a_row_or_a_time(data: Path, start: str, position: int) -> None:
    assert run(data, "replay", "--follower", NAME, "--from", start) == ExitCode.DONE
    with Store.open(data / "store") as store:
        assert store.cursors.position(NAME) == position


@pytest.mark.parametrize(
    ("follower", "start", "message"),
    [
        (NAME, "yesterday", "is no time; expected 'start'"),
        (NAME, "2030-01-01", "nothing was measured since 2030-01-01"),
        (NAME, "9", "expected 0 to 4"),
        ("influx", "start", "no follower 'influx'; expected influxdb"),
        ("influx", "2099-01-01", "no follower 'influx'; expected influxdb"),
        (NAME, "2099-01-01", "nothing was measured since 2099-01-01"),
        ("rollups", "3", "only made again as a whole"),
    ],
)
def test_a_replay_that_cannot_be_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], follower: str, start: str, message: str
) -> None:
    assert run(data, "replay", "--follower", follower, "--from", start) == ExitCode.BAD_INPUT
    assert message in capsys.readouterr().err
    with Store.open(data / "store") as store:
        assert store.cursors.position(NAME) == 4


def test_the_journal_has_the_same_verb(data: Path) -> None:
    words = ["journal", "replay", "--follower", NAME, "--from", "2", "--data", str(data)]
    assert main(words) == ExitCode.DONE
    with Store.open(data / "store") as store:
        assert store.cursors.position(NAME) == 1


def test_roll_ups_are_made_again_as_a_whole(data: Path) -> None:
    with Store.open(data / "store") as store:
        store.rollups.catch_up()
    assert run(data, "replay", "--follower", "rollups", "--from", "start") == ExitCode.DONE
    with Store.open(data / "store") as store:
        assert store.rollups.behind() == 5
        assert store.rollups.catch_up() == 5


def test_refused_lines_are_listed_with_the_answer(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "refused") == ExitCode.DONE
    assert "row 2  influxdb  400 bad\n  air a=1 1" in capsys.readouterr().out
    assert run(data, "refused", "--json", "--follower", "json_lines") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == []
    assert run(data, "refused", "--follower", "json_lines") == ExitCode.DONE
    assert capsys.readouterr().out == "no lines were refused\n"
