"""An I2C bus of a real board, which needs more than `machine` gives."""

import time

import machine

from sera_firmware.portable import Any

_HALF_BIT_US = 5
_PULSES = 9
# What `machine.I2C` raises where a chip did not acknowledge: EIO on a Pico, ENODEV on an ESP32.
_NOT_ACKNOWLEDGED = (5, 19)


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

    def _transfer(self, transfer: Any, *arguments: Any) -> None:
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
        self._transfer(self._bus.writeto, address, data)

    def readfrom_into(self, address: int, buffer: bytearray) -> None:
        """Read from a chip."""
        self._transfer(self._bus.readfrom_into, address, buffer)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        """Write to a chip's registers."""
        self._transfer(self._bus.writeto_mem, address, register, data)

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        """Read a chip's registers."""
        self._transfer(self._bus.readfrom_mem_into, address, register, buffer)
