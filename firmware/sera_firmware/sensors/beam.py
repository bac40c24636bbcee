"""Visiting insects by a break beam, which counts passages."""

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
        self._port = board.edges(wiring["pin"], self.on_edge)

    def on_edge(self, level: int, at_us: int) -> None:
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
