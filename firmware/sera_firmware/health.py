"""Values of a node's health records; loaded for each of them only."""

import gc

from sera_firmware import BUILD
from sera_firmware.portable import Any, const
from sera_vocabulary import measurements

# TLS needs one block of 16.7 KB: a larger one than this is of no interest, and looking for it would
# make the heap of an ESP32 grow for good.
_BLOCK_MOST = const(32768)
_BLOCK_STEP = const(1024)
_HEAP_COLUMNS = [measurements.HEAP_FREE, measurements.HEAP_LARGEST_BLOCK]
# What every node knows, in the order in which `values` gathers it.
_COLUMNS = [
    measurements.FLASH_FREE,
    measurements.QUEUE_LENGTH,
    measurements.QUEUE_AGE_S,
    measurements.SKIPPED_RECORDS,
    measurements.RESET_CAUSE,
    measurements.LAST_STEP,
    measurements.WATCHDOG_RESETS,
    measurements.CLOCK_UNCERTAINTY_S,
    measurements.FIRMWARE_BUILD,
]


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


def values(node: Any, columns: Any, read: Any) -> tuple[list[str], list[Any]]:
    """Gather the health columns and their values.

    Parameters
    ----------
    node
        Whose health it is.
    columns, read
        Columns and values of its sensors of this stream.
    """
    store, clock = node.store, node.clock
    numbers = list(read)
    columns = list(columns)
    for name, value in node.board.health().items():
        columns.append(name)
        numbers.append(value)
    if hasattr(gc, "mem_free"):
        gc.collect()
        columns += _HEAP_COLUMNS
        numbers += (gc.mem_free(), largest_block())
    numbers += (
        store.bytes_free,
        store.next - 1 - store.acknowledged,
        node.queue_age_s(),
        store.skipped,
        node.start_cause[0],
        node.start_cause[1],
        node.persistent.watchdog_resets,
        clock.uncertainty_s() if clock.is_set else None,
        BUILD,
    )
    return columns + _COLUMNS, numbers
