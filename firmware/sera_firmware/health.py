"""What a node knows of itself, for its health records and its next start; nothing secret is in it."""

import gc
import json

from sera_firmware import BUILD, kept
from sera_firmware.portable import Any, const
from sera_vocabulary import measurements, series

# TLS needs one block of 16.7 KB: a larger one than this is of no interest, and looking for it would
# make the heap of an ESP32 grow for good.
_BLOCK_MOST = const(32768)
_BLOCK_STEP = const(1024)
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
        try:
            kept.write(
                self._path,
                json.dumps({measurements.WATCHDOG_RESETS: self.watchdog_resets, _UTC: self.utc_s}).encode(),
            )
        except OSError:
            pass  # a full flash costs a count, not the node


def largest_block() -> int:
    """Find the largest free block of the heap by trying, in steps of 1 KB up to 32 KB [byte]."""
    low, high = 0, _BLOCK_MOST // _BLOCK_STEP
    while low < high:
        middle = (low + high + 1) // 2
        try:
            bytearray(middle * _BLOCK_STEP)
            low = middle
        except MemoryError:
            high = middle - 1
    gc.collect()
    return low * _BLOCK_STEP


def values(node: Any, read: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """Gather the health columns and their values, in the vocabulary's order.

    Parameters
    ----------
    node
        Whose health it is.
    read
        What its sensors of this stream said, by column.
    """
    store, clock = node.store, node.clock
    cause, step = node.started
    known = {
        measurements.FLASH_FREE: store.bytes_free,
        measurements.QUEUE_LENGTH: store.next - 1 - store.acknowledged,
        measurements.QUEUE_AGE_S: node.queue_age_s(),
        measurements.SKIPPED_RECORDS: store.skipped,
        measurements.RESET_CAUSE: cause,
        measurements.LAST_STEP: step,
        measurements.WATCHDOG_RESETS: node.past.watchdog_resets,
        measurements.CLOCK_UNCERTAINTY_S: clock.uncertainty_s() if clock.is_set else None,
        measurements.FIRMWARE_BUILD: BUILD,
    }
    if hasattr(gc, "mem_free"):
        gc.collect()
        known[measurements.HEAP_FREE] = gc.mem_free()
        known[measurements.HEAP_LARGEST_BLOCK] = largest_block()
    known.update(node.board.health())
    known.update(read)
    columns = [name for name in series.SERIES_BY_NAME[series.HEALTH].columns if name in known]
    return columns, [known[name] for name in columns]
