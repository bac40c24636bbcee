"""The virtual board itself: virtual time, ports, a time source, and the faults of the plan."""

from errno import EHOSTUNREACH

from sera_simulator.board import chips, ports, serial_lines
from sera_simulator.board.portable import Any
from sera_simulator.board.readings import Readings
from sera_vocabulary import measurements, messages

_TICKS_MASK = 0x3FFFFFFF
# What a battery's divider and converter are, where its wiring does not say.
_BATTERY_RATIO = 3.0
_BATTERY_REFERENCE_V = 3.3
_SYNC_UNCERTAINTY_MS = 40
# The chips' code of a power-on reset.
_POWER_ON = 1


class VirtualBoard:
    """A board whose time advances only by sleeping, never while it waits for the network.

    Parameters
    ----------
    plan
        The content of board.json.
    start_s
        Unix time at which this boot begins [s].
    """

    MM_A_TIP = 0.2

    def __init__(self, plan: dict[str, Any], start_s: int) -> None:
        self.plan = plan
        self.faults = plan.get("faults", {})
        self.readings = Readings(plan["trace"], plan["trace_header"], self.faults)
        self._now_ms = start_s * 1000
        self._serials = {position: serial for position, _, serial in plan.get("probes", ())}
        self._edges: list[ports.Edges] = []
        self._by_pin: dict[int, Any] = {}
        self._by_uart: dict[int, str] = {}
        for sensor in ports.sensors_of(plan):
            if "pin" in sensor:
                self._by_pin[sensor["pin"]] = sensor
            if "uart" in sensor:
                self._by_uart[sensor["uart"]] = sensor["model"]

    def utc_now_s(self) -> int:
        """Return the true time, which the node does not know [s]."""
        return self._now_ms // 1000

    def advance_to(self, utc_s: int) -> None:
        """Sleep until a time; what the pins see meanwhile reaches their interrupts."""
        self._now_ms = max(self._now_ms, utc_s * 1000)
        for port in self._edges:
            port.pass_time()

    def value(self, column: str) -> float | None:
        """Return what a sensor would see now, or None where it fails."""
        return self.readings.value(column, self.utc_now_s())

    def now_ms(self) -> int:
        """Return the true time, for chips that take theirs to measure [ms]."""
        return self._now_ms

    def fault_of(self, column: str) -> str | None:
        """Return the fault of the chip that measures a column, or None."""
        for kind, of, start_s, end_s in self.faults.get("chips", ()):
            if of == column and start_s <= self.utc_now_s() < end_s:
                return str(kind)
        return None

    def touch(self, column: str) -> None:
        """Raise the fault of a chip's bus, where it has one."""
        failure = chips.failure(self.fault_of(column))
        if failure is not None:
            raise failure

    def disturb(self, column: str, buffer: bytearray) -> None:
        """Flip a bit of an answer where the plan says that its line is noisy."""
        if self.fault_of(column) == chips.CHECKSUM and buffer:
            buffer[len(buffer) // 2] ^= 0x10

    def ticks_ms(self) -> int:
        """Read the board's millisecond counter."""
        return self._now_ms & _TICKS_MASK

    def sleep_ms(self, milliseconds: int) -> None:
        """Wait for a sensor."""
        self._now_ms += milliseconds

    def start_cause(self) -> tuple[Any, ...]:
        """Return why this boot began: cause and last step before it, and whether it was the watchdog."""
        return (_POWER_ON, None), False

    def note_step(self, step: int) -> None:
        """Keep what the node is about to do; a virtual watchdog never strikes."""

    def set_rtc(self, utc_s: int) -> None:
        """Set the clock that TLS looks at; a virtual board has the machine's."""

    def network_up(self, _budget_ms: int) -> None:
        """Join the network, unless the plan has an outage now."""
        if self._is_within("outages"):
            raise OSError(EHOSTUNREACH)

    def network_down(self) -> None:
        """Leave the network."""

    def utc(self, _known_s: int | None, _budget_ms: int) -> tuple[Any, ...]:
        """Return UTC and its uncertainty [ms] from the time source, which is certain."""
        if self._is_within("no_time_source"):
            raise OSError(EHOSTUNREACH)
        return self._now_ms, _SYNC_UNCERTAINTY_MS, True

    def _is_within(self, fault: str) -> bool:
        now_s = self.utc_now_s()
        return any(start <= now_s < end for start, end in self.faults.get(fault, ()))

    def health(self) -> dict[str, Any]:
        """Return the platform's health values, besides those of the firmware."""
        return {}

    def output(self, _pin: int) -> ports.Output:
        """Open a pin that switches something."""
        return ports.Output()

    def adc(self, pin: int) -> ports.Adc:
        """Open an analogue pin: a soil probe, or the battery."""
        sensor = self._by_pin[pin]
        if sensor["model"] == "battery":
            ratio = sensor.get("ratio", _BATTERY_RATIO)
            full_scale_v = ratio * sensor.get("reference_v", _BATTERY_REFERENCE_V)
            return ports.Adc(self, measurements.BATTERY_VOLTAGE, 65535 / full_scale_v)
        return ports.Adc(self, messages.column(measurements.SOIL_MOISTURE_RAW, sensor.get("position", 1)), 1)

    def onewire(self, pin: int) -> ports.OneWire:
        """Open a 1-Wire pin with the probe that is wired to it."""
        position = self._by_pin[pin].get("position", 1)
        column = messages.column(measurements.SOIL_TEMPERATURE, position)
        return ports.OneWire(self, column, self._serials.get(position, ""))

    def i2c(self, _bus: int) -> chips.I2c:
        """Open the one I2C bus."""
        return chips.I2c(self)

    def uart(self, number: int, _baud: int) -> Any:
        """Open a UART: the camera's, or that of the Modbus probes."""
        is_modbus = self._by_uart[number] == "modbus-soil"
        return serial_lines.ModbusUart(self) if is_modbus else serial_lines.CameraUart(self)

    def edges(self, pin: int, handler: Any) -> ports.Edges:
        """Open a pin whose changes call `handler(level, at_us)`."""
        columns: tuple[str, ...] = (measurements.RAINFALL,)
        if self._by_pin[pin]["model"] == "break-beam":
            columns = (measurements.PASSAGES, measurements.FALSE_TRIGGERS, measurements.AWAKE_S)
        port = ports.Edges(self, handler, columns)
        self._edges.append(port)
        return port
