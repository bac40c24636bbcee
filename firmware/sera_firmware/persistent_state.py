"""State of a node that survives resets; nothing secret is in it."""

import json

from sera_firmware import atomic_file
from sera_vocabulary import measurements

_UTC = "utc"


class PersistentState:
    """State that survives resets: watchdog count and last certain time.

    Parameters
    ----------
    path
        Its file on flash.
    after_watchdog
        Whether the watchdog caused this start.
    """

    def __init__(self, path: str, after_watchdog: bool) -> None:
        self._path = path
        self.watchdog_resets = 0
        self.utc_s = 0
        try:
            state = json.loads(atomic_file.read(path) or b"{}")
            self.watchdog_resets = int(state[measurements.WATCHDOG_RESETS])
            self.utc_s = int(state[_UTC])
        except (ValueError, KeyError, TypeError):
            pass  # none yet, or unreadable: counted from here on
        if after_watchdog:
            self.watchdog_resets += 1
            self._keep()

    def remember(self, utc_s: int) -> None:
        """Keep a time that was certain: no later one can be before it."""
        self.utc_s = utc_s
        self._keep()

    def _keep(self) -> None:
        state = {measurements.WATCHDOG_RESETS: self.watchdog_resets, _UTC: self.utc_s}
        atomic_file.try_write(self._path, json.dumps(state).encode())
