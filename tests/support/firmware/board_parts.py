"""Stand-ins for `machine`, `network`, `onewire`, `time` and `sys` that behave like the boards where it hurts.

For CPython and MicroPython alike. A `World` is the outside of one board: its time runs only when the
board waits, and a reset is an exception that ends the program as on a board.

What hurts, and is here: a Pico's watchdog takes at most 8,388 ms and cannot be stopped; its
`machine.reset()` looks like the watchdog, and with deep sleep sets the clock to 2021; its real-time
clock stands still in light sleep; an ESP32 counts from 2000; 32-bit `gmtime` says 1901 after 2038; the
millisecond counter wraps at 2**30; the analogue converter is noisy while the radio is on; a chip can
hold the I2C bus; a network or its password can be wrong; the reset cause of a Pico knows two values.
"""

import gc
import os
import sys

from firmware.board_modules import (
    ESP32,
    FROM_2000_S,
    PICO_2_W,
    PICO_W,
    Clocks,
    Machine,
    Station,
    of,
    one_wire_of,
)
from sera_simulator.board import chips

DEVICE = os.getenv("SERA_DEVICE") or __file__.replace("\\", "/").rsplit("/", 4)[0] + "/firmware/device"
MODULES = ("board", "bus", "edges", "line", "memory", "start", "watchdog")
KINDS = (PICO_W, PICO_2_W, ESP32)

_2021_S = 1609459200
_STARTS_IN_US = 2300000


class ResetError(BaseException):
    """The board starts again; nothing in a program can catch that."""


class World:
    """One board and its surroundings.

    `values` is what the sensors see, by column; a column that is not there is a chip that is not
    there.
    """

    def __init__(self, kind: str, start_ms: int = 0) -> None:
        self.kind = kind
        self.is_pico = kind != ESP32
        self.now_us = start_ms * 1000
        self.cause = 1
        self.values = {}
        self.faults = {}
        self.scratch = {}
        self.rtc_memory = b""
        self.rtc_s = _2021_S if self.is_pico else FROM_2000_S
        self.rtc_at_us = self.now_us
        self.password = "sesame"
        self.radio_is_on = False
        self.joins = 0
        self.countries = []
        self.reads_with_radio_on = 0
        self.levels = {}
        # The pin of the light, and when it was switched [ms].
        self.lamp = None
        self.light_changes = []
        self.busy_for = 0
        self.resets = []
        self.slept_ms = []
        self.set_to = []
        self._power_cycle()

    def _power_cycle(self) -> None:
        """What every reset does to the chip."""
        self.ticks_from_us = self.now_us
        self.dog = None
        self.timers = []
        self.radio_is_on = False
        self.joining_since_us = None
        self.handlers = {}

    def reset(self, cause: int, name: str) -> None:
        self.resets.append(name)
        self.cause = 3 if self.is_pico else cause
        if self.is_pico:
            self.set_rtc(_2021_S)
        self._power_cycle()
        raise ResetError(name)

    def power_off(self) -> None:
        """Lose everything but the flash."""
        self.cause, self.scratch, self.rtc_memory = 1, {}, b""
        self.set_rtc(_2021_S if self.is_pico else FROM_2000_S)
        self._power_cycle()

    def set_rtc(self, utc_s: int) -> None:
        self.rtc_s, self.rtc_at_us = utc_s, self.now_us

    def rtc_us(self) -> int:
        """The real-time clock as Unix time [us]."""
        return self.rtc_s * 1000000 + self.now_us - self.rtc_at_us

    def wait_us(self, microseconds: int) -> None:
        """Pass time: timers fire, and an unfed watchdog strikes."""
        end = self.now_us + microseconds
        while self.now_us < end:
            moments = [end] + [timer.due_us for timer in self.timers]
            if self.dog:
                moments.append(self.dog.fed_us + self.dog.timeout_ms * 1000)
            self.now_us = max(self.now_us, min(moments))
            for timer in self.timers:
                timer.fire_if_due()
            if self.dog and self.now_us >= self.dog.fed_us + self.dog.timeout_ms * 1000:
                self.reset(3, "watchdog")

    # What the virtual chips ask of a board.

    def now_ms(self) -> int:
        return self.now_us // 1000

    def value(self, column: str) -> object:
        return self.values.get(column)

    def fault_of(self, column: str) -> object:
        return self.faults.get(column)

    def touch(self, column: str) -> None:
        failure = chips.failure(self.fault_of(column))
        if failure is not None:
            raise failure

    def disturb(self, column: str, buffer: bytearray) -> None:
        if self.fault_of(column) == chips.CHECKSUM and buffer:
            buffer[len(buffer) // 2] ^= 0x10


class Module:
    """A module of names."""

    def __init__(self, **names: object) -> None:
        for name, value in names.items():
            setattr(self, name, value)


def started_on(world: World) -> object:
    """Start the device's modules on a board, as after a reset, and return `start`.

    They hold nothing but what they import, so that those which are there already only get the board's
    own parts again: a heap of 196 KB would not take them again for each test.
    """
    own = Module(platform="rp2" if world.is_pico else "esp32", implementation=Module(_machine=world.kind))
    parts = {
        "machine": Machine(world),
        "network": Module(WLAN=of(world, Station), STA_IF=0, country=world.countries.append),
        "onewire": Module(OneWire=one_wire_of(world)),
        "time": Clocks(world),
        "sys": own,
    }
    # The boot ROM, MicroPython and the imports, before the first line of ours runs.
    world.now_us += _STARTS_IN_US
    if "start" not in sys.modules:
        _import_with(parts)
    for name in MODULES:
        module = sys.modules[name]
        for part, stand_in in parts.items():
            if hasattr(module, part):
                setattr(module, part, stand_in)
    gc.collect()
    return sys.modules["start"]


def _import_with(parts: dict) -> None:
    modules, path = sys.modules, sys.path
    before = {name: modules.get(name) for name in parts}
    path.insert(0, DEVICE)
    modules.update(parts)
    try:
        for name in MODULES:
            __import__(name)
    finally:
        path.pop(0)
        for name, module in before.items():
            if module is None:
                modules.pop(name, None)
            else:
                modules[name] = module
