"""Each driver decodes its chip's bytes and refuses damaged ones; runs on CPython and on MicroPython."""

import struct
from binascii import crc32

from firmware.stand_ins import raises
from sera_firmware.errors import ConfigError, SensorError
from sera_firmware.sensors.air import crc8
from sera_firmware.sensors.modbus import crc16
from sera_firmware.sensors.soil import crc8_reflected
from sera_firmware.wiring import KINDS, check, check_buses, create_sensor


class Chip:
    """Any port: gives the answers that it was made with, and keeps what was written."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.written = []

    def readinto(self, buffer: bytearray) -> None:
        buffer[:] = self.answers.pop(0)

    def readfrom_into(self, _address: int, buffer: bytearray) -> None:
        buffer[:] = self.answers.pop(0)

    def read_u16(self) -> int:
        return self.answers.pop(0)

    def readline(self) -> object:
        return self.answers.pop(0)

    def awake_ms(self) -> int:
        return self.answers.pop(0)

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writeto(self, _address: int, data: bytes) -> None:
        self.written.append(data)

    def writeto_mem(self, _address: int, register: int, data: bytes) -> None:
        self.written.append(bytes([register]) + data)

    def readfrom_mem_into(self, _address: int, _register: int, buffer: bytearray) -> None:
        buffer[:] = self.answers.pop(0)

    def value(self, level: int) -> None:
        self.written.append(level)

    def reset(self, _required: bool = False) -> None:
        pass


class Bench:
    """A board on which every port is the same chip."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.handler = None

    def adc(self, _pin: int) -> Chip:
        return self.chip

    onewire = i2c = output = adc

    def uart(self, _number: int, _baud: int) -> Chip:
        return self.chip

    def edges(self, _pin: int, handler: object) -> Chip:
        self.handler = handler
        return self.chip


def sensor(model: str, *answers: object, **wiring: object) -> object:
    full = dict({"model": model, "pin": 1, "bus": 0, "uart": 1, "serial": "s-1"}, **wiring)
    return create_sensor(full, Bench(Chip(*answers)))


def scratchpad(raw: int) -> bytes:
    body = bytes([raw & 0xFF, raw >> 8, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10])
    return body + bytes([crc8_reflected(body)])


def test_both_checksums_agree_with_their_datasheets() -> None:
    # Sensirion SHT4x, section 4.4: CRC of BEEF is 92. Maxim application note 27: this ROM ends in A2.
    assert crc8(b"\xbe\xef", 0x31, 0xFF) == 0x92
    assert crc8_reflected(b"\x02\x1c\xb8\x01\x00\x00\x00") == 0xA2


def test_soil_moisture_is_the_median_of_fifteen() -> None:
    samples = [1800] * 7 + [1843] + [65535] * 7
    assert sensor("capacitive", *samples).read() == [1843]


def test_a_ds18b20_reads_the_examples_of_its_datasheet() -> None:
    # Maxim 19-7487, table 1.
    for raw, degrees in ((0x07D0, 125), (0x0191, 25.0625), (0x0008, 0.5), (0xFFF8, -0.5), (0xFC90, -55)):
        assert sensor("ds18b20", scratchpad(raw)).read() == [degrees]


def test_a_ds18b20_at_its_power_on_value_gives_nothing() -> None:
    assert "85.0" in raises((SensorError,), sensor("ds18b20", scratchpad(0x0550)).read)


def test_every_flipped_bit_of_a_scratchpad_is_noticed() -> None:
    good = scratchpad(0x0191)
    for bit in range(72):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        raises((SensorError,), sensor("ds18b20", bad).read)


def test_a_bus_without_a_chip_gives_nothing() -> None:
    for line in (bytes(9), b"\xff" * 9):
        raises((SensorError,), sensor("ds18b20", line).read)


def test_a_ds18b20_tells_its_own_serial() -> None:
    rom = b"\x28\x64\x1d\x8f\xdf\x18\xc1"
    chip = Chip(rom + bytes([crc8_reflected(rom)]))
    probe = create_sensor({"model": "ds18b20", "pin": 1, "position": 2}, Bench(chip))
    probe.identify()
    assert probe.serial.startswith("28641d8fdf18c1")
    assert probe.columns == ["soil_temperature@2"]


def sht4x_answer(warm: int, damp: int) -> bytes:
    halves = [bytes([word >> 8, word & 0xFF]) for word in (warm, damp)]
    return b"".join([half + bytes([crc8(half, 0x31, 0xFF)]) for half in halves])


def test_an_sht4x_reads_the_ends_and_the_middle_of_its_scale() -> None:
    assert sensor("sht4x", sht4x_answer(0, 0)).read() == [-45, 0]
    assert sensor("sht4x", sht4x_answer(65535, 65535)).read() == [130, 100]
    warm, damp = sensor("sht4x", sht4x_answer(26214, 29360)).read()
    assert abs(warm - 25) < 0.01
    assert abs(damp - 50) < 0.01


def test_every_flipped_bit_of_an_sht4x_is_noticed() -> None:
    good = sht4x_answer(26214, 29360)
    for bit in range(48):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        raises((SensorError,), sensor("sht4x", bad).read)


def test_light_reaches_full_sun() -> None:
    [dark] = sensor("bh1750", b"\x00\x00").read()
    [sun] = sensor("bh1750", b"\xff\xff").read()
    assert dark == 0
    assert 121_000 < sun < 122_000


def test_pressure_reads_the_example_of_its_datasheet() -> None:
    # ST DocID027083: 0x3ED000 is 1005 hPa.
    assert sensor("lps22", b"\x00\xd0\x3e").read() == [1005]


def test_the_battery_is_read_over_its_divider() -> None:
    [volts] = sensor("battery", 0, 26214, 26214, 26214, 65535, ratio=3.0, reference_v=3.3).read()
    assert abs(volts - 3.96) < 0.001


def test_a_beam_counts_passages_apart_from_glitches_and_leaves() -> None:
    beam = sensor("break-beam", 900_400, 900_700)
    for width_us in (40_000, 3_000, 299_000, 500, 2_400_000):
        beam.on_edge(0, 1000)
        beam.on_edge(1, 1000 + width_us)
    assert beam.read() == [3, 2, 900]
    # The 400 ms that were over are not lost.
    assert beam.read() == [0, 0, 901]


def test_a_beam_measures_over_the_wrap_of_its_counter() -> None:
    beam = sensor("break-beam", 1000)
    beam.on_edge(0, (1 << 30) - 10_000)
    beam.on_edge(1, 30_000)
    assert beam.read() == [1, 0, 1]


def test_light_without_darkness_before_is_no_event() -> None:
    beam = sensor("break-beam", 1000)
    beam.on_edge(1, 5000)
    assert beam.read() == [0, 0, 1]


def test_rain_is_tips_times_their_amount() -> None:
    gauge = sensor("tipping-bucket", 0, mm_a_tip=0.2)
    for _ in range(3):
        gauge.on_edge(0, 0)
        gauge.on_edge(1, 90_000)
    assert abs(gauge.read()[0] - 0.6) < 1e-6


def report(text: bytes) -> bytes:
    return text + b"\t%08x\n" % crc32(text)


def test_a_camera_reports_each_group_and_its_effort() -> None:
    counts = sensor("camera", report(b'{"bumblebees": 3, "beetles": 0, "awake_s": 810}'))
    counts.start()
    message = dict([pair for pair in zip(counts.columns, counts.read())])  # noqa: B905, C416
    assert (message["bumblebees"], message["beetles"], message["awake_s"], message["wasps"]) == (
        3,
        0,
        810,
        None,
    )


def test_a_silent_cut_or_garbled_camera_gives_nothing() -> None:
    good = report(b'{"bumblebees": 3, "awake_s": 810}')
    for line in (None, b"", good[:-3], good[1:], good.replace(b"3", b"8", 1)):
        raises((SensorError,), sensor("camera", line).read)


def test_every_kind_can_be_wired_and_says_its_own_model() -> None:
    for model in KINDS:
        device = sensor(model, bytes(8))
        assert device.model == model
        assert len(device.columns) == len(device.measures) > 0


def test_wiring_that_lacks_something_says_what() -> None:
    assert "expected a model of" in raises(
        (ConfigError,), create_sensor, {"model": "crystal-ball"}, Bench(Chip())
    )
    assert "expected a model of" in raises((ConfigError,), create_sensor, {}, Bench(Chip()))
    assert "pin" in raises((ConfigError,), create_sensor, {"model": "capacitive"}, Bench(Chip()))


def test_a_powered_sensor_is_switched_and_needs_its_time_to_settle() -> None:
    probe = sensor("capacitive", power=21)
    probe.switch_on()
    probe.switch_off()
    assert probe._power.written == [1, 0]
    assert probe.settle_ms == 300
    assert sensor("capacitive", power=21, settle_ms=40).settle_ms == 40
    assert sensor("capacitive").settle_ms == 0


def test_daylight_of_a_veml7700_reaches_full_sun() -> None:
    [dark] = sensor("veml7700", b"\x00\x00").read()
    [sun] = sensor("veml7700", b"\xff\xff").read()
    [dim] = sensor("veml7700", b"\x00\x01").read()
    assert dark == 0
    assert 140_000 < sun < 141_000
    assert abs(dim - 256 * 2.1504) < 0.01


# A frame that Renke's manual prints: 61.0 %, 35.9 Cel, 6 uS/cm, pH 5.5.
_MODBUS_QUESTION = b"\x01\x03\x00\x00\x00\x04\x44\x09"
_MODBUS_ANSWER = b"\x01\x03\x08\x02\x62\x01\x67\x00\x06\x00\x37\xc2\x06"


class Line:
    """A UART and its board: each question gets the next answer; waiting costs time."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.frames = []
        self.waiting = b""
        self.now_ms = 0

    def uart(self, _number: int, _baud: int) -> object:
        return self

    def write(self, data: bytes) -> None:
        self.frames.append(bytes(data))
        self.waiting = self.answers.pop(0) if self.answers else b""

    def any(self) -> int:
        return min(4, len(self.waiting))

    def read(self, count: int) -> bytes:
        chunk, self.waiting = self.waiting[:count], self.waiting[count:]
        return chunk

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF

    def sleep_ms(self, milliseconds: int) -> None:
        self.now_ms += milliseconds


def modbus(line: Line, **wiring: object) -> object:
    return create_sensor(dict({"model": "modbus-soil", "uart": 2}, **wiring), line)


def test_a_modbus_probe_is_asked_and_read_as_its_manual_prints() -> None:
    line = Line(_MODBUS_ANSWER)
    moisture, temperature, conductivity, ph = modbus(line).read()
    assert line.frames == [_MODBUS_QUESTION]
    assert (round(moisture * 1000), round(temperature * 10), conductivity, round(ph * 10)) == (
        610,
        359,
        6,
        55,
    )


def test_frost_in_a_modbus_probe_is_below_zero() -> None:
    body = b"\x01\x03\x08\x02\x92\xff\x9b\x03\xe8\x00\x37"
    answer = body + bytes([crc16(body) & 0xFF, crc16(body) >> 8])
    assert abs(modbus(Line(answer)).read()[1] + 10.1) < 1e-4


def test_an_echo_of_the_question_is_no_answer() -> None:
    assert modbus(Line(_MODBUS_QUESTION + _MODBUS_ANSWER)).read()[2] == 6


def test_a_modbus_probe_is_asked_once_more_and_then_given_up() -> None:
    line = Line(b"", _MODBUS_ANSWER)
    assert modbus(line).read()[2] == 6
    assert len(line.frames) == 2
    line = Line()
    assert "no answer" in raises((SensorError,), modbus(line).read)
    assert len(line.frames) == 2
    assert line.now_ms <= 700


def test_every_flipped_bit_of_a_modbus_answer_is_noticed() -> None:
    for bit in range(8 * len(_MODBUS_ANSWER)):
        bad = bytearray(_MODBUS_ANSWER)
        bad[bit // 8] ^= 1 << bit % 8
        raises((SensorError,), modbus(Line(bytes(bad), bytes(bad))).read)


def test_an_exception_and_an_answer_of_another_probe_are_no_values() -> None:
    refusal = b"\x01\x83\x02"
    refusal += bytes([crc16(refusal) & 0xFF, crc16(refusal) >> 8])
    line = Line(refusal, refusal)
    assert "expected four" in raises((SensorError,), modbus(line).read)
    assert line.now_ms < 100, "an exception is an answer; nothing more is waited for"
    raises((SensorError,), modbus(Line(_MODBUS_ANSWER, _MODBUS_ANSWER), address=2).read)


# The worked example of Bosch's datasheet (BST-BMP280-DS001, section 3.12): 25.08 Cel, 1006.53 hPa.
_BOSCH_T_AND_P = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_BOSCH_H = b"\x69\x01\x00\x13\x29\x03\x1e"


def bme280(data: bytes, chip_id: int = 0x60) -> object:
    first = struct.pack("<HhhHhhhhhhhh", *_BOSCH_T_AND_P) + b"\x00\x4b"
    return sensor("bme280", bytes([chip_id]), first, _BOSCH_H, data)


def bme280_data(pressure: int, temperature: int, humidity: int) -> bytes:
    words = [pressure >> 12, pressure >> 4 & 0xFF, (pressure & 15) << 4]
    words += [temperature >> 12, temperature >> 4 & 0xFF, (temperature & 15) << 4]
    return bytes(words + [humidity >> 8, humidity & 0xFF])


def test_a_bme280_reads_the_worked_example_of_its_datasheet() -> None:
    item = bme280(bme280_data(415148, 519888, 28000))
    item.start()
    temperature, humidity, pressure = item.read()
    assert abs(temperature - 25.08) < 0.001
    assert abs(pressure - 1006.53) < 0.01
    assert 40 < humidity < 60


def test_a_bme280_that_did_not_measure_gives_nothing() -> None:
    item = bme280(b"\x80\x00\x00\x80\x00\x00\x80\x00")
    item.start()
    assert "not measured" in raises((SensorError,), item.read)


def test_a_bmp280_sold_as_a_bme280_is_named() -> None:
    assert "BMP280" in raises((SensorError,), bme280(b"", 0x58).start)


def test_wiring_is_checked_with_a_message_that_names_it() -> None:
    good = {"model": "ds18b20", "pin": 22, "position": 1}
    check([good])
    for wrong, message in (
        ([dict(good, position=0.5)], "position 0.5"),
        ([dict(good, position=99)], "whole number from 0 to 32"),
        ([dict(good, pin="GP22")], "pin 'GP22'"),
        ([dict(good, serial=7)], "serial 7"),
        ([good, dict(good, position=2)], "pin 22, which"),
        ([{"model": "battery", "pin": 29, "ratio": 0}], "ratio 0"),
        ([{"model": "sht4x"}], "no bus"),
        ([{"model": "sht4x", "bus": 0, "position": 2}], "soil probes only"),
        (["sht4x"], "expected a model"),
        ("sht4x", "list of objects"),
    ):
        assert message in raises((ConfigError,), check, wrong)


def test_a_pin_that_the_board_does_not_have_is_named() -> None:
    class Bare:
        def adc(self, pin: int) -> object:
            raise ValueError("invalid pin")

    message = raises((ConfigError,), create_sensor, {"model": "battery", "pin": 41}, Bare())
    assert "41" in message
    assert "invalid pin" in message


def test_pins_of_a_bus_are_checked_too() -> None:
    check_buses({"i2c0": {"sda": 4, "scl": 5}, "uart1": {"tx": 8, "rx": 9, "de": 10}})
    for wrong in ({"spi0": {}}, {"i2c0": {"sda": "4"}}, {"i2c0": {"clock": 4}}, [1], {"i2c0": 5}):
        assert "expected" in raises((ConfigError,), check_buses, wrong)
