"""The life of a node on a real board: its start, its wakes, its sleep."""

import json
import os
import sys
import time

import machine
from board import Board

from sera_firmware import atomic_file, config, lazy_modules, node
from sera_firmware.portable import Any

_FAILURES_MOST = 3
_SLEEP_LEAST_MS = 1000
_LAST_ERROR = "/last_error"


def _counts_while_asleep(settings: dict[str, Any]) -> bool:
    """Return whether a sensor counts between wakes, so that the processor must stay on."""
    return any(sensor["model"] in ("break-beam", "tipping-bucket") for sensor in settings["sensors"])


def sleeps_deeply(settings: dict[str, Any]) -> bool:
    """Return whether the board sleeps between wakes; otherwise it stays on.

    A Pico's clock and memory do not outlive its deep sleep, and its real-time clock stands still in
    light sleep, so it waits; so does what has mains or the sun.
    """
    return (
        sys.platform == "esp32"
        and settings["power"] == config.POWER_BATTERY
        and not _counts_while_asleep(settings)
    )


def rtc_ms() -> int:
    """Read the real-time clock, which an ESP32 keeps through deep sleep, by the port's own epoch [ms]."""
    return time.time_ns() // 1000000


def start_node(settings: dict[str, Any], board: Board, root: str) -> node.Node:
    """Make the node, which continues its boot where deep sleep kept its memory."""
    content, planned = board.memory.content[:-4], board.memory.content[-4:]
    is_same_boot = sleeps_deeply(settings) and len(planned) == 4 and _rtc_memory().is_whole(content)
    resumed_node = node.Node(settings, board, root, new_boot=not is_same_boot)
    if is_same_boot:
        _rtc_memory().resume(
            resumed_node, content, int.from_bytes(planned, "little"), rtc_ms(), board.ticks_ms()
        )
    return resumed_node


def _rtc_memory() -> Any:
    """Load what only a node that sleeps deeply needs."""
    return lazy_modules.load("rtc_memory")


def run_wake(sensor_node: node.Node, board: Board, root: str) -> int:
    """Do one wake; an unexpected error costs this wake only, and its name is kept on flash.

    Errors that go on, and contacts that have no memory any more, end in a restart.
    """
    values, before = sensor_node.settings.values, (sensor_node.contacts, sensor_node.store.skipped)
    interval_s = int(values["interval_s"])
    board.is_lit = sensor_node.clock.uptime_s() < values["light_s"]
    try:
        interval_s = sensor_node.wake()
        board.failures = 0
        is_over = sensor_node.needs_restart
    except Exception as error:  # noqa: BLE001 - a node in a garden has no one to start it again
        board.failures += 1
        board.network_down()
        _keep_error(root, error)
        is_over = board.failures >= _FAILURES_MOST
    if is_over:
        board.restart()
    if board.is_lit:
        try:
            lazy_modules.call("light", "show", board, sensor_node, before)
        except (OSError, MemoryError):
            pass  # a light that cannot be had costs nothing
    awake_ms = sensor_node.clock.uptime_ms() - sensor_node.woke_at_ms
    return max(_SLEEP_LEAST_MS, interval_s * 1000 - awake_ms)


def _keep_error(root: str, error: Exception) -> None:
    """Keep the kind of an error; its text might hold what is secret."""
    atomic_file.try_write(root + _LAST_ERROR, type(error).__name__.encode())


def live(root: str = "") -> None:
    """Run the node for ever: wake after wake, or one wake and deep sleep, after which this starts again."""
    settings = config.read(root + "/config.json")
    with open(root + "/network.json") as file:
        secrets = json.load(file)
    board = Board(settings, secrets)
    sensor_node = start_node(settings, board, root)
    # Starting up is part of a deep sleeper's pause.
    started_in_ms = board.ticks_ms()
    while True:
        sleep_ms = run_wake(sensor_node, board, root)
        if sleeps_deeply(settings):
            sleep_ms = max(_SLEEP_LEAST_MS, sleep_ms - started_in_ms)
            content = _rtc_memory().remember(sensor_node, rtc_ms()) + sleep_ms.to_bytes(4, "little")
            board.memory.keep(node.STEP_ASLEEP, content)
            machine.deepsleep(sleep_ms)
        board.sleep_ms(sleep_ms)


def is_held(root: str = "") -> bool:
    """Return whether a file named `hold` keeps the node from starting, for work at the prompt."""
    try:
        os.stat(root + "/hold")
    except OSError:
        return False
    return True
