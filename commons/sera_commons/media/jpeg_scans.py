"""Count the scans of a JPEG: each is a pass over all of the picture, and may be written in a few bytes.

References
----------
ITU-T T.81 (1992), Digital compression and coding of continuous-tone still images, B.1.1 and B.2.
"""

from __future__ import annotations

import re
from typing import Final

_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
# In what is coded a zero stands behind each 0xFF; restarts, and what has no length, do not end it.
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_LENGTH_BYTES: Final = 2


def scan_count(content: bytes) -> int:
    """Return how many scans a JPEG has up to its end; what stands behind that, as a film of a phone, is none.

    Parameters
    ----------
    content
        A file that begins as a JPEG does.
    """
    count = offset = 0
    while match := _MARKER.search(content, offset):
        offset = match.end()
        code = match[1][0]
        if code == _END_OF_IMAGE:
            break
        count += code == _START_OF_SCAN
        offset += int.from_bytes(content[offset : offset + _LENGTH_BYTES])
    return count
