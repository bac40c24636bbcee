"""Sensors named on a command line become the wiring that a node accepts."""

from __future__ import annotations

import pytest

from sera_command.boards.wiring import sensors_of
from sera_command.errors import BadInputError
from sera_firmware.config import with_defaults


def test_probes_get_positions_and_serials_and_the_node_accepts_them() -> None:
    texts = ["capacitive:26", "ds18b20:22", "capacitive:27,serial=c-7,power=21", "ds18b20:20@2", "sht4x:0"]
    texts += ["battery:28,ratio=3.0,low_v=3.3", "break-beam:15"]
    sensors = sensors_of(texts, "pico_w")
    broker = {"host": "192.0.2.7", "port": 8883}
    with_defaults({"node": "elm-1", "community": "oak", "broker": broker, "sensors": sensors})
    first, temperature, second, deeper, air, battery, beam = sensors
    assert (first["position"], second["position"]) == (temperature["position"], deeper["position"]) == (1, 2)
    assert len(first["serial"]) == 10
    assert first["serial"] != sensors_of(texts, "pico_w")[0]["serial"]
    assert second == {"model": "capacitive", "pin": 27, "serial": "c-7", "power": 21, "position": 2}
    assert "serial" not in temperature
    assert air == {"model": "sht4x", "bus": 0}
    assert battery == {"model": "battery", "pin": 28, "ratio": 3.0, "low_v": 3.3}
    assert beam == {"model": "break-beam", "pin": 15}


@pytest.mark.parametrize(
    ("texts", "board", "expected"),
    [
        (["moisture:26"], None, "expected a model of"),
        (["capacitive"], None, "capacitive:26"),
        (["capacitive:A0"], None, "with the number of its pin"),
        ([f"capacitive:{'9' * 5_000}"], None, "with the number of its pin"),
        (["sht4x:zero"], None, "with the number of its bus"),
        (["ds18b20:22@x"], None, "@POSITION"),
        (["battery:28,low_v"], None, "expected KEY=VALUE"),
        (["battery:28,low_v=high"], None, "expected a number"),
        (["battery:28,low_v=-1"], None, "a number above 0"),
        (["capacitive:26", "ds18b20:26"], None, "pin 26"),
        (["capacitive:15"], "pico_w", "converts voltages on the pins 26, 27, 28"),
        (["ds18b20:29"], "pico_w", "has the pins"),
        (["capacitive:26"], "esp32", "32, 33"),
    ],
)
def test_what_cannot_be_wired_is_told_before_anything_is_written(
    texts: list[str], board: str | None, expected: str
) -> None:
    with pytest.raises(BadInputError, match=expected):
        sensors_of(texts, board)
