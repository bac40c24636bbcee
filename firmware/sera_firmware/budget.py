"""The time a wake may still spend, so that neither a sensor nor a network can keep a node awake."""

from sera_firmware.portable import Any, const

_TICKS_MASK = const(0x3FFFFFFF)


class Budget:
    """A span of time that runs down from now on.

    Parameters
    ----------
    ticks_ms
        The counter to go by, which wraps at 2**30.
    milliseconds
        How long it lasts [ms].
    """

    def __init__(self, ticks_ms: Any, milliseconds: int) -> None:
        self._ticks_ms = ticks_ms
        self._began = ticks_ms()
        self._milliseconds = milliseconds

    def spent_ms(self) -> int:
        """How much is gone [ms]."""
        return int((self._ticks_ms() - self._began) & _TICKS_MASK)

    def left_ms(self) -> int:
        """How much is left [ms]; 0 once it is used up."""
        return max(0, self._milliseconds - self.spent_ms())
