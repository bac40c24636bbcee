"""The pins and buses of the virtual board: they speak the bytes of the real chips.

The firmware's own drivers decode these bytes, checksums included. A sensor that fails in the trace
is a chip that does not answer, which is an OSError as on the boards.
"""

import json
import struct
from binascii import crc32
from errno import EIO

from sera_simulator.board.portable import Any
from sera_vocabulary import measurements, messages

_FULL_SCALE = 65535
# Millivolts of noise that a real converter shows; the median of the samples is the value itself.
_NOISE = (0, 7, -5, 2, -9, 4, -1, 10, -7, 1, -3, 6, -10, 3, -2)
_PASSAGE_US = 40000
_GLITCH_US = 400


def _answer(value: float | None) -> float:
    if value is None:
        raise OSError(EIO)
    return value


class Adc:
    """An ADC pin; `scale` is counts a unit of the trace's column."""

    def __init__(self, board: Any, column: str, scale: float) -> None:
        self._board, self._column, self._scale = board, column, scale
        self._sample = 0

    def read_u16(self) -> int:
        """Sample once, 0 to 65535."""
        self._sample = (self._sample + 1) % len(_NOISE)
        counts = round(_answer(self._board.value(self._column)) * self._scale)
        return min(_FULL_SCALE, max(0, counts + _NOISE[self._sample]))


class OneWire:
    """A 1-Wire pin with a DS18B20 on it."""

    def __init__(self, board: Any, column: str, serial: str) -> None:
        self._board, self._column = board, column
        family_and_number = b"\x28\x00\x00" + struct.pack(">I", crc32(serial.encode()))
        self._rom = family_and_number + bytes([_crc8_reflected(family_and_number)])
        self._command = 0
        self._scratchpad = b""

    def reset(self, _required: bool = False) -> bool:
        """Reset the bus; the chip answers with its presence pulse."""
        _answer(self._board.value(self._column))
        return True

    def write(self, data: bytes) -> None:
        """Take a command; `convert` keeps the temperature of this moment."""
        self._command = data[-1]
        if self._command == 0x44:
            raw = round(_answer(self._board.value(self._column)) * 16) & 0xFFFF
            scratchpad = bytes([raw & 0xFF, raw >> 8, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10])
            self._scratchpad = scratchpad + bytes([_crc8_reflected(scratchpad)])

    def readinto(self, buffer: bytearray) -> None:
        """Answer the last command: the scratchpad or the ROM code."""
        buffer[:] = self._rom if self._command == 0x33 else self._scratchpad


class I2c:
    """An I2C bus with an SHT4x, an LPS22HB and a BH1750 on it."""

    def __init__(self, board: Any) -> None:
        self._board = board
        self._chips = {0x44: self._sht4x, 0x5C: self._lps22, 0x23: self._bh1750}

    def writeto(self, address: int, _data: bytes) -> None:
        """Take a command; a chip that failed does not acknowledge its address."""
        self._chips[address]()

    def readfrom_into(self, address: int, buffer: bytearray) -> None:
        """Answer with the chip's registers."""
        buffer[:] = self._chips[address]()

    def _value(self, column: str) -> float:
        return _answer(self._board.value(column))

    def _sht4x(self) -> bytes:
        warm = _word((self._value(measurements.AIR_TEMPERATURE) + 45) / 175 * _FULL_SCALE)
        damp = _word((self._value(measurements.AIR_HUMIDITY) + 6) / 125 * _FULL_SCALE)
        return warm + bytes([_crc8(warm)]) + damp + bytes([_crc8(damp)])

    def _lps22(self) -> bytes:
        raw = round(self._value(measurements.AIR_PRESSURE) * 4096)
        return bytes([raw & 0xFF, raw >> 8 & 0xFF, raw >> 16 & 0xFF])

    def _bh1750(self) -> bytes:
        return _word(self._value(measurements.ILLUMINANCE) * 1.2 * 31 / 69)


class Edges:
    """A pin whose changes wake the board: a break beam, or a rain gauge's contact."""

    def __init__(self, board: Any, handler: Any, columns: tuple[Any, ...]) -> None:
        self._board, self._handler = board, handler
        self._columns = columns
        self._since_s = board.utc_now_s()
        self._rest = 0.0
        self._awake_ms: int | None = 0

    def pass_time(self) -> None:
        """Deliver the changes of the time that passed."""
        now_s = self._board.utc_now_s()
        sums = self._board.readings.sums(self._columns, self._since_s, now_s)
        self._since_s = now_s
        if sums is None:
            self._awake_ms = None
            return
        if len(sums) == 1:
            self._tip(sums[0])
            return
        passages, glitches, awake_s = sums
        self._pulses(round(passages), _PASSAGE_US)
        self._pulses(round(glitches), _GLITCH_US)
        self._awake_ms = (self._awake_ms or 0) + round(awake_s * 1000)

    def _tip(self, rain_mm: float) -> None:
        self._rest += rain_mm / self._board.MM_A_TIP
        tips = int(self._rest + 1e-3)
        self._rest -= tips
        self._awake_ms = 0
        for _ in range(tips):
            self._handler(0, 0)
            self._handler(1, _PASSAGE_US)

    def _pulses(self, count: int, width_us: int) -> None:
        for _ in range(count):
            self._handler(0, 0)
            self._handler(1, width_us)

    def awake_ms(self) -> int:
        """How long the detector was awake since the last time it was asked [ms]."""
        awake_ms = self._awake_ms
        self._awake_ms = 0
        if awake_ms is None:
            raise OSError(EIO)
        return awake_ms


class Uart:
    """A UART with the camera's co-processor at its end."""

    def __init__(self, board: Any) -> None:
        self._board = board
        self._columns = tuple([group.name for group in measurements.INSECT_GROUPS]) + (measurements.AWAKE_S,)
        self._since_s = board.utc_now_s()
        self._line = b""

    def write(self, data: bytes) -> None:
        """Take a request and make the report; a failed camera stays silent."""
        now_s = self._board.utc_now_s()
        sums = self._board.readings.sums(self._columns, self._since_s, now_s)
        self._since_s = now_s
        if data != b"report\n" or sums is None:
            self._line = b""
            return
        report = {name: round(sums[place]) for place, name in enumerate(self._columns)}
        text = json.dumps(report).encode()
        self._line = text + b"\t%08x\n" % crc32(text)

    def readline(self) -> bytes:
        """Answer with the report, once."""
        line, self._line = self._line, b""
        return line


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


def _crc8_reflected(data: bytes) -> int:
    """Compute the 1-Wire CRC-8, as the chip does."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8C if crc & 1 else crc >> 1
    return crc


def wiring(columns: list[Any], probes: list[Any]) -> list[Any]:
    """Wire a sensor to every column of a trace, in the words of a node's config.json.

    Parameters
    ----------
    columns
        Column keys of the trace.
    probes
        Rows of position, model and serial of what sits at the soil positions.
    """
    serials = {position: serial for position, _, serial in probes}
    sensors = []
    for position in _positions(columns):
        serial = serials.get(position, "")
        if messages.column(measurements.SOIL_MOISTURE_RAW, position) in columns:
            sensors.append({"model": "capacitive", "position": position, "pin": position, "serial": serial})
        if messages.column(measurements.SOIL_TEMPERATURE, position) in columns:
            sensors.append({"model": "ds18b20", "position": position, "pin": position})
    for column, sensor in _SENSORS_BY_COLUMN:
        if column in columns:
            sensors.append(dict(sensor))
    return sensors


def _positions(columns: list[Any]) -> list[Any]:
    parsed = [messages.parse_column(text) for text in columns]
    return sorted({column[1] for column in parsed if column and column[1]})


BEAM_PIN = 15
RAIN_PIN = 14
BATTERY_PIN = 29
_SENSORS_BY_COLUMN = (
    (measurements.AIR_TEMPERATURE, {"model": "sht4x", "bus": 0}),
    (measurements.AIR_PRESSURE, {"model": "lps22", "bus": 0}),
    (measurements.ILLUMINANCE, {"model": "bh1750", "bus": 0}),
    (measurements.RAINFALL, {"model": "tipping-bucket", "pin": RAIN_PIN}),
    (measurements.PASSAGES, {"model": "break-beam", "pin": BEAM_PIN}),
    (measurements.INSECT_GROUPS[0].name, {"model": "camera", "uart": 1}),
    (measurements.BATTERY_VOLTAGE, {"model": "battery", "pin": BATTERY_PIN}),
)
