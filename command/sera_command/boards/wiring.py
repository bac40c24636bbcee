"""Sensors as a command line names them: `capacitive:26`, `ds18b20:22@2`, `battery:28,low_v=3.3`."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from sera_command.errors import BadInputError
from sera_firmware.errors import ConfigError
from sera_firmware.wiring import KINDS, check
from sera_vocabulary.messages import POSITION_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of a pin, a bus or a position; Python reads no number of thousands of digits.
_DIGITS_MOST: Final = 9
# Models of probes, which sit at a position in the ground.
_PROBES: Final = ("capacitive", "ds18b20", "modbus-soil")
# What cannot say its own serial gets one, by which its calibrations are found.
_WITHOUT_SERIAL: Final = ("capacitive", "modbus-soil")
_CONVERTED: Final = ("capacitive", "battery")
# Pins with an analogue converter that works beside the radio; pins that nothing can be wired to.
_ANALOGUE_PINS: Final = {
    "pico_w": range(26, 29),
    "pico2_w": range(26, 29),
    "esp32": range(32, 40),
}
_PINS: Final = {
    "pico_w": (*range(23), *range(26, 29)),
    "pico2_w": (*range(23), *range(26, 29)),
    "esp32": (*range(6), *range(12, 40)),
}


def sensors_of(texts: Sequence[str], board: str | None) -> list[dict[str, Any]]:
    """Read the sensors of a command line.

    Parameters
    ----------
    texts
        Each `MODEL:PLACE[@POSITION][,KEY=VALUE]...`; the place is a pin, or the number of a bus or UART. A
        probe without a position gets the next one that is free for its model.
    board
        Kind of board, whose pins are checked; None for any.

    Returns
    -------
    list of dict
        The wiring as `config.json` holds it. Probes that cannot say their serial have a drawn one.

    Raises
    ------
    BadInputError
        When one cannot be read, or the node would refuse the wiring.

    Examples
    --------
    >>> sensors_of(["ds18b20:22", "ds18b20:21", "sht4x:0"], "pico_w")[1]
    {'model': 'ds18b20', 'pin': 21, 'position': 2}
    """
    sensors: list[dict[str, Any]] = []
    for text in texts:
        sensor = _sensor(text)
        if sensor["model"] in _PROBES:
            sensor.setdefault("position", _next_position(sensor["model"], sensors))
        sensors.append(sensor if "serial" in sensor else with_drawn_serial(sensor))
    try:
        check(sensors)
    except ConfigError as error:
        raise BadInputError(str(error).replace("config: ", "--sensor: ")) from error
    if board is not None:
        for sensor in sensors:
            _check_pin(sensor, board)
    return sensors


def with_drawn_serial(sensor: dict[str, Any]) -> dict[str, Any]:
    """Return a sensor with a serial drawn for it, where it cannot say its own."""
    model = sensor["model"]
    return sensor | {"serial": f"{model[0]}-{secrets.token_hex(4)}"} if model in _WITHOUT_SERIAL else sensor


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS_MOST


def _sensor(text: str) -> dict[str, Any]:
    first, *settings = text.split(",")
    model, _, place = first.partition(":")
    place, mark, position = place.partition(POSITION_MARK)
    if model not in KINDS:
        raise BadInputError(f"--sensor {text!r}: expected a model of {', '.join(sorted(KINDS))}")
    key = KINDS[model][2][0]
    if not _is_number(place) or (mark and not _is_number(position)):
        raise BadInputError(
            f"--sensor {text!r}: expected {model}:NUMBER with the number of its {key}, and @POSITION for the "
            "second probe of a node, such as capacitive:26 or ds18b20:22@2"
        )
    sensor: dict[str, Any] = {"model": model, key: int(place)}
    if mark:
        sensor["position"] = int(position)
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise BadInputError(f"--sensor {text!r}: {setting!r} is no setting; expected KEY=VALUE")
        sensor[name] = value if name == "serial" else _number(text, name, value)
    return sensor


def _number(text: str, name: str, value: str) -> int | float:
    try:
        number = json.loads(value)
    except ValueError:
        number = None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise BadInputError(f"--sensor {text!r}: {name} is {value!r}; expected a number")
    return number


def _next_position(model: str, sensors: Sequence[dict[str, Any]]) -> int:
    positions = {sensor["position"] for sensor in sensors if sensor["model"] == model}
    return next(position for position in range(1, len(positions) + 2) if position not in positions)


def _check_pin(sensor: dict[str, Any], board: str) -> None:
    pin = sensor.get("pin")
    if pin is None:
        return
    model = sensor["model"]
    pins = _ANALOGUE_PINS[board] if model in _CONVERTED else _PINS[board]
    if pin not in pins:
        reason = "converts voltages on the pins" if model in _CONVERTED else "has the pins"
        raise BadInputError(
            f"--sensor {model}:{pin}: a {board} {reason} {', '.join(map(str, pins))}; wire it to one of them"
        )
