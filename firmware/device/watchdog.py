"""The watchdog, which lets a wake take its budget and no more, whatever hangs."""

import sys
import time

import machine

from sera_firmware.portable import Any

# A Pico refuses more than 8,388 ms (RP2040 datasheet, section 4.7.2: a 24-bit counter at 2 ticks a us).
_PICO_MS = 8000
_FEED_EVERY_MS = 2000
# An ESP32's may be as long as a wake: nothing needs to feed it in between.
_MORE_MS = 20000


class Watchdog:
    """Armed once and for ever: neither chip can stop it.

    On a Pico a timer feeds it every two seconds, since looking up a host's name blocks for longer than it
    waits; the timer stops once a step has taken the budget of a whole wake, and the board restarts.
    On an ESP32 it is as long as that budget itself.

    Parameters
    ----------
    budget_ms
        The longest a wake may take [ms].
    """

    def __init__(self, budget_ms: int) -> None:
        self._budget_ms = budget_ms
        self._began = time.ticks_ms()
        if sys.platform == "esp32":
            self._dog = machine.WDT(timeout=budget_ms + _MORE_MS)
        else:
            self._dog = machine.WDT(timeout=_PICO_MS)
            self._timer = machine.Timer(-1)
            self._timer.init(period=_FEED_EVERY_MS, mode=machine.Timer.PERIODIC, callback=self._tick)

    def _tick(self, _timer: Any) -> None:
        if time.ticks_diff(time.ticks_ms(), self._began) < self._budget_ms + _PICO_MS:
            self._dog.feed()

    def begin(self) -> None:
        """Begin a step: from here on the budget counts."""
        self._began = time.ticks_ms()
        self._dog.feed()

    def feed(self) -> None:
        """Feed the watchdog, for as long as the node feeds this."""
        self._dog.feed()
