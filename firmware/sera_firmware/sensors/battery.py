"""The battery's voltage over a divider."""

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

_SAMPLES = const(5)
_FULL_SCALE = const(65535)


class Battery(Sensor):
    """A battery on an ADC pin.

    Wiring: `{"model": "battery", "pin": 29, "ratio": 3.0, "reference_v": 3.3, "low_v": 3.5, "empty_v": 3.3}`.
    Below `low_v` records are flagged and contacts become rare; below `empty_v` there is none.
    """

    model = "battery"
    stream = series.HEALTH
    measures = (measurements.BATTERY_VOLTAGE,)

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._adc = board.adc(wiring["pin"])
        self._volts_full_scale = wiring.get("ratio", 3.0) * wiring.get("reference_v", 3.3)
        self.low_v = wiring.get("low_v", 3.5)
        self.empty_v = wiring.get("empty_v", 3.3)

    def read(self) -> list[Any]:
        """Return the voltage [V], the median of 5 samples."""
        samples = sorted([self._adc.read_u16() for _ in range(_SAMPLES)])
        return [samples[_SAMPLES // 2] * self._volts_full_scale / _FULL_SCALE]
