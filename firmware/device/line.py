"""A serial line of a real board, with an RS485 driver or without."""

import machine

from sera_firmware.portable import Any

_ANSWER_MS = 200


class Line:
    """A UART, which drives the `de` pin of an RS485 transceiver while it sends."""

    def __init__(self, number: int, baud: int, pins: dict[str, int]) -> None:
        uart_pins: dict[str, Any] = {name: machine.Pin(pins[name]) for name in ("tx", "rx") if name in pins}
        self._uart = machine.UART(number, baud, timeout=_ANSWER_MS, **uart_pins)
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
        """Return how many bytes have come."""
        return self._uart.any()

    def read(self, count: int) -> bytes:
        """Read bytes that have come."""
        return self._uart.read(count) or b""

    def readline(self) -> bytes:
        """Wait 200 ms for a line."""
        line: Any = self._uart.readline()  # bytes, whatever the stubs say
        return bytes(line or b"")
