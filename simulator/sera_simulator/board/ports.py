"""The pins and buses of the virtual board: they speak the bytes of the real chips.

The firmware's own drivers decode these bytes, checksums included. A sensor that fails in the trace
is a chip that does not answer, which is an OSError as on the boards.
"""

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


# The scratchpad after power-on says 85 degrees: DS18B20 datasheet (Maxim 19-7487), table 1 and figure 9.
_POWER_ON_SCRATCHPAD = b"\x50\x05\x4b\x46\x7f\xff\x0c\x10"
# A fault of a chip besides those of its bus: it lost its supply during the conversion.
POWER_LOST = "power"


def _with_checksum(scratchpad: bytes) -> bytes:
    return scratchpad + bytes([_crc8_reflected(scratchpad)])


def _answer(value: float | None) -> float:
    if value is None:
        raise OSError(EIO)
    return value


class Output:
    """A pin that switches a supply."""

    def __init__(self) -> None:
        self.level = 0

    def value(self, level: int) -> None:
        """Set the pin."""
        self.level = level


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
        self._board.touch(self._column)
        _answer(self._board.value(self._column))
        return True

    def write(self, data: bytes) -> None:
        """Take a command; `convert` keeps the temperature of this moment."""
        self._command = data[-1]
        if self._board.fault_of(self._column) == POWER_LOST:
            self._scratchpad = _with_checksum(_POWER_ON_SCRATCHPAD)
            return
        if self._command == 0x44:
            raw = round(_answer(self._board.value(self._column)) * 16) & 0xFFFF
            self._scratchpad = _with_checksum(bytes([raw & 0xFF, raw >> 8]) + _POWER_ON_SCRATCHPAD[2:])

    def readinto(self, buffer: bytearray) -> None:
        """Answer the last command: the scratchpad or the ROM code."""
        buffer[:] = self._rom if self._command == 0x33 else self._scratchpad
        self._board.disturb(self._column, buffer)


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
            sensors.append({"model": "ds18b20", "position": position, "pin": ONE_WIRE_PIN + position})
    for column, sensor in _SENSORS_BY_COLUMN:
        if column in columns:
            sensors.append(dict(sensor))
    return sensors


def sensors_of(plan: dict[str, Any]) -> list[Any]:
    """Return the wiring that a board.json names, or one for each column of its trace."""
    named = plan.get("sensors")
    return list(named) if named else wiring(plan["trace_header"]["columns"], plan.get("probes", ()))


def _positions(columns: list[Any]) -> list[Any]:
    parsed = [messages.parse_column(text) for text in columns]
    return sorted({column[1] for column in parsed if column and column[1]})


# Pins of a wiring that is made for the columns of a trace.
BEAM_PIN = 15
# A probe at position n has its analogue pin at n, and its 1-Wire pin this much above.
ONE_WIRE_PIN = 30
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
