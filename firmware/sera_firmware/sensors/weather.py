"""Air temperature, humidity and pressure from a BME280."""

import struct

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# Datasheet BME280 (Bosch BST-BME280-DS002), sections 4.2.2 (calibration), 5.3 and 5.4 (registers).
_ADDRESS = const(0x76)
_ID_REGISTER = const(0xD0)
_ID = const(0x60)
_ID_BMP280 = const(0x58)
_HUMIDITY_CONTROL = const(0xF2)
_CONTROL = const(0xF4)
_ONCE = b"\x01"
# Temperature and pressure once each, forced mode.
_MEASURE_ONCE = b"\x25"
_DATA = const(0xF7)
_CALIBRATION_FIRST = const(0x88)
_CALIBRATION_SECOND = const(0xE1)
# What the data registers hold before the first measurement, or where one was skipped.
_NOT_MEASURED = const(0x80000)


class Bme280(Sensor):
    """A BME280 on I2C. Wiring: `{"model": "bme280", "bus": 0}`, with `"address": 119` where SDO is high."""

    model = "bme280"
    stream = series.AIR
    measures = (measurements.AIR_TEMPERATURE, measurements.AIR_HUMIDITY, measurements.AIR_PRESSURE)
    # Section 9.1: at most 9.3 ms for one sample of each.
    wait_ms = 12
    start_up_ms = 5

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._bus = board.i2c(wiring["bus"])
        self._address = wiring.get("address", _ADDRESS)
        self._answer = bytearray(8)
        self._calibration: tuple[Any, ...] = ()

    def _calibrate(self) -> tuple[Any, ...]:
        """Read the chip's own constants, T1 to T3, P1 to P9, H1 to H6."""
        chip_id = bytearray(1)
        self._bus.readfrom_mem_into(self._address, _ID_REGISTER, chip_id)
        if chip_id[0] != _ID:
            chip = "a BMP280, which has no humidity" if chip_id[0] == _ID_BMP280 else "0x%02x" % chip_id[0]
            raise self.error("the chip is %s; expected 0x60" % chip)
        first, second = bytearray(26), bytearray(7)
        self._bus.readfrom_mem_into(self._address, _CALIBRATION_FIRST, first)
        self._bus.readfrom_mem_into(self._address, _CALIBRATION_SECOND, second)
        h2, h3, middle, split, high, h6 = struct.unpack("<hBbBbb", second)
        # Table 16: H4 and H5 share the register 0xE5.
        humidity = (first[25], h2, h3, middle << 4 | split & 0xF, high << 4 | split >> 4, h6)
        return struct.unpack("<HhhHhhhhhhhh", first[:24]) + humidity

    def start(self) -> None:
        """Begin one measurement of all three."""
        if not self._calibration:
            self._calibration = self._calibrate()
        self._bus.writeto_mem(self._address, _HUMIDITY_CONTROL, _ONCE)
        self._bus.writeto_mem(self._address, _CONTROL, _MEASURE_ONCE)

    def read(self) -> list[Any]:
        """Return temperature [Cel], relative humidity [%] and pressure [hPa]."""
        data = self._answer
        self._bus.readfrom_mem_into(self._address, _DATA, data)
        pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
        temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
        if not self._calibration or temperature == _NOT_MEASURED or pressure == _NOT_MEASURED:
            raise self.error("it has not measured; check its supply")
        fine = _fine(self._calibration, temperature)
        humidity = _humidity(self._calibration, data[6] << 8 | data[7], fine)
        return [(fine * 5 + 128 >> 8) / 100, humidity / 1024, _pressure(self._calibration, pressure, fine)]


# Section 4.2.3 in whole numbers: a board's floats have 24 bits, too few for the pressure.


def _fine(calibration: tuple[Any, ...], raw: int) -> int:
    """Compensate the temperature: its fine resolution, 5120 a degree."""
    t1, t2, t3 = calibration[:3]
    first = ((raw >> 3) - (t1 << 1)) * t2 >> 11
    offset = (raw >> 4) - t1
    return int(first + ((offset * offset >> 12) * t3 >> 14))


def _pressure(calibration: tuple[Any, ...], raw: int, fine: int) -> float:
    """Compensate the pressure [hPa]."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = calibration[3:12]
    first = fine - 128000
    second = first * first * p6 + (first * p5 << 17) + (p4 << 35)
    first = (first * first * p3 >> 8) + (first * p2 << 12)
    first = ((1 << 47) + first) * p1 >> 33
    if first == 0:
        return 0.0
    pressure = (((1048576 - raw) << 31) - second) * 3125 // first
    first = p9 * (pressure >> 13) * (pressure >> 13) >> 25
    second = p8 * pressure >> 19
    return float(((pressure + first + second >> 8) + (p7 << 4)) / 25600)


def _humidity(calibration: tuple[Any, ...], raw: int, fine: int) -> int:
    """Compensate the relative humidity [1/1024 %]."""
    h1, h2, h3, h4, h5, h6 = calibration[12:]
    offset = fine - 76800
    scale = ((offset * h6 >> 10) * ((offset * h3 >> 11) + 32768) >> 10) + 2097152
    value = ((raw << 14) - (h4 << 20) - h5 * offset + 16384 >> 15) * (scale * h2 + 8192 >> 14)
    value -= ((value >> 15) * (value >> 15) >> 7) * h1 >> 4
    return int(min(419430400, max(0, value)) >> 12)
