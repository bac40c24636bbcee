"""What CPython spells differently; `portable` takes it where MicroPython's own is missing. On no board."""

import select
import ssl
from time import monotonic
from typing import Any

_PERIOD = 1 << 30
_READING, _WRITING = 1, 4


def const(value: Any) -> Any:
    """Return the value: constants are folded by MicroPython's compiler only."""
    return value


def ticks_ms() -> int:
    """Read the free-running millisecond counter, which wraps at 2**30 as on the boards."""
    return int(monotonic() * 1000) & (_PERIOD - 1)


def ticks_diff(later: int, earlier: int) -> int:
    """Subtract two counter readings across the wrap [ms]."""
    half = _PERIOD >> 1
    return ((later - earlier + half) & (_PERIOD - 1)) - half


def waits_for(error: OSError, direction: int) -> int:
    """Return in which direction a stream that refused must be waited for; 0 if it failed."""
    if isinstance(error, ssl.SSLWantReadError):
        return _READING
    if isinstance(error, ssl.SSLWantWriteError):
        return _WRITING
    return direction if isinstance(error, BlockingIOError) else 0


class Readiness:
    """Waits until a stream can be read or written; some systems have no poll."""

    def __init__(self, stream: Any) -> None:
        self._streams = [stream]

    def wait(self, direction: int, milliseconds: int) -> None:
        """Return when it can, when it failed, or when the time is over."""
        reading, writing = (self._streams, []) if direction == _READING else ([], self._streams)
        select.select(reading, writing, self._streams, milliseconds / 1000)
