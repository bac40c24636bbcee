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


try:
    import ssl
except ImportError:  # MicroPython without the wrapper module of that name
    import tls as ssl

# For annotations, which MicroPython never evaluates; portable.pyi gives the checker the real one.
Any = object

__all__ = ["Any", "const", "ssl", "ticks_diff", "ticks_ms"]
