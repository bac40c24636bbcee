"""Visiting insects by a camera, which counts them by group."""

import json
from binascii import crc32

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

_REPORT = b"report\n"
_CHECK_DIGITS = const(8)
_BAUD = const(115200)


class Camera(Sensor):
    """A camera's co-processor on a UART. Wiring: `{"model": "camera", "uart": 1}`.

    Asked with `report`, it answers one line, the counts by group since its last answer as JSON
    with seconds awake, a tab and the CRC-32 of the JSON as 8 hexadecimal digits.
    """

    model = "camera"
    stream = series.COUNTS
    measures = measurements.GROUP_NAMES + (measurements.AWAKE_S,)
    wait_ms = 50

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._uart = board.uart(wiring["uart"], _BAUD)

    def start(self) -> None:
        """Ask for a report."""
        self._uart.write(_REPORT)

    def read(self) -> list[Any]:
        """Return the ten counts and the seconds awake since the last reading."""
        line = (self._uart.readline() or b"").rstrip()
        text, check = line[: -_CHECK_DIGITS - 1], line[-_CHECK_DIGITS:]
        if not text or b"%08x" % crc32(text) != check:
            raise self.error("no complete report; check the cable and the camera's supply")
        report = json.loads(text)
        return [report.get(name) for name in self.measures]
