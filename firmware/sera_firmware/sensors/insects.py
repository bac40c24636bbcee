"""Detectors of visiting insects: a break beam counts passages, a camera counts by group."""

import json
from binascii import crc32

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# An insect of 5 to 30 mm at 0.1 to 2 m/s darkens the beam for 2.5 to 300 ms; shorter is noise,
# longer a leaf or a spider.
_SHORTEST_US = const(2500)
_LONGEST_US = const(300000)
_TICKS_US_MASK = const(0x3FFFFFFF)


class BreakBeam(Sensor):
    """A break beam on a pin. Wiring: `{"model": "break-beam", "pin": 15}`.

    It cannot tell insects apart, so it counts passages and names no group.
    """

    model = "break-beam"
    stream = series.VISITS
    measures = (measurements.PASSAGES, measurements.FALSE_TRIGGERS, measurements.AWAKE_S)

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._passages = 0
        self._false_triggers = 0
        self._awake_ms = 0
        self._dark_since_us = -1
        self._port = board.edges(wiring["pin"], self.changed)

    def changed(self, level: int, at_us: int) -> None:
        """Judge one change of the beam: 0 dark, 1 light again (an interrupt: allocates nothing)."""
        if level == 0:
            self._dark_since_us = at_us
        elif self._dark_since_us >= 0:
            width_us = (at_us - self._dark_since_us) & _TICKS_US_MASK
            if _SHORTEST_US <= width_us <= _LONGEST_US:
                self._passages += 1
            else:
                self._false_triggers += 1
            self._dark_since_us = -1

    def read(self) -> list[Any]:
        """Return passages, false triggers and seconds awake since the last reading."""
        # The rest below a second is carried over, so that no effort is lost to rounding.
        self._awake_ms += self._port.awake_ms()
        counted = [self._passages, self._false_triggers, self._awake_ms // 1000]
        self._passages = self._false_triggers = 0
        self._awake_ms %= 1000
        return counted


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
    measures = tuple([group.name for group in measurements.INSECT_GROUPS]) + (measurements.AWAKE_S,)
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
            raise self.failed("no complete report; check the cable and the camera's supply")
        report = json.loads(text)
        return [report.get(name) for name in self.measures]
