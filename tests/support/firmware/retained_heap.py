"""Measures the heap that a node retains: `retained_heap.py`, run in a board's folder, prints a line of JSON.

`modules` are the bytes that each import adds, in the order of firmware/device/main.py, `firmware` and
`device` their sums; `running` is what all of it and a node with its buffers keep after three wakes.
`uncounted` names the modules that are loaded then and were not measured.
"""

import binascii  # noqa: F401 - what is MicroPython's own is loaded before the first measurement
import errno
import gc
import json
import math  # noqa: F401
import select  # noqa: F401
import socket  # noqa: F401
import struct  # noqa: F401
import sys
import time  # noqa: F401

import tls  # noqa: F401

FIRMWARE = "frames store batch transport mqtt config contact node".split()
SENSORS = "soil air battery beam".split()
DEVICE = "start bus edges".split()
# The wiring that firmware/README.md shows.
WIRING = [
    {"model": "capacitive", "position": 1, "pin": 26, "serial": "c-0007"},
    {"model": "ds18b20", "position": 1, "pin": 22},
    {"model": "sht4x", "bus": 0},
    {"model": "break-beam", "pin": 15},
    {"model": "battery", "pin": 28, "ratio": 3.0, "low_v": 3.3},
]
SETTINGS = {
    "node": "elm-a1",
    "community": "elm",
    "broker": {"host": "127.0.0.1", "port": 1},
    "sensors": WIRING,
    "capacity_kb": 848,
    "health_every": 2,
}


class Port:
    """A board without network, and every pin and bus of it, on which nothing answers."""

    def ticks_ms(self) -> int:
        return 0

    def start_cause(self) -> tuple:
        return (1, None), False

    def health(self) -> dict:
        return {}

    def network_up(self, _budget_ms: int) -> None:
        raise OSError(errno.EIO)

    def opened(self, *_arguments: object) -> object:
        return self

    adc = onewire = i2c = edges = output = sleep_ms = note_step = network_down = set_rtc = opened


class Platform:
    """A module that only boards have."""


def used() -> int:
    gc.collect()
    return gc.mem_alloc()


def loaded(names: list) -> dict:
    """Import one after the other; say how much each keeps."""
    saved = {}
    for name in names:
        before = used()
        __import__(name)
        saved[name] = used() - before
    return saved


def main() -> None:
    sys.path[:] = [""]
    for name in ("machine", "network", "onewire"):
        sys.modules[name] = Platform()
    firmware = ["sera_firmware." + name for name in FIRMWARE]
    sensors = ["sera_firmware.sensors." + name for name in SENSORS]
    begin = used()
    message = {"modules": loaded(firmware + sensors)}
    message["firmware"] = used() - begin
    message["modules"].update(loaded(DEVICE))
    message["device"] = used() - begin - message["firmware"]
    counted = set(sys.modules)
    checked = sys.modules["sera_firmware.config"].with_defaults(SETTINGS)
    node = sys.modules["sera_firmware.node"].Node(checked, Port(), sys.argv[1])
    for _ in range(3):
        node.wake()
    message["running"] = used() - begin
    message["uncounted"] = sorted(set(sys.modules) - counted)
    print(json.dumps(message))


main()
