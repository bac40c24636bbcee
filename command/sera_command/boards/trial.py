"""A node's wiring and firmware on a virtual board, which sends through the running installation."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_command.boards.firmware import package_folder
from sera_command.boards.processes import Board, Boards
from sera_command.installation import parts
from sera_simulator.world.season import season
from sera_simulator.world.trace import Header, write_trace
from sera_vocabulary import measurements as m
from sera_vocabulary.messages import column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

INTERVAL_S: Final = 900
# A Pico W's heap.
_HEAP: Final = "196K"
_FLASH_KB: Final = 1024
_CONTACT_EVERY_S: Final = 3600
_HEALTH_EVERY_WAKES: Final = 4
_POLL_S: Final = 0.2
_DAYS: Final = 2
# What probes of the simulated world do not measure, and others do: as in a garden's moist loam.
_STEADY: Final = {m.SOIL_MOISTURE: 0.25, m.SOIL_CONDUCTIVITY: 420.0, m.SOIL_PH: 6.5}


class Trial(NamedTuple):
    """What a virtual board said of itself at its end."""

    made: int
    acknowledged: int
    interpreter: str


def interpreter() -> list[str]:
    """Return the words that start 32-bit MicroPython with a Pico W's heap.

    Raises
    ------
    PartMissingError
        When it is not on this machine.
    """
    return [str(parts.require("micropython")), "-X", f"heapsize={_HEAP}"]


def run(
    config: dict[str, Any], board: Path, scratch: Path, span_s: tuple[int, int], program: Sequence[str]
) -> Trial:
    """Run the firmware with a node's config.json on a virtual board, to its end.

    Parameters
    ----------
    config
        Content of `config.json`; sensors, broker and intervals are taken as they are.
    board
        Folder of the certificates and the key that it names.
    scratch
        Folder for the board's flash, weather and log.
    span_s
        First and last moment of the readings, Unix time [s]; the board lives through them as fast as it can.
    program
        The words that start the interpreter.

    Raises
    ------
    PartDidNotStartError
        When the board ended before its time; the message holds the end of its log.
    """
    settings = scratch / "board.json"
    settings.write_text(json.dumps(_settings(config, board, scratch, span_s)), encoding="utf-8")
    script = package_folder("sera_simulator") / "board" / "run.py"
    virtual = Board(config["node"], settings, scratch / "board.log")
    with Boards(program, script, [virtual]) as boards:
        while not boards.are_done:
            time.sleep(_POLL_S)
    report = virtual.report
    return Trial(report["made"], report["acknowledged"], report["interpreter"])


def _settings(config: dict[str, Any], board: Path, scratch: Path, span_s: tuple[int, int]) -> dict[str, Any]:
    broker = dict(config["broker"])
    if broker.get("tls"):
        broker["tls"] = {name: str(board / file) for name, file in broker["tls"].items()}
    trace, header = _write_weather(config["sensors"], scratch / "weather.f32", span_s[0])
    return {
        "node": config["node"],
        "community": config["community"],
        "gateway": config["gateway"],
        "broker": broker,
        "paths": sorted({str(package_folder(name).parent) for name in ("sera_firmware", "sera_vocabulary")}),
        "flash": str(scratch / "flash.img"),
        "flash_kb": _FLASH_KB,
        "trace": str(trace),
        "trace_header": header,
        "sensors": config["sensors"],
        "start_s": span_s[0],
        "end_s": span_s[1],
        "interval_s": config.get("interval_s", INTERVAL_S),
        "health_every": _HEALTH_EVERY_WAKES,
        "contact_every_s": config.get("contact_every_s", _CONTACT_EVERY_S),
        "probes": [
            [sensor["position"], sensor["model"], sensor.get("serial", "")]
            for sensor in config["sensors"]
            if "position" in sensor
        ],
    }


def _write_weather(sensors: Sequence[dict[str, Any]], path: Path, start_s: int) -> tuple[Path, Header]:
    """Write what sensors see in a simulated garden on these days."""
    day = dt.datetime.fromtimestamp(start_s, dt.UTC).date() - dt.timedelta(days=1)
    planned = season(gardens=1, nodes=3, days=_DAYS + 1, start=day, interval_s=INTERVAL_S)
    columns: dict[str, npt.NDArray[np.float32]] = {}
    for node in reversed(planned.nodes):
        columns |= dict(zip(node.columns, planned.node_season(node.id).values.T, strict=True))
    rows = planned.timeline.rows
    for position in {sensor.get("position", 1) for sensor in sensors}:
        for name in (m.SOIL_MOISTURE_RAW, m.SOIL_TEMPERATURE):
            columns.setdefault(column(name, position), columns[column(name, 1)])
        for name, value in _STEADY.items():
            columns[column(name, position)] = np.full(rows, value, np.float32)
    header: Header = {
        "start_s": planned.start_s,
        "step_s": INTERVAL_S,
        "columns": list(columns),
        "rows": rows,
    }
    write_trace(path, header, np.stack(list(columns.values()), axis=1))
    return path, header
