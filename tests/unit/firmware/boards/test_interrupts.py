"""An interrupt, where the heap is locked, allocates nothing; runs on CPython and on MicroPython."""

from firmware.stand_ins import raises
from sera_firmware.sensors.beam import BreakBeam
from sera_firmware.sensors.rain import RainGauge

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython has no such lock

    def heap_lock() -> None:
        pass

    heap_unlock = heap_lock

TICKS_US = 1 << 30


class Pins:
    """A board whose pin changes when the test says so."""

    def edges(self, pin: int, handler: object) -> object:
        self.handler = handler
        return self

    def awake_ms(self) -> int:
        return 900_000


def interrupted(handler: object, changes: tuple) -> None:
    """Tell of changes as an interrupt does."""
    heap_lock()
    try:
        for level, at_us in changes:
            handler(level, at_us)
    finally:
        heap_unlock()


def test_a_beams_passages_are_counted_with_the_heap_locked() -> None:
    pins = Pins()
    beam = BreakBeam({"pin": 15}, pins)
    late_us = TICKS_US - 1000
    interrupted(pins.handler, ((0, 0), (1, 20_000), (0, 40_000), (1, 41_000), (0, late_us), (1, 19_000)))
    assert beam.read() == [2, 1, 900]


def test_a_rain_gauges_tips_are_counted_with_the_heap_locked() -> None:
    pins = Pins()
    gauge = RainGauge({"pin": 14}, pins)
    interrupted(pins.handler, ((0, 0), (1, TICKS_US - 1), (0, 5)))
    assert abs(gauge.read()[0] - 0.4) < 1e-6


def test_the_lock_notices_what_allocates() -> None:
    def allocating(level: int, at_us: int) -> None:
        handlers.append([level, at_us])

    handlers = []
    if heap_lock is not heap_unlock:
        raises((MemoryError,), interrupted, allocating, ((0, 1),))
