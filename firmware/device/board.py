"""The ports of a real board (Raspberry Pi Pico W and Pico 2 W, ESP32): pins, buses, network, sleep."""

import sys
import time

import machine
import network
import onewire

from sera_firmware import ntp
from sera_vocabulary import measurements

_WATCHDOG_MS = 8000
_JOIN_MS = 15000
_POLL_MS = 100
_TIMEOUT_MS = 2000
_IS_ESP32 = sys.platform == "esp32"


class Edges:
    """A pin that interrupts at every change, and the time since it was last asked."""

    def __init__(self, pin, handler):
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._pin.irq(lambda one: handler(one.value(), time.ticks_us()))
        self._since = time.ticks_ms()

    def awake_ms(self):
        """Return how long the detector was powered since the last time it was asked [ms]."""
        now = time.ticks_ms()
        awake_ms, self._since = time.ticks_diff(now, self._since), now
        return awake_ms


class Board:
    """One board; `secrets` holds the network's name and password."""

    def __init__(self, secrets, time_servers):
        self._secrets = secrets
        self._time_servers = time_servers
        self._station = network.WLAN(network.STA_IF)
        self._buses = {}
        self._watchdog = None if _IS_ESP32 else machine.WDT(timeout=_WATCHDOG_MS)

    def ticks_ms(self):
        """Read the free-running millisecond counter."""
        return time.ticks_ms()

    def sleep_ms(self, milliseconds):
        """Wait, feeding the watchdog."""
        while milliseconds > 0:
            self.feed()
            time.sleep_ms(min(milliseconds, _POLL_MS))
            milliseconds -= _POLL_MS

    def feed(self):
        """Tell the watchdog that the node is alive."""
        if self._watchdog is not None:
            self._watchdog.feed()

    def network_up(self):
        """Join the network; raises OSError after 15 s without."""
        self._station.active(1)
        self._station.connect(self._secrets["ssid"], self._secrets["password"])
        waited_ms = 0
        while not self._station.isconnected():
            if waited_ms >= _JOIN_MS:
                raise OSError("no network %s within %d ms" % (self._secrets["ssid"], _JOIN_MS))
            self.sleep_ms(_POLL_MS)
            waited_ms += _POLL_MS

    def network_down(self):
        """Switch the radio off."""
        self._station.active(0)

    def utc(self):
        """Ask the time servers: UTC and its uncertainty [ms]."""
        self.feed()
        return ntp.utc(self._time_servers, _TIMEOUT_MS)

    def health(self):
        """Tell what the platform knows of itself besides the firmware."""
        return {measurements.RESET_CAUSE: machine.reset_cause()}

    def adc(self, pin):
        """Open an analogue pin."""
        return machine.ADC(machine.Pin(pin))

    def onewire(self, pin):
        """Open a 1-Wire pin."""
        return onewire.OneWire(machine.Pin(pin))

    def i2c(self, bus):
        """Open an I2C bus, once for all its chips."""
        if bus not in self._buses:
            self._buses[bus] = machine.I2C(bus, freq=100000)
        return self._buses[bus]

    def uart(self, number):
        """Open a UART at 115,200 baud."""
        return machine.UART(number, 115200, timeout=200)

    def edges(self, pin, handler):
        """Open a pin whose changes call `handler(level, at_us)`."""
        return Edges(pin, handler)
