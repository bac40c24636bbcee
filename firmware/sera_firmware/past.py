"""What a node remembers of itself through every reset; nothing secret is in it."""

import json

from sera_firmware import kept
from sera_vocabulary import measurements

_UTC = "utc"


class Past:
    """What outlives every reset: how often the watchdog struck, and the last time that was certain.

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
            found = json.loads(kept.read(path) or b"{}")
            self.watchdog_resets = int(found[measurements.WATCHDOG_RESETS])
            self.utc_s = int(found[_UTC])
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
        known = {measurements.WATCHDOG_RESETS: self.watchdog_resets, _UTC: self.utc_s}
        kept.attempt(self._path, json.dumps(known).encode())
