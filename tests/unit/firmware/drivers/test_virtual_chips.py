"""The drivers on the virtual board's chips, whole and failing; runs on CPython and on MicroPython."""

from firmware.stand_ins import raises
from sera_firmware.budget import Budget
from sera_firmware.errors import SensorError
from sera_firmware.sensing import measure
from sera_firmware.wiring import create_sensor
from sera_simulator.board import chips, ports, serial_lines

VALUES = {
    "soil_moisture_raw@1": 1843,
    "soil_temperature@1": -3.5,
    "soil_moisture@3": 0.315,
    "soil_temperature@3": 12.5,
    "soil_conductivity@3": 420,
    "soil_ph@3": 6.5,
    "air_temperature": 18.5,
    "air_humidity": 62.0,
    "air_pressure": 1003.2,
    "illuminance": 54000,
}
# The wiring of each model, the column that its failures are named by, and what it must give.
CASES = (
    ({"model": "ds18b20", "pin": 1, "position": 1}, "soil_temperature@1", [-3.5], 0.04),
    ({"model": "sht4x", "bus": 0}, "air_temperature", [18.5, 62.0], 0.02),
    ({"model": "bme280", "bus": 0}, "air_temperature", [18.5, 62.0, 1003.2], 0.06),
    ({"model": "lps22", "bus": 0}, "air_pressure", [1003.2], 0.01),
    ({"model": "bh1750", "bus": 0}, "illuminance", [54000], 3),
    ({"model": "veml7700", "bus": 0}, "illuminance", [54000], 3),
    (
        {"model": "modbus-soil", "uart": 2, "position": 3, "address": 3},
        "soil_temperature@3",
        [0.315, 12.5, 420, 6.5],
        0.06,
    ),
)
# Chips without a checksum cannot tell a flipped bit.
UNCHECKED = ("bme280", "lps22", "bh1750", "veml7700")


class Board:
    """A board of virtual chips, whose time runs only when it waits."""

    def __init__(self) -> None:
        self.values = dict(VALUES)
        self.faults = {}
        self.time_ms = 1000

    def ticks_ms(self) -> int:
        return self.time_ms

    def sleep_ms(self, milliseconds: int) -> None:
        self.time_ms += milliseconds

    def now_ms(self) -> int:
        return self.time_ms

    def value(self, column: str) -> object:
        return self.values.get(column)

    def fault_of(self, column: str) -> object:
        return self.faults.get(column)

    def touch(self, column: str) -> None:
        failure = chips.failure(self.fault_of(column))
        if failure is not None:
            raise failure

    def disturb(self, column: str, buffer: bytearray) -> None:
        if self.fault_of(column) == chips.CHECKSUM and buffer:
            buffer[len(buffer) // 2] ^= 0x10

    def i2c(self, _bus: int) -> object:
        return chips.I2c(self)

    def uart(self, _number: int, _baud: int) -> object:
        return serial_lines.ModbusUart(self)

    def onewire(self, _pin: int) -> object:
        return ports.OneWire(self, "soil_temperature@1", "probe-1")


def read(board: Board, *wirings: dict) -> list:
    sensors = [create_sensor(wiring, board) for wiring in wirings]
    return measure(sensors, board, Budget(board.ticks_ms, 20000))


def near(found: list, expected: list, tolerance: float) -> bool:
    return all(abs(value - other) <= tolerance for value, other in zip(found, expected))  # noqa: B905


def test_each_driver_reads_its_chip_and_waits_long_enough() -> None:
    for wiring, _, expected, tolerance in CASES:
        [result] = read(Board(), wiring)
        assert None not in result, wiring
        assert near(result, expected, tolerance), (wiring, result)


def test_a_driver_that_does_not_wait_gets_no_value_or_none_of_now() -> None:
    for wiring, _, expected, tolerance in CASES[:6]:
        board = Board()
        sensor = create_sensor(wiring, board)
        sensor.identify()
        try:
            sensor.start()
            result = sensor.read()
        except (SensorError, OSError):
            continue
        if wiring["model"] != "ds18b20":  # the virtual one converts at once
            assert not near(result, expected, tolerance), wiring


def test_a_chip_that_does_not_acknowledge_is_nulls_beside_its_neighbours() -> None:
    for failure in (chips.NACK, chips.STUCK):
        for wiring, column, _, _ in CASES[:6]:
            board = Board()
            board.faults[column] = failure
            neighbour = {"model": "modbus-soil", "uart": 2, "position": 3, "address": 3}
            result = read(board, wiring, neighbour)
            assert set(result[0]) == {None}, (failure, wiring)
            assert None not in result[1]


def test_a_noisy_line_is_noticed_wherever_a_checksum_guards_it() -> None:
    for wiring, column, _, _ in CASES:
        if wiring["model"] not in UNCHECKED:
            board = Board()
            board.faults[column] = chips.CHECKSUM
            assert set(read(board, wiring)[0]) == {None}, wiring


def test_a_ds18b20_that_lost_its_supply_gives_no_85_degrees() -> None:
    board = Board()
    board.faults["soil_temperature@1"] = ports.POWER_LOST
    sensor = create_sensor({"model": "ds18b20", "pin": 1, "position": 1}, board)
    sensor.start()
    assert "85.0" in raises((SensorError,), sensor.read)


def test_a_modbus_address_that_nobody_has_is_silence() -> None:
    board = Board()
    sensor = create_sensor({"model": "modbus-soil", "uart": 2, "position": 3, "address": 4}, board)
    assert "no answer" in raises((SensorError,), sensor.read)


def test_the_round_waits_once_for_the_slowest() -> None:
    board = Board()
    began = board.time_ms
    read(board, *[case[0] for case in CASES[:6]])
    assert board.time_ms - began == 750


def test_a_used_up_budget_is_nulls_and_not_a_late_wake() -> None:
    board = Board()

    class Slow:
        columns, settle_ms, wait_ms = ["x"], 0, 0

        def switch_on(self) -> None:
            pass

        switch_off = identify = start = switch_on

        def read(self) -> list:
            board.sleep_ms(900)
            return [1]

    result = measure([Slow() for _ in range(10)], board, Budget(board.ticks_ms, 2000))
    assert result == [[1]] * 3 + [[None]] * 7


def test_a_supply_is_taken_away_although_a_sensor_failed() -> None:
    board = Board()
    switched = []

    class Broken:
        columns, settle_ms, wait_ms = ["x"], 700, 0

        def switch_on(self) -> None:
            switched.append(1)

        def switch_off(self) -> None:
            switched.append(0)

        def identify(self) -> None:
            raise OSError(5)

        def start(self) -> None:
            raise OSError(5)

        def read(self) -> list:
            raise MemoryError

    assert measure([Broken()], board, Budget(board.ticks_ms, 5000)) == [[None]]
    assert switched == [1, 0]
    assert board.time_ms == 1700
