"""Daylight from a BH1750."""

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# Datasheet BH1750FVI (Rohm 11046EDT01), "instruction set"; the shortest measurement time of 31
# (69 is usual) reaches 121,000 lx, full sun.
_ADDRESS = const(0x23)
_TIME = const(31)
_TIME_USUAL = const(69)
_TIME_HIGH_BITS = bytes([0x40 | 31 >> 5])
_TIME_LOW_BITS = bytes([0x60 | 31 & 0x1F])
_MEASURE_ONCE = b"\x20"
_COUNTS_A_LUX = 1.2


class Bh1750(Sensor):
    """A BH1750 on I2C. Wiring: `{"model": "bh1750", "bus": 0}`."""

    model = "bh1750"
    stream = series.AIR
    measures = (measurements.ILLUMINANCE,)
    wait_ms = 90

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._bus = board.i2c(wiring["bus"])
        self._answer = bytearray(2)

    def start(self) -> None:
        """Begin one measurement in the range of full sun."""
        for command in (_TIME_HIGH_BITS, _TIME_LOW_BITS, _MEASURE_ONCE):
            self._bus.writeto(_ADDRESS, command)

    def read(self) -> list[Any]:
        """Return the illuminance [lx]."""
        self._bus.readfrom_into(_ADDRESS, self._answer)
        raw = self._answer[0] << 8 | self._answer[1]
        return [raw / _COUNTS_A_LUX * _TIME_USUAL / _TIME]
