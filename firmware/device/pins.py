"""Pins, buses and lines of a real board that need more than `machine` gives."""

import time

import machine

from sera_firmware.portable import Any

_HALF_BIT_US = 5
_PULSES = 9
# What `machine.I2C` raises where a chip did not acknowledge: EIO on a Pico, ENODEV on an ESP32.
_NOT_ACKNOWLEDGED = (5, 19)
_ANSWER_MS = 200


class Bus:
    """An I2C bus that frees itself after a chip held its data line.

    A chip that was cut off in the middle of a byte holds SDA low until it has been clocked to the end:
    NXP UM10204, section 3.1.16 "bus clear", nine pulses and a stop. The transfer that met it fails,
    the next one works.
    """

    def __init__(self, number: int, hertz: int, pins: dict[str, int]) -> None:
        self._number = number
        self._hertz = hertz
        self._pins = pins
        self._open()

    def _open(self) -> None:
        if self._pins:
            scl, sda = machine.Pin(self._pins["scl"]), machine.Pin(self._pins["sda"])
            self._bus = machine.I2C(self._number, scl=scl, sda=sda, freq=self._hertz)
        else:
            self._bus = machine.I2C(self._number, freq=self._hertz)

    def _tried(self, transfer: Any, *arguments: Any) -> None:
        try:
            transfer(*arguments)
        except OSError as error:
            if error.args and error.args[0] not in _NOT_ACKNOWLEDGED and self._pins:
                self.clear()
            raise

    def clear(self) -> None:
        """Clock a chip that holds SDA to the end of its byte, and send a stop."""
        scl = machine.Pin(self._pins["scl"], machine.Pin.OPEN_DRAIN, value=1)
        sda = machine.Pin(self._pins["sda"], machine.Pin.OPEN_DRAIN, value=1)
        for _ in range(_PULSES):
            scl.value(0)
            time.sleep_us(_HALF_BIT_US)
            scl.value(1)
            time.sleep_us(_HALF_BIT_US)
        for line, level in ((scl, 0), (sda, 0), (scl, 1), (sda, 1)):
            line.value(level)
            time.sleep_us(_HALF_BIT_US)
        self._open()

    def writeto(self, address: int, data: bytes) -> None:
        """Write to a chip."""
        self._tried(self._bus.writeto, address, data)

    def readfrom_into(self, address: int, buffer: bytearray) -> None:
        """Read from a chip."""
        self._tried(self._bus.readfrom_into, address, buffer)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        """Write to a chip's registers."""
        self._tried(self._bus.writeto_mem, address, register, data)

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        """Read a chip's registers."""
        self._tried(self._bus.readfrom_mem_into, address, register, buffer)


class Line:
    """A UART, which drives the `de` pin of an RS485 transceiver while it sends."""

    def __init__(self, number: int, baud: int, pins: dict[str, int]) -> None:
        chosen: dict[str, Any] = {name: machine.Pin(pins[name]) for name in ("tx", "rx") if name in pins}
        self._uart = machine.UART(number, baud, timeout=_ANSWER_MS, **chosen)
        self._driver = machine.Pin(pins["de"], machine.Pin.OUT, value=0) if "de" in pins else None

    def write(self, data: bytes) -> None:
        """Send all of it, and listen again at once: an answer may come 1 ms later."""
        if self._driver is None:
            self._uart.write(data)
            return
        self._driver.value(1)
        try:
            self._uart.write(data)
            self._uart.flush()
        finally:
            self._driver.value(0)

    def any(self) -> int:
        """Tell how many bytes have come."""
        return self._uart.any()

    def read(self, count: int) -> bytes:
        """Take bytes that have come."""
        return self._uart.read(count) or b""

    def readline(self) -> bytes:
        """Wait 200 ms for a line."""
        line: Any = self._uart.readline()  # bytes, whatever the stubs say
        return bytes(line or b"")


class Edges:
    """A pin that interrupts at every change, and the time since it was last asked."""

    def __init__(self, pin: int, handler: Any) -> None:
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._pin.irq(lambda one: handler(one.value(), time.ticks_us()))
        self._since = time.ticks_ms()

    def awake_ms(self) -> int:
        """Return how long the detector was powered since the last time it was asked [ms]."""
        now = time.ticks_ms()
        awake_ms, self._since = time.ticks_diff(now, self._since), now
        return awake_ms
