"""The few names that MicroPython and CPython spell differently."""

try:
    from time import ticks_diff, ticks_ms

    from micropython import const
except ImportError:  # CPython
    from time import monotonic

    _PERIOD = 1 << 30

    def const(value: int) -> int:
        """Return the value: constants are folded by MicroPython's compiler only."""
        return value

    def ticks_ms() -> int:
        """Read the free-running millisecond counter, which wraps at 2**30 as on the boards."""
        return int(monotonic() * 1000) & (_PERIOD - 1)

    def ticks_diff(later: int, earlier: int) -> int:
        """Subtract two counter readings across the wrap [ms]."""
        half = _PERIOD >> 1
        return ((later - earlier + half) & (_PERIOD - 1)) - half


# For annotations, which MicroPython never evaluates; portable.pyi gives the checker the real one.
Any = object

try:
    import ssl
except ImportError:  # MicroPython without the wrapper module of that name
    import tls as ssl

# What a stream can wait for; the values of poll's POLLIN and POLLOUT.
READING = const(1)
WRITING = const(4)

if hasattr(ssl, "SSLWantReadError"):  # CPython, on some systems without poll
    import select

    def waits_for(error: OSError, direction: int) -> int:
        """Tell in which direction a stream that refused must be waited for; 0 if it failed."""
        if isinstance(error, ssl.SSLWantReadError):
            return READING
        if isinstance(error, ssl.SSLWantWriteError):
            return WRITING
        return direction if isinstance(error, BlockingIOError) else 0

    class Readiness:
        """Waits until a stream can be read or written."""

        def __init__(self, stream: Any) -> None:
            self._streams = [stream]

        def wait(self, direction: int, milliseconds: int) -> None:
            """Return when it can, when it failed, or when the time is over."""
            reading, writing = (self._streams, []) if direction == READING else ([], self._streams)
            select.select(reading, writing, self._streams, milliseconds / 1000)

else:
    from errno import EAGAIN, EINPROGRESS
    from select import poll

    def waits_for(error: OSError, direction: int) -> int:
        """Tell in which direction a stream that refused must be waited for; 0 if it failed."""
        return direction if error.args[0] in (EAGAIN, EINPROGRESS) else 0

    class Readiness:
        """Waits until a stream can be read or written."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream
            self._poll = poll()
            self._poll.register(stream, READING)

        def wait(self, direction: int, milliseconds: int) -> None:
            """Return when it can, when it failed, or when the time is over."""
            self._poll.modify(self._stream, direction)
            for _ in self._poll.ipoll(milliseconds):
                pass


__all__ = ["READING", "WRITING", "Any", "Readiness", "const", "ssl", "ticks_diff", "ticks_ms", "waits_for"]
