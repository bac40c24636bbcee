"""A counting pin of a real board."""

import time

import machine

from sera_firmware.portable import Any


class Edges:
    """A pin that interrupts at every change, and the time since it was last asked."""

    def __init__(self, pin: int, handler: Any) -> None:
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._pin.irq(lambda source: handler(source.value(), time.ticks_us()))
        self._since = time.ticks_ms()

    def awake_ms(self) -> int:
        """Return how long the detector was powered since the last time it was asked [ms]."""
        now = time.ticks_ms()
        awake_ms, self._since = time.ticks_diff(now, self._since), now
        return awake_ms
