"""Pictures and sounds that others gave, made safe as if somebody uploaded them here."""

from __future__ import annotations

import io
from typing import Final

from sera_commons.errors import InvalidMediaError
from sera_commons.media.pictures import SIDE_PX, remake_picture
from sera_commons.media.sound import strip_sound

PICTURE: Final = "jpg"
MEDIA_TYPES: Final = {
    PICTURE: "image/jpeg",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
}
"""Media type by the ending of a file: what stories have once they are kept."""


def clean_media(content: bytes, ending: str) -> bytes:
    """Return a picture or sound with nothing but what shows or plays it.

    Parameters
    ----------
    content
        As it came, from whomever.
    ending
        Of its file, one of `MEDIA_TYPES`.

    Raises
    ------
    ValueError
        It is too large, damaged, or another type than its ending says: a picture is a JPEG as it is kept, so
        that what many of them take to decode is bounded.
    """
    try:
        if ending == PICTURE:
            _check_size(content)
            return remake_picture(content)
        sound = strip_sound(content)
    except InvalidMediaError as error:
        raise ValueError(str(error)) from error
    if sound.media_type != MEDIA_TYPES.get(ending):
        raise ValueError(f"this is no {ending}; ask for it again")
    return sound.content


def _check_size(content: bytes) -> None:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - loaded with the first picture

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            sides = picture.size
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise InvalidMediaError("type", "this is no JPEG; ask for it again") from error
    if max(sides) > SIDE_PX:
        raise InvalidMediaError("too_large", f"the picture has more than {SIDE_PX} pixels a side")
