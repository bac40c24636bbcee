"""What all sensors share: where they sit, how they are supplied, and what they are asked."""

from sera_firmware.errors import SensorError
from sera_firmware.portable import Any
from sera_vocabulary import messages


class Sensor:
    """One sensor as the node sees it.

    `wiring` is its entry in config.json; `board` gives the ports it names. Where the entry names a
    `power` pin, the sensor is supplied for its measurement only, and `start` comes `settle_ms`
    later. `start` begins a measurement, `wait_ms` later `read` returns one value a column, or raises.
    """

    model = ""
    stream = ""
    measures: tuple[Any, ...] = ()
    wait_ms = 0
    # Longest start-up after the supply came on, where the wiring does not say otherwise.
    start_up_ms = 0
    position_default = messages.NO_POSITION

    def __init__(self, wiring: dict[str, Any], board: Any) -> None:
        self.board = board
        self.position = wiring.get("position", self.position_default)
        self.serial = wiring.get("serial", "")
        self._power = board.output(wiring["power"]) if "power" in wiring else None
        self.settle_ms = 0 if self._power is None else wiring.get("settle_ms", self.start_up_ms)
        self.columns = [messages.column(name, self.position) for name in self.measures]

    def switch_on(self) -> None:
        """Supply the sensor, where its supply is switched."""
        if self._power is not None:
            self._power.value(1)

    def switch_off(self) -> None:
        """Take the supply away, where it is switched."""
        if self._power is not None:
            self._power.value(0)

    def identify(self) -> None:
        """Read the chip's serial into `serial`; nothing to do where it has none."""

    def start(self) -> None:
        """Begin a measurement; nothing to do where the sensor always measures."""

    def read(self) -> list[Any]:
        """Return one value for each column; raises SensorError or OSError without an answer."""
        raise NotImplementedError

    def error(self, why: str) -> SensorError:
        """Build the error that says which sensor it was."""
        return SensorError("%s %s at position %d: %s" % (self.model, self.serial, self.position, why))
