"""One round of all sensors: started together, waited for once, each read alone."""

from sera_firmware.errors import SensorError
from sera_firmware.portable import Any, const

# Longest wait for the slowest sensor; what a wrong `settle_ms` in the wiring cannot exceed.
_WAIT_MOST_MS = const(10000)
# What a wrong wire or a dead chip can raise in a driver; nothing of it may cost another sensor's value.
FAILURES = (SensorError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, MemoryError)


def measure(sensors: list[Any], board: Any, budget: Any) -> list[list[Any]]:
    """Read all sensors; one list of values a sensor, of nulls where it failed.

    Parameters
    ----------
    sensors
        In the order of the wiring.
    board
        Gives `ticks_ms` and `sleep_ms`.
    budget
        A sensor whose turn comes when it is used up is not read: its values are null.
    """
    for sensor in sensors:
        _try(sensor.switch_on)
    try:
        _wait_until(_begin(sensors, board, budget), board, budget)
        return [_values(sensor, budget) for sensor in sensors]
    finally:
        for sensor in sensors:
            _try(sensor.switch_off)


def _begin(sensors: list[Any], board: Any, budget: Any) -> int:
    """Start each sensor once its supply has settled; return when the slowest is ready [ms]."""
    ready_ms = 0
    began = budget.spent_ms()
    for sensor in sorted(sensors, key=lambda sensor: sensor.settle_ms):
        _wait_until(began + sensor.settle_ms, board, budget)
        _try(sensor.identify)
        if _try(sensor.start):
            ready_ms = max(ready_ms, budget.spent_ms() + sensor.wait_ms)
    return ready_ms


def _wait_until(spent_ms: int, board: Any, budget: Any) -> None:
    """Wait until so much of the budget is spent."""
    wait_ms = min(spent_ms - budget.spent_ms(), budget.left_ms(), _WAIT_MOST_MS)
    if wait_ms > 0:
        board.sleep_ms(wait_ms)


def _values(sensor: Any, budget: Any) -> list[Any]:
    if budget.left_ms():
        try:
            return list(sensor.read())
        except FAILURES:
            pass
    return [None] * len(sensor.columns)


def _try(action: Any) -> bool:
    """Return whether an action succeeds; where it fails, the reading fails too."""
    try:
        action()
    except FAILURES:
        return False
    return True
