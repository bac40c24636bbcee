"""Sound with its samples alone: what a file says of place, time, device and maker is left out.

A small reader of four containers. WAV keeps `fmt ` and `data`; MP3 keeps its frames, behind a head that
counts them; Ogg keeps its pages with an empty comment header; M4A keeps what plays it, and what it says
about itself is overwritten. What is not one of them, or cannot be read to its end, is refused.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from sera_commons.errors import DamagedSoundError, InvalidMediaError
from sera_commons.media.m4a import strip_m4a
from sera_commons.media.mp3 import strip_mp3
from sera_commons.media.ogg import strip_ogg

BYTES_MOST: Final = 20 << 20
_WAV_FORMATS: Final = (1, 3)  # linear PCM, IEEE float
_WAV_FORMAT_BYTES: Final = 16


class Sound(NamedTuple):
    """A sound that may be kept: its samples and how they are packed."""

    content: bytes
    media_type: str


def strip_sound(content: bytes) -> Sound:
    """Return a sound without anything but what plays it.

    Raises
    ------
    InvalidMediaError
        It is another type, too large, or damaged; the message says what to do.
    """
    if len(content) > BYTES_MOST:
        raise InvalidMediaError(
            "too_large", f"the sound is larger than {BYTES_MOST >> 20} MiB; record it shorter"
        )
    try:
        if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
            return Sound(_strip_wav(content), "audio/wav")
        if content[:4] == b"OggS":
            return Sound(strip_ogg(content), "audio/ogg")
        if content[4:8] == b"ftyp":
            return Sound(strip_m4a(content), "audio/mp4")
        if content[:3] == b"ID3" or (
            content[:1] == b"\xff" and len(content) > 1 and content[1] & 0xE0 == 0xE0
        ):
            return Sound(strip_mp3(content), "audio/mpeg")
    except (struct.error, IndexError) as error:
        raise DamagedSoundError from error
    raise InvalidMediaError(
        "type", "this is no sound that can be kept; choose a WAV, MP3, Ogg or M4A (voice memos are M4A)"
    )


def _strip_wav(content: bytes) -> bytes:
    parts: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        body = content[position + 8 : position + 8 + size]
        if len(body) < size and name != b"data":
            raise DamagedSoundError
        parts.setdefault(name, body)
        position += 8 + size + size % 2
    if b"fmt " not in parts or not parts.get(b"data"):
        raise DamagedSoundError
    form = parts[b"fmt "][:_WAV_FORMAT_BYTES]
    if len(form) < _WAV_FORMAT_BYTES or struct.unpack_from("<H", form)[0] not in _WAV_FORMATS:
        raise InvalidMediaError("type", "this WAV is packed in an unusual way; save it as plain PCM")
    data = parts[b"data"]
    data += b"\0" * (len(data) % 2)
    chunks = struct.pack("<4sI", b"fmt ", len(form)) + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks
