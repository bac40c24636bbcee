"""Soil probes: capacitive moisture as a raw count, and temperature from a DS18B20."""

from binascii import hexlify

from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

_SAMPLES = const(15)


class CapacitiveSoil(Sensor):
    """A capacitive probe on an ADC pin: the median of 15 samples, with the radio off, uncalibrated.

    The count also follows the soil's temperature, differently for each probe. It is sent as it is:
    whoever calibrates compensates with the temperature that a second sensor at the same position gives
    in the same record.
    Wiring: `{"model": "capacitive", "position": 1, "pin": 26, "serial": "c-0007", "power": 21}`.
    """

    model = "capacitive"
    stream = series.SOIL
    measures = (measurements.SOIL_MOISTURE_RAW,)
    position_default = 1
    # No datasheet says how long the rectified output takes to settle: watch it at bring-up.
    start_up_ms = 300

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._adc = board.adc(wiring["pin"])

    def read(self) -> list[Any]:
        """Return the raw count, 0 to 65535."""
        samples = sorted([self._adc.read_u16() for _ in range(_SAMPLES)])
        return [samples[_SAMPLES // 2]]


# Datasheet DS18B20 (Maxim 19-7487), "ROM commands" and "function commands".
_READ_ROM = b"\x33"
_SKIP_ROM_CONVERT = b"\xcc\x44"
_SKIP_ROM_READ = b"\xcc\xbe"
_SCRATCHPAD_BYTES = const(9)
_ROM_BYTES = const(8)
_POWER_ON = const(0x0550)
# Lets a reset without a presence pulse raise an OSError.
_PRESENCE_REQUIRED = True


class Ds18b20(Sensor):
    """A DS18B20 alone on its 1-Wire pin.

    Wiring: `{"model": "ds18b20", "position": 1, "pin": 22}`; its serial is read from the chip.
    """

    model = "ds18b20"
    stream = series.SOIL
    measures = (measurements.SOIL_TEMPERATURE,)
    wait_ms = 750
    position_default = 1
    # "Power-up": the chip answers after its first 5 ms; cables of metres take longer to charge.
    start_up_ms = 20

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._bus = board.onewire(wiring["pin"])
        self._scratchpad = bytearray(_SCRATCHPAD_BYTES)
        self._rom = bytearray(_ROM_BYTES)

    def identify(self) -> None:
        """Read the ROM code; a chip that does not answer well stays who it was."""
        self._bus.reset(_PRESENCE_REQUIRED)
        self._bus.write(_READ_ROM)
        self._bus.readinto(self._rom)
        if any(self._rom) and not crc8_reflected(self._rom):
            self.serial = hexlify(bytes(self._rom)).decode()

    def start(self) -> None:
        """Begin a conversion of 12 bits."""
        self._bus.reset(_PRESENCE_REQUIRED)
        self._bus.write(_SKIP_ROM_CONVERT)

    def read(self) -> list[Any]:
        """Return the temperature [Cel]; the power-on value of 85.0 is no reading."""
        self._bus.reset(_PRESENCE_REQUIRED)
        self._bus.write(_SKIP_ROM_READ)
        self._bus.readinto(self._scratchpad)
        if crc8_reflected(self._scratchpad) or not any(self._scratchpad):
            raise self.error("checksum wrong; check the cable and the 4.7 kOhm pull-up")
        raw = self._scratchpad[0] | self._scratchpad[1] << 8
        if raw == _POWER_ON:
            raise self.error("power-on value 85.0; the chip lost its supply during the conversion")
        return [(raw - 65536 if raw & 0x8000 else raw) / 16]


def crc8_reflected(data: bytes | bytearray) -> int:
    """Compute the 1-Wire CRC-8 (polynomial x8+x5+x4+1, least significant bit first)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8C if crc & 1 else crc >> 1
    return crc
