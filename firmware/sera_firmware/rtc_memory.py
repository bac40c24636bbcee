"""State of a node in RTC memory through deep sleep; without it, a wake is a new boot."""

import struct
from binascii import crc32

from sera_firmware.node import Node

# uptime, UTC offset (lowest value: unknown), last sync, uncertainty [ms], whether it is certain; wakes,
# failures, next contact [s], oldest waiting record (-1: none) [s of uptime]; next, top and number of the
# gateway's last wish, which is answered less and less often; the board's real-time clock when it fell
# asleep [ms].
_FORM = "<QqQQBIIiqIIIQ"
_UNKNOWN = -(1 << 63)
_CHECK_BYTES = 4
_WORD = 0xFFFFFFFF
# By how much a real-time clock may disagree with the sleep that was asked for before it is not believed:
# an RC oscillator is off by 5 %, and starting up takes seconds.
_SLEEP_SHARE = 10
_SLEEP_MORE_MS = 60000


def is_whole(content: bytes) -> bool:
    """Return whether RTC memory still holds what `remember` wrote."""
    body = content[:-_CHECK_BYTES]
    return len(body) == struct.calcsize(_FORM) and struct.pack("<I", crc32(body)) == content[-_CHECK_BYTES:]


def remember(node: Node, rtc_ms: int) -> bytes:
    """Return as bytes what the next wake of the same boot needs.

    Parameters
    ----------
    node
        The node that is about to sleep.
    rtc_ms
        The board's real-time clock, by an epoch of its own [ms].
    """
    uptime_ms, offset_ms, synced_at_ms, uncertainty_ms, is_certain = node.clock.state()
    body = struct.pack(
        _FORM,
        uptime_ms,
        _UNKNOWN if offset_ms is None else offset_ms,
        synced_at_ms,
        uncertainty_ms,
        is_certain,
        node.wakes,
        node.failures,
        node.contact_in_s,
        -1 if node.waiting_since_s is None else node.waiting_since_s,
        # Whatever the gateway wrote; a number that does not fit is another wish.
        node.contact.last_have[0] & _WORD,
        node.contact.last_have[1] & _WORD,
        node.contact.have_repeats,
        rtc_ms,
    )
    return body + struct.pack("<I", crc32(body))


def resume(node: Node, content: bytes, planned_ms: int, rtc_ms: int, since_start_ms: int) -> None:
    """Continue the boot: uptime goes on where it was, plus the sleep and the time since the chip started.

    Parameters
    ----------
    node
        Made again with `new_boot` False.
    content
        What `remember` wrote.
    planned_ms
        The sleep that was asked for [ms].
    rtc_ms
        The board's real-time clock now [ms]; believed where it is near what was planned.
    since_start_ms
        Time since the chip started [ms], which the plan does not hold.
    """
    fields = struct.unpack(_FORM, content[:-_CHECK_BYTES])
    uptime_ms, offset_ms, synced_at_ms, uncertainty_ms, is_certain = fields[:5]
    wakes, failures, contact_in_s, waiting_since_s, have_next, top, have_repeats, fell_asleep_ms = fields[5:]
    known_offset_ms = None if offset_ms == _UNKNOWN else offset_ms
    node.clock.resume((uptime_ms, known_offset_ms, synced_at_ms, uncertainty_ms, bool(is_certain)))
    expected_ms = planned_ms + since_start_ms
    measured_ms = rtc_ms - fell_asleep_ms
    is_near = abs(measured_ms - expected_ms) <= planned_ms // _SLEEP_SHARE + _SLEEP_MORE_MS
    node.clock.add_sleep(measured_ms if is_near else expected_ms)
    node.wakes, node.failures, node.contact_in_s = wakes, failures, contact_in_s
    node.waiting_since_s = None if waiting_since_s < 0 else waiting_since_s
    node.contact.last_have, node.contact.have_repeats = (have_next, top), have_repeats
