"""Sensors, network and buses on stand-ins of the three boards; runs on CPython and on MicroPython."""

from firmware.board_modules import ESP32, PICO_W
from firmware.board_parts import KINDS, World
from firmware.powered import Powered, files, on
from firmware.stand_ins import Scratch, batches, raises, rows


def test_every_board_reads_its_sensors_and_keeps_the_records() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.wake()
            result = {}
            for message in batches(powered.node.store):
                values = dict([pair for pair in zip(message["k"], message["r"][0][5:])])  # noqa: B905, C416
                result.update(values)
            assert result["soil_moisture_raw@1"] == 1843, (kind, result)
            assert result["soil_temperature@1"] == 14.5
            assert abs(result["air_temperature"] - 18.5) < 0.02
            assert abs(result["battery_voltage"] - 3.9) < 0.01


def test_the_radio_is_off_while_the_converter_samples() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            files(folder)
            powered = Powered(World(kind), folder)
            powered.world.radio_is_on = True
            powered.boot()
            for _ in range(4):
                powered.board.sleep_ms(powered.wake())
            assert powered.world.joins >= 2
            assert powered.world.reads_with_radio_on == 0
            assert not powered.world.radio_is_on


def test_supplies_are_on_for_the_measurement_only() -> None:
    with Scratch() as folder:
        powered = on(PICO_W, folder)
        assert powered.world.levels[21] == 0
        observed = []
        sample = powered.node.sensors[0]._adc.read_u16
        powered.node.sensors[0]._adc.read_u16 = lambda: observed.append(powered.world.levels[21]) or sample()
        powered.wake()
        assert set(observed) == {1}
        assert powered.world.levels[21] == 0


def test_a_wrong_password_ends_in_time_and_is_shown_nowhere() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.world.password = "changed since"
            before = powered.world.now_us
            message = raises((OSError,), powered.board.network_up, 60000)
            assert powered.world.now_us - before < 15_200_000
            assert "sesame" not in message


def test_a_radio_is_told_its_country_before_it_is_switched_on() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            assert powered.world.countries == []
            powered.start.Board(powered.board._settings, {"ssid": "garden", "password": "", "country": "GB"})
            assert powered.world.countries == ["GB"]


def test_joining_ends_with_the_budget_of_the_wake() -> None:
    with Scratch() as folder:
        powered = on(PICO_W, folder)
        powered.world.password = "changed since"
        before = powered.world.now_us
        raises((OSError,), powered.board.network_up, 3000)
        assert powered.world.now_us - before <= 3_200_000


def test_the_signal_is_part_of_health_after_a_contact() -> None:
    with Scratch() as folder:
        powered = on(ESP32, folder)
        assert powered.board.health() == {}
        powered.board.network_up(60000)
        assert powered.board.health() == {"signal_strength": -67}


def test_a_held_i2c_bus_costs_one_wake_and_is_freed() -> None:
    for kind in KINDS:
        with Scratch() as folder:
            powered = on(kind, folder)
            powered.world.busy_for = 7
            powered.wake()
            assert powered.world.busy_for == 0
            powered.wake()
            air = [row for stream, row in rows(powered.node.store).values() if stream == "air"]
            assert air[0][4] is None or abs(air[0][4] - 18.5) < 0.02
            assert abs(air[1][4] - 18.5) < 0.02


def test_a_chip_that_is_not_there_is_no_held_bus() -> None:
    with Scratch() as folder:
        powered = on(PICO_W, folder)
        del powered.world.values["air_temperature"]
        before = powered.board.i2c(0)._bus
        powered.wake()
        assert powered.board.i2c(0)._bus is before


def test_a_modbus_probe_answers_once_the_line_is_released() -> None:
    modbus = [{"model": "modbus-soil", "uart": 1, "position": 1, "address": 1, "settle_ms": 100}]
    with Scratch() as folder:
        powered = on(PICO_W, folder, sensors=modbus)
        powered.world.values = {
            "soil_moisture@1": 0.61,
            "soil_temperature@1": -3.5,
            "soil_conductivity@1": 420,
            "soil_ph@1": 6.5,
        }
        powered.wake()
        [row] = [row for stream, row in rows(powered.node.store).values() if stream == "soil"]
        assert row[4:] == [0.61, -3.5, 420, 6.5]
