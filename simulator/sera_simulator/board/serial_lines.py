"""The UARTs of the virtual board: a camera's co-processor on one, Modbus soil probes on another."""

import json
import struct
from binascii import crc32

from sera_simulator.board.portable import Any
from sera_vocabulary import measurements, messages


class CameraUart:
    """A UART with the camera's co-processor at its end."""

    def __init__(self, board: Any) -> None:
        self._board = board
        self._columns = measurements.GROUP_NAMES + (measurements.AWAKE_S,)
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
        report = {name: round(sums[index]) for index, name in enumerate(self._columns)}
        text = json.dumps(report).encode()
        self._line = text + b"\t%08x\n" % crc32(text)

    def readline(self) -> bytes:
        """Answer with the report, once."""
        line, self._line = self._line, b""
        return line


class ModbusUart:
    """A UART with Modbus soil probes on RS485; the probe at address n sits at position n."""

    def __init__(self, board: Any) -> None:
        self._board = board
        self._answer = bytearray()

    def write(self, data: bytes) -> None:
        """Take a question; only the probe that it names answers, and none to a wrong checksum."""
        self._answer = bytearray()
        if len(data) != 8 or _crc16(data) != 0:
            return
        address, function, first, count = struct.unpack(">BBHH", data[:6])
        registers = self._registers(address)
        if registers is None:
            return
        if function != 3 or first + count > len(registers):
            body = bytes([address, function | 0x80, 2])
        else:
            values = [value & 0xFFFF for value in registers[first : first + count]]
            body = bytes([address, 3, 2 * count]) + struct.pack(">%dH" % count, *values)
        self._answer = bytearray(body + struct.pack("<H", _crc16(body)))
        self._board.disturb(messages.column(measurements.SOIL_TEMPERATURE, address), self._answer)

    def _registers(self, position: int) -> list[Any] | None:
        registers = []
        for name, scale in _REGISTERS:
            value = self._board.value(messages.column(name, position))
            if value is None:
                return None
            registers.append(round(value * scale))
        return registers

    def any(self) -> int:
        """Return how many bytes have come."""
        return len(self._answer)

    def read(self, count: int) -> bytes:
        """Read bytes that have come."""
        chunk = bytes(self._answer[:count])
        self._answer = self._answer[count:]
        return chunk


# Counts a unit of each register, in the order of their addresses.
_REGISTERS = (
    (measurements.SOIL_MOISTURE, 1000),
    (measurements.SOIL_TEMPERATURE, 10),
    (measurements.SOIL_CONDUCTIVITY, 1),
    (measurements.SOIL_PH, 10),
)


def _crc16(data: bytes) -> int:
    """Compute the CRC-16 of Modbus, as the probe does."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc
