"""Rain from a tipping bucket, whose tips a pin counts while the node sleeps."""

from sera_firmware.portable import Any
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series


class RainGauge(Sensor):
    """A tipping bucket. Wiring: `{"model": "tipping-bucket", "pin": 14, "mm_a_tip": 0.2}`."""

    model = "tipping-bucket"
    stream = series.AIR
    measures = (measurements.RAINFALL,)

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._mm_a_tip = wiring.get("mm_a_tip", 0.2)
        self._tips = 0
        self._port = board.edges(wiring["pin"], self.on_edge)

    def on_edge(self, level: int, _at_us: int) -> None:
        """Count a tip when the contact closes (an interrupt: allocates nothing)."""
        if level == 0:
            self._tips += 1

    def read(self) -> list[Any]:
        """Return the rain since the last reading [mm]."""
        self._port.awake_ms()
        tips, self._tips = self._tips, 0
        return [tips * self._mm_a_tip]
