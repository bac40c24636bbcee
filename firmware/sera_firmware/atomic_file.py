"""Small files that a power cut leaves whole: written again with a checksum beside the old, then renamed."""

import os
import struct
from binascii import crc32

from sera_firmware.portable import const

_NEW = ".new"
_CHECK = "<I"
_CHECK_BYTES = const(4)


def write(path: str, content: bytes) -> None:
    """Replace a file; a cut at any moment leaves the old content or the new."""
    with open(path + _NEW, "wb") as file:
        file.write(content + struct.pack(_CHECK, crc32(content)))
    os.rename(path + _NEW, path)


def try_write(path: str, content: bytes) -> None:
    """Replace a file whose loss costs less than the node: a flash that does not take it changes nothing."""
    try:
        write(path, content)
    except OSError:
        pass


def read(path: str) -> bytes | None:
    """Read what `write` wrote, or None where there is nothing or its checksum is wrong."""
    try:
        with open(path, "rb") as file:
            whole = file.read()
    except OSError:
        return None
    content = whole[:-_CHECK_BYTES]
    return content if struct.pack(_CHECK, crc32(content)) == whole[-_CHECK_BYTES:] else None
