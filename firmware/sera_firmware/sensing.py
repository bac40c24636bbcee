"""One round of all sensors: started together, waited for once, each read alone."""

from sera_firmware.errors import SensorError
from sera_firmware.portable import Any, const

# Longest wait for the slowest sensor; what a wrong `settle_ms` in the wiring cannot exceed.
_WAIT_MOST_MS = const(10000)
_TICKS_MASK = const(0x3FFFFFFF)
# What a wrong wire or a dead chip can raise in a driver; nothing of it may cost another sensor's value.
FAILURES = (SensorError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, MemoryError)


class Round:
    """A round over the sensors of a node within a budget.

    Parameters
    ----------
    sensors
        In the order of the wiring.
    board
        Gives `ticks_ms` and `sleep_ms`.
    budget
        A sensor whose turn comes when it is used up is not read: its values are null.
    """

    def __init__(self, sensors: list[Any], board: Any, budget: Any) -> None:
        self._sensors = sensors
        self._board = board
        self._budget = budget

    def measure(self) -> list[list[Any]]:
        """Read all; one list of values a sensor, of nulls where it failed."""
        for sensor in self._sensors:
            _tried(sensor.switch_on)
        try:
            self._wait_until(self._begin())
            return [self._one(sensor) for sensor in self._sensors]
        finally:
            for sensor in self._sensors:
                _tried(sensor.switch_off)

    def _begin(self) -> int:
        """Start each sensor once its supply has settled; return when the slowest is ready [ms]."""
        ready_ms = 0
        began = self._budget.spent_ms()
        for sensor in sorted(self._sensors, key=lambda one: one.settle_ms):
            self._wait_until(began + sensor.settle_ms)
            _tried(sensor.identify)
            if _tried(sensor.start):
                ready_ms = max(ready_ms, self._budget.spent_ms() + sensor.wait_ms)
        return ready_ms

    def _wait_until(self, spent_ms: int) -> None:
        """Wait until so much of the budget is spent."""
        wait_ms = min(spent_ms - self._budget.spent_ms(), self._budget.left_ms(), _WAIT_MOST_MS)
        if wait_ms > 0:
            self._board.sleep_ms(wait_ms)

    def _one(self, sensor: Any) -> list[Any]:
        if self._budget.left_ms():
            try:
                return list(sensor.read())
            except FAILURES:
                pass
        return [None] * len(sensor.columns)


def _tried(action: Any) -> bool:
    """Do what may fail; its reading will fail too, and say so."""
    try:
        action()
    except FAILURES:
        return False
    return True
