"""The few names that MicroPython and CPython spell differently."""

# For annotations, which MicroPython never evaluates; portable.pyi gives the checker the real one.
Any = object

# What a stream can wait for; the values of poll's POLLIN and POLLOUT.
READING = 1
WRITING = 4

try:
    from errno import EAGAIN, EINPROGRESS
    from select import poll
    from time import ticks_diff, ticks_ms

    # Not `ssl`, which boards have too, frozen, and which takes file names where this takes their content.
    import tls as ssl
    from micropython import const

    def waits_for(error: OSError, direction: int) -> int:
        """Return in which direction a stream that refused must be waited for; 0 if it failed."""
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

except ImportError:  # CPython
    import ssl

    from sera_firmware.cpython import Readiness, const, ticks_diff, ticks_ms, waits_for

__all__ = ["READING", "WRITING", "Any", "Readiness", "const", "ssl", "ticks_diff", "ticks_ms", "waits_for"]
