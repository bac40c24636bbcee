"""Starts the node on a real board: config.json and network.json lie beside this file."""

import gc
import json
import sys
import time

import machine

# The leaves first, and what the compiler leaves behind collected in between, so that the heap stays in
# one piece: TLS needs a block of 16.7 KB.
for module in ("frames", "store", "batch", "transport", "mqtt", "config", "contact", "node", "retained"):
    __import__("sera_firmware." + module)
    gc.collect()

from board import Board  # noqa: E402

from sera_firmware import config, retained  # noqa: E402
from sera_firmware.node import Node  # noqa: E402

_ROOT = ""


def _with_detector(settings):
    """Tell whether a sensor counts while the node sleeps, so that the processor must stay on."""
    return any(sensor["model"] in ("break-beam", "tipping-bucket") for sensor in settings["sensors"])


def _run_through(node, board):
    """Stay powered between wakes (mains, solar, or a detector that counts)."""
    while True:
        began = time.ticks_ms()
        interval_s = node.wake()
        board.sleep_ms(max(0, interval_s * 1000 - time.ticks_diff(time.ticks_ms(), began)))


def _one_wake(node):
    """Do one wake and go to deep sleep, remembering in RTC memory what the next one needs."""
    interval_ms = node.wake() * 1000
    awake_ms = node.clock.uptime_ms() - node.woke_at_ms
    sleep_ms = max(1000, interval_ms - awake_ms)
    machine.RTC().memory(retained.remember(node) + sleep_ms.to_bytes(4, "little"))
    machine.deepsleep(sleep_ms)


def main():
    """Run the node for ever."""
    settings = config.read(_ROOT + "/config.json")
    with open(_ROOT + "/network.json") as file:
        secrets = json.load(file)
    board = Board(secrets, settings["time_servers"])
    deep_sleeps = sys.platform == "esp32" and not _with_detector(settings)
    kept = machine.RTC().memory() if deep_sleeps else b""
    is_same_boot = len(kept) > 4 and retained.is_whole(kept[:-4])
    node = Node(settings, board, _ROOT, new_boot=not is_same_boot)
    if is_same_boot:
        retained.resume(node, kept[:-4], int.from_bytes(kept[-4:], "little"))
    if deep_sleeps:
        _one_wake(node)
    _run_through(node, board)


main()
