"""The bytes of a segment on flash: framing, and a scan that survives damage.

A segment is a row of frames (little-endian)::

    u16 length of the payload, u32 CRC-32 of the payload, payload

and the first byte of a payload says what it is::

    S  epoch (8 letters), u32 first sequence       once, at the beginning
    L  layout as JSON text without braces          before the first record that uses it
    R  u32 layout, u32 boot, u32 sequence, row     one record; the row is its text on the wire

The CRC of a layout's frame is the layout's id, so any copy of it in any segment serves.
docs/firmware-store.md is the specification.
"""

import struct
from binascii import crc32

from sera_firmware.portable import const

SEGMENT_BYTES_MOST = const(4096)
HEAD_BYTES = const(6)
RECORD_BYTES = const(13)
# The shortest record: an empty layout's row of "0,null,0,0,0".
RECORD_FRAME_LEAST = const(6 + 13 + 12)

KIND_START = const(0x53)
KIND_LAYOUT = const(0x4C)
KIND_RECORD = const(0x52)

_HEAD = "<HI"
_RECORD = "<BIII"


def put(buffer: bytearray, at: int, payload: bytes) -> int:
    """Write one frame into a buffer and return where the next one goes."""
    struct.pack_into(_HEAD, buffer, at, len(payload), crc32(payload))
    end = at + HEAD_BYTES + len(payload)
    buffer[at + HEAD_BYTES : end] = payload
    return end


def start_payload(epoch: str, first: int) -> bytes:
    """Build the payload of a segment's first frame."""
    return b"S" + epoch.encode() + struct.pack("<I", first)


def record_payload(layout: int, boot: int, seq: int, row: bytes) -> bytes:
    """Build the payload of a record."""
    return struct.pack(_RECORD, KIND_RECORD, layout, boot, seq) + row


class Scan:
    """Walks the frames of one segment and skips what is damaged.

    After each `step` that returns True, `kind`, `start` and `end` of the payload and `crc` describe
    the frame; for a record also `layout`, `boot`, `seq`. `skipped` counts unreadable bytes so far,
    `tail` those after the last good frame.
    """

    def __init__(self, segment: bytearray, size: int) -> None:
        self.segment = segment
        self.size = size
        self.skipped = 0
        self.tail = 0
        self.kind = self.start = self.end = self.crc = 0
        self.layout = self.boot = self.seq = 0
        self._view = memoryview(segment)
        self._at = 0

    def step(self) -> bool:
        """Go to the next good frame; False at the end of the segment."""
        at = self._at
        while at + HEAD_BYTES < self.size:
            if self._is_frame(at):
                self.skipped += at - self._at
                self._at = self.end
                self._take()
                return True
            at += 1
        self.tail = self.size - self._at
        self.skipped += self.tail
        self._at = self.size
        return False

    def _is_frame(self, at: int) -> bool:
        length, crc = struct.unpack_from(_HEAD, self.segment, at)
        start = at + HEAD_BYTES
        end = start + length
        if length == 0 or end > self.size or crc32(self._view[start:end]) != crc:
            return False
        self.start, self.end, self.crc = start, end, crc
        return True

    def _take(self) -> None:
        self.kind = self.segment[self.start]
        if self.kind == KIND_RECORD and self.end - self.start >= RECORD_BYTES:
            _, self.layout, self.boot, self.seq = struct.unpack_from(_RECORD, self.segment, self.start)

    def text(self, skip: int) -> bytes:
        """Copy the payload from its `skip`-th byte on."""
        return bytes(self._view[self.start + skip : self.end])
