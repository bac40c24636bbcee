"""A probe read live over the board's USB cable: first in a dry sample of soil, then in a wet one."""

from __future__ import annotations

import ast
import json
import sys
from typing import TYPE_CHECKING, Any, Final

import typer

from sera_command.boards import flashing, usb
from sera_command.errors import BadInputError, BoardStepError
from sera_command.installation.boards import folder_of
from sera_command.terminal import echo

if TYPE_CHECKING:
    from sera_command.installation.installation import Installation

STEP_PROBE: Final = "probe"
_TIMES: Final = 3
_MODEL: Final = "capacitive"
# The firmware's own sensor, so that what is read is what the node will say.
_READ: Final = """
import machine, time
from sera_firmware.wiring import create_sensor
class Ports:
 def adc(self, pin):
  import sys
  a = machine.ADC(machine.Pin(pin))
  if sys.platform == 'esp32':
   a.atten(machine.ADC.ATTN_11DB)
  return a
 def output(self, pin):
  return machine.Pin(pin, machine.Pin.OUT, value=0)
s = create_sensor({wiring!r}, Ports())
s.switch_on()
time.sleep_ms(s.settle_ms)
s.start()
print(s.read()[0])
s.switch_off()
"""


def read_samples(
    installation: Installation, node: str, position: int, port: str | None
) -> tuple[list[float], list[float]]:
    """Guide a person through both samples, three readings each; return the raw counts of each.

    The node that runs on the board is stopped meanwhile, and started again at the end.

    Raises
    ------
    BadInputError
        There is no terminal to lead somebody at, or no such probe in the node's wiring.
    BoardStepError
        The board, or the probe on it, does not answer.
    """
    if not sys.stdin.isatty():
        raise BadInputError(
            "there is no terminal to lead you through both samples; name their readings: --dry RAW --wet RAW"
        )
    wiring = _wiring(installation, node, position)
    with usb.UsbBoard(port or usb.only_port()) as board:
        echo(f"{board.port} answers; its node stands still until both samples are read.", err=True)
        flashing.hold(board)
        try:
            samples = [_sample(board, wiring, name) for name in ("dry", "wet")]
        finally:
            flashing.release(board)
    return samples[0], samples[1]


def _sample(board: usb.UsbBoard, wiring: dict[str, Any], name: str) -> list[float]:
    readings = []
    for number in range(1, _TIMES + 1):
        prompt = "Put the probe" if number == 1 else "Pull it out, put it"
        typer.prompt(
            f"{prompt} into the {name} sample, to its line ({number} of {_TIMES}), then press Enter",
            default="",
            show_default=False,
            err=True,
        )
        raw = read_probe(board, wiring)
        echo(f"  {raw:g}", err=True)
        readings.append(raw)
    return readings


def read_probe(board: usb.UsbBoard, wiring: dict[str, Any]) -> float:
    """Return the raw count of a probe that the board's firmware reads now.

    Raises
    ------
    BoardStepError
        At the step `probe`.
    """
    printed = board.run(_READ.format(wiring=wiring), STEP_PROBE)
    try:
        return float(ast.literal_eval(printed.strip()))
    except (ValueError, SyntaxError, TypeError) as error:
        raise BoardStepError(STEP_PROBE, f"expected a raw count, and the board says {printed!r}") from error


def _wiring(installation: Installation, node: str, position: int) -> dict[str, Any]:
    path = folder_of(installation, node) / "config.json"
    try:
        sensors = json.loads(path.read_bytes()).get("sensors", [])
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read ({error}): sera node files {node}") from error
    for sensor in sensors:
        if sensor.get("model") == _MODEL and sensor.get("position", 1) == position:
            return dict(sensor)
    raise BadInputError(
        f"{path} has no {_MODEL} probe at position {position}; wire one: sera node files {node} --sensor "
        f"{_MODEL}:26@{position}"
    )
