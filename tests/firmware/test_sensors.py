"""Each driver decodes its chip's bytes and refuses damaged ones; runs on CPython and on MicroPython."""

from binascii import crc32

from firmware.stand_ins import raises
from sera_firmware.errors import ConfigError, SensorError
from sera_firmware.sensors import KINDS, wired
from sera_firmware.sensors.sensor import crc8, crc8_reflected


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

    def reset(self, _required: bool = False) -> None:
        pass


class Bench:
    """A board on which every port is the same chip."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.handler = None

    def adc(self, _pin: int) -> Chip:
        return self.chip

    onewire = i2c = uart = adc

    def edges(self, _pin: int, handler: object) -> Chip:
        self.handler = handler
        return self.chip


def sensor(model: str, *answers: object, **wiring: object) -> object:
    full = {"model": model, "pin": 1, "bus": 0, "uart": 1, "serial": "s-1"}
    full.update(wiring)
    return wired(full, Bench(Chip(*answers)))


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
    probe = wired({"model": "ds18b20", "pin": 1, "position": 2}, Bench(chip))
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
        beam.changed(0, 1000)
        beam.changed(1, 1000 + width_us)
    assert beam.read() == [3, 2, 900]
    # The 400 ms that were over are not lost.
    assert beam.read() == [0, 0, 901]


def test_a_beam_measures_over_the_wrap_of_its_counter() -> None:
    beam = sensor("break-beam", 1000)
    beam.changed(0, (1 << 30) - 10_000)
    beam.changed(1, 30_000)
    assert beam.read() == [1, 0, 1]


def test_light_without_darkness_before_is_no_event() -> None:
    beam = sensor("break-beam", 1000)
    beam.changed(1, 5000)
    assert beam.read() == [0, 0, 1]


def test_rain_is_tips_times_their_amount() -> None:
    gauge = sensor("tipping-bucket", 0, mm_a_tip=0.2)
    for _ in range(3):
        gauge.changed(0, 0)
        gauge.changed(1, 90_000)
    assert abs(gauge.read()[0] - 0.6) < 1e-6


def report(text: bytes) -> bytes:
    return text + b"\t%08x\n" % crc32(text)


def test_a_camera_reports_each_group_and_its_effort() -> None:
    counts = sensor("camera", report(b'{"bumblebees": 3, "beetles": 0, "awake_s": 810}'))
    counts.start()
    said = dict([pair for pair in zip(counts.columns, counts.read())])  # noqa: B905, C416
    assert (said["bumblebees"], said["beetles"], said["awake_s"], said["wasps"]) == (3, 0, 810, None)


def test_a_silent_cut_or_garbled_camera_gives_nothing() -> None:
    good = report(b'{"bumblebees": 3, "awake_s": 810}')
    for line in (None, b"", good[:-3], good[1:], good.replace(b"3", b"8", 1)):
        raises((SensorError,), sensor("camera", line).read)


def test_every_kind_can_be_wired_and_says_its_own_model() -> None:
    for model in KINDS:
        one = sensor(model, bytes(8))
        assert one.model == model
        assert len(one.columns) == len(one.measures) > 0


def test_wiring_that_lacks_something_says_what() -> None:
    assert "expected a model of" in raises((ConfigError,), wired, {"model": "crystal-ball"}, Bench(Chip()))
    assert "expected a model of" in raises((ConfigError,), wired, {}, Bench(Chip()))
    assert "pin" in raises((ConfigError,), wired, {"model": "capacitive"}, Bench(Chip()))
