"""`sera node try`: the files of a node on a virtual board, through a running installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from installation_parts import PLACE, running
from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
SENSORS = ("capacitive:27", "ds18b20:21", "sht4x:0", "battery:28,ratio=2.0", "break-beam:15", "camera:1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    main(["community", "new", "oak", "--data", str(folder)])
    main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(folder)])
    sensors = [word for sensor in SENSORS for word in ("--sensor", sensor)]
    words = ["node", "new", "elm-1", "--garden", "elm-yard", *sensors, "--data", str(folder)]
    assert main(words) == ExitCode.DONE
    return folder


@pytest.mark.slow
@pytest.mark.nats
@pytest.mark.usefixtures("new_nats", "micropython")
def test_what_a_virtual_board_measures_is_stored_as_simulated_twice_over(
    data: Path, tmp_path: Path, capsys: Capture
) -> None:
    with running(data, tmp_path / "ready.json"):
        for _ in range(2):
            capsys.readouterr()
            assert main(["node", "try", "elm-1", "--data", str(data)]) == ExitCode.DONE
            output = capsys.readouterr().out
            assert "micropython 1.2" in output
            for column in ("soil_moisture_raw@1", "soil_temperature@1", "air_humidity", "battery_voltage"):
                assert f"  {column}: " in output
            assert "the sensor failed" not in output
    with Installation(data).store() as store:
        nodes = {node.id: node.simulated for node in store.registry.nodes()}
        accounts = store.completeness()
    assert nodes == {"elm-1": False, "elm-1-try": True}
    assert [account.node for account in accounts] == ["elm-1-try", "elm-1-try"]
    assert all(account.stored == account.made > 12 for account in accounts)


@pytest.mark.usefixtures("micropython")
def test_without_a_running_installation_nothing_is_registered(data: Path, capsys: Capture) -> None:
    Installation(data).settle("127.0.0.1", 1)
    assert main(["node", "try", "elm-1", "--data", str(data)]) == ExitCode.PART_MISSING
    assert "sera up" in capsys.readouterr().err
    with Installation(data).store() as store:
        assert [node.id for node in store.registry.nodes()] == ["elm-1"]
