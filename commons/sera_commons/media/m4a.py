"""M4A (ISO base media, as voice memos of phones) without what it says of place, time, device and name.

Boxes are kept from a list of what plays a sound; all others become `free` boxes of zeros of the same length,
so that the offsets of the samples stay true. Times in the headers become zero.
"""

from __future__ import annotations

import struct
from typing import Final

from sera_commons.errors import DamagedSoundError, InvalidMediaError

_CONTAINERS: Final = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf"))
_PLAIN_BOXES: Final = frozenset(
    b"ftyp mdat mvhd tkhd mdhd hdlr smhd dref stsd stts stsc stsz stco co64 stss sgpd sbgp".split()
)
_NEEDED: Final = frozenset((b"moov", b"mdat", b"stsd", b"stsz"))
_TIMED: Final = frozenset((b"mvhd", b"tkhd", b"mdhd"))
_HANDLER_NAME_AT: Final = 24
_DEPTH_MOST: Final = 8


def strip_m4a(content: bytes) -> bytes:
    """Return an M4A file of the same length with what plays it alone.

    Raises
    ------
    InvalidMediaError
        It is damaged, or holds a picture or video.
    """
    copy = bytearray(content)
    names: set[bytes] = set()
    _strip(copy, 0, len(copy), names, 0)
    if not names >= _NEEDED:
        raise DamagedSoundError
    return bytes(copy)


def _strip(copy: bytearray, start: int, end: int, names: set[bytes], depth: int) -> None:
    if depth > _DEPTH_MOST:
        raise DamagedSoundError
    while start < end:
        size, name = struct.unpack_from(">I4s", copy, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", copy, start + 8)
            head = 16
        size = end - start if size == 0 else size
        if size < head or start + size > end:
            raise DamagedSoundError
        _strip_box(copy, start, head, size, bytes(name), names, depth)
        start += size


def _strip_box(
    copy: bytearray, start: int, head: int, size: int, name: bytes, names: set[bytes], depth: int
) -> None:
    names.add(name)
    body, end = start + head, start + size
    if name in _CONTAINERS:
        _strip(copy, body, end, names, depth + 1)
    elif name not in _PLAIN_BOXES:
        copy[start + 4 : start + 8] = b"free"
        copy[body:end] = bytes(end - body)
    elif name in _TIMED:
        width = 16 if copy[body] == 1 else 8
        copy[body + 4 : body + 4 + width] = bytes(width)
    elif name == b"hdlr":
        if bytes(copy[body + 8 : body + 12]) not in (b"soun", b"mdir"):
            raise InvalidMediaError("type", "this file holds more than sound; save the sound alone")
        copy[body + _HANDLER_NAME_AT : end] = bytes(max(0, end - body - _HANDLER_NAME_AT))
