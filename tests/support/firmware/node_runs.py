"""A node in a process of its own: its contacts on either interpreter, its season on MicroPython."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from firmware.node_process import cpython
from firmware.shipped import FOLDER, ROOT, board_folder, under_test
from firmware.stand_ins import air_row, soil_row

if TYPE_CHECKING:
    from pathlib import Path

    from firmware.stand_in_broker import StandInBroker

SOURCES = [str(ROOT / part) for part in ("tests/support", "vocabulary", "firmware")]
CONTACTS_SCRIPT = FOLDER / "contacts.py"
SEASON_SCRIPT = FOLDER / "season.py"
# How often a season's node measures its memory.
SAMPLES = 40
# What a silent broker is given, and one that answers on a busy machine.
SHORT_MS, LONG_MS = 120, 120_000
WAKES = 2


def contacts(
    interpreter: list[str], folder: Path, port: int, count: int, **changes: Any
) -> list[dict[str, Any]]:
    """Run a node for so many contacts, two wakes before each; return what it said of each."""
    (folder / "node").mkdir()
    plan = {
        "paths": under_test() if interpreter != cpython() else SOURCES,
        "folder": str(folder / "node"),
        "port": port,
        "contacts": count,
        "wakes": WAKES,
        "timeouts_ms": [LONG_MS],
    }
    (folder / "plan.json").write_text(json.dumps(plan | changes), encoding="utf-8")
    done = subprocess.run(
        [*interpreter, str(CONTACTS_SCRIPT), str(folder / "plan.json")],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def as_appended(seq: int) -> tuple[Any, ...]:
    """A record as the broker must see it: stream, boot, row."""
    number, is_air = divmod(seq - 1, 2)
    stream, row = ("air", air_row(number)) if is_air else ("soil", soil_row(number))
    return (stream, 1, *json.loads(f"[{row[1].decode()}]"))


def full_have(broker: StandInBroker, output: list[dict[str, Any]]) -> None:
    assert sorted(broker.rows) == list(range(1, output[-1]["next"]))
    assert {seq: row for seq, row in broker.rows.items() if row != as_appended(seq)} == {}
    assert broker.conflicts == []
    assert len(broker.epochs) == 1


def season(micropython: Path, folder: Path, broker: dict[str, Any], wakes: int, **changes: Any) -> list[Any]:
    """Run a season; return its samples, and at the end what the node said last."""
    plan = {
        "paths": [str(board_folder()), str(ROOT / "simulator")],
        "flash": str(folder / "flash"),
        "flash_kb": 848,
        "broker": broker,
        "wakes": wakes,
        "interval_s": 900,
        "outages": [],
        "sample_every": max(1, wakes // SAMPLES),
    }
    (folder / "season.json").write_text(json.dumps(plan | changes), encoding="utf-8")
    command = [str(micropython), "-X", "heapsize=160K", str(SEASON_SCRIPT), str(folder / "season.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
