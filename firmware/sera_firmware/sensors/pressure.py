"""Air pressure from an LPS22HB."""

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# Datasheet LPS22HB (ST DocID027083), registers CTRL_REG2 and PRESS_OUT_XL; 4096 counts a hPa.
_ADDRESS = const(0x5C)
_CONTROL_2 = const(0x11)
# Addresses count up while reading (IF_ADD_INC), one measurement (ONE_SHOT).
_ONE_SHOT = b"\x11"
_PRESSURE_REGISTER = const(0x28)
_COUNTS_A_HPA = const(4096)


class Lps22(Sensor):
    """An LPS22HB on I2C. Wiring: `{"model": "lps22", "bus": 0}`."""

    model = "lps22"
    stream = series.AIR
    measures = (measurements.AIR_PRESSURE,)
    wait_ms = 50

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._bus = board.i2c(wiring["bus"])
        self._answer = bytearray(3)

    def start(self) -> None:
        """Begin one measurement."""
        self._bus.writeto_mem(_ADDRESS, _CONTROL_2, _ONE_SHOT)

    def read(self) -> list[Any]:
        """Return the pressure [hPa]."""
        self._bus.readfrom_mem_into(_ADDRESS, _PRESSURE_REGISTER, self._answer)
        low, middle, high = self._answer
        return [(high << 16 | middle << 8 | low) / _COUNTS_A_HPA]
