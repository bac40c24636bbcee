"""MP3 with its frames alone, and a head that counts them: tags, pictures and the encoder's name go."""

from __future__ import annotations

import re
import struct
from typing import Final

from sera_commons.errors import InvalidMediaError

_FRAMES_LEAST: Final = 2
# Bit rates [kbit/s] of layer III, by version; sample rates [Hz].
_RATES_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


# Where side information ends, by version and channels, each also with a checksum of two bytes.
_BEHIND_SIDE_INFORMATION: Final = (13, 15, 21, 23, 36, 38)
_MONO: Final = 3
_HAS_FRAMES_AND_BYTES: Final = 3
_HEAD_LEAST: Final = 36 + 16
_ENCODER: Final = re.compile(rb"LAME3\.\d{1,3}")


def _frame_bytes(content: bytes, at: int) -> int:
    """Return the length of the frame of MPEG audio layer III at a place; 0 where none begins there."""
    if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = content[at + 1] >> 3 & 3, content[at + 1] >> 1 & 3
    rate, sampling = content[at + 2] >> 4, content[at + 2] >> 2 & 3
    padding = content[at + 2] >> 1 & 1
    if layer != 1 or version == 1 or rate in (0, 15) or sampling == 3:
        return 0
    kilobits = (_RATES_1 if version == 3 else _RATES_2)[rate]
    factor = 144_000 if version == 3 else 72_000
    return factor * kilobits // _SAMPLES_HZ[version][sampling] + padding


def strip_mp3(content: bytes) -> bytes:
    """Keep the frames that follow one another; tags before, between and behind them go.

    Raises
    ------
    InvalidMediaError
        There are none, or just one.
    """
    frames: list[bytes] = []
    at = 0
    while at < len(content):
        size = _frame_bytes(content, at)
        # Tags too have bytes that look like a frame's beginning: behind a frame is another, a tag or the end.
        follows = size and (
            at + size >= len(content) or _frame_bytes(content, at + size) or _is_tag(content, at + size)
        )
        if follows:
            frame = content[at : at + size]
            if not _is_about_itself(frame):
                # LAME writes its name and version where a frame has bytes to spare.
                frames.append(_ENCODER.sub(lambda match: b"\0" * len(match[0]), frame))
            at += size
        else:
            at = _behind_tag(content, at) or _next_start(content, at + 1)
    if len(frames) < _FRAMES_LEAST:
        raise InvalidMediaError("damaged", "the sound is damaged; record or choose it again")
    return _head(frames) + b"".join(frames)


def _is_about_itself(frame: bytes) -> bool:
    """Return whether a frame is the encoder's, with its name and settings behind the side information."""
    return any(frame[at : at + 4] in (b"Xing", b"Info", b"VBRI") for at in _BEHIND_SIDE_INFORMATION)


def _head(frames: list[bytes]) -> bytes:
    """Return a silent first frame that says how many frames and bytes follow, and nothing about their makers.

    Without it players guess how long a sound of changing bit rate is, and some stop there.
    """
    first = frames[0]
    version = first[1] >> 3 & 3
    is_mono = first[3] >> 6 == _MONO
    for rate in range(1, 15):
        # No checksum and no padding; the smallest rate whose frame has the room.
        header = bytes((0xFF, first[1] | 1, rate << 4 | first[2] & 0x0C, first[3]))
        size = _frame_bytes(header, 0)
        if size >= _HEAD_LEAST:
            break
    side = {True: (9, 17), False: (17, 32)}[is_mono][version == 3]
    total = size + sum(map(len, frames))
    tag = b"Xing" + struct.pack(">III", _HAS_FRAMES_AND_BYTES, len(frames), total)
    return (header + bytes(side) + tag).ljust(size, b"\0")


def _is_tag(content: bytes, at: int) -> bool:
    return content[at : at + 3] in (b"TAG", b"ID3") or content[at : at + 8] == b"APETAGEX"


def _behind_tag(content: bytes, at: int) -> int:
    """Return where an ID3v2 tag ends, cover picture and all; 0 where none begins."""
    if content[at : at + 3] != b"ID3" or at + 10 > len(content):
        return 0
    size = 0
    for seven_bits in content[at + 6 : at + 10]:
        size = size << 7 | seven_bits & 0x7F
    return at + 10 + size


def _next_start(content: bytes, at: int) -> int:
    place = content.find(b"\xff", at)
    return len(content) if place < 0 else place
