"""The clock that dates arrivals, which notices when it is behind what the journal has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_gateway.ledger.arrivals import BEHIND_LEAST_NS
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.process.logs import JsonLog


class ArrivalClock:
    """A clock of arrivals, Unix time [ns]: the machine's own, which reports where it is behind.

    Parameters
    ----------
    clock_ns
        The machine's clock.
    latest_ns
        The latest arrival in the journal.
    log
        Where a clock that is behind is reported, and that it is right again.
    """

    def __init__(self, clock_ns: Callable[[], int], latest_ns: int, log: JsonLog) -> None:
        self._clock_ns = clock_ns
        self._latest_ns = latest_ns
        self._log = log
        self.behind_s = 0

    def __call__(self) -> int:
        """Return the time, as it is."""
        now_ns = self._clock_ns()
        if now_ns < self._latest_ns - BEHIND_LEAST_NS:
            self._report(now_ns)
        else:
            self._latest_ns = max(self._latest_ns, now_ns)
            if self.behind_s:
                self.behind_s = 0
                self._log.info("clock_right_again")
        return now_ns

    def _report(self, now_ns: int) -> None:
        is_new, self.behind_s = not self.behind_s, (self._latest_ns - now_ns) // SECOND_NS
        if is_new:
            self._log.warning(
                "clock_behind",
                behind_s=self.behind_s,
                detail="this machine's clock is behind the journal's last arrival; set it, and what is "
                "refused for it meanwhile is tried again by itself",
            )
