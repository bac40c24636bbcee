"""Stand-ins for `machine`, `network`, `onewire` and `time` of one board, for both interpreters."""

from errno import ETIMEDOUT

from sera_simulator.board import chips, ports, serial_lines
from sera_vocabulary import measurements, messages

PICO_W, PICO_2_W, ESP32 = "Raspberry Pi Pico W with RP2040", "Raspberry Pi Pico 2 W with RP2350", "ESP32"
FROM_2000_S = 946684800
SCL, SDA, DE_PIN, BATTERY_PIN, ONE_WIRE_PIN = 5, 4, 10, 28, 20

_TICKS = 1 << 30
_PICO_WATCHDOG_MOST_MS = 8388
_SCRATCH = {PICO_W: 0x4005800C, PICO_2_W: 0x400D800C}
_JOINS_AFTER_MS = 1800


def of(world: object, kind: object) -> object:
    """Make the class whose objects belong to a board."""
    return type(kind.__name__, (kind,), {"world": world})


class Clocks:
    """The functions of `time`."""

    def __init__(self, world: object) -> None:
        self._world = world
        self._epoch_s = 0 if world.is_pico else FROM_2000_S
        self.sleep_us = world.wait_us

    def ticks_ms(self) -> int:
        return (self._world.now_us - self._world.ticks_from_us) // 1000 & (_TICKS - 1)

    def ticks_us(self) -> int:
        return self._world.now_us & (_TICKS - 1)

    def ticks_diff(self, later: int, earlier: int) -> int:
        return ((later - earlier + _TICKS // 2) & (_TICKS - 1)) - _TICKS // 2

    def sleep_ms(self, milliseconds: int) -> None:
        self._world.wait_us(milliseconds * 1000)

    def time_ns(self) -> int:
        return (self._world.rtc_us() - self._epoch_s * 1000000) * 1000

    def gmtime(self, seconds: int) -> tuple:
        year = (2000 if self._epoch_s else 1970) + seconds // 31557600
        return (1901 if seconds >= 1 << 31 else year, 1, 1, 0, 0, 0, 0, 1)


class Pin:
    IN, OUT, OPEN_DRAIN, PULL_UP = 0, 1, 2, 1

    def __init__(self, number: int, mode: int = -1, pull: int = -1, value: object = None) -> None:
        self.number = number
        if value is not None:
            self.value(value)

    def value(self, level: object = None) -> object:
        world = self.world
        if level is None:
            return world.levels.get(self.number, 1)
        if level and not world.levels.get(self.number, 1) and self.number == SCL:
            world.busy_for = max(0, world.busy_for - 1)
        world.levels[self.number] = level
        if self.number == world.lamp:
            world.light_changes.append((world.now_us // 1000, level))
        return None

    def irq(self, handler: object) -> None:
        self.world.handlers[self.number] = lambda: handler(self)


class Converter:
    ATTN_11DB = 3

    def __init__(self, pin: Pin) -> None:
        self._range = 0
        column, scale = messages.column(measurements.SOIL_MOISTURE_RAW, pin.number - 25), 1
        if pin.number == BATTERY_PIN:
            column, scale = measurements.BATTERY_VOLTAGE, 65535 / 9.9
        self._port = ports.Adc(self.world, column, scale)

    def atten(self, range_of_supply: int) -> None:
        assert not self.world.is_pico
        self._range = range_of_supply

    def read_u16(self) -> int:
        self.world.wait_us(20)
        # Without attenuation an ESP32's converter is full at 1.1 V.
        assert self.world.is_pico or self._range == self.ATTN_11DB
        if self.world.radio_is_on:
            self.world.reads_with_radio_on += 1
            return min(65535, self._port.read_u16() + 900)
        return self._port.read_u16()


class Bus(chips.I2c):
    def __init__(self, number: int, scl: object = None, sda: object = None, freq: int = 400000) -> None:
        super().__init__(self.world)

    def _chip(self, address: int) -> object:
        self.world.wait_us(300)
        if self.world.busy_for:
            self.world.wait_us(50000)
            raise OSError(ETIMEDOUT)
        return super()._chip(address)


class Uart:
    def __init__(self, number: int, baud: int, timeout: int = 0, **pins: object) -> None:
        self._port = serial_lines.ModbusUart(self.world)
        self._baud = baud
        self.read = self._port.read

    def write(self, data: bytes) -> None:
        self.world.wait_us(len(data) * 10 * 1000000 // self._baud)
        self._port.write(data)

    def flush(self) -> None:
        assert self.world.levels.get(DE_PIN) == 1, "the driver was taken away while it sent"

    def any(self) -> int:
        """Nothing comes over a line that the node's own driver holds."""
        return 0 if self.world.levels.get(DE_PIN) else self._port.any()

    def readline(self) -> object:
        self.world.wait_us(200000)
        return None


class Watchdog:
    def __init__(self, number: int = 0, timeout: int = 5000) -> None:
        if self.world.is_pico and timeout > _PICO_WATCHDOG_MOST_MS:
            raise ValueError("timeout exceeds %d" % _PICO_WATCHDOG_MOST_MS)
        self.timeout_ms = timeout
        self.fed_us = self.world.now_us
        self.world.dog = self

    def feed(self) -> None:
        self.fed_us = self.world.now_us


class Timer:
    PERIODIC = 1

    def __init__(self, number: int = -1) -> None:
        if not self.world.is_pico:
            raise ValueError("an ESP32 numbers its timers 0 to 3")

    def init(self, period: int = 0, mode: int = 0, callback: object = None) -> None:
        self._period_us, self._callback = period * 1000, callback
        self.due_us = self.world.now_us + self._period_us
        self.world.timers.append(self)

    def fire_if_due(self) -> None:
        if self.world.now_us >= self.due_us:
            self.due_us += self._period_us
            self._callback(self)


class RealTimeClock:
    def datetime(self, moment: tuple) -> None:
        self.world.set_to.append(moment)
        days = days_of(moment[0], moment[1], moment[2])
        self.world.set_rtc(days * 86400 + moment[4] * 3600 + moment[5] * 60 + moment[6])

    def memory(self, content: object = None) -> object:
        if self.world.is_pico:
            raise AttributeError("a Pico's RTC has no memory")
        if content is None:
            return self.world.rtc_memory
        assert len(content) <= 2048
        self.world.rtc_memory = bytes(content)
        return None


class Registers:
    """`machine.mem32`, of which only the watchdog's scratch register may be touched."""

    def __init__(self, world: object) -> None:
        self._world = world

    def __getitem__(self, address: int) -> int:
        assert address == _SCRATCH[self._world.kind], hex(address)
        return self._world.scratch.get(address, 0)

    def __setitem__(self, address: int, value: int) -> None:
        assert address == _SCRATCH[self._world.kind], hex(address)
        self._world.scratch[address] = value


class Machine:
    """The module `machine`."""

    def __init__(self, world: object) -> None:
        self._world = world
        self.mem32 = Registers(world)
        self.Pin, self.ADC, self.I2C, self.UART = [of(world, part) for part in (Pin, Converter, Bus, Uart)]
        self.WDT, self.Timer, self.RTC = [of(world, part) for part in (Watchdog, Timer, RealTimeClock)]

    def reset(self) -> None:
        self._world.reset(5, "reset")

    def reset_cause(self) -> int:
        return self._world.cause

    def lightsleep(self, milliseconds: int) -> None:
        """Sleep without timers, which fed the watchdog; a Pico's real-time clock stands still meanwhile."""
        world = self._world
        timers, world.timers = world.timers, []
        world.wait_us(milliseconds * 1000)
        world.timers = timers
        if world.is_pico:
            world.rtc_at_us += milliseconds * 1000

    def deepsleep(self, milliseconds: int) -> None:
        world = self._world
        world.slept_ms.append(milliseconds)
        world.dog, world.timers = None, []
        world.now_us += milliseconds * 1000
        world.reset(4, "deepsleep")


class Station:
    """`network.WLAN`."""

    PM_NONE = 16

    def __init__(self, interface: int) -> None:
        pass

    def _needs_radio(self) -> None:
        if not self.world.radio_is_on:
            raise OSError("Wifi Not Started")

    def active(self, on: int) -> None:
        self.world.radio_is_on = bool(on)
        self.world.joining_since_us = None

    def config(self, **settings: int) -> None:
        self._needs_radio()

    def connect(self, ssid: str, password: str) -> None:
        self._needs_radio()
        self.world.joins += 1
        self.world.joining_since_us = self.world.now_us if password == self.world.password else None

    def isconnected(self) -> bool:
        since = self.world.joining_since_us
        return since is not None and self.world.now_us - since >= _JOINS_AFTER_MS * 1000

    def disconnect(self) -> None:
        self._needs_radio()

    def status(self, what: str) -> int:
        return -67


def one_wire_of(world: object) -> object:
    def one_wire(pin: Pin) -> object:
        position = pin.number - ONE_WIRE_PIN
        column = messages.column(measurements.SOIL_TEMPERATURE, position)
        return ports.OneWire(world, column, "probe-%d" % position)

    return one_wire


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970, counted month by month."""
    days = 0
    for part in range(1970, year):
        days += 366 if part % 4 == 0 and (part % 100 or part % 400 == 0) else 365
    for part in range(1, month):
        days += (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[part - 1]
    if month > 2 and year % 4 == 0 and (year % 100 or year % 400 == 0):
        days += 1
    return days + day - 1
