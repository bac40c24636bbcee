"""Soil moisture, temperature, conductivity and pH from a Modbus probe on RS485."""

import struct

from sera_firmware.budget import Budget
from sera_firmware.errors import SensorError
from sera_firmware.portable import Any, const
from sera_firmware.sensors.sensor import Sensor
from sera_vocabulary import measurements, series

# Modbus application protocol 1.1b3, section 6.3 "read holding registers", and Modbus over serial line
# 1.02, section 2.5.1: address, function, data, CRC-16 with its low byte first.
_READ = const(0x03)
_EXCEPTION = const(0x83)
_EXCEPTION_BYTES = const(5)
_CRC_POLYNOMIAL = const(0xA001)
# Renke RS-ECTHPH-N01-TR user manual, "communication protocol": registers 0 to 3 are moisture [0.1 %],
# temperature [0.1 Cel, signed], conductivity [uS/cm] and pH [0.1]; 4,800 baud, address 1.
_REGISTERS = const(4)
_ANSWER_BYTES = const(13)
_BAUD = const(4800)
_ADDRESS = const(1)
_PH_A_COUNT = 0.1
# Question and answer take 44 ms at 4,800 baud; the rest is the probe's to think.
_TIMEOUT_MS = const(300)
_POLL_MS = const(5)
_TRIES = const(2)


class ModbusSoil(Sensor):
    """A soil probe of four quantities on a UART with an RS485 driver.

    Wiring: `{"model": "modbus-soil", "position": 1, "uart": 1, "address": 1, "serial": "m-03"}`; models
    that count pH in hundredths say `"ph_a_count": 0.01`. Several probes share a UART by address.
    """

    model = "modbus-soil"
    stream = series.SOIL
    measures = (
        measurements.SOIL_MOISTURE,
        measurements.SOIL_TEMPERATURE,
        measurements.SOIL_CONDUCTIVITY,
        measurements.SOIL_PH,
    )
    position_default = 1
    # No manual says how long after power-on the values are good: watch it at bring-up.
    start_up_ms = 2000

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        super().__init__(wiring, board)
        self._uart = board.uart(wiring["uart"], wiring.get("baud", _BAUD))
        self._ph_a_count = wiring.get("ph_a_count", _PH_A_COUNT)
        question = struct.pack(">BBHH", wiring.get("address", _ADDRESS), _READ, 0, _REGISTERS)
        self._question = question + struct.pack("<H", crc16(question))

    def read(self) -> list[Any]:
        """Return moisture [m3/m3], temperature [Cel], conductivity [uS/cm] and pH; asks twice at most.

        Neighbours on the bus would answer into each other, so `start` asks nothing.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._values(self._ask())
            except SensorError:
                pass
        return self._values(self._ask())

    def _ask(self) -> bytes:
        """Ask once; return what came before the deadline, without an echo of the question."""
        uart = self._uart
        while uart.any():  # what a noisy line left behind is no answer
            uart.read(uart.any())
        uart.write(self._question)
        budget = Budget(self.board.ticks_ms, _TIMEOUT_MS)
        answer = b""
        while budget.left_ms():
            answer += uart.read(uart.any()) if uart.any() else b""
            if answer.startswith(self._question):
                answer = answer[len(self._question) :]
            if len(answer) >= _ANSWER_BYTES or (
                len(answer) >= _EXCEPTION_BYTES and answer[1] == _EXCEPTION and not crc16(answer)
            ):
                break
            self.board.sleep_ms(_POLL_MS)
        return answer

    def _values(self, answer: bytes) -> list[Any]:
        if not answer:
            raise self.error("no answer; check A and B, the supply and the address")
        if crc16(answer):
            raise self.error("checksum of %d bytes wrong; check the cable and its 120 Ohm" % len(answer))
        if len(answer) != _ANSWER_BYTES or answer[:2] != self._question[:2]:
            raise self.error("answers %r; expected four registers" % (answer,))
        moisture, temperature, conductivity, ph = struct.unpack(">HhHH", answer[3:11])
        return [moisture / 1000, temperature / 10, conductivity, ph * self._ph_a_count]


def crc16(data: bytes) -> int:
    """Compute the Modbus CRC-16; 0 over a whole good message."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ _CRC_POLYNOMIAL if crc & 1 else crc >> 1
    return crc
