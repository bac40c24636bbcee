"""Virtual nodes as processes, and a receiver that stands in for the gateway, for tests of the whole node."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

import paho.mqtt.client as mqtt

from firmware.shipped import ROOT, virtual_board
from sera_simulator.board.life import RESET_CODE
from sera_vocabulary import measurements, topics

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

SCRIPT = ROOT / "simulator" / "sera_simulator" / "board" / "run.py"
START_S = 1780000200
STEP_S = 300
DAY_S = 86400
WEATHER = ["air_temperature", "air_humidity", "air_pressure", "illuminance", "rainfall", "battery_voltage"]
BEAM = ["soil_moisture_raw@1", "soil_temperature@1", *WEATHER, "passages", "false_triggers", "awake_s"]
CAMERA = [
    "soil_moisture_raw@1",
    "soil_temperature@1",
    *WEATHER,
    *(group.name for group in measurements.INSECT_GROUPS),
    "awake_s",
]
_WEATHER_VALUES = (18.5, 62.0, 1013.0, 20000.0)


def trace(columns: list[str], rows: int, seed: int = 1) -> list[list[float]]:
    """Rows of plausible values; beams and cameras get small counts."""
    chance = random.Random(seed)
    reports = []
    for _ in range(rows):
        soil = [float(chance.randrange(1500, 2500)), chance.uniform(5, 25)]
        weather = [*_WEATHER_VALUES, 0.2 * chance.randrange(3), 3.9]
        counts = [float(chance.randrange(4)) for _ in columns[8:-1]]
        reports.append([*soil, *weather, *counts, 270.0])
    return reports


def write_plan(folder: Path, port: int, days: float, columns: list[str], **changes: Any) -> Path:
    """Write the trace and the board.json of one node."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = changes.pop("rows", None) or trace(columns, int(days * DAY_S / STEP_S) + 1)
    packed = b"".join(struct.pack(f"<{len(columns)}f", *row) for row in rows)
    (folder / "trace.bin").write_bytes(packed)
    plan = {
        "node": "elm-a1",
        "community": "elm",
        "gateway": "gateway-1",
        "broker": {"host": "127.0.0.1", "port": port, "tls": None, "username": None, "password": None},
        "paths": [str(ROOT / "firmware"), str(ROOT / "vocabulary")],
        "flash": str(folder / "flash"),
        "flash_kb": 1024,
        "trace": str(folder / "trace.bin"),
        "trace_header": {"start_s": START_S, "step_s": STEP_S, "columns": columns, "rows": len(rows)},
        "probes": [[1, "capacitive", "p-1"]],
        "start_s": START_S,
        "end_s": int(START_S + days * DAY_S),
        "interval_s": 900,
        "contact_every_s": 3600,
        "health_every": 24,
        "faults": {},
    }
    path = folder / "board.json"
    path.write_text(json.dumps(plan | changes), encoding="utf-8")
    return path


def started(interpreter: list[str], plan: Path, *resume: str) -> subprocess.Popen[str]:
    """Start a virtual node; on MicroPython it runs what a board gets."""
    if interpreter != cpython():
        content = json.loads(plan.read_text(encoding="utf-8"))
        plan.write_text(json.dumps(content | {"paths": virtual_board()}), encoding="utf-8")
    return subprocess.Popen(
        [*interpreter, str(SCRIPT), str(plan), *resume], stdout=subprocess.PIPE, text=True
    )


def finished(process: subprocess.Popen[str], timeout_s: float = 120, code: int = 0) -> dict[str, Any]:
    """Wait for a node's end; return the last thing it said."""
    try:
        out, _ = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
    assert process.returncode == code, out
    return dict(json.loads(out.splitlines()[-1]))


def lived(interpreter: list[str], plan: Path) -> dict[str, Any]:
    """Run a virtual node to its end, through the resets that its plan has."""
    resume: list[str] = []
    for _ in json.loads(plan.read_text(encoding="utf-8"))["faults"].get("reboots", ()):
        message = finished(started(interpreter, plan, *resume), code=RESET_CODE)
        resume = [json.dumps(message["resume"])]
    return finished(started(interpreter, plan, *resume))


def cpython() -> list[str]:
    return [sys.executable]


def micropython_command(path: Path) -> list[str]:
    return [str(path), "-X", "heapsize=196K"]


class Receiver:
    """Takes all that a community's nodes publish, and answers with `have`.

    `loses` decides which records it takes for never arrived when it first hears of them.
    """

    def __init__(
        self,
        port: int,
        loses: Callable[[int], bool] = lambda seq: False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.rows: dict[int, tuple[Any, ...]] = {}
        self.repeated = 0
        self.conflicts: list[int] = []
        self.last: dict[str, Any] = {}
        self.batches: list[dict[str, Any]] = []
        self._loses = loses
        self._lost: set[int] = set()
        self._stopping = threading.Event()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id="receiver", clean_session=False
        )
        self._client.on_message = self._received
        self._subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe("sera/v1/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.reconnect_delay_set(0.05, 0.2)
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        # What a node sends before that would reach nobody.
        assert self._subscribed.wait(120), "the broker granted no subscription"
        self._answering = threading.Thread(target=self._answer)
        self._answering.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._answering.join()
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def next(self) -> int:
        """The lowest sequence that is not here."""
        following = 1
        while following in self.rows:
            following += 1
        return following

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        parsed = topics.parse(message.topic)
        if parsed is None or parsed[2] in topics.DOWN_CHANNELS:
            return
        content = json.loads(message.payload)
        self.last[parsed[2]] = content
        if parsed[2] == topics.DATA:
            assert len(message.payload) <= 1536
            self.batches.append(content)
            for row in content["r"]:
                self._take(content["s"], row)

    def _take(self, stream: str, row: list[Any]) -> None:
        seq = row[0]
        if self._loses(seq) and seq not in self._lost:
            self._lost.add(seq)
            return
        if seq in self.rows:
            self.repeated += 1
            if self.rows[seq] != (stream, *row[1:]):
                self.conflicts.append(seq)
        self.rows[seq] = (stream, *row[1:])

    def _answer(self) -> None:
        while not self._stopping.wait(0.3):
            if self.batches and self.rows:
                have = {
                    "v": 1,
                    "g": "gateway-1",
                    "e": self.batches[-1]["e"],
                    "next": self.next,
                    "top": max(self.rows),
                }
                self._client.publish(
                    topics.topic("elm", "elm-a1", topics.HAVE), json.dumps(have), 1, retain=True
                )
