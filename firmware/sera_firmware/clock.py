"""A node's time: an uptime that never jumps, and a UTC that may be unknown.

Uptime is what records are ordered and dated by; UTC is an offset to it that a time source sets. A
node without UTC goes on measuring and sending.
"""

from sera_firmware.portable import Any, const

# The millisecond counter of every board wraps at 2**30, after 12.4 days.
_TICKS_MASK = const(0x3FFFFFFF)
_MILLION = const(1000000)


class Clock:
    """Uptime and UTC.

    Parameters
    ----------
    board
        Gives `ticks_ms()`, a counter that wraps at 2**30; read at least every 12 days.
    drift_ppm
        Worst drift of the board's crystal between two synchronisations [1e-6].
    sleep_drift_ppm
        Worst drift of what counts deep sleep: an ESP32's RC oscillator is off by per cents [1e-6].
    """

    def __init__(self, board: Any, drift_ppm: int, sleep_drift_ppm: int = 50000) -> None:
        self._board = board
        self._drift_ppm = drift_ppm
        self._sleep_drift_ppm = sleep_drift_ppm
        self._ticks = board.ticks_ms()
        self._uptime_ms = 0
        self._offset_ms: int | None = None
        self._synced_at_ms = 0
        self._uncertainty_ms = 0
        self.is_certain = False

    @property
    def is_set(self) -> bool:
        """Whether UTC is known."""
        return self._offset_ms is not None

    def uptime_ms(self) -> int:
        """Milliseconds since this boot began, sleep included."""
        now = self._board.ticks_ms()
        self._uptime_ms += (now - self._ticks) & _TICKS_MASK
        self._ticks = now
        return self._uptime_ms

    def uptime_s(self) -> int:
        """Seconds since this boot began, sleep included."""
        return self.uptime_ms() // 1000

    def utc_s(self) -> int | None:
        """Seconds since 1970, or None as long as the time is not known."""
        if self._offset_ms is None:
            return None
        return (self.uptime_ms() + self._offset_ms) // 1000

    def certain_s(self) -> int | None:
        """Seconds since 1970, or None as long as no two sources have agreed on it."""
        return self.utc_s() if self.is_certain else None

    def uncertainty_s(self) -> int:
        """How far UTC may be off by now, rounded up [s]; 0 while UTC is unknown."""
        if self._offset_ms is None:
            return 0
        drift_ms = (self.uptime_ms() - self._synced_at_ms) * self._drift_ppm // _MILLION
        return (self._uncertainty_ms + drift_ms + 999) // 1000

    def since_sync_s(self) -> int | None:
        """Seconds since UTC was last set, or None if it is not known."""
        if self._offset_ms is None:
            return None
        return (self.uptime_ms() - self._synced_at_ms) // 1000

    def add_sleep(self, milliseconds: int) -> None:
        """Add a sleep during which the board's counter stood still or began again."""
        self._uptime_ms += milliseconds
        self._uncertainty_ms += milliseconds * max(0, self._sleep_drift_ppm - self._drift_ppm) // _MILLION
        self._ticks = self._board.ticks_ms()

    def set(self, utc_ms: int, uncertainty_ms: int, is_certain: bool = True) -> int | None:
        """Set UTC; return by how much it moved [ms], or None the first time.

        What one source alone told is not certain: it is used until two agree, and guards against no jump.
        """
        now = self.uptime_ms()
        before = self._offset_ms
        self._offset_ms = utc_ms - now
        self._synced_at_ms = now
        self._uncertainty_ms = uncertainty_ms
        self.is_certain = is_certain
        return None if before is None else self._offset_ms - before

    def forget(self) -> None:
        """Lose UTC, as when the real-time clock lost its power; uptime goes on."""
        self._offset_ms = None
        self.is_certain = False

    def state(self) -> tuple[Any, ...]:
        """Return what must survive deep sleep: uptime, offset, last sync, uncertainty [ms], certainty."""
        return (self.uptime_ms(), self._offset_ms, self._synced_at_ms, self._uncertainty_ms, self.is_certain)

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue a boot after deep sleep from what `state` returned."""
        self._uptime_ms, self._offset_ms, self._synced_at_ms, self._uncertainty_ms, self.is_certain = state
        self._ticks = self._board.ticks_ms()


def datetime_of(utc_s: int) -> tuple[int, int, int, int, int, int, int, int]:
    """Write a time as `machine.RTC().datetime` takes it: year, month, day, weekday, h, min, s, 0.

    With integers of our own, since the boards' `gmtime` counts from 2000 or from 1970 and is wrong
    from 2**31 on where integers have 32 bits.

    References
    ----------
    Hinnant, H. (2013). chrono-compatible low-level date algorithms, `civil_from_days`.
    """
    days, second = divmod(utc_s, 86400)
    # Days since 0000-03-01, so that the leap day ends its year.
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    month = month + 3 if month < 10 else month - 9
    year = era * 400 + year_of_era + (month <= 2)
    return year, month, day + 1, (days + 3) % 7, second // 3600, second // 60 % 60, second % 60, 0
