"""Daylight from a VEML7700."""

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# Datasheet VEML7700 (Vishay 84286): "slave address", table 1 "command code", ALS_CONF_0 and ALS; the
# shortest integration of 25 ms at the lowest gain of 1/8 reaches 140,900 lx, full sun.
_ADDRESS = const(0x10)
_CONFIGURATION = const(0x00)
_LIGHT = const(0x04)
_GAIN_EIGHTH_25_MS = b"\x00\x13"
_SHUT_DOWN = b"\x01\x13"
# 0.0042 lx a count at gain 2 and 800 ms, times 16 and 32.
_LUX_A_COUNT = 2.1504


class Veml7700(Sensor):
    """A VEML7700 on I2C. Wiring: `{"model": "veml7700", "bus": 0}`.

    Its own line of best fit is used; the bend above 1,000 lx that Vishay's application note 84323
    describes for long integrations is a matter of calibration.
    """

    model = "veml7700"
    stream = series.AIR
    measures = (measurements.ILLUMINANCE,)
    # "Power on": 2.5 ms to wake; then two integrations, of which the second is whole in any case.
    wait_ms = 60
    start_up_ms = 5

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._bus = board.i2c(wiring["bus"])
        self._answer = bytearray(2)

    def start(self) -> None:
        """Wake the chip, which then measures again and again."""
        self._bus.writeto_mem(_ADDRESS, _CONFIGURATION, _GAIN_EIGHTH_25_MS)

    def read(self) -> list[Any]:
        """Return the illuminance [lx], and let the chip sleep."""
        self._bus.readfrom_mem_into(_ADDRESS, _LIGHT, self._answer)
        self._bus.writeto_mem(_ADDRESS, _CONFIGURATION, _SHUT_DOWN)
        return [(self._answer[0] | self._answer[1] << 8) * _LUX_A_COUNT]
