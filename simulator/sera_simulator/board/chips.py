"""The chips on the virtual board's I2C bus: their registers, commands and checksums, and how they fail.

Written from the datasheets and not from the firmware's drivers, so that each checks the other.
"""

import struct
from errno import EIO, ETIMEDOUT

from sera_simulator.board.portable import Any
from sera_vocabulary import measurements

_FULL_SCALE = 65535

# What can befall a chip or its bus, as the faults of a plan name it.
NACK = "nack"
CHECKSUM = "checksum"
STUCK = "stuck"


class I2c:
    """An I2C bus with an SHT4x, an LPS22HB, a BH1750, a BME280 and a VEML7700 on it."""

    def __init__(self, board: Any) -> None:
        self._chips = {
            0x44: Sht4x(board),
            0x5C: Lps22(board),
            0x23: Bh1750(board),
            0x76: Bme280(board),
            0x10: Veml7700(board),
        }

    def _chip(self, address: int) -> Any:
        if address not in self._chips:
            raise OSError(EIO)
        chip = self._chips[address]
        chip.board.touch(chip.column)
        if chip.board.value(chip.column) is None:
            raise OSError(EIO)
        return chip

    def writeto(self, address: int, data: bytes) -> None:
        """Write to a chip; one that failed does not acknowledge its address."""
        self._chip(address).write(data)

    def readfrom_into(self, address: int, buffer: bytearray) -> None:
        """Read from a chip."""
        chip = self._chip(address)
        buffer[:] = chip.read(len(buffer))
        chip.board.disturb(chip.column, buffer)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        """Write to a chip's registers from one on."""
        self.writeto(address, bytes([register]) + data)

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        """Read a chip's registers from one on."""
        self.writeto(address, bytes([register]))
        self.readfrom_into(address, buffer)


class Chip:
    """A chip that shows columns of the trace; without the first of them it does not answer."""

    column = ""

    def __init__(self, board: Any) -> None:
        self.board = board
        self.register = 0
        self.ready_ms = 0

    def value(self, column: str) -> float:
        """Return what this chip sees of a column; 0 where the trace has none."""
        value = self.board.value(column)
        return 0 if value is None else value

    def busy_for(self, milliseconds: int) -> None:
        """Begin a measurement."""
        self.ready_ms = self.board.now_ms() + milliseconds

    @property
    def is_ready(self) -> bool:
        """Whether the last measurement has ended."""
        return bool(self.board.now_ms() >= self.ready_ms)


class Sht4x(Chip):
    """SHT4x: a command, then two words with a checksum each; not acknowledged while it measures."""

    column = measurements.AIR_TEMPERATURE

    def write(self, data: bytes) -> None:
        """Take a command."""
        if data != b"\xfd":
            raise OSError(EIO)
        self.busy_for(9)

    def read(self, count: int) -> bytes:
        """Answer with temperature and humidity."""
        if not self.is_ready or count > 6:
            raise OSError(EIO)
        warm = _word((self.value(measurements.AIR_TEMPERATURE) + 45) / 175 * _FULL_SCALE)
        damp = _word((self.value(measurements.AIR_HUMIDITY) + 6) / 125 * _FULL_SCALE)
        return (warm + bytes([_crc8(warm)]) + damp + bytes([_crc8(damp)]))[:count]


class Lps22(Chip):
    """LPS22HB: one-shot by CTRL_REG2, pressure in three registers, which count up by themselves."""

    column = measurements.AIR_PRESSURE

    def __init__(self, board: Any) -> None:
        super().__init__(board)
        self._pressure = b"\x00\x00\x00"

    def write(self, data: bytes) -> None:
        """Set the register pointer, and the register."""
        self.register = data[0]
        if data[0] == 0x11 and data[1:] == b"\x11":
            raw = round(self.value(self.column) * 4096)
            self._pressure = bytes([raw & 0xFF, raw >> 8 & 0xFF, raw >> 16 & 0xFF])
            self.busy_for(40)

    def read(self, count: int) -> bytes:
        """Answer from the register pointer on; before the measurement has ended with nothing measured."""
        pressure = self._pressure if self.is_ready else b"\x00\x00\x00"
        begin = self.register - 0x28
        return (pressure + bytes(8))[begin : begin + count]


class Bh1750(Chip):
    """BH1750: commands for the measurement time and a measurement, then one word."""

    column = measurements.ILLUMINANCE

    def __init__(self, board: Any) -> None:
        super().__init__(board)
        self._time = 69

    def write(self, data: bytes) -> None:
        """Take a command."""
        [command] = data
        if command >> 3 == 0x40 >> 3:
            self._time = (command & 7) << 5 | self._time & 0x1F
        elif command >> 5 == 0x60 >> 5:
            self._time = self._time & 0xE0 | command & 0x1F
        elif command == 0x20:
            self.busy_for(180 * self._time // 69)

    def read(self, count: int) -> bytes:
        """Answer with the last measurement."""
        return _word(self.value(self.column) * 1.2 * self._time / 69 if self.is_ready else 0)[:count]


class Veml7700(Chip):
    """VEML7700: 16-bit registers, low byte first; asleep until ALS_CONF_0 wakes it."""

    column = measurements.ILLUMINANCE

    def __init__(self, board: Any) -> None:
        super().__init__(board)
        self._configuration = 0x0001

    def write(self, data: bytes) -> None:
        """Set the command code, and its word."""
        self.register = data[0]
        if data[0] == 0x00 and len(data) == 3:
            self._configuration = data[1] | data[2] << 8
            self.busy_for(3 + 2 * self._integration_ms())

    def _integration_ms(self) -> int:
        code = self._configuration >> 6 & 0xF
        return {0xC: 25, 0x8: 50}.get(code) or 100 << code

    def read(self, count: int) -> bytes:
        """Answer with the word of the last command code."""
        gain = (1, 2, 0.125, 0.25)[self._configuration >> 11 & 3]
        awake = self.is_ready and not self._configuration & 1
        lux_a_count = 0.0042 * (2 / gain) * (800 / self._integration_ms())
        counts = _word(self.value(self.column) / lux_a_count if self.register == 0x04 and awake else 0)
        return bytes([counts[1], counts[0]])[:count]


# The constants of the worked example for pressure and temperature in the datasheet of the BMP280 (Bosch
# BST-BMP280-DS001, section 3.12), which the BME280 shares, and humidity constants as chips carry them.
_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H = (75, 361, 0, 313, 50, 30)


class Bme280(Chip):
    """BME280 in forced mode. Finds raw values by halving, with the datasheet's floating-point formulas."""

    column = measurements.AIR_TEMPERATURE

    def __init__(self, board: Any) -> None:
        super().__init__(board)
        self._registers = {0xD0: b"\x60", 0x88: _first_calibration(), 0xE1: _second_calibration()}
        self._data = b"\x80\x00\x00\x80\x00\x00\x80\x00"
        self._humidity_on = False

    def write(self, data: bytes) -> None:
        """Set the register pointer, and the register."""
        self.register = data[0]
        if data[0] == 0xF2 and len(data) == 2:
            self._humidity_on = bool(data[1] & 7)
        if data[0] == 0xF4 and len(data) == 2 and data[1] & 3:
            self._measure()
            self.busy_for(10)

    def _measure(self) -> None:
        warm = _halved(lambda raw: _fine(raw) / 5120, self.value(measurements.AIR_TEMPERATURE))
        fine = _fine(warm)
        # More counts are less pressure.
        pressure = 1048575 - _halved(
            lambda raw: _pressure(1048575 - raw, fine), self.value(measurements.AIR_PRESSURE) * 100
        )
        damp = _halved(lambda raw: _humidity(raw, fine), self.value(measurements.AIR_HUMIDITY), 65535)
        if not self._humidity_on:
            damp = 0x8000
        words = [pressure >> 12, pressure >> 4 & 0xFF, (pressure & 15) << 4]
        words += [warm >> 12, warm >> 4 & 0xFF, (warm & 15) << 4, damp >> 8, damp & 0xFF]
        self._data = bytes(words)

    def read(self, count: int) -> bytes:
        """Answer from the register pointer on."""
        if self.register == 0xF7:
            return (self._data if self.is_ready else b"\x80\x00\x00\x80\x00\x00\x80\x00")[:count]
        return self._registers[self.register][:count]


def _first_calibration() -> bytes:
    return struct.pack("<HhhHhhhhhhhh", *(_T + _P)) + bytes([0, _H[0]])


def _second_calibration() -> bytes:
    _, h2, h3, h4, h5, h6 = _H
    return struct.pack("<hBbBbb", h2, h3, h4 >> 4, h4 & 15 | (h5 & 15) << 4, h5 >> 4, h6)


def _halved(decode: Any, target: float, high: int = 1048575) -> int:
    """Return the raw value that decodes to the target."""
    low = 0
    while low < high:
        middle = (low + high) // 2
        if decode(middle) < target:
            low = middle + 1
        else:
            high = middle
    return low


# Datasheet BME280 (Bosch BST-BME280-DS002), section 8.1 "floating point".


def _fine(raw: int) -> float:
    t1, t2, t3 = _T
    return (raw / 16384 - t1 / 1024) * t2 + (raw / 131072 - t1 / 8192) ** 2 * t3


def _pressure(raw: int, fine: float) -> float:
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = _P
    first = fine / 2 - 64000
    second = (first * first * p6 / 32768 + first * p5 * 2) / 4 + p4 * 65536
    first = (1 + (p3 * first * first / 524288 + p2 * first) / 524288 / 32768) * p1
    pressure = (1048576 - raw - second / 4096) * 6250 / first
    return pressure + (p9 * pressure * pressure / 2147483648 + pressure * p8 / 32768 + p7) / 16


def _humidity(raw: int, fine: float) -> float:
    h1, h2, h3, h4, h5, h6 = _H
    offset = fine - 76800
    humidity = (raw - (h4 * 64 + h5 / 16384 * offset)) * (
        h2 / 65536 * (1 + h6 / 67108864 * offset * (1 + h3 / 67108864 * offset))
    )
    return humidity * (1 - h1 * humidity / 524288)


def _word(value: float) -> bytes:
    counts = min(_FULL_SCALE, max(0, round(value)))
    return bytes([counts >> 8, counts & 0xFF])


def _crc8(data: bytes) -> int:
    """Compute Sensirion's CRC-8, as the chip does."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


def failure(kind: str | None) -> OSError | None:
    """Return the error that a driver gets under a fault of the bus, or None where it gets an answer."""
    if kind == NACK:
        return OSError(EIO)
    return OSError(ETIMEDOUT) if kind == STUCK else None
