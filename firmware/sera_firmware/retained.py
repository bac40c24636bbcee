"""What a node remembers in RTC memory through deep sleep; without it, a wake is a new boot."""

import struct
from binascii import crc32

from sera_firmware.node import Node

# uptime, UTC offset (lowest value: unknown), last sync, uncertainty [ms]; wakes, failures, next contact [s].
_FORM = "<QqQQIIi"
_UNKNOWN = -(1 << 63)
_CHECK_BYTES = 4


def is_whole(content: bytes) -> bool:
    """Tell whether RTC memory still holds what `remember` wrote."""
    body = content[:-_CHECK_BYTES]
    return len(body) == struct.calcsize(_FORM) and struct.pack("<I", crc32(body)) == content[-_CHECK_BYTES:]


def remember(node: Node) -> bytes:
    """Write down what the next wake of the same boot needs."""
    uptime_ms, offset_ms, synced_at_ms, uncertainty_ms = node.clock.state()
    body = struct.pack(
        _FORM,
        uptime_ms,
        _UNKNOWN if offset_ms is None else offset_ms,
        synced_at_ms,
        uncertainty_ms,
        node.wakes,
        node.failures,
        node.contact_in_s,
    )
    return body + struct.pack("<I", crc32(body))


def resume(node: Node, content: bytes, slept_ms: int) -> None:
    """Continue the boot: uptime goes on where it was, plus the sleep."""
    uptime_ms, offset_ms, synced_at_ms, uncertainty_ms, wakes, failures, contact_in_s = struct.unpack(
        _FORM, content[:-_CHECK_BYTES]
    )
    known = None if offset_ms == _UNKNOWN else offset_ms
    node.clock.resume((uptime_ms, known, synced_at_ms, uncertainty_ms))
    node.clock.slept(slept_ms)
    node.wakes, node.failures, node.contact_in_s = wakes, failures, contact_in_s
    node.probes.is_new = False
