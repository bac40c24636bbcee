"""Ogg (Vorbis, Opus) with an empty comment header: pages written again (RFC 3533), samples as they were."""

from __future__ import annotations

import struct
from typing import Final

from sera_commons.errors import DamagedSoundError, InvalidMediaError

_HEAD: Final = struct.Struct("<4sBBqIIIB")
_CONTINUED: Final = 1
_SEGMENT: Final = 255
# By the beginning of the first packet: how the comment packet begins, how it ends, number of header packets.
_CODECS: Final = {
    b"OpusHead": (b"OpusTags", b"", 2),
    b"\x01vorbis": (b"\x03vorbis", b"\x01", 3),
}


def _checksum_table() -> tuple[int, ...]:
    table = []
    for index in range(256):
        value = index << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_TABLE: Final = _checksum_table()


def _checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value


class _Page:
    """One page: its head's fields, and the lengths and bytes of its segments."""

    def __init__(self, content: bytes, at: int) -> None:
        mark, version, self.flags, self.position, self.serial, self.number, _, segments = _HEAD.unpack_from(
            content, at
        )
        self.lacing = content[at + _HEAD.size : at + _HEAD.size + segments]
        start = at + _HEAD.size + segments
        self.end = start + sum(self.lacing)
        self.body = content[start : self.end]
        if mark != b"OggS" or version != 0 or len(self.lacing) < segments or self.end > len(content):
            raise DamagedSoundError

    def packets(self) -> list[tuple[bytes, bool]]:
        """Return the packets, and parts of such, with whether each ends on this page."""
        packets, start, length = [], 0, 0
        for lace in self.lacing:
            length += lace
            if lace < _SEGMENT:
                packets.append((self.body[start : start + length], True))
                start, length = start + length, 0
        if length or (self.lacing and self.lacing[-1] == _SEGMENT):
            packets.append((self.body[start:], False))
        return packets


def _write_page(flags: int, position: int, serial: int, number: int, lacing: bytes, body: bytes) -> bytes:
    head = _HEAD.pack(b"OggS", 0, flags, position, serial, number, 0, len(lacing)) + lacing
    check = _checksum(head + body)
    return head[:22] + struct.pack("<I", check) + head[26:] + body


def _lacing_of(packets: list[bytes]) -> bytes:
    return b"".join(
        b"\xff" * (len(packet) // _SEGMENT) + bytes((len(packet) % _SEGMENT,)) for packet in packets
    )


def strip_ogg(content: bytes) -> bytes:
    """Return an Ogg file of one stream with its comments empty.

    Raises
    ------
    InvalidMediaError
        It is damaged, has several streams, or another codec than Vorbis and Opus.
    """
    pages, at = [], 0
    while at < len(content):
        if len(content) - at < _HEAD.size:
            raise DamagedSoundError
        page = _Page(content, at)
        pages.append(page)
        at = page.end
    if not pages or len({page.serial for page in pages}) != 1:
        raise InvalidMediaError("type", "this Ogg file holds several streams; save the sound alone")
    codec = next((codec for codec in _CODECS if pages[0].body.startswith(codec)), None)
    if codec is None:
        raise InvalidMediaError("type", "this Ogg file holds no Vorbis or Opus sound; save it as one")
    return _rewritten(pages, *_CODECS[codec])


def _rewritten(pages: list[_Page], comment_start: bytes, comment_end: bytes, headers: int) -> bytes:
    """Write the header packets again on pages of their own, then the pages of sound as they were."""
    packets: list[bytes] = []
    rest: list[_Page] = []
    carried = b""
    for index, page in enumerate(pages):
        if len(packets) == headers:
            rest = pages[index:]
            break
        for packet, is_whole in page.packets():
            carried += packet
            if is_whole:
                packets.append(carried)
                carried = b""
    if len(packets) != headers or not packets[1].startswith(comment_start) or not rest:
        raise DamagedSoundError
    # An empty name of the maker, and no comments.
    packets[1] = comment_start + struct.pack("<II", 0, 0) + comment_end
    serial = pages[0].serial
    first = _write_page(2, 0, serial, 0, _lacing_of(packets[:1]), packets[0])
    lacing = _lacing_of(packets[1:])
    written, number, body, start = [first], 1, b"".join(packets[1:]), 0
    for place in range(0, len(lacing), _SEGMENT):
        part = lacing[place : place + _SEGMENT]
        is_continued = place > 0 and lacing[place - 1] == _SEGMENT
        end = start + sum(part)
        # A page on which no packet ends has no position.
        position = 0 if any(lace < _SEGMENT for lace in part) else -1
        written.append(
            _write_page(_CONTINUED if is_continued else 0, position, serial, number, part, body[start:end])
        )
        number, start = number + 1, end
    for page in rest:
        written.append(_write_page(page.flags, page.position, serial, number, page.lacing, page.body))
        number += 1
    return b"".join(written)
