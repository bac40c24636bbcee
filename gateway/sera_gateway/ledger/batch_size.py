"""How many messages one transaction takes: as many as it needs to last long enough, and not too long."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Each commit writes every page it touched, so that few messages a commit cost several times as much each; but
# a reading that has just come waits for the transaction that is under way.
CHUNK_S: Final = 1.0
MESSAGES_FEWEST: Final = 500
MESSAGES_FIRST: Final = 2_000
MESSAGES_MOST: Final = 10_000
_GROWTH_MOST: Final = 2.0


class Pace:
    """Learns from each transaction how many messages the next one may take.

    Parameters
    ----------
    clock
        The clock of intervals [s].
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.limit = min(MESSAGES_FIRST, MESSAGES_MOST)

    @contextmanager
    def measure(self, messages: int) -> Iterator[None]:
        """Time the transaction of so many messages; one that fails teaches nothing."""
        began = self._clock()
        yield
        lasted_s = self._clock() - began
        if messages >= self.limit or lasted_s > CHUNK_S:
            target = messages * min(CHUNK_S / max(lasted_s, 1e-9), _GROWTH_MOST)
            self.limit = max(MESSAGES_FEWEST, min(MESSAGES_MOST, int(target)))
