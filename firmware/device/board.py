"""The ports of a real board (Raspberry Pi Pico W and Pico 2 W, ESP32): pins, buses, network, sleep."""

import sys
import time

import machine
import network
import onewire
from memory import Memory
from watchdog import Watchdog

from sera_firmware import lazy_modules
from sera_firmware.clock import datetime_of
from sera_firmware.portable import Any
from sera_vocabulary import measurements

_JOIN_MS = 15000
_POLL_MS = 100
# A Pico's watchdog waits 8 s.
_FEED_EVERY_MS = 2000
_BUS_HZ = 100000
_ON, _OFF = 1, 0
# The causes of a start as sera_vocabulary.meanings names them; both chips use these numbers.
_WATCHDOG = 3
_BY_ITSELF = 5


class Board:
    """One board. What not every wiring needs is loaded where a sensor asks for it.

    Parameters
    ----------
    settings
        The checked content of config.json.
    secrets
        The network's `ssid` and `password`, shown nowhere, and perhaps the `country` it is in.
    """

    def __init__(self, settings: dict[str, Any], secrets: dict[str, str]) -> None:
        self._settings = settings
        self._secrets = secrets
        if "country" in secrets:
            # Without it the radio keeps to channels that are allowed everywhere: 1 to 11.
            network.country(secrets["country"])
        self._station = network.WLAN(network.STA_IF)
        self._station.active(_OFF)
        self._signal_dbm: int | None = None
        self._opened: dict[str, Any] = {}
        self.failures = 0
        self.joined = self.is_lit = False
        self.memory = Memory()
        self._began_with = self.memory.step
        self._watchdog = Watchdog(settings["budget_s"] * 1000)

    def ticks_ms(self) -> int:
        """Read the free-running millisecond counter."""
        return time.ticks_ms()

    def sleep_ms(self, milliseconds: int) -> None:
        """Wait, feeding the watchdog."""
        began = time.ticks_ms()
        left_ms = milliseconds
        while left_ms > 0:
            self.feed()
            time.sleep_ms(min(left_ms, _FEED_EVERY_MS))
            left_ms = milliseconds - time.ticks_diff(time.ticks_ms(), began)
        self.feed()

    def feed(self) -> None:
        """Feed the watchdog: the node is alive."""
        self._watchdog.feed()

    def start_cause(self) -> tuple[tuple[int, int | None], bool]:
        """Return why this start came: (cause, last step before it), and whether it was the watchdog.

        A Pico gives its watchdog as the cause of its own `machine.reset()` too; the noted step shows which.
        """
        cause, step = machine.reset_cause(), self._began_with
        if step == Memory.RESTARTING:
            cause, step = _BY_ITSELF, None
        return (cause, step), cause == _WATCHDOG

    def note_step(self, step: int) -> None:
        """Remember through a reset what the node is about to do, and begin its time again."""
        self.memory.note_step(step)
        self._watchdog.begin()

    def restart(self) -> None:
        """Start again, on purpose."""
        self.memory.note_step(Memory.RESTARTING)
        machine.reset()

    def set_rtc(self, utc_s: int) -> None:
        """Set the clock that TLS compares certificates with."""
        machine.RTC().datetime(datetime_of(utc_s))

    def light(self, on: int) -> None:
        """Switch the board's light, where it has one and somebody may look at it."""
        pin = self._settings["light"]
        if self.is_lit and pin is not None:
            machine.Pin(pin, machine.Pin.OUT).value(on)

    def network_up(self, budget_ms: int) -> None:
        """Join the network; raises OSError after 15 s without, or when the budget is used up."""
        self.joined = False
        self.light(_ON)
        allowed_ms = min(_JOIN_MS, budget_ms)
        self._station.active(_ON)
        # Waiting for the radio's beacon would cost 100 ms an answer.
        self._station.config(pm=network.WLAN.PM_NONE)
        self._station.connect(self._secrets["ssid"], self._secrets["password"])
        began = time.ticks_ms()
        while not self._station.isconnected():
            if time.ticks_diff(time.ticks_ms(), began) >= allowed_ms:
                raise OSError("no network within %d ms; check network.json and the distance" % allowed_ms)
            self.sleep_ms(_POLL_MS)
        self._signal_dbm = self._station.status("rssi")
        self.joined = True

    def network_down(self) -> None:
        """Switch the radio off, and the light, which a Pico W has at its radio, before."""
        self.light(_OFF)
        try:
            self._station.disconnect()
        except OSError:  # it was not connected
            pass
        self._station.active(_OFF)

    def utc(self, known_s: int | None, budget_ms: int) -> tuple[Any, ...]:
        """Return UTC and its uncertainty [ms] from the time servers, and whether it is certain."""
        settings = self._settings
        utc: tuple[Any, ...] = lazy_modules.call(
            "ntp", "utc", settings["time_servers"], known_s, budget_ms, settings["expires_s"]
        )
        return utc

    def health(self) -> dict[str, Any]:
        """Return the platform's health values, besides those of the firmware."""
        return {} if self._signal_dbm is None else {measurements.SIGNAL_STRENGTH: self._signal_dbm}

    def _once(self, name: str, make: Any) -> Any:
        """Open a port once for all that share it."""
        if name not in self._opened:
            self._opened[name] = make()
        return self._opened[name]

    def output(self, pin: int) -> Any:
        """Open a pin that switches a supply, off."""
        return self._once("pin%d" % pin, lambda: machine.Pin(pin, machine.Pin.OUT, value=0))

    def adc(self, pin: int) -> Any:
        """Open an analogue pin over the whole range of the supply."""
        converter = machine.ADC(machine.Pin(pin))
        if sys.platform == "esp32":
            converter.atten(machine.ADC.ATTN_11DB)
        return converter

    def onewire(self, pin: int) -> Any:
        """Open a 1-Wire pin."""
        return onewire.OneWire(machine.Pin(pin))

    def i2c(self, bus: int) -> Any:
        """Open an I2C bus."""
        from bus import Bus

        pins = self._settings["buses"].get("i2c%d" % bus, {})
        return self._once("i2c%d" % bus, lambda: Bus(bus, _BUS_HZ, pins))

    def uart(self, number: int, baud: int) -> Any:
        """Open a UART, with an RS485 driver where the wiring names its `de` pin."""
        from line import Line

        pins = self._settings["buses"].get("uart%d" % number, {})
        return self._once("uart%d" % number, lambda: Line(number, baud, pins))

    def edges(self, pin: int, handler: Any) -> Any:
        """Open a pin whose changes call `handler(level, at_us)`."""
        from edges import Edges

        return Edges(pin, handler)
