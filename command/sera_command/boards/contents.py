"""What a board gets besides its keys: its sensors, its network and the compiled firmware."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sera_command.boards import firmware
from sera_command.boards.network import NETWORK_FILE, check_password, network_json, password_of
from sera_command.boards.wiring import sensors_of, with_drawn_serial
from sera_command.errors import BadInputError
from sera_store.private_files import write_private
from sera_store.registry.entities import ProbePlace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CONFIG = "config.json"
# Where a board has a light of its own, as MicroPython calls it; those with an ESP32 differ.
_LIGHTS = {"pico_w": "LED", "pico2_w": "LED"}


@dataclass(frozen=True, slots=True)
class BoardContents:
    """What was asked for, checked: nothing of it can fail any more but for want of room.

    Parameters
    ----------
    board
        Kind of board that firmware is compiled for; None for none.
    sensors
        The wiring, as `config.json` holds it.
    network
        Content of `network.json` with the password, or None.
    """

    board: str | None = None
    sensors: list[dict[str, Any]] = field(default_factory=list)
    network: bytes | None = field(default=None, repr=False)

    def write(self, folder: Path) -> None:
        """Write all into a board's folder, beside its keys, readable by this user alone."""
        if self.sensors or self.board in _LIGHTS:
            config = json.loads((folder / _CONFIG).read_bytes())
            if self.sensors:
                config["sensors"] = self.sensors
            if self.board in _LIGHTS:
                config.setdefault("light", _LIGHTS[self.board])
            write_private(folder / _CONFIG, json.dumps(config, indent=1).encode() + b"\n")
        if self.network is not None:
            write_private(folder / NETWORK_FILE, self.network)
        if self.board is not None:
            firmware.write(self.board, folder)

    def for_another_board(self) -> BoardContents:
        """Return the same for one more board, whose probes have serials of their own."""
        return replace(self, sensors=[with_drawn_serial(sensor) for sensor in self.sensors])

    def probes(self, node: str) -> list[ProbePlace]:
        """List the probes whose serials are known, as the registry has them."""
        return [
            ProbePlace(sensor["serial"], node, sensor["position"])
            for sensor in self.sensors
            if sensor.get("serial") and sensor.get("position")
        ]


def contents_of(
    board: str | None, sensors: Sequence[str], wifi: str | None, descriptor: int | None, country: str
) -> BoardContents:
    """Check what the command line asks for, and ask for the network's password.

    Raises
    ------
    BadInputError
        When a sensor, the network or its password cannot be.
    PartMissingError
        When firmware is to be compiled and mpy-cross is missing.
    """
    if wifi is None and (descriptor is not None or country):
        raise BadInputError("--wifi-password-fd and --country belong to a network: name it by --wifi")
    contents = board_contents(board, sensors)
    if wifi is None:
        return contents
    network_json(wifi, "", country)
    return replace(contents, network=network_json(wifi, password_of(wifi, descriptor), country))


def board_contents(
    board: str | None,
    sensors: Sequence[str],
    wifi: str | None = None,
    password: str = "",
    country: str = "",
) -> BoardContents:
    """Check what is asked for, the network's password among it.

    Raises
    ------
    BadInputError
        When a sensor, the network or its password cannot be.
    PartMissingError
        When firmware is to be compiled and mpy-cross is missing.
    """
    if board is not None and board not in firmware.PROCESSORS:
        raise BadInputError(f"--board {board!r}: expected one of {', '.join(firmware.PROCESSORS)}")
    if board is not None:
        firmware.compiler()
    wiring = sensors_of(sensors, board)
    if wifi is None:
        return BoardContents(board, wiring)
    check_password(password)
    return BoardContents(board, wiring, network_json(wifi, password, country))
