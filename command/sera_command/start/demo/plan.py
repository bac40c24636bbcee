"""A planned season as the settings of its boards."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sera_command.boards.firmware import package_folder
from sera_command.boards.processes import Board
from sera_command.installation import parts
from sera_simulator.world import faults
from sera_store.private_files import make_private
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_simulator.world.season import Season

INTERVAL_S: Final = 900
_CONTACT_EVERY_S: Final = 4 * HOUR_S
_HEALTH_EVERY_WAKES: Final = 24
_FLASH_KB: Final = 1024
_HEAP: Final = "196K"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What a demo is asked for."""

    days: int
    nodes: int
    seed: int
    out: Path
    start: date = date(2025, 6, 2)

    @property
    def data(self) -> Path:
        """Folder of journal, store and broker."""
        return self.out / "data"

    @property
    def nodes_folder(self) -> Path:
        """Folder of the nodes' settings, traces, flash and logs."""
        return self.out / "nodes"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What runs the firmware: a name for people, the words that start it, and whether it has littlefs."""

    name: str
    start: tuple[str, ...]
    has_littlefs: bool


def interpreter() -> Interpreter:
    """Choose real MicroPython where it is found, else this Python."""
    program = parts.find("micropython")
    if program is None:
        version = ".".join(map(str, sys.version_info[:3]))
        return Interpreter(f"CPython {version}", (sys.executable,), has_littlefs=False)
    return Interpreter(
        f"MicroPython {program.version}", (str(program.path), "-X", f"heapsize={_HEAP}"), has_littlefs=True
    )


def boards(season: Season, plan: DemoPlan, address: tuple[str, int], *, has_littlefs: bool) -> list[Board]:
    """Write each node's trace and settings, and name its board."""
    make_private(plan.nodes_folder)
    traces = season.write_traces(plan.nodes_folder)
    written = []
    for node in season.nodes:
        trace, header = traces[node.id]
        settings = {
            "node": node.id,
            "community": season.community.id,
            "gateway": "gateway-1",
            "broker": {
                "host": address[0],
                "port": address[1],
                "tls": None,
                "username": None,
                "password": None,
            },
            "paths": import_paths(),
            "flash": str(flash_path(plan, node.id, has_littlefs=has_littlefs)),
            "flash_kb": _FLASH_KB,
            "trace": str(trace),
            "trace_header": header,
            "start_s": season.start_s,
            # The last reading is within the last day: one at its end would belong to the next.
            "end_s": season.end_s - 1,
            "interval_s": INTERVAL_S,
            "contact_every_s": _CONTACT_EVERY_S,
            "health_every": _HEALTH_EVERY_WAKES,
            "probes": [[probe.position, probe.model, probe.serial] for probe in node.probes],
            "seed": season.seed,
            "faults": faults_of(season, node.id),
        }
        path = plan.nodes_folder / f"{node.id}.board.json"
        path.write_text(json.dumps(settings), encoding="utf-8")
        written.append(Board(node.id, path, plan.nodes_folder / f"{node.id}.log"))
    return written


def flash_path(plan: DemoPlan, node: str, *, has_littlefs: bool) -> Path:
    """Name a node's flash: an image of littlefs, or a folder where the interpreter has none."""
    return plan.nodes_folder / (f"{node}.flash.img" if has_littlefs else f"{node}.flash")


def faults_of(season: Season, node: str) -> dict[str, Sequence[Any]]:
    """Return the faults of one node in the form of the board; those of sensors are in its trace already."""
    planned = season.faults_of(node)

    def spans(kind: str) -> list[list[int]]:
        return [[fault.start_s, fault.end_s] for fault in planned if fault.kind == kind]

    return {
        "outages": spans(faults.OUTAGE),
        "no_time_source": spans(faults.NO_TIME_SOURCE),
        "reboots": [start for start, _ in spans(faults.REBOOT)],
        "clock_lost": [start for start, _ in spans(faults.CLOCK_LOST)],
        "strange": [[season.refused.column, season.refused.time_s]] if season.refused.node == node else [],
    }


def board_script() -> Path:
    """Find the program of the virtual board without importing it: it runs in the node's own process."""
    return package_folder("sera_simulator") / "board" / "run.py"


def import_paths() -> list[str]:
    """Name the folders that hold the packages a node imports."""
    return sorted({str(package_folder(name).parent) for name in ("sera_firmware", "sera_vocabulary")})
