"""Air temperature and humidity from an SHT4x."""

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# Datasheet SHT4x (Sensirion, version 6), sections 4.4 to 4.6.
_ADDRESS = const(0x44)
_MEASURE_HIGH_PRECISION = b"\xfd"
_CRC_POLYNOMIAL = const(0x31)
_CRC_INIT = const(0xFF)
_FULL_SCALE = const(65535)


class Sht4x(Sensor):
    """An SHT40, SHT41 or SHT45 on I2C. Wiring: `{"model": "sht4x", "bus": 0}`."""

    model = "sht4x"
    stream = series.AIR
    measures = (measurements.AIR_TEMPERATURE, measurements.AIR_HUMIDITY)
    # Table 4 and section 3.1: 8.3 ms at most to measure, 1 ms to start up.
    wait_ms = 10
    start_up_ms = 2

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._bus = board.i2c(wiring["bus"])
        self._answer = bytearray(6)

    def start(self) -> None:
        """Begin a measurement of both quantities."""
        self._bus.writeto(_ADDRESS, _MEASURE_HIGH_PRECISION)

    def read(self) -> list[Any]:
        """Return temperature [Cel] and relative humidity [%]."""
        answer = self._answer
        self._bus.readfrom_into(_ADDRESS, answer)
        for begin in (0, 3):
            if crc8(answer[begin : begin + 2], _CRC_POLYNOMIAL, _CRC_INIT) != answer[begin + 2]:
                raise self.error("checksum wrong; check the cable")
        temperature = -45 + 175 * (answer[0] << 8 | answer[1]) / _FULL_SCALE
        humidity = -6 + 125 * (answer[3] << 8 | answer[4]) / _FULL_SCALE
        return [temperature, min(100, max(0, humidity))]


def crc8(data: bytes | bytearray, polynomial: int, crc: int) -> int:
    """Compute a CRC-8, most significant bit first, as Sensirion chips do."""
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ polynomial) & 0xFF if crc & 0x80 else crc << 1
    return crc
